"""One checksum of everything a study folder holds, so that a page can say which data it was made from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from analysis.data.description import FILE, read_description
from analysis.data.tables import TABLES
from analysis.errors import StudyError


def study_checksum(path: Path) -> str:
    """SHA-256 of ``study.yml``, of the tables, and of every image and contour file.

    Each file counts with its path inside the folder, its size and the hash of its content; neither
    times, nor the order of the file system, nor where the folder lies make a difference. Files and
    folders whose name begins with a dot are not part of a study.

    Parameters
    ----------
    path : Path
        Study folder.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    StudyError
        If the folder does not exist.
    """
    if not path.is_dir():
        raise StudyError("the study folder does not exist", where=path.name, do="name an existing folder")
    description, _ = read_description(path)
    files = [(name, path / name) for name in (FILE, *(f"{table}.csv" for table in TABLES))]
    for part, folder in (("dicom", path / description.dicom), ("contours", path / description.contours)):
        files += [(f"{part}/{each.relative_to(folder).as_posix()}", each) for each in _files_below(folder)]
    total = hashlib.sha256()
    for name, file in sorted(files):
        if file.is_file():
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            total.update(f"{name}\0{file.stat().st_size}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _files_below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        each
        for each in folder.rglob("*")
        if not any(part.startswith(".") for part in each.relative_to(folder).parts)
    ]
