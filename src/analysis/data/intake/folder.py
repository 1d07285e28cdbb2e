"""Everything that a sender's folder holds, as tables of text cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.data.intake.binary_tables import read_parquet, read_workbook, read_xpt
from analysis.data.intake.dataset_json import read_dataset_json
from analysis.data.intake.delimited import read_delimited
from analysis.data.intake.raw_table import RawTable, ReadingOptions
from analysis.data.intake.redcap import is_redcap, split_forms
from analysis.data.intake.redcap_dictionary import is_dictionary, read_dictionary
from analysis.data.intake.variants import read_maf, read_vcf
from analysis.data.problems import Problem, error
from analysis.errors import StudyError

MAPPING = "mapping.yml"

Reader = Callable[[Path, str, ReadingOptions], tuple[list[RawTable], list[Problem]]]


@dataclass(frozen=True)
class Intake:
    """What was read of a folder.

    Parameters
    ----------
    tables : mapping of str to RawTable
        By name.
    problems : tuple of Problem
        What is wrong with the files as files.
    unread : tuple of str
        Kinds of files that are there and that nothing here reads, as ``3 × .pdf``.
    """

    tables: Mapping[str, RawTable]
    problems: tuple[Problem, ...]
    unread: tuple[str, ...]


def _read_csv(path: Path, name: str, options: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    table, problems = read_delimited(path, name, options)
    return [] if table is None else [table], problems


READERS: dict[str, Reader] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".parquet": read_parquet,
    ".xlsx": read_workbook,
    ".xls": read_workbook,
    ".ods": read_workbook,
    ".xpt": read_xpt,
    ".json": read_dataset_json,
    ".ndjson": read_dataset_json,
    ".maf": read_maf,
    ".maf.gz": read_maf,
    ".vcf": read_vcf,
    ".vcf.gz": read_vcf,
}
"""What reads a file, by the end of its name."""


def read_folder(folder: Path, options: Mapping[str, ReadingOptions] | None = None) -> Intake:
    """Tables of every file of a folder that can be read; hidden files and folders in it are left alone.

    Parameters
    ----------
    folder : Path
        What a hospital or a CRO sent.
    options : mapping of str to ReadingOptions, optional
        By file name, what the mapping says of how it is to be read.

    Returns
    -------
    Intake
        Every file that cannot be read is in its problems.

    Raises
    ------
    StudyError
        If there is no such folder, or nothing in it that can be read.
    """
    if not folder.is_dir():
        raise StudyError("there is no such folder", where=folder.name, do="name the folder with the exports")
    known = options or {}
    read: list[RawTable] = []
    problems: list[Problem] = []
    unread: dict[str, int] = {}
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.name.startswith(".") or path.name == MAPPING or not path.is_file():
            continue
        ending = _ending(path.name)
        if ending is None:
            unread[path.suffix.lower()] = unread.get(path.suffix.lower(), 0) + 1
            continue
        name = path.name[: -len(ending)].lower()
        tables, found = READERS[ending](path, name, known.get(path.name, ReadingOptions()))
        read += tables
        problems += found
    read, found = _redcap_forms(read)
    named: dict[str, RawTable] = {}
    for table in read:
        if table.name in named:
            what = f"two tables are named {table.name}: in {named[table.name].file} and {table.file}"
            found.append(error(table.file, what, do="rename one of the files"))
        named[table.name] = table
    if not named and not problems and not found:
        expected = "files ending in " + ", ".join(READERS)
        raise StudyError("there is nothing to read in the folder", where=folder.name, expected=expected)
    counted = tuple(f"{count} × {ending or 'without ending'}" for ending, count in sorted(unread.items()))
    return Intake(named, tuple(problems + found), counted)


def _ending(name: str) -> str | None:
    fits = [ending for ending in READERS if name.lower().endswith(ending)]
    return max(fits, key=len) if fits else None


def _redcap_forms(read: list[RawTable]) -> tuple[list[RawTable], list[Problem]]:
    """Split exports of REDCap into forms, if exactly one data dictionary lies beside them."""
    dictionaries = [table for table in read if is_dictionary(table)]
    others = [table for table in read if not is_dictionary(table)]
    if not dictionaries:
        return others, []
    if len(dictionaries) > 1:
        what = "there are two REDCap data dictionaries"
        return others, [error(dictionaries[1].file, what, do="keep one project a folder")]
    fields, problems = read_dictionary(dictionaries[0])
    if not fields:
        return others, [*problems, error(dictionaries[0].file, "the data dictionary holds no field")]
    made: list[RawTable] = []
    for table in others:
        if is_redcap(table, fields):
            forms, found = split_forms(table, fields)
            made += forms
            problems += found
        else:
            made.append(table)
    return made, problems
