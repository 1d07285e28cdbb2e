"""A table of aggregates as Markdown and CSV, with what must not leave refused."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import PublicationError
from analysis.results.value import MISSING, number

if TYPE_CHECKING:
    import pandas as pd

PATIENT_COLUMNS = frozenset({"patient_id", "sample_id", "series_uid", "birth_day"})
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")
ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#$|@^~\"'"})


def cell_text(value: object, digits: int) -> str:
    """One cell as it is printed, without mark-up; a missing one is an em dash."""
    if value is None or value is not value or str(value) in {"<NA>", "NaT"}:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value, 0)
    if isinstance(value, float):
        return MISSING if math.isnan(value) else number(value, digits)
    return " ".join(str(value).split())


def _cell(column: str, value: object, digits: int) -> str:
    """A cell; a p or q value that its decimals would print as zero is said to be below the last of them."""
    smallest = 10**-digits
    if re.search(r"(?:^|\b)[pq]$|^p,", column) and isinstance(value, float) and 0 <= value < smallest / 2:
        return f"< {smallest:.{digits}f}"
    return cell_text(value, digits)


def escaped(text: str) -> str:
    """Text that Markdown prints as it stands: no mark-up, no HTML, no shortcode from data, no address made a link.

    >>> escaped("<b>*x*</b>")
    '\\\\<b\\\\>\\\\*x\\\\*\\\\</b\\\\>'
    """
    return _ADDRESS.sub(r"\1\\\2", text.translate(ESCAPED))


def printed(
    frame: pd.DataFrame, digits: int | Mapping[str, int], *, blanks: Collection[str] = ()
) -> tuple[list[str], list[list[str]]]:
    """Header and rows as they are printed.

    Parameters
    ----------
    frame : pandas.DataFrame
        Aggregates; a missing cell prints as an em dash.
    digits : int or mapping
        Decimals for all columns, or by column (1 where not named).
    blanks : collection of str
        Columns where a missing cell means "as above" and prints as nothing.

    Raises
    ------
    PublicationError
        If a column holds one row a patient.
    """
    found = PATIENT_COLUMNS.intersection(map(str, frame.columns))
    if found:
        raise PublicationError(
            f"a table with the column {sorted(found)[0]!r} holds patient rows",
            expected="aggregates only: reports/ is what leaves the hospital",
            do="count or summarise first, or keep the rows with keep(), which writes to data/derived",
            offenders=tuple(found),
        )
    columns = [str(column) for column in frame.columns]
    places = [digits if isinstance(digits, int) else digits.get(column, 1) for column in columns]
    rows = [
        [
            "" if column in blanks and text == MISSING else text
            for column, text in zip(columns, map(_cell, columns, row, places), strict=True)
        ]
        for row in frame.astype(object).itertuples(index=False, name=None)
    ]
    return columns, rows


def to_significant(frame: pd.DataFrame, *, digits: int = 5) -> pd.DataFrame:
    """A table whose numbers with decimals are rounded to so many significant digits: no picture is read more closely.

    What a figure draws of few, such as a quartile, would otherwise be one patient's own measure to the last bit.

    >>> import pandas as pd
    >>> to_significant(pd.DataFrame({"n": [123456], "x": [0.000123456789]})).to_numpy().tolist()
    [[123456.0, 0.00012346]]
    """

    def rounded(cell: object) -> object:
        return float(f"{cell:.{digits}g}") if isinstance(cell, float) and math.isfinite(cell) else cell

    out = frame.copy()
    for name in out.columns[[getattr(kind, "kind", "O") in "fO" for kind in out.dtypes]]:
        out[name] = out[name].map(rounded)
    return out


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in which no cell is a formula: a spreadsheet would run what data say."""
    text = frame.copy()
    for name in text.columns[[not pd_numeric(kind) for kind in text.dtypes]]:
        cells = text[name].astype("string")
        formula = cells.str.match(r"[=+@\t\r-]").fillna(False) & text[name].map(
            lambda cell: isinstance(cell, str)
        )
        text[name] = cells.where(~formula.astype(bool), "'" + cells)
    text.to_csv(path, index=False, lineterminator="\n")


def pd_numeric(kind: object) -> bool:
    """Whether a column's type is a number or a truth value."""
    return getattr(kind, "kind", "O") in "iufb"


def markdown(header: list[str], rows: list[list[str]], numeric: list[bool]) -> str:
    """A pipe table; numeric columns stand right.

    >>> print(markdown(["x", "n"], [["a", "1"]], [False, True]))
    | x | n |
    |:--|--:|
    | a | 1 |
    """
    lines = ["| " + " | ".join(escaped(name) for name in header) + " |"]
    lines.append("|" + "|".join("--:" if right else ":--" for right in numeric) + "|")
    lines += ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
