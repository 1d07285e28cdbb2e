"""One CSV file as text cells with their lines, and what is wrong with it as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data.identifier_names import column_kind
from analysis.data.problems import Problem, error, meant, quoted
from analysis.data.tables import Table

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class TextTable:
    """A table as it stands in its file.

    Parameters
    ----------
    table : Table
        Its schema.
    cells : DataFrame
        Text cells under the file's column names, NaN where empty; the index is the line in the file.
    headers : mapping
        Plain column name (``sampled``) to the file's (``sampled_date``), for the columns that are there.
    whole : bool
        Whether every line could be read; if not, rules about absent rows cannot be judged.
    """

    table: Table
    cells: pd.DataFrame
    headers: Mapping[str, str]
    whole: bool

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.table.name}.csv"


def read_text_table(
    path: Path, table: Table, *, lacks: Collection[str]
) -> tuple[TextTable | None, list[Problem]]:
    """Text cells of a file, and what is wrong with encoding, separator, header and lines.

    Parameters
    ----------
    path : Path
        The CSV file.
    table : Table
        Its schema.
    lacks : collection of str
        Plain names of the columns that ``study.yml`` declares lacking.

    Returns
    -------
    TextTable or None
        ``None`` if nothing of the file could be used.
    list of Problem
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        return None, [error(path.name, "the file is not UTF-8 text", row=line, do="save it as CSV in UTF-8")]
    except OSError:
        return None, [
            error(path.name, "the file cannot be opened", do="check that it is a file you may read")
        ]
    if not text.strip():
        return None, [
            error(path.name, "the file is empty", expected="a header line", do="fill it, or remove it")
        ]
    header, *rows = _lines(text)
    if len(header[1]) == 1:
        for separator, name in _SEPARATORS.items():
            if separator in header[1][0]:
                return None, [
                    error(
                        path.name,
                        f"the columns are separated by {name}",
                        row=1,
                        expected="commas",
                        do="save it as comma-separated CSV",
                    )
                ]
    names, problems = _header(header[1], table, path.name, lacks)
    if not names:
        return None, problems
    width = len(header[1])
    kept = {}
    for line, cells, fault in rows:
        if fault:
            problems.append(error(path.name, fault, row=line, do="correct the quotation marks of this line"))
        elif len(cells) != width:
            problems.append(
                error(
                    path.name,
                    f"the line has {len(cells)} cells",
                    row=line,
                    expected=f"{width}, as the header has",
                    do="quote cells that hold commas",
                )
            )
        else:
            kept[line] = cells
    frame = pd.DataFrame.from_dict(kept, orient="index", columns=pd.RangeIndex(width), dtype=object)
    frame = frame[list(names.values())].set_axis([header[1][place] for place in names.values()], axis=1)
    frame = frame.mask(frame == "")
    headers = {plain: header[1][place] for plain, place in names.items()}
    return TextTable(table, frame, headers, len(kept) == len(rows)), problems


def _lines(text: str) -> list[tuple[int, list[str], str]]:
    """Line number, cells and fault of every line that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return found
        except csv.Error:
            # What follows an unclosed quotation mark is swallowed by it: the reader cannot go on.
            found.append((line, [], "the line cannot be split into cells"))
            return found
        if cells:
            found.append((line, cells, ""))


def _header(
    header: list[str], table: Table, file: str, lacks: Collection[str]
) -> tuple[dict[str, int], list[Problem]]:
    """Plain name to place of each column that can be used, and what is wrong with the header."""
    plain = {}
    for column in table.columns:
        if column.kind == "time":
            plain[f"{column.name}_date"] = plain[f"{column.name}_day"] = column.name
        else:
            plain[column.name] = column.name
    if not set(header) & set(plain):
        return {}, [
            error(
                file,
                "the first line names no column of this table",
                row=1,
                expected=", ".join(plain),
                do="begin with the header line",
            )
        ]
    problems = []
    names: dict[str, int] = {}
    for place, name in enumerate(header):
        if name not in plain and column_kind(name):
            problems.append(
                error(
                    file,
                    f"the column (number {place + 1}) is named like one that holds {column_kind(name)}",
                    row=1,
                    expected="no direct identifier: they do not enter a study",
                    do="remove it, or bring the study in by `python -m analysis pseudonymise`, which leaves it out",
                )
            )
        elif name not in plain:
            shown = quoted(name) if name else "without a name"
            problems.append(
                error(file, f"unknown column {shown} (number {place + 1})", row=1, do=meant(name, plain))
            )
        elif header.index(name) != place:
            problems.append(error(file, "the column is given twice", row=1, column=name, do="remove one"))
        elif plain[name] in names:
            both = f"{plain[name]}_date and {plain[name]}_day"
            problems.append(
                error(file, f"both {both} are given", row=1, column=name, expected="one of the two")
            )
        else:
            names[plain[name]] = place
    for column in table.columns:
        spelt = f"{column.name}_date or {column.name}_day" if column.kind == "time" else column.name
        if column.name in names and column.name in lacks:
            problems.append(
                error(
                    file,
                    "the column is declared lacking, yet it is there",
                    row=1,
                    column=header[names[column.name]],
                    do="take it out of lacks in study.yml",
                )
            )
        elif column.name not in names and column.name not in lacks and not column.optional:
            problems.append(
                error(
                    file,
                    f"the column {spelt} is missing",
                    row=1,
                    column=column.name,
                    do=_missing(column.name, table),
                )
            )
    return names, problems


def _missing(name: str, table: Table) -> str:
    if not table.column(name).nullable:
        return "add it"
    return f"add it, or declare it in study.yml: `lacks: {{{table.name}: [{name}]}}`"
