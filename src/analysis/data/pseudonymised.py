"""The tables of a study with pseudonyms for patients, samples and centres, moved dates, and no free text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from analysis.data.identifier_names import column_kind
from analysis.data.pseudonym_key import PseudonymKey
from analysis.data.tables import TABLES, Column, Table
from analysis.errors import StudyError

OLDEST = 89
"""Years of age above which patients stand out: older ones are given as 90 (45 CFR 164.514(b)(2)(i)(C))."""
_NAMED = {"patient_id": "patient", "sample_id": "sample", "centre": "centre", "reader": "reader"}
_KEPT_TEXT = (
    "marker",
    "item",
    "visit",
    "gene",
    "protein_change",
    "term",
    "scale",
    "label",
    "lesion_id",
    "baseline_lesion_id",
    "field",
    "state",
)
"""Texts that hold codes and names of lesions; every other text is free, and free text does not pass."""
_WITHHELD = "withheld"
_NAMING = ("a name", "a national or hospital number", "an e-mail address", "a telephone number")
"""Kinds of columns whose cells are searched for in the texts that are kept."""
_READERS = {"local", "central", "proposal"}
SHORTEST = 3
"""Characters of a name or number that is searched for: a shorter one stands in too much by chance."""


@dataclass
class TableReport:
    """What was done to the tables: counts by kind, columns left out by table. No cell's content."""

    done: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    patients: set[str] = field(default_factory=set)
    of_series: dict[str, str] = field(default_factory=dict)
    mask_files: dict[str, str] = field(default_factory=dict)


def pseudonymised_tables(folder: Path, key: PseudonymKey) -> tuple[dict[str, str], TableReport]:
    """Every table of a study folder as text, pseudonymised, and what was done.

    Columns that the data dictionary does not know are left out, and so are dates of birth; ages above 89 are 90.

    Parameters
    ----------
    folder : Path
        Study folder or a folder with tables of its shape; it is only read.
    key : PseudonymKey
        The study's key.

    Returns
    -------
    dict of str to str
        Name of the table to CSV text.
    TableReport
        Its ``patients``, ``of_series`` and ``mask_files`` hold the originals, for the images: they must not be written.

    Raises
    ------
    StudyError
        If there is no readable patients.csv, a line cannot be split, or a date cannot be read.
    """
    read = {name: _read(folder / f"{name}.csv") for name in TABLES if (folder / f"{name}.csv").is_file()}
    if "patients" not in read or "patient_id" not in read["patients"][0]:
        raise StudyError(
            "there is no patients.csv with a column patient_id", where=folder.name, expected="a study folder"
        )
    tables, report = pseudonymised_rows(read, key)
    return {name: _as_csv(header, rows) for name, (header, rows) in tables.items()}, report


def refuse_named(read: Mapping[str, Rows], originals: Collection[str]) -> None:
    """Raise where a text that is kept as it is (codes, visits, names of lesions) holds a name or number of a person.

    Raises
    ------
    StudyError
        With table, line and column, never the text.
    """
    words = {text.strip() for text in originals if len(text.strip()) >= SHORTEST}
    if not words:
        return
    # A record number inside a lesion's name ends at a hyphen or underscore.
    alternatives = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])", re.IGNORECASE)
    for name, (header, rows) in read.items():
        table = TABLES[name]
        kept = [
            column.name for column in table.columns if column.name in _KEPT_TEXT and column.kind == "text"
        ]
        for column in kept:
            if column not in header:
                continue
            place = header.index(column)
            bad = {text for text in {row[place] for row in rows} if pattern.search(text)}
            if bad:
                line = next(line for line, row in enumerate(rows, start=2) if row[place] in bad)
                raise StudyError(
                    f"a text holds the name or number of a patient, a sample or a reader ({len(bad)} different ones do)",
                    where=f"{name}.csv, line {line}, column {column}",
                    expected="names of lesions, visits and codes that name nobody",
                    do="rename them in the tables and, for lesions, in the contours",
                )


def _persons(read: Mapping[str, Rows]) -> set[str]:
    """Everything in the tables that names a patient, a sample or a reader."""
    found: set[str] = set()
    for header, rows in read.values():
        for place, name in enumerate(header):
            cells = {row[place] for row in rows}
            if name in ("patient_id", "sample_id"):
                found |= cells
            elif name == "reader":
                found |= cells - _READERS
            found |= names_in(name, cells)
    return found - {""}


def names_in(column: str, cells: Collection[str]) -> set[str]:
    """What the cells of a column that is named like one of persons hold, with each word of a name; else nothing.

    >>> sorted(names_in("surname", ["Doe Jane"])), names_in("weight_kg", ["70"])
    (['Doe Jane', 'Jane'], set())
    """
    if column_kind(column) not in _NAMING:
        return set()
    return {word for text in cells for word in (text, *re.findall(r"[^\W\d_]{4,}", text))}


Rows = tuple[list[str], list[list[str]]]
"""Header and lines of a table, all text."""


