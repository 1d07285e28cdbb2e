"""One checksum of everything a study folder holds, so that a page can say which data it was made from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from analysis.data.description import read_description
from analysis.data.file_hashes import CACHE, hash_files
from analysis.data.manifest import MANIFEST
from analysis.data.study_files import study_files
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
        If the folder does not exist, or one of its files cannot be read.
    """
    if not path.is_dir():
        raise StudyError("the study folder does not exist", where=path.name, do="name an existing folder")
    description, _ = read_description(path)
    # Where images lie makes no difference: they count by their part and their name below it.
    files = {
        (each.name if each.part == "table" else f"{each.part}/{each.name}"): each
        for each in study_files(path, description)
    }
    # A folder that was never sealed is not written to.
    cache = path / CACHE if (path / MANIFEST).is_file() else None
    digests = hash_files({each.relative: each.path for each in files.values()}, cache=cache)
    total = hashlib.sha256()
    for name in sorted(files):
        file, digest = files[name].path, digests[files[name].relative]
        if digest is None:
            raise StudyError(
                "a file of the study cannot be read", where=path.name, do="check that you may read every file"
            )
        total.update(f"{name}\0{Path(file).stat().st_size}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()
