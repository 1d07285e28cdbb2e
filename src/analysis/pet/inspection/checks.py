"""Checks of every scan against the protocol's limits and against the study's other scans, outliers first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.study import Protocol, load_protocol

STATES = ("outside", "unusual", "within", "unknown")
"""Outside the protocol's limits; within them but far from the other scans; neither; not known."""
_MAD_TO_SD = 1.4826
_FEWEST = 5
_PRINTED = 1
"""Decimals to which a value is compared and printed: 75.01 min is 75 min, for a limit of 75."""
_COLUMNS = ("patient_id", "visit", "check", "label", "unit", "value", "low", "high", "robust_z", "state")


@dataclass(frozen=True)
class Check:
    """One quantity of a scan that is checked.

    Parameters
    ----------
    name : str
        Name in tables.
    label, unit : str
        Words for readers.
    low, high : float
        The protocol's limits; NaN where there is none.
    from_baseline : bool
        Whether it compares with the baseline scan, and so does not exist for that scan.
    compared : bool
        Whether it is also compared with the study's other scans.
    """

    name: str
    label: str
    unit: str
    low: float = np.nan
    high: float = np.nan
    from_baseline: bool = False
    compared: bool = True


def checks_of(protocol: Protocol) -> tuple[Check, ...]:
    """The checks with the limits of a protocol, in the order in which they are shown."""
    uptake = protocol.value("quality.uptake_minutes")
    apart = float(protocol.value("comparability.uptake_difference_minutes"))
    dose, liver = (
        float(protocol.value(f"comparability.{name}_change_percent")) for name in ("dose", "liver_sul")
    )
    weight = float(protocol.value("quality.weight_change_percent"))
    return (
        Check("uptake_minutes", "Uptake time", "min", float(uptake[0]), float(uptake[1])),
        Check("uptake_change", "Uptake time, change from baseline", "min", -apart, apart, True),
        Check("dose_mbq", "Injected activity", "MBq"),
        Check("dose_change_percent", "Injected activity, change from baseline", "%", -dose, dose, True),
        Check("weight_kg", "Body weight", "kg"),
        Check("weight_change_percent", "Body weight, change from baseline", "%", -weight, weight, True),
        Check(
            "glucose_mmol_l", "Blood glucose", "mmol/l", high=float(protocol.value("quality.glucose_mmol_l"))
        ),
        Check(
            "reference_spread_percent",
            "Decay reference times, spread",
            "% SUV",
            high=float(protocol.value("suv.max_reference_time_spread_percent")),
            compared=False,  # nearly every scan has a spread of 0: no spread is the rule, not a distribution
        ),
        Check("liver_sul_mean", "Liver SUL", "g/ml"),
        Check("liver_sul_change_percent", "Liver SUL, change from baseline", "%", -liver, liver, True),
        Check("blood_pool_sul_mean", "Blood-pool SUL", "g/ml"),
    )


def scan_checks(scans: pd.DataFrame, protocol: Protocol | None = None) -> pd.DataFrame:
    """One row a scan and check: the value, its limits, how far it lies from the other scans, and the verdict.

    A value beyond the protocol's limits, compared to one decimal, is ``outside``. One within them (or without limits) whose robust z,
    (value - median) / (1.4826 × median absolute deviation) over the study's scans, exceeds the protocol's
    bound is ``unusual``; with fewer than five values or no deviation there is no z. A missing value is
    ``unknown``. Checks that compare with baseline have no row for the baseline scan; a check whose column no
    scan has (blood pool, glucose) has no rows.

    Parameters
    ----------
    scans : DataFrame
        ``StudyMeasures.scans``.
    protocol : Protocol, optional
        Limits; the project's own when not given.

    Returns
    -------
    DataFrame
        ``patient_id, visit, check, label, unit, value, low, high, robust_z, state``; patient rows, which stay
        in ``data/``. The rows ``scan_day`` and ``comparable`` are judged by the visit's window and by
        :func:`analysis.pet.measures.comparability.with_comparability`; the latter has no value.

    References
    ----------
    Iglewicz and Hoaglin 1993, How to detect and handle outliers (the bound of 3.5).
    """
    protocol = protocol or load_protocol()
    bound = float(protocol.value("quality.robust_z"))
    values = _values(scans)
    parts = [
        _judged(scans, check, values[check.name], bound)
        for check in checks_of(protocol)
        if check.name in values
    ]
    return pd.concat([_days(scans, protocol), *parts, _comparable(scans)], ignore_index=True)[list(_COLUMNS)]


