"""Baseline characteristics: overall, by group, with missing counts and standardised differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.differences import difference_of_means, difference_of_shares, largest
from analysis.data.tables import TABLES, Column
from analysis.errors import DesignError
from analysis.logbook import logged

OVERALL = "overall"
UNKNOWN_GROUP = "unknown"
NOT_CHARACTERISTICS = ("patient_id",)
MOST_LEVELS = 6
"""A whole number whose permitted range has at most this many values is a scale, shown by level (ECOG)."""


@dataclass(frozen=True)
class _Variable:
    name: str
    label: str
    levels: tuple[str, ...]
    """Levels to print; empty for a continuous variable."""
    column: pd.Series


def _variable(name: str, values: pd.Series, labels: Mapping[str, str]) -> _Variable | None:
    """Kind of a column: by the study's contract where it knows the column, else by its type."""
    known = {column.name: column for column in TABLES["patients"].columns}
    column = known.get(name)
    if (
        name in NOT_CHARACTERISTICS
        or name.endswith("_day")
        or values.isna().all()
        or (column and column.kind == "time")
    ):
        return None
    label = labels.get(name) or _label(name, column)
    if pd.api.types.is_bool_dtype(values.dtype):
        text = values.astype("boolean").map({True: "yes", False: "no"}).astype("string")
        return _Variable(name, label, ("yes", "no"), text)
    if pd.api.types.is_numeric_dtype(values.dtype):
        scale = (
            column is not None
            and column.kind == "whole"
            and column.low is not None
            and column.high is not None
            and column.high - column.low < MOST_LEVELS
        )
        if not scale:
            return _Variable(name, label, (), values.astype("float64"))
        values = values.astype("Int64")
    text = values.astype("string")
    codes = column.codes if column else ()
    found = set(text.dropna())
    levels = [code for code in codes if code in found] + sorted(found - set(codes))
    return _Variable(name, label, tuple(levels), text)


def _label(name: str, column: Column | None) -> str:
    if column is None:
        return name.replace("_", " ")
    return f"{column.meaning} ({column.unit})" if column.unit else column.meaning


def _groups(patients: pd.DataFrame, by: str | None) -> dict[str, pd.Series]:
    groups = {OVERALL: pd.Series(True, index=patients.index)}
    if by is None:
        return groups
    if by not in patients:
        raise DesignError(
            f"no column {by!r} to divide the baseline table by",
            where="baseline table",
            expected="one of " + ", ".join(patients.columns),
        )
    variable = _variable(by, patients[by], {})
    if variable is None or (not variable.levels and variable.column.notna().any()):
        raise DesignError(
            f"column {by!r} does not form groups",
            where="baseline table",
            expected="a code, text or yes/no column",
            do="cut the number into named groups first",
        )
    for level in variable.levels:
        inside = (variable.column == level).fillna(False).astype(bool)
        if inside.any():
            groups[level] = inside
    if variable.column.isna().any():
        groups[UNKNOWN_GROUP] = variable.column.isna()
    return groups


@logged("description", measure="characteristics")
def baseline_statistics(
    patients: pd.DataFrame, *, by: str | None = None, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """One row a characteristic, level and group: the numbers behind the baseline table.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient, as in the study's table ``patients``; more columns may have been joined.
        Identifiers and times are left out, and columns that no patient has a value in: those the
        study lacks.
    by : str, optional
        Column that divides the patients; those without a value form the group ``unknown``.
    labels : mapping, optional
        Words for columns, by name; else those of the study's contract.

    Returns
    -------
    pandas.DataFrame
        variable, label, level (empty for a continuous variable), group (``overall`` first), n
        (patients of the group with a value), missing, count and percent (of n; for a level), median,
        q1, q3, lowest, highest (for a continuous variable), difference (largest standardised
        difference between two known groups, the same in every row of a variable). Quantiles are
        linear interpolations (R type 7).
    """
    groups = _groups(patients, by)
    compared = [inside for name, inside in groups.items() if name not in (OVERALL, UNKNOWN_GROUP)]
    rows = []
    for name in patients.columns:
        variable = _variable(name, patients[name], labels or {}) if name != by else None
        if variable is None:
            continue
        difference = _difference(variable, compared)
        for group, inside in groups.items():
            values = variable.column[inside]
            n = int(values.notna().sum())
            row = {"variable": name, "label": variable.label, "group": group, "n": n}
            row |= {"missing": int(inside.sum()) - n, "difference": difference}
            if not variable.levels:
                rows.append(row | {"level": ""} | _summary(values))
                continue
            for level in variable.levels:
                count = int((values == level).sum())
                rows.append(row | {"level": level, "count": count, "percent": _percent(count, n)})
    columns = ["variable", "label", "level", "group", "n", "missing", "count", "percent"]
    columns += ["median", "q1", "q3", "lowest", "highest", "difference"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"count": "Int64"})


