"""The files that make a study: its description, its tables, its images and its contours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.data.description import FILE, Description
from analysis.data.tables import TABLES


@dataclass(frozen=True, slots=True)
class StudyFile:
    """One file of a study.

    Parameters
    ----------
    part : str
        ``table`` (``study.yml`` too), ``dicom`` or ``contours``.
    name : str
        Path below its part, with slashes, whatever folder the part lies in.
    path : str
        Path to open it by.
    relative : str
        Path from the study folder, with slashes: what a manifest names it by.
    """

    part: str
    name: str
    path: str
    relative: str


def study_files(folder: Path, description: Description) -> list[StudyFile]:
    """Every file of a study that is there, in no particular order.

    Files and folders whose name begins with a dot are not part of a study, nor is anything else that
    nobody reads.

    Parameters
    ----------
    folder : Path
        Study folder.
    description : Description
        Its ``study.yml``, which may name other folders of images and contours.
    """
    names = (FILE, *(f"{table}.csv" for table in TABLES))
    found = [
        StudyFile("table", name, str(folder / name), name) for name in names if (folder / name).is_file()
    ]
    for part, place in (("dicom", description.dicom), ("contours", description.contours)):
        top = str(folder / place)
        above = os.path.relpath(top, folder).replace(os.sep, "/")
        found += [StudyFile(part, name, path, f"{above}/{name}") for name, path in _below(top, "")]
    return found


def _below(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Names below a folder and paths to them; ``scandir`` knows what is a folder without asking again."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _below(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield f"{prefix}{entry.name}", entry.path
