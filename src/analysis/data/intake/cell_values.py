"""The sender's cells as the contract writes them: codes, units, decimal signs, dates; free text goes no further."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.data.intake.mapping import Rule
from analysis.data.intake.raw_table import RawTable
from analysis.data.schemas import NUMBER
from analysis.data.tables import Column
from analysis.units import DAYS_PER_MONTH

GLUCOSE_MG_DL_PER_MMOL_L = 18.016
"""Molar mass of glucose, 180.16 g/mol, a tenth of it: mg/dl in one mmol/l."""

UNITS: dict[str, dict[str, float]] = {
    "cm": {"cm": 1, "m": 100, "mm": 0.1, "in": 2.54},
    "kg": {"kg": 1, "g": 0.001, "lb": 0.45359237},
    "years": {"years": 1, "months": 1 / 12, "days": 1 / 365.25},
    "days": {"days": 1, "weeks": 7, "months": DAYS_PER_MONTH, "years": 365.25},
    "mm": {"mm": 1, "cm": 10, "m": 1000},
    "mmol/l": {"mmol/l": 1, "mg/dl": 1 / GLUCOSE_MG_DL_PER_MMOL_L},
    "%": {"%": 1, "fraction": 100},
    "points": {"points": 1},
}
"""Units that a mapping may name, by the contract's unit, and by what their numbers are multiplied."""

FIRST_DAY_IS_1 = "days_from_1"
"""Times in which the first day counts as day 1, as ADaM's AVAL does: ADT - STARTDT + 1."""

STUDY_DAY = "cdisc_day"
"""CDISC's study days: the first dose is on day 1, the day before it is day -1, and there is no day 0."""

DATE_FORMATS = {
    "iso": r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?",
    "%d/%m/%Y": r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
    "%m/%d/%Y": r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
    "%d.%m.%Y": r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}",
    "%d-%m-%Y": r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}",
    "%Y/%m/%d": r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}",
    "%Y%m%d": r"[0-9]{8}",
    "%d-%b-%Y": r"[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}",
    "%d%b%Y": r"[0-9]{1,2}[A-Za-z]{3}[0-9]{4}",
    "%d %b %Y": r"[0-9]{1,2} [A-Za-z]{3} [0-9]{4}",
    "excel": r"[0-9]{5}",
}
"""Formats of dates that a mapping may name, and what their cells look like. ``excel``: days since 1899-12-30."""

_LONGEST, _MOST_WORDS = 80, 8
_GIVES_AWAY = re.compile(r"[\n\r\t@]|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|\+?[0-9][0-9 ()/-]{8,}")
"""A line's end, a mail address, a date, a number for telephones: what codes and terms do not hold."""

Refusals = list[tuple[pd.Index, str, str, str]]
"""Rows that are refused: their index, what is wrong, what was expected, what to do."""


def converted(
    cells: pd.Series, column: Column, rule: Rule, table: RawTable, *, date: str
) -> tuple[pd.Series, Refusals]:
    """Cells of one column as the contract writes them.

    Parameters
    ----------
    cells : Series
        Text cells of the sender, NaN where empty or standing for nothing.
    column : Column
        The contract's column.
    rule : Rule
        What the mapping says of it.
    table : RawTable
        Where the cells come from; its decimal sign counts.
    date : str
        Format of the cells' dates; empty: they hold no dates.

    Returns
    -------
    Series
        Numbers with a decimal point in the contract's unit, codes of the contract, ISO dates, days since
        treatment start; a refused cell is missing.
    list
        What is refused.
    """
    refused: Refusals = []
    if rule.codes:
        unknown = cells.notna() & ~cells.isin(list(rule.codes))
        if unknown.any():
            codes = ", ".join(list(rule.codes)[:20])
            refused.append(
                (
                    cells.index[unknown],
                    "the code is not in the mapping",
                    codes,
                    f"add it under `codes` of {column.name}",
                )
            )
        cells = cells.map(rule.codes).replace("", np.nan).astype(object)
    if rule.lower:
        cells = cells.str.lower()
    if date:
        return _ended(cells, refused, _dates(cells, date), *_no_date(date))
    if column.kind in ("number", "whole", "time"):
        return _numbers(cells, column, rule, table, refused)
    if column.kind == "text" and not rule.codes:
        free = cells.map(is_free_text, na_action="ignore").eq(True)
        refused += _refusal(cells, free, "the cell looks like free text", "a code or a term", _TEXT_DO)
        cells = cells.mask(free)
    return cells, refused


