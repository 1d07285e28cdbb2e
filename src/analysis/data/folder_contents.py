"""Rules about the folder itself: files that are not there, that nobody reads, or that a table names in vain."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.data.conversion import TypedTable
from analysis.data.description import FILE, Description
from analysis.data.problems import Problem, error, quoted, warning
from analysis.data.tables import TABLES


def folder_problems(
    folder: Path, description: Description, tables: Mapping[str, TypedTable]
) -> list[Problem]:
    """Files that are absent or not read, and images without what they need to be measured.

    Parameters
    ----------
    folder : Path
        The study folder.
    description : Description
        Its ``study.yml``, which may name other folders of images and contours.
    tables : mapping of str to TypedTable
        The tables that could be read.
    """
    return _tables(folder, description) + _images(folder, description, tables)


def _tables(folder: Path, description: Description) -> list[Problem]:
    """Tables that are not there, and files that look like tables and are none."""
    problems = []
    names = sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    if "patients.csv" not in names:
        problems.append(
            error("patients.csv", "the file is missing", expected="one line a patient", do="add it")
        )
    for name in names:
        stem, _, ending = name.rpartition(".")
        close = difflib.get_close_matches(stem.lower(), TABLES, n=1, cutoff=0.75)
        if name.removesuffix(".csv") in TABLES and name.endswith(".csv"):
            continue
        if ending.lower() == "csv" or (
            close and ending.lower() in ("xlsx", "xls", "ods", "tsv", "txt", "parquet")
        ):
            advice = (
                f"name it {close[0]}.csv, as comma-separated UTF-8 text"
                if close
                else "remove it if it is not needed"
            )
            problems.append(
                warning(
                    name if quoted(stem) == repr(stem) else f"*.{ending}",
                    "the file is not a table of a study, and is not read",
                    do=advice,
                )
            )
    for table in description.lacks:
        if f"{table}.csv" not in names:
            problems.append(
                warning(
                    FILE,
                    f"lacks names columns of {table}, but there is no {table}.csv",
                    do="remove the entry",
                )
            )
    return problems


def _images(folder: Path, description: Description, tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Tables of PET without images, and images without the tables and contours that belong to them."""
    images, contours = folder / description.dicom, folder / description.contours
    if not images.is_dir():
        return [
            warning(
                f"{name}.csv",
                "there are no images, so that PET cannot be measured",
                do="add the folder dicom, or name it in study.yml",
            )
            for name, table in TABLES.items()
            if table.part == "pet" and (folder / f"{name}.csv").exists()
        ]
    problems = []
    if next(_files_below(images), None) is None:
        problems.append(warning("dicom", "the folder of images is empty", do="add the images, or remove it"))
    if not (folder / "pet_visits.csv").exists():
        problems.append(
            warning(
                "pet_visits.csv",
                "there are images, but the table is missing",
                do="add it; without it only the scans that are found count as planned",
            )
        )
    files = set(_files_below(contours))
    if not files:
        problems.append(
            warning(
                "contours",
                "there are images, but " + ("the folder is empty" if contours.is_dir() else "no such folder"),
                expected="lesion contours as DICOM SEG, RTSTRUCT or NIfTI",
                do="add them; without them, lesions are measured only where SEG or RTSTRUCT lie among the images",
            )
        )
    if "contours" in tables:
        problems += _contours_named_in_vain(tables["contours"], files)
    return problems


def _contours_named_in_vain(named: TypedTable, files: set[str]) -> list[Problem]:
    """Rows of ``contours.csv`` whose file is not there. A file's name may hold a person's: it is not repeated."""
    if "file" not in named.headers:
        return []
    names = named.frame["file"].dropna()
    slashed = names.str.replace("\\", "/", regex=False)
    folded = {name.casefold() for name in files}
    return [
        error(
            named.file,
            "the file of this line is not below contours",
            row=int(line),
            column="file",
            expected="the path of a file below the folder of contours, as `P01/day14.nii.gz`",
            do="the case of its letters differs: spell it the same"
            if slashed[line].casefold() in folded
            else "correct the path, add the file, or remove the line",
        )
        for line in names.index[~slashed.isin(list(files))]
    ]


def _files_below(folder: Path) -> Iterator[str]:
    """Paths below a folder, with slashes; files whose name begins with a dot are nobody's."""
    for path in folder.rglob("*") if folder.is_dir() else ():
        if not path.name.startswith(".") and path.is_file():
            yield path.relative_to(folder).as_posix()
