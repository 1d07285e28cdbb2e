"""Copies of one image in several folders: an identical one is left out, differing ones are nobody's guess."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path


def without_copies(
    folder: Path, files: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], list[str], list[str]]:
    """Files of a series of which each image stands once.

    Parameters
    ----------
    folder : Path
        The indexed folder.
    files : sequence of (path, SOP Instance UID)
        Files of one series, by path; those without a UID are copies of nothing.

    Returns
    -------
    kept : tuple of str
        Of identical files the first by path.
    copies : list of str
        Files left out, because their data set is that of a kept one byte by byte.
    differing : list of str
        Names of files that share a SOP Instance UID but not the data set; they are kept, and the series is refused.
    """
    groups: dict[str, list[str]] = {}
    for path, uid in files:
        groups.setdefault(uid or f"file {path}", []).append(path)
    copies: list[str] = []
    differing: list[str] = []
    for paths in groups.values():
        if len(paths) == 1:
            continue
        contents = [_content(folder / path) for path in paths]
        if len(set(contents)) > 1 or not contents[0]:
            differing += [path.rpartition("/")[2] for path in paths]
        else:
            copies += paths[1:]
    out = set(copies)
    return tuple(path for path, _uid in files if path not in out), copies, differing


def _content(file: Path) -> str:
    """Digest of the data set; the preamble and the file meta information are the writer's (PS3.10 section 7.1)."""
    try:
        data = file.read_bytes()
    except OSError:
        return ""
    start = 0
    if data[128:132] == b"DICM" and data[132:138] == b"\x02\x00\x00\x00UL":
        start = 144 + int.from_bytes(data[140:144], "little")
    return hashlib.sha256(data[start:]).hexdigest()
