"""SHA-256 of many files: on every core, and not again while a file is as it was."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CACHE = ".hashes.json"
"""File in the study folder that remembers hashes; it may be deleted at any time."""

UNSETTLED_NS = 2_000_000_000
"""A file that changed less than 2 s before it was hashed is hashed again the next time: it may change once
more within one tick of the file system's clock, and would then look as it did."""

WORTH_REMEMBERING = 20_000_000, 1_000
"""Bytes or files from which on hashes are remembered: for less, a file more in the folder does not pay."""

_AT_ONCE = 1 << 20


def hash_files(paths: Sequence[str], *, cache: Path | None = None) -> list[str | None]:
    """SHA-256 of each file's content.

    Parameters
    ----------
    paths : sequence of str
        Files.
    cache : Path, optional
        JSON file of earlier hashes. A hash is taken from it if the file's size, its time of modification
        and its time of status change (which no ordinary program can set back) are the same, in
        nanoseconds. It is brought up to date where it can be written and there was much to do.

    Returns
    -------
    list of str or None
        64 hexadecimal digits in the order of ``paths``; ``None`` where the file cannot be read.
    """
    known = _read(cache)
    now = time.time_ns()
    states = [_state(path) for path in paths]
    names = [os.path.relpath(path, cache.parent) for path in paths] if cache else list(paths)
    found: list[str | None] = [
        known[name][1] if state is not None and name in known and known[name][0] == state else None
        for name, state in zip(names, states, strict=True)
    ]
    open_ = [k for k, digest in enumerate(found) if digest is None and states[k] is not None]
    if open_:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            # hashlib lets other threads run while it works on a block, so threads are enough.
            for k, digest in zip(open_, pool.map(_sha256, [paths[k] for k in open_]), strict=True):
                found[k] = digest
        hashed = [state[0] for k in open_ if (state := states[k]) is not None]
        if sum(hashed) >= WORTH_REMEMBERING[0] or len(hashed) >= WORTH_REMEMBERING[1]:
            _write(cache, names, states, found, now)
    return found


def _state(path: str) -> list[int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _sha256(path: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb", buffering=0) as file:
            while block := file.read(_AT_ONCE):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _read(cache: Path | None) -> dict[str, tuple[list[int], str]]:
    """Earlier hashes; none if the file is absent or not one of ours."""
    if cache is None:
        return {}
    try:
        document = json.loads(cache.read_text(encoding="utf-8", errors="surrogateescape"))
        return {name: (list(map(int, state)), str(digest)) for name, (state, digest) in document.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(
    cache: Path | None,
    names: Sequence[str],
    states: Sequence[list[int] | None],
    digests: Sequence[str | None],
    now: int,
) -> None:
    if cache is None:
        return
    settled = {
        name: (state, digest)
        for name, state, digest in zip(names, states, digests, strict=True)
        if state is not None and digest is not None and max(state[1:]) < now - UNSETTLED_NS
    }
    partial = cache.with_name(f"{cache.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):  # a folder that may not be written to is hashed anew every time
        partial.write_text(json.dumps(settled), encoding="utf-8", errors="surrogateescape")
        partial.replace(cache)
