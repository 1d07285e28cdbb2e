"""Files of published facts in ``data/``: read line by line, each figure with its mark, or refused with the line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import ParameterError

MARKS = ("read", "recalled", "computed")
"""How a published figure is known: read in the source, remembered and not verified, or counted by us in open data."""


def fact_rows(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[dict[str, str], str]]:
    """Each line as a mapping, and where it stands, for messages.

    Raises
    ------
    ParameterError
        If the columns are other ones, a line has too many or too few cells, the mark is unknown or the source missing.
    """
    with file.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(text)
        if tuple(rows.fieldnames or ()) != columns:
            raise ParameterError(
                f"the columns are {', '.join(rows.fieldnames or ()) or 'none'}",
                where=file.name,
                expected=", ".join(columns),
                do="name the columns so, in this order",
            )
        for row in rows:
            where = f"{file.name}, line {rows.line_num}"
            if None in row or None in row.values():
                raise ParameterError(
                    "the line has another number of cells",
                    where=where,
                    expected=f"{len(columns)} cells",
                    do="put a cell that holds a comma in quotation marks, and leave none out",
                )
            if row["basis"] not in MARKS or not row["source"].strip():
                raise ParameterError(
                    f"the basis is {row['basis']!r} and the source {row['source']!r}",
                    where=where,
                    expected=f"one of {', '.join(MARKS)}, and where the figure stands",
                    do="say how the figure is known, and where it can be looked up",
                    offenders=("basis", "source"),
                )
            yield row, where


def ratio_cells(row: dict[str, str], names: tuple[str, str, str], where: str) -> tuple[float, float, float]:
    """Estimate and limits of those columns; NaN where a cell is empty.

    Raises
    ------
    ParameterError
        If one is no positive number, or they are not in order.
    """
    values = []
    for name in names:
        try:
            value = float(row[name]) if row[name] else math.nan
        except ValueError:
            value = -1.0
        if value <= 0 or math.isinf(value):
            raise ParameterError(
                f"{name} is {row[name]!r}",
                where=where,
                expected="a number above 0, or an empty cell",
                do="look it up in the source; leave the cell empty where it is not printed",
                offenders=(name,),
            )
        values.append(value)
    estimate, low, high = values
    if low > estimate or estimate > high or low > high:
        raise ParameterError(
            f"{estimate:g} does not lie between {low:g} and {high:g}",
            where=where,
            expected=f"{names[1]}, {names[0]} and {names[2]} in order",
            do="compare the line with its source",
            offenders=names,
        )
    return estimate, low, high