_TEXT_DO = "give the codes in the mapping, or leave the column out"


def is_free_text(cell: str) -> bool:
    """Whether a cell is prose, or may hold a person's data, rather than a code or a term.

    >>> is_free_text("alanine aminotransferase increased"), is_free_text("seen by Dr X on 3/4/2014")
    (False, True)
    """
    if len(cell) > _LONGEST or len(cell.split()) > _MOST_WORDS:
        return True
    # A number alone, or a UID, is what ids are made of.
    return _GIVES_AWAY.search(cell) is not None and re.fullmatch(r"[0-9.]+", cell) is None


def parsed_dates(cells: pd.Series, date: str) -> pd.Series:
    """Dates of text cells in one format as datetime64; NaT where a cell is none."""
    fitting = cells.where(cells.str.fullmatch(DATE_FORMATS.get(date, ".*")).eq(True))
    if date == "iso":
        return pd.to_datetime(fitting.str[:10], format="%Y-%m-%d", errors="coerce")
    if date == "excel":
        return pd.to_datetime(pd.to_numeric(fitting), unit="D", origin="1899-12-30", errors="coerce")
    return pd.to_datetime(fitting, format=date, errors="coerce")


def _dates(cells: pd.Series, date: str) -> pd.Series:
    return parsed_dates(cells, date).dt.strftime("%Y-%m-%d").astype(object)


def _no_date(date: str) -> tuple[str, str, str]:
    shown = "YYYY-MM-DD" if date == "iso" else date
    return (
        "the cell is not a date of that format",
        shown,
        "correct it, or `date` in the mapping; a date without day or month is none",
    )


def _numbers(
    cells: pd.Series, column: Column, rule: Rule, table: RawTable, refused: Refusals
) -> tuple[pd.Series, Refusals]:
    if table.decimal == ",":
        cells = cells.where(
            ~cells.str.fullmatch(r"[+-]?[0-9]*,[0-9]+").eq(True), cells.str.replace(",", ".", regex=False)
        )
    elif table.decimal == "":
        unclear = cells.str.contains(",", regex=False).eq(True)
        do = "give `decimal` of the file in the mapping"
        refused += _refusal(
            cells, unclear, "the comma may be a decimal sign or part thousands", "one of the two", do
        )
        cells = cells.mask(unclear)
    scale = _scale(column, rule.unit)
    if scale is None:
        return cells, refused
    # What is no number stays as it is: the contract says what belongs there.
    number = cells.str.fullmatch(NUMBER).eq(True)
    values = pd.to_numeric(cells.where(number), errors="coerce")
    made = scale(values).map(lambda value: format(value, ".10g"), na_action="ignore").astype(object)
    if rule.unit == STUDY_DAY:
        refused += _refusal(
            cells, values == 0, "there is no day 0 in CDISC's study days", "-1, 1, 2 ...", "correct it"
        )
        made = made.mask(values == 0)
    return made.where(number, cells), refused


def _scale(column: Column, unit: str) -> Callable[[pd.Series], pd.Series] | None:
    """Function from the sender's numbers to the contract's; ``None`` if they are the same."""
    if unit in ("", column.unit) or (column.kind == "time" and unit == "days"):
        return None
    if unit == FIRST_DAY_IS_1:
        return lambda values: values - 1
    if unit == STUDY_DAY:
        return lambda values: values.where(values < 0, values - 1)
    factor = UNITS["days" if column.kind == "time" else column.unit][unit]
    return lambda values: values * factor


def units_of(column: Column) -> tuple[str, ...]:
    """Units that a mapping may give for a column."""
    if column.kind == "time":
        return (*UNITS["days"], STUDY_DAY)
    known = tuple(UNITS.get(column.unit, {}))
    return (*known, FIRST_DAY_IS_1) if column.unit == "days" else known


def _ended(
    cells: pd.Series, refused: Refusals, made: pd.Series, what: str, expected: str, do: str
) -> tuple[pd.Series, Refusals]:
    return made, [*refused, *_refusal(cells, made.isna() & cells.notna(), what, expected, do)]


def _refusal(cells: pd.Series, wrong: pd.Series, what: str, expected: str, do: str) -> Refusals:
    return [(cells.index[wrong], what, expected, do)] if wrong.any() else []
