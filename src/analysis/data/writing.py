"""A study folder written from tables: what the simulation and the importers of public data share."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis.data.tables import TABLES, Column, Table
from analysis.errors import StudyError


def write_text(path: Path, text: str, *, errors: str = "strict") -> None:
    """Put the text under its name in one step: a reader sees the old file or the whole new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", errors=errors, newline="") as file:
            file.write(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_study(destination: Path, *, meta: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables and, last of all, ``study.yml`` into an existing folder.

    ``study.yml`` comes last so that a folder without it is recognisably unfinished.

    Parameters
    ----------
    destination : Path
        Existing folder. DICOM and contours are put there by the caller.
    meta : mapping
        The keys of ``study.yml``, in the order in which they shall stand there.
    tables : mapping of str to DataFrame
        Name of the table to its rows, see :func:`write_table`. An absent table is a part the study lacks.

    Raises
    ------
    StudyError
        If a table or a column is unknown, missing without being declared in ``meta["lacks"]``, or mistyped.
    """
    unknown = [name for name in tables if name not in TABLES]
    if unknown:
        raise StudyError(
            f"no table of a study is named {', '.join(unknown)}",
            expected="one of " + ", ".join(TABLES),
            offenders=unknown,
        )
    lacks = meta.get("lacks", {})
    for name, frame in tables.items():
        write_table(frame, destination / f"{name}.csv", lacks=lacks.get(name, ()))
    write_text(
        destination / "study.yml",
        yaml.safe_dump(dict(meta), sort_keys=False, allow_unicode=True, width=110),
    )


def lacking_columns(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Columns that the tables do not have, as ``study.yml`` declares them under ``lacks``."""
    return {
        name: [
            column.name
            for column in TABLES[name].columns
            if not column.optional
            and not {column.name, f"{column.name}_day", f"{column.name}_date"} & set(frame.columns)
        ]
        for name, frame in tables.items()
    }


def write_table(frame: pd.DataFrame, path: Path, *, lacks: tuple[str, ...] | list[str] = ()) -> None:
    """Write one table in the contract's form: yes/no, ISO dates, empty cells for missing values.

    Parameters
    ----------
    frame : DataFrame
        Rows of the table named by the file's stem; columns in any order. A time column ``x`` is given
        as ``x_date`` (datetime64, dates or ISO text) or as ``x_day`` (days since treatment start).
        Missing values of any kind become empty cells. Numbers keep 10 significant digits.
    path : Path
        File to write, ``<table>.csv``; replaced in one step.
    lacks : sequence of str
        Columns (a time column by its plain name) that the study does not have.

    Raises
    ------
    StudyError
        If a column is unknown, missing or given twice, or holds a value that is not of its kind.
    """
    table = TABLES[path.stem]
    given = {str(name) for name in frame.columns}
    columns = {
        column.name: _find(frame, column, table)
        for column in table.columns
        if column.name not in lacks
        and not (column.optional and not {column.name, f"{column.name}_day", f"{column.name}_date"} & given)
    }
    unknown = [str(name) for name in frame.columns if name not in columns.values()]
    if unknown:
        raise StudyError(
            f"table {table.name} has no column {', '.join(unknown)}",
            where=path.name,
            expected=", ".join(columns.values()),
            offenders=unknown,
        )
    cells = {name: _cells(frame[name], table.column(plain), path) for plain, name in columns.items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(cells)
    writer.writerows(zip(*cells.values(), strict=True))
    write_text(path, text.getvalue())


def _find(frame: pd.DataFrame, column: Column, table: Table) -> str:
    """Name under which the frame holds a column of the table."""
    names = [f"{column.name}_date", f"{column.name}_day"] if column.kind == "time" else [column.name]
    found = [name for name in names if name in frame.columns]
    if len(found) != 1:
        raise StudyError(
            f"table {table.name} {'gives both ' if found else 'is without '}{' and '.join(names)}",
            where=f"{table.name}.csv",
            expected="exactly one of " + ", ".join(names),
            do="add the column, or declare it under lacks",
            offenders=(column.name,),
        )
    return found[0]


def _cells(values: pd.Series, column: Column, path: Path) -> list[str]:
    """Text of each cell; empty where the value is missing."""
    missing = values.isna().to_numpy(dtype=bool)
    kind = "date" if str(values.name).endswith("_date") else column.kind
    try:
        written = [_WRITERS[kind](value) for value in values[~missing]]
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"a value of {values.name} cannot be written as {kind}",
            where=path.name,
            expected=_EXPECTED[kind],
            offenders=(str(values.name),),
        ) from error
    cells = np.full(len(values), "", dtype=object)
    cells[~missing] = written
    return cells.tolist()


def _yes_no(value: Any) -> str:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return "yes" if value else "no"


def _whole(value: Any) -> str:
    if float(value) != int(value):
        raise ValueError
    return str(int(value))


def _number(value: Any) -> str:
    if not np.isfinite(value):
        raise ValueError
    return format(float(value), ".10g")


def _date(value: Any) -> str:
    return pd.to_datetime(value).strftime("%Y-%m-%d")


_WRITERS = {
    "text": str,
    "code": str,
    "yes_no": _yes_no,
    "whole": _whole,
    "number": _number,
    "time": _number,
    "date": _date,
}
_EXPECTED = {
    "text": "text",
    "code": "text",
    "yes_no": "True, False or missing",
    "whole": "a whole number or missing",
    "number": "a finite number or missing",
    "time": "days since treatment start as a finite number, or missing",
    "date": "a date or missing",
}