def pseudonymised_rows(
    read: Mapping[str, Rows], key: PseudonymKey, *, named: Collection[str] = ()
) -> tuple[dict[str, Rows], TableReport]:
    """Tables as header and lines, pseudonymised; see :func:`pseudonymised_tables`.

    Parameters
    ----------
    read : mapping of str to Rows
        By table.
    key : PseudonymKey
        The study's key.
    named : collection of str
        Names and numbers of persons (:func:`names_in`) from columns that these tables no longer hold.

    Raises
    ------
    StudyError
        If a date cannot be read, or a text that is kept holds who the patient is.
    """
    report = TableReport()
    refuse_named(read, {*named, *_persons(read)})
    owner = _owners(read)
    tables = {
        name: _table(TABLES[name], header, rows, owner, key, report) for name, (header, rows) in read.items()
    }
    header, rows = read.get("patients", ([], []))
    if "patient_id" in header:
        report.patients = {row[header.index("patient_id")].strip() for row in rows} - {""}
    header, rows = read.get("scans", ([], []))
    if {"series_uid", "patient_id"} <= set(header):
        report.of_series = {
            row[header.index("series_uid")]: row[header.index("patient_id")].strip() for row in rows
        }
    return tables, report


def _read(path: Path) -> Rows:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise StudyError(
            f"the table cannot be read ({type(problem).__name__})", where=path.name, expected="comma-separated UTF-8"
        ) from None  # fmt: skip
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        raise StudyError(
            "a line has another number of cells than the header", where=path.name, do="correct it"
        )
    return lines[0], lines[1:]


def _owners(read: Mapping[str, Rows]) -> dict[str, str]:
    """Sample to patient, for tables that name the sample alone."""
    if "plasma_samples" not in read:
        return {}
    header, rows = read["plasma_samples"]
    if not {"sample_id", "patient_id"} <= set(header):
        return {}
    return {row[header.index("sample_id")]: row[header.index("patient_id")] for row in rows}


def _table(
    table: Table,
    header: list[str],
    rows: list[list[str]],
    owner: Mapping[str, str],
    key: PseudonymKey,
    report: TableReport,
) -> Rows:
    kept: list[tuple[int, Column]] = []
    for place, name in enumerate(header):
        try:
            column = table.column(name.removesuffix("_date"))
        except KeyError:
            column = None
        if column is None or (table.name, column.name) == ("patients", "birth"):
            shown = column_kind(name) or "an unknown column"
            report.left_out.setdefault(table.name, []).append(f"number {place + 1} ({shown})")
        else:
            kept.append((place, column))
    out: list[list[str]] = []
    for line, row in enumerate(rows, start=2):
        said = dict(zip(header, row, strict=True))
        patient = said.get("patient_id") or owner.get(said.get("sample_id", ""), "")
        out.append(
            [_cell(said, header[place], column, table, patient, key, report, line) for place, column in kept]
        )
    return [header[place] for place, _ in kept], out


def _as_csv(header: list[str], rows: list[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()


def _cell(
    row: Mapping[str, str],
    name: str,
    column: Column,
    table: Table,
    patient: str,
    key: PseudonymKey,
    report: TableReport,
    line: int,
) -> str:
    text = row[name]
    if not text:
        return ""
    done = report.done
    if column.name == "patient_id":
        done["patients replaced"] += 1
        return key.patient(text)
    if column.name == "reader" and (column.kind == "code" or text == "proposal"):
        return text
    if column.name in _NAMED:
        done[f"{column.name} replaced"] += 1
        return key.name(_NAMED[column.name], text)
    if column.name == "series_uid":
        done["UIDs replaced"] += 1
        return key.uid(text)
    if name.endswith("_date") and column.kind == "time":
        done["dates shifted"] += 1
        return _shifted(text, key.shift_days(patient), f"{table.name}.csv, line {line}, column {name}")
    if column.name == "age_years":
        return "90" if _is_above(text, OLDEST) else text
    if column.name == "file":
        suffix = "".join(Path(text).suffixes[-2:]) if text.endswith(".nii.gz") else Path(text).suffix
        report.mask_files[text] = key.name("mask", text) + suffix
        return report.mask_files[text]
    if (table.name, column.name) == ("pet_overrides", "value"):
        return _override(row.get("field", ""), text, key.shift_days(patient))
    if column.kind == "text" and column.name not in _KEPT_TEXT:
        done["free texts left out"] += 1
        return "" if column.nullable else _WITHHELD
    return text


def _is_above(text: str, limit: int) -> bool:
    try:
        return float(text) > limit
    except ValueError:
        return False


def _shifted(text: str, days: int, where: str) -> str:
    try:
        return (date.fromisoformat(text.strip()) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise StudyError(
            "a date cannot be read, and so not be moved", where=where, expected="an ISO date, 2014-03-01"
        ) from None


def _override(keyword: str, text: str, days: int) -> str:
    """Header value of ``pet_overrides.csv``: one that holds a day is moved with the images."""
    if not keyword.endswith(("Date", "DateTime")) or len(text) < 8 or not text[:8].isdigit():
        return text
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + timedelta(days=days)
    return f"{day:%Y%m%d}" + text[8:]
