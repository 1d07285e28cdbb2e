"""Characteristics of published trials' patients, read once from ``data/published_characteristics.csv``."""

from __future__ import annotations

import csv
import functools
import math
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ParameterError
from analysis.study.fact_files import MARKS
from analysis.study.protocol import project_root

COLUMNS = ("study", "characteristic", "level", "value", "unit", "n", "basis", "source", "note")
UNITS = ("%", "years")


@dataclass(frozen=True)
class PublishedCharacteristic:
    """One figure of one trial's baseline table.

    Parameters
    ----------
    study : str
        Name of the trial.
    characteristic : str
        Column of the study's table ``patients``.
    level : str
        Level whose share it is (``yes``, ``0``; ``3+`` is three or more); empty for a median.
    value : float
        Percent of patients, or the median in ``unit``.
    unit : str
        ``%``, or the median's unit.
    n : int
        Patients of the trial.
    basis : str
        One of :data:`MARKS`; it is printed wherever the figure is.
    source, note : str
        Where it stands, and what to know about it.
    """

    study: str
    characteristic: str
    level: str
    value: float
    unit: str
    n: int
    basis: str
    source: str
    note: str = ""


@functools.cache
def published_characteristics(file: Path | None = None) -> tuple[PublishedCharacteristic, ...]:
    """Every published characteristic, in the order of the file.

    Raises
    ------
    ParameterError
        If a column is missing, a number cannot be read or is out of range, or a mark is unknown (line named).
    """
    file = file or project_root() / "data" / "published_characteristics.csv"
    with file.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(text)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ParameterError(
                f"the columns are {', '.join(rows.fieldnames or ()) or 'none'}",
                where=file.name,
                expected=", ".join(COLUMNS),
            )
        return tuple(_characteristic(row, f"{file.name}, line {rows.line_num}") for row in rows)


def _characteristic(row: dict[str, str], where: str) -> PublishedCharacteristic:
    try:
        value, n = float(row["value"]), int(row["n"])
    except (TypeError, ValueError):
        raise ParameterError("value or n is not a number", where=where, expected="numbers") from None
    wrong = {
        "n": n <= 0,
        "value": not math.isfinite(value) or value < 0 or (row["unit"] == "%" and value > 100),
        "unit": row["unit"] not in UNITS or (row["unit"] == "%") != bool(row["level"]),
        "basis": row["basis"] not in MARKS,
        "source": not row["source"],
    }
    offenders = [name for name, bad in wrong.items() if bad]
    if offenders:
        raise ParameterError(
            f"{', '.join(offenders)} cannot be right",
            where=where,
            expected=f"a positive n, a share of 0 to 100 % with its level or a median in years, a source, and one of {', '.join(MARKS)}",
            offenders=offenders,
        )
    text = {name: row[name] for name in COLUMNS if name not in ("value", "n")}
    return PublishedCharacteristic(value=value, n=n, **text)
