"""Parquet, SAS transport files and Excel workbooks, as text cells."""

from __future__ import annotations

import datetime
import decimal
import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.intake.raw_table import RawTable, ReadingOptions, text_cells
from analysis.data.problems import Problem, error


def cell_text(value: object) -> object:
    """Text of a typed value as the contract writes it; NaN if it is missing.

    >>> cell_text(datetime.date(2014, 3, 1)), cell_text(70.5), cell_text(3.0), cell_text(True)
    ('2014-03-01', '70.5', '3', 'yes')
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or value is pd.NaT or value is pd.NA:
        return np.nan
    if isinstance(value, float | np.floating):
        # Ten digits are what a study table keeps; a transport file's 55-bit numbers hold no more that is meant.
        return format(float(value), ".10g") if math.isfinite(value) else np.nan
    if isinstance(value, pd.Timestamp | datetime.datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.strftime("%Y-%m-%d") if midnight else value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f") if value.is_finite() else np.nan
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Typed table as text cells, numbered from 1."""
    made = frame.astype(object).map(cell_text)
    made.index = pd.RangeIndex(1, len(made) + 1)
    return text_cells(made)


def read_parquet(path: Path, name: str, _: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """Table of a Parquet file."""
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException):
        return [], [error(path.name, "the file cannot be read as Parquet", do="write it again")]
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return _one(frame, path, name)


def read_xpt(path: Path, name: str, options: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """Data set of a SAS transport file, version 5 or 8, with its labels.

    Dates are those that the file's own formats declare; other numbers stay numbers.
    """
    import pyreadstat

    try:
        frame, meta = pyreadstat.read_xport(str(path), encoding=options.encoding or "UTF-8")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError, OverflowError):
        do = "export it again, or give its `encoding` in the mapping"
        return [], [error(path.name, "the file cannot be read as SAS transport (XPT)", do=do)]
    assert isinstance(frame, pd.DataFrame)
    labels = {key: label for key, label in meta.column_names_to_labels.items() if label}
    return _one(frame, path, (meta.table_name or name).lower(), labels)


def read_workbook(path: Path, name: str, _: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """One table a sheet of an Excel workbook; the first row that is not empty is the header.

    Formulas are not run: a cell is the value that was last saved with it.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {
            sheet: book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            for sheet in book.sheet_names
        }
    except (CalamineError, OSError, ValueError):
        what = "the file cannot be read as a workbook: it is broken, or has a password"
        return [], [error(path.name, what, do="save it again without a password, or as CSV")]
    found: list[RawTable] = []
    problems: list[Problem] = []
    for sheet, rows in sheets.items():
        filled = [
            (number, row) for number, row in enumerate(rows, 1) if any(cell not in ("", None) for cell in row)
        ]
        if not filled:
            continue
        number, first = filled[0]
        header = ["" if cell is None else str(cell).strip() for cell in first]
        while header and not header[-1]:
            header.pop()
        if "" in header or len(set(header)) < len(header):
            what = "a column of the sheet has no name, or that of another"
            problems.append(error(path.name, what, row=number, do="name every column once, in the first row"))
            continue
        body = pd.DataFrame(
            [list(row[: len(header)]) + [None] * (len(header) - len(row)) for _, row in filled[1:]],
            index=[line for line, _ in filled[1:]],
            columns=header,
            dtype=object,
        )
        cells = text_cells(body.map(cell_text))
        table = name if len(sheets) == 1 else f"{name}.{sheet.strip().lower()}"
        found.append(RawTable(name=table, file=path.name, cells=cells, row_noun="row"))
    return found, problems


def _one(
    frame: pd.DataFrame, path: Path, name: str, labels: dict[str, str] | None = None
) -> tuple[list[RawTable], list[Problem]]:
    frame.columns = [str(column) for column in frame.columns]
    if frame.columns.has_duplicates:
        return [], [error(path.name, "two columns have the same name", do="name every column once")]
    return [
        RawTable(name=name, file=path.name, cells=as_text(frame), row_noun="record", labels=labels or {})
    ], []
