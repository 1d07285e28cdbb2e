"""Every file below a folder, each once, and what could not be looked into."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_NO_IMAGES = (".", "DICOMDIR")
"""Half-written files and a file manager's droppings; the directory of a medium (PS3.10 section 8.6)."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below the folder: its path there, size in bytes and time of modification in ns."""

    path: str
    size: int
    modified: int


def walk(folder: Path) -> tuple[list[FoundFile], dict[str, str]]:
    """Files below a folder, sorted by path, and why a path could not be looked into.

    Links are followed, every folder is read once. Those that are links come last, so that a folder is found by its
    own path if it has one there.
    """
    files: list[FoundFile] = []
    problems: dict[str, str] = {}
    seen: set[tuple[int, int]] = set()
    waiting, linked = [""], []
    while waiting or linked:
        below = waiting.pop() if waiting else linked.pop(linked.index(min(linked)))
        try:
            place = (folder / below).stat()
            if (place.st_dev, place.st_ino) in seen:
                continue  # a link to a folder that is read anyway, or in a circle
            seen.add((place.st_dev, place.st_ino))
            with os.scandir(folder / below) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as problem:
            problems[below or "."] = f"the folder cannot be read: {problem.strerror or problem}"
            continue
        for entry in entries:
            if entry.name.upper().startswith(_NO_IMAGES):
                continue
            path = f"{below}/{entry.name}" if below else entry.name
            try:
                if entry.is_dir():
                    (linked if entry.is_symlink() else waiting).append(path)
                elif entry.is_file():
                    stat = entry.stat()
                    files.append(FoundFile(path, stat.st_size, stat.st_mtime_ns))
                elif entry.is_symlink():
                    problems[path] = "a link that leads nowhere"
            except OSError as problem:
                problems[path] = f"the file cannot be read: {problem.strerror or problem}"
    return sorted(files, key=lambda file: file.path), problems