def scan_quality(scans: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """The scans with their verdicts, outliers first: most checks outside limits, then the largest robust z.

    Parameters
    ----------
    scans : DataFrame
        ``StudyMeasures.scans``.
    checks : DataFrame
        From :func:`scan_checks` of the same scans.

    Returns
    -------
    DataFrame
        The columns of ``scans`` and ``verdict`` (the worst state), ``outside``, ``unusual`` (numbers of checks),
        ``largest_z`` (NaN without any), ``findings`` (each in words); patient rows, which stay in ``data/``.
    """
    keys = ["patient_id", "visit"]
    table = scans.copy()
    grouped = checks.assign(size=checks["robust_z"].abs()).groupby(keys, observed=True)
    summary = grouped.agg(
        outside=("state", lambda states: int((states == "outside").sum())),
        unusual=("state", lambda states: int((states == "unusual").sum())),
        largest_z=("size", "max"),
    )
    found = checks[checks["state"].isin(["outside", "unusual"])]
    words = found.assign(words=[_in_words(row) for _, row in found.iterrows()])
    summary["findings"] = words.groupby(keys, observed=True)["words"].agg("; ".join)
    table = table.merge(summary.reset_index(), on=keys, how="left", validate="many_to_one")
    table["findings"] = table["findings"].fillna("").astype("string")
    table["verdict"] = np.select(
        [table["outside"] > 0, table["unusual"] > 0], ["outside", "unusual"], default="within"
    )
    return table.sort_values(
        ["outside", "largest_z", *keys], ascending=[False, False, True, True], ignore_index=True
    )


def _values(scans: pd.DataFrame) -> Mapping[str, NDArray[np.float64]]:
    """Value of each check of each scan, NaN where it is not known; only checks whose columns are there."""
    found = {
        name: scans[name].to_numpy(dtype=float, na_value=np.nan)
        for name in (
            "uptake_minutes", "dose_mbq", "weight_kg", "glucose_mmol_l", "reference_spread_percent", "liver_sul_mean",
            "blood_pool_sul_mean",
        )
        if name in scans and scans[name].notna().any()
    }  # fmt: skip
    baseline = scans[scans["visit"] == "baseline"].drop_duplicates("patient_id").set_index("patient_id")
    for name, column, relative in (
        ("uptake_change", "uptake_minutes", False),
        ("dose_change_percent", "dose_mbq", True),
        ("weight_change_percent", "weight_kg", True),
        ("liver_sul_change_percent", "liver_sul_mean", True),
    ):
        if column in found:
            before = scans["patient_id"].map(baseline[column]).to_numpy(dtype=float, na_value=np.nan)
            found[name] = 100 * (found[column] / before - 1) if relative else found[column] - before
    return found


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each value from the median in robust standard deviations; NaN where that says nothing.

    >>> robust_z(np.array([1.0, 2.0, 3.0, 4.0, 30.0])).round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 18.21]
    """
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST:
        return np.full(len(values), np.nan)
    middle = np.median(known)
    spread = _MAD_TO_SD * np.median(np.abs(known - middle))
    return (values - middle) / spread if spread > 0 else np.full(len(values), np.nan)


def _judged(scans: pd.DataFrame, check: Check, values: NDArray[np.float64], bound: float) -> pd.DataFrame:
    here = (scans["visit"] != "baseline").to_numpy(bool) if check.from_baseline else np.ones(len(scans), bool)
    values = values[here]
    z = robust_z(values) if check.compared else np.full(len(values), np.nan)
    printed = np.round(values, _PRINTED)
    outside = (printed < check.low) | (printed > check.high)
    state = np.select(
        [np.isnan(values), outside, np.abs(z) > bound], ["unknown", "outside", "unusual"], "within"
    )
    return _rows(
        scans[here],
        check,
        values,
        np.full(len(values), check.low),
        np.full(len(values), check.high),
        z,
        state,
    )


def _days(scans: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Study day against the window of the scan's own visit; visits without a window are within."""
    days = scans["scan_day"].to_numpy(dtype=float, na_value=np.nan)
    windows = [
        protocol.visits[v].window if v in protocol.visits else (np.nan, np.nan) for v in scans["visit"]
    ]
    low, high = np.array(windows, dtype=float).reshape(-1, 2).T
    state = np.select([np.isnan(days), (days < low) | (days > high)], ["unknown", "outside"], "within")
    check = Check("scan_day", "Day of the scan", "days from treatment start", compared=False)
    return _rows(scans, check, days, low, high, np.full(len(days), np.nan), state)


def _comparable(scans: pd.DataFrame) -> pd.DataFrame:
    later = scans[scans["visit"] != "baseline"]
    empty = np.full(len(later), np.nan)
    comparable = later["comparable"].fillna(False).to_numpy(bool)
    check = Check("comparable", "Comparable with baseline", "", from_baseline=True, compared=False)
    return _rows(later, check, empty, empty, empty, empty, np.where(comparable, "within", "outside"))


def _rows(
    scans: pd.DataFrame, check: Check, values: NDArray[np.float64], low: NDArray[np.float64],
    high: NDArray[np.float64], z: NDArray[np.float64], state: NDArray[np.str_] | Sequence[str],
) -> pd.DataFrame:  # fmt: skip
    return pd.DataFrame(
        {
            "patient_id": scans["patient_id"], "visit": scans["visit"], "check": check.name,
            "label": check.label, "unit": check.unit, "value": values, "low": low, "high": high,
            "robust_z": z, "state": state,
        }
    )  # fmt: skip


def _in_words(row: pd.Series) -> str:
    if row["check"] == "comparable":
        return "not comparable with baseline"
    said = f"{row['label']} {row['value']:.{_PRINTED}f} {row['unit']}"
    if row["state"] == "unusual":
        return f"{said}, {row['robust_z']:+.1f} robust standard deviations from the other scans"
    low, high = row["low"], row["high"]
    limit = f"at most {high:g}" if low != low else f"{low:g} to {high:g}"
    return f"{said}, expected {limit}"
