"""SHA-256 of many files: on every core, and not again while a file is as it was."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CACHE = ".hashes.json"
"""File in the study folder that remembers hashes; it may be deleted at any time."""

UNSETTLED_NS = 2_000_000_000
"""A file that changed less than 2 s before it was hashed is hashed again the next time: it may change once
more within one tick of the file system's clock, and would then look as it did."""

WORTH_REMEMBERING = 20_000_000, 1_000
"""Bytes or files from which on hashes are remembered: for less, a file more in the folder does not pay."""

_AT_ONCE = 1 << 20
_TOGETHER = 256
"""Files that a thread is given at a time."""


def hash_files(files: Mapping[str, str], *, cache: Path | None = None) -> dict[str, str | None]:
    """SHA-256 of each file's content.

    Parameters
    ----------
    files : mapping of str to str
        Name by which a hash is remembered, and path of the file.
    cache : Path, optional
        JSON file of earlier hashes. A hash is taken from it if the file's size, its time of modification
        and its time of status change (which no ordinary program can set back) are the same, in
        nanoseconds. It is brought up to date where it can be written and there was much to do.

    Returns
    -------
    dict of str to str or None
        64 hexadecimal digits by name; ``None`` where the file cannot be read.
    """
    known = _read(cache)
    now = time.time_ns()
    states = {name: _state(path) for name, path in files.items()}
    found: dict[str, str | None] = {}
    unknown = []
    for name, state in states.items():
        before = known.get(name)
        if state is None or before is None or before[0] != state:
            found[name] = None
            unknown.append(name)
        else:
            found[name] = before[1]
    if unknown:
        parts = [unknown[k : k + _TOGETHER] for k in range(0, len(unknown), _TOGETHER)]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            # hashlib lets other threads run while it works on a block, so threads are enough.
            for part, digests in zip(
                parts, pool.map(_sha256, [[files[n] for n in part] for part in parts]), strict=True
            ):
                found.update(zip(part, digests, strict=True))
        hashed = [state[0] for name in unknown if (state := states[name]) is not None]
        if sum(hashed) >= WORTH_REMEMBERING[0] or len(hashed) >= WORTH_REMEMBERING[1]:
            _write(cache, states, found, now)
    return found


def _state(path: str) -> list[int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - tens of thousands of files: no object for each
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _sha256(paths: Sequence[str]) -> list[str | None]:
    return [_sha256_of(path) for path in paths]


def _sha256_of(path: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            while block := file.read(_AT_ONCE):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _read(cache: Path | None) -> dict[str, list[Any]]:
    """Earlier hashes; none if the file is absent or not one of ours."""
    if cache is None:
        return {}
    try:
        document = json.loads(cache.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError):
        return {}
    right = isinstance(document, dict) and all(isinstance(e, list) and len(e) == 2 for e in document.values())
    return document if right else {}


def _write(
    cache: Path | None,
    states: Mapping[str, list[int] | None],
    digests: Mapping[str, str | None],
    now: int,
) -> None:
    if cache is None:
        return
    settled = {
        name: (state, digests[name])
        for name, state in states.items()
        if state is not None and digests[name] is not None and max(state[1:]) < now - UNSETTLED_NS
    }
    partial = cache.with_name(f"{cache.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):  # a folder that may not be written to is hashed anew every time
        partial.write_text(json.dumps(settled), encoding="utf-8", errors="surrogateescape")
        partial.replace(cache)