def _percent(count: int, n: int) -> float:
    return 100 * count / n if n else float("nan")


def _summary(values: pd.Series) -> dict[str, float]:
    known: np.ndarray = np.asarray(values.dropna(), dtype=float)
    names = ("lowest", "q1", "median", "q3", "highest")
    if not known.size:
        return dict.fromkeys(names, float("nan"))
    quantiles = np.quantile(known, np.linspace(0, 1, 5))
    return dict(zip(names, quantiles.tolist(), strict=True))


def _difference(variable: _Variable, groups: list[pd.Series]) -> float:
    if not variable.levels:
        column = variable.column.astype("float64")
        return largest([np.asarray(column[inside]) for inside in groups], difference_of_means)
    counts = [
        np.array([(variable.column[inside] == level).sum() for level in variable.levels], dtype=float)
        for inside in groups
    ]
    return largest(counts, difference_of_shares)


@logged("description", measure="characteristics")
def baseline_table(
    patients: pd.DataFrame, *, by: str | None = None, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Baseline table as it is printed: one row a characteristic or level, one column a group.

    Parameters
    ----------
    patients, by, labels
        As in :func:`baseline_statistics`.

    Returns
    -------
    pandas.DataFrame
        variable (its label, on its first row only), level, one text column a group headed
        ``Overall (n = 46)``, missing (patients without a value), and with ``by`` also ``standardised
        difference``. Continuous: median (first to third quartile) [lowest to highest]; others: n
        (percent of those with a value). Of a yes/no characteristic only ``yes`` is printed.

    Examples
    --------
    >>> patients = pd.DataFrame({"patient_id": ["a", "b"], "age_years": [60.0, 70.0]})
    >>> baseline_table(patients).loc[0, "Overall (n = 2)"]
    '65 (62.5–67.5) [60–70]'
    """
    statistics = baseline_statistics(patients, by=by, labels=labels)
    sizes = {group: int(inside.sum()) for group, inside in _groups(patients, by).items()}
    headers = {group: f"{_heading(group)} (n = {n})" for group, n in sizes.items()}
    rows = []
    for _, part in statistics.groupby("variable", sort=False):
        levels = list(dict.fromkeys(part["level"]))
        if set(levels) <= {"yes", "no"}:
            levels = levels[:1]
        for position, level in enumerate(levels):
            cells = part[part["level"] == level].set_index("group")
            first = position == 0
            row = {"variable": cells["label"].iloc[0] if first else "", "level": level}
            row |= {headers[group]: _cell(cells.loc[group]) for group in headers}
            row["missing"] = cells.loc[OVERALL, "missing"] if first else None
            row["standardised difference"] = cells.loc[OVERALL, "difference"] if first else float("nan")
            rows.append(row)
    columns = ["variable", "level", *headers.values(), "missing"]
    table = pd.DataFrame(rows, columns=columns if by is None else [*columns, "standardised difference"])
    return table.astype({"missing": "Int64"})


def _heading(group: str) -> str:
    words = group.replace("_", " ")
    return words[:1].upper() + words[1:]


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _cell(row: pd.Series) -> str:
    if row["n"] == 0:
        return "no data"
    if row["level"]:
        return f"{row['count']} ({row['percent']:.0f} %)"
    median, q1, q3, low, high = (_number(row[key]) for key in ("median", "q1", "q3", "lowest", "highest"))
    return f"{median} ({q1}–{q3}) [{low}–{high}]"
