"""pandera schemas made from the tables: type, range, codes, missing cells and repeated keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data.problems import Problem, error, meant
from analysis.data.reading import TextTable
from analysis.data.tables import Column
from analysis.data.units_meant import unit_meant

if TYPE_CHECKING:
    import pandera.pandas as pa

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DAYS = (-45_000.0, 20_000.0)
"""Study days that can be: from a birth 120 years before treatment to 55 years after its start."""

CODE = re.compile(r"(?!.*[0-9]{4})[A-Za-z0-9_+-]{1,20}")
"""What looks like a code; four digits in a row may be a date or a record's number, which is not repeated."""


def is_number(cells: pd.Series) -> pd.Series:
    """Whether each text cell is a finite decimal number."""
    return cells.str.fullmatch(NUMBER) & np.isfinite(numbers(cells))


def is_whole(cells: pd.Series) -> pd.Series:
    """Whether each text cell is a whole number."""
    return is_number(cells) & (numbers(cells) % 1 == 0)


def is_date(cells: pd.Series) -> pd.Series:
    """Whether each text cell is a day of the calendar, as YYYY-MM-DD."""
    return cells.str.fullmatch(ISO_DATE) & dates(cells).notna()


def is_clean(cells: pd.Series) -> pd.Series:
    """Whether each text cell is printable and neither begins nor ends with a blank."""
    return cells.map(str.isprintable).astype(bool) & (cells == cells.str.strip())


def numbers(cells: pd.Series) -> pd.Series:
    """Text cells as float64; what is no number, or missing, becomes NaN."""
    return cells.where(cells.str.fullmatch(NUMBER).eq(True)).astype("float64")


def dates(cells: pd.Series) -> pd.Series:
    """Text cells as datetime64; what is no ISO date, or missing, becomes NaT."""
    return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")


def schema_of(text: TextTable) -> pa.DataFrameSchema:
    """Make the pandera schema of the columns that the file has, for its text cells."""
    import pandera.pandas as pa

    columns = {}
    for plain, name in text.headers.items():
        column = text.table.column(plain)
        checks = [
            pa.Check(check, name=label, ignore_na=True) for label, check in _checks(column, name).items()
        ]
        columns[name] = pa.Column(checks=checks, nullable=column.nullable)
    return pa.DataFrameSchema(columns)


def schema_problems(text: TextTable) -> list[Problem]:
    """Everything in the cells of one table that its schema refuses, by line and column."""
    found = {**_refused_cells(text), **_repeated_keys(text)}
    order = {name: place for place, name in enumerate(text.cells.columns)}
    return [found[place] for place in sorted(found, key=lambda place: (place[0], order.get(place[1], -1)))]


def _refused_cells(text: TextTable) -> dict[tuple[int, str, str], Problem]:
    """Problem of each refused cell, by line, column and check."""
    import pandera.pandas as pa

    try:
        schema_of(text).validate(text.cells, lazy=True)
    except pa.errors.SchemaErrors as refusal:
        cases = refusal.failure_cases
        if cases["index"].isna().any():
            # pandera reports an exception inside a check as a failure of no row: that is our fault, not the study's.
            raise
    else:
        return {}
    found = {}
    for name, refused in cases.groupby("column", sort=False):
        column = text.table.column(next(plain for plain, header in text.headers.items() if header == name))
        cells = text.cells[name].loc[refused["index"]]
        for line, cell, check in zip(refused["index"], cells, refused["check"], strict=True):
            found[int(line), str(name), str(check)] = _cell_problem(
                text, int(line), str(name), str(cell), column, str(check)
            )
    return found


def _repeated_keys(text: TextTable) -> dict[tuple[int, str, str], Problem]:
    """Problem of each line whose key stands on an earlier line already.

    It is no check of the pandera schema, because pandera's account of a failed check of whole rows takes
    minutes for ten thousand of them. A key with an empty cell is reported as that; it repeats nothing. Only
    where the key column may be empty is "empty" a value like others.
    """
    key = {plain: text.headers[plain] for plain in text.table.key if plain in text.headers}
    if len(key) < len(text.table.key) or text.cells.empty:
        return {}
    normal = _normal_key(text, text.cells, key)
    needed = [name for plain, name in key.items() if not text.table.column(plain).nullable]
    again = normal.duplicated() & text.cells[needed].notna().all(axis=1)
    if not again.any():
        return {}
    lines = pd.Series(normal.index, index=normal.index)
    by = [normal[name] for name in normal.columns]
    first = lines.groupby(by, dropna=False, sort=False).transform("first")
    return {
        (int(line), "", "key"): _repeated(text, int(line), int(first[line])) for line in normal.index[again]
    }


