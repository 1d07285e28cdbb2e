"""Which files were looked at for identifiers before: the same bytes and the same names give the same answer."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from analysis.results import disclosure, leaks
from analysis.work.whole_file import write_whole

SIZE = 32
"""Bytes of a digest."""
MOST = 50_000
"""Digests that are kept; with more, all are forgotten and the files are looked at again."""


def _kept_in(folder: Path, identifiers: Collection[str]) -> Path:
    """File of what held none of these identifiers, as this version of the search sees it."""
    key = hashlib.sha256()
    for module in (leaks, disclosure):
        key.update(Path(str(module.__file__)).read_bytes())
    key.update("\n".join(sorted(identifiers)).encode())
    return folder / "looked-at" / key.hexdigest()


@contextlib.contextmanager
def looked_at(folder: Path, identifiers: Collection[str]) -> Iterator[set[bytes]]:
    """Digests of files that held none of these identifiers, for ``clean`` of :func:`analysis.results.leaks.find_leaks`.

    What is added within the block is kept for the next time, unless the block ends by an error.

    Parameters
    ----------
    folder : Path
        Folder of the build's own files, ``.make``; where it cannot be written, nothing is kept.
    identifiers : collection of str
        The identifiers that are looked for; for others, or by another version of the search, nothing is known.
    """
    file = _kept_in(folder, identifiers)
    try:
        content = file.read_bytes()
    except OSError:
        content = b""
    whole = len(content) % SIZE == 0 and len(content) <= MOST * SIZE
    known = {content[at : at + SIZE] for at in range(0, len(content), SIZE)} if whole else set()
    before = len(known)
    yield known
    if len(known) > before:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, b"".join(sorted(known)))