def _checks(column: Column, name: str) -> dict[str, Callable[[pd.Series], Any]]:
    """Make the checks of one column, by the name under which a failure is reported."""
    kind = "date" if name != column.name and name.endswith("_date") else column.kind
    if kind in ("code", "yes_no"):
        codes = _codes(column)
        return {"code": lambda cells: cells.isin(codes)}
    if kind == "text":
        return {"clean": is_clean}
    if kind == "date":
        return {"date": is_date}
    low, high = _range(column)
    # A cell that is no number fails the first check only: what is NaN here is in no wrong range.
    return {
        "whole" if kind == "whole" else "number": is_whole if kind == "whole" else is_number,
        "range": lambda cells: ~((numbers(cells) < low) | (numbers(cells) > high)),
    }


def _codes(column: Column) -> tuple[str, ...]:
    return ("yes", "no") if column.kind == "yes_no" else column.codes


def _range(column: Column) -> tuple[float, float]:
    if column.kind == "time":
        return DAYS
    return (
        -np.inf if column.low is None else column.low,
        np.inf if column.high is None else column.high,
    )


def _normal_key(text: TextTable, frame: pd.DataFrame, key: dict[str, str]) -> pd.DataFrame:
    """Key columns in a form in which 14 and 14.0 are the same day."""
    normal = frame[list(key.values())].copy()
    for plain, name in key.items():
        if text.table.column(plain).kind == "time" and name.endswith("_day"):
            normal[name] = numbers(normal[name]).where(is_number(normal[name]).eq(True))
    return normal


def _repeated(text: TextTable, line: int, earlier: int) -> Problem:
    key = {plain: text.headers[plain] for plain in text.table.key}
    names = ", ".join(key.values())
    what = "the patient" if text.table.key == ("patient_id",) else f"the combination of {names}"
    if len(key) == 1 and text.table.key != ("patient_id",):
        what = f"the {names}"
    return error(
        text.file,
        f"{what} stands already on line {earlier}",
        row=line,
        column=names,
        expected=f"each {names} once",
        do="remove or correct one of the lines",
    )


def _cell_problem(text: TextTable, line: int, name: str, cell: str, column: Column, check: str) -> Problem:
    """Wording of one refused cell; numbers and codes are shown, text and dates never."""
    place: dict[str, Any] = {"row": line, "column": name}
    low, high = _range(column)
    unit = f" {column.unit}" if column.unit else ""
    span = f"{low:g} to {high:g}{unit}" if np.isfinite([low, high]).all() else f"a number{unit}"
    if check == "code":
        shown = f"the code {cell!r}" if CODE.fullmatch(cell) else "a text"
        return error(
            text.file,
            f"{shown} is not one of this column's codes",
            expected=", ".join(_codes(column)),
            do=meant(cell, _codes(column)) if CODE.fullmatch(cell) else "use a code, or leave the cell empty",
            **place,
        )
    if check == "range":
        value = float(cell)
        advice = unit_meant(column.name, value) or "correct it, or leave the cell empty if it is not known"
        return error(text.file, f"the value {value:g} is out of range", expected=span, do=advice, **place)
    if check in ("number", "whole"):
        noun = "a whole number" if check == "whole" else "a number"
        if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell):
            return error(
                text.file,
                "the number has a decimal comma",
                expected=span,
                do="write a decimal point",
                **place,
            )
        if re.fullmatch(NUMBER, cell):
            return error(
                text.file, f"the value {cell[:20]} is not {noun}", expected=f"{noun}, {span}", **place
            )
        return error(
            text.file,
            f"the cell holds text where {noun} belongs",
            expected=span,
            do="correct it; a missing value is an empty cell",
            **place,
        )
    if check == "date":
        return error(
            text.file,
            "the cell is not a date",
            expected="a day of the calendar as YYYY-MM-DD",
            do="convert the column to ISO dates, or give study days under "
            + name.removesuffix("_date")
            + "_day",
            **place,
        )
    if check == "clean":
        return error(
            text.file,
            "the text begins or ends with a blank, or holds a character that cannot be printed",
            expected="plain text",
            do="remove the character",
            **place,
        )
    return error(
        text.file,
        "the cell is empty",
        expected=f"a value ({column.meaning.lower()})" if column.kind != "text" else "a value",
        do="fill it; this column may not be empty",
        **place,
    )
