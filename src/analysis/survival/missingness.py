"""Who lacks what at each visit, why, and whether those who lack it fare otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.kaplan_meier import kaplan_meier

ANY = "any reason"
KNOWN = "not missing"
COLUMNS = (
    "what",
    "reason",
    "n",
    "ended_before",
    "at_risk",
    "events",
    "median_days",
    "estimate",
    "low",
    "high",
    "p_value",
)


def _any_reason(table: pd.DataFrame) -> pd.DataFrame:
    """For the log: the comparisons alone."""
    return table[table["reason"] == ANY]


@logged("diagnostic", measure="hazard ratio, missing v not", summary=_any_reason)
def missing_and_outcome(
    reasons: pd.DataFrame, outcomes: pd.DataFrame, *, days: Mapping[str, float], end_point: str = "PFS"
) -> pd.DataFrame:
    """Reasons why something is missing, each with the outcome of those who lack it, from the day of the visit.

    Whoever progressed before a visit cannot have come to it; so outcome is compared only among those still at risk on
    its day, and the others are counted.

    Parameters
    ----------
    reasons : pandas.DataFrame
        ``patient_id``, and one column a thing that can be missing with the reason, <NA> where it is there.
    outcomes : pandas.DataFrame
        ``patient_id``, ``time_days`` since treatment start and ``event``; without missing values. Patients in only one
        of the two tables take no part.
    days : mapping of str to float
        Columns of ``reasons`` in the order to print, each with the day of its visit.
    end_point : str
        For the log.

    Returns
    -------
    pandas.DataFrame
        what, reason (``not missing``, each reason, then ``any reason``), n, ended_before (time ended on or before the
        day), at_risk, events (after the day), median_days (from the day; NaN where not reached), and in the row
        ``any reason`` the hazard ratio of missing against not missing: estimate, low, high, p_value (NaN where it
        cannot be estimated).

    Raises
    ------
    DesignError
        If a column is absent, or no patient stands in both tables.
    """
    absent = [name for name in days if name not in reasons]
    both = reasons.merge(outcomes, on="patient_id", how="inner")
    if absent or both.empty:
        raise DesignError(
            f"the reasons have no column {absent[0]!r}" if absent else "no patient stands in both tables",
            expected="one column of reasons a thing, and outcomes of the same patients",
        )
    rows = []
    for what, day in days.items():
        why = both[what].astype("string")
        lacking = np.asarray(why.notna(), dtype=bool)
        parts = [(KNOWN, ~lacking)]
        parts += [
            (str(name), np.asarray((why == name).fillna(False), dtype=bool))
            for name in why.dropna().value_counts().index
        ]
        parts += [(ANY, lacking)] if lacking.any() else []
        for reason, part in parts:
            rows.append({"what": what, "reason": reason, **_outcome(both[part], day)})
            if reason == ANY:
                rows[-1] |= _ratio(both, lacking, day)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _outcome(of: pd.DataFrame, day: float) -> dict[str, float]:
    left = of[of["time_days"] > day]
    median = np.nan
    if len(left):
        median = kaplan_meier(left["time_days"].to_numpy(float) - day, left["event"].to_numpy(bool)).median
    return {
        "n": len(of),
        "ended_before": len(of) - len(left),
        "at_risk": len(left),
        "events": int(left["event"].sum()),
        "median_days": float(median),
    }


def _ratio(both: pd.DataFrame, lacking: np.ndarray, day: float) -> dict[str, float]:
    left = np.asarray(both["time_days"] > day, dtype=bool)
    names = ("estimate", "low", "high", "p_value")
    try:
        found = hazard_ratio(
            both["time_days"].to_numpy(float)[left] - day,
            both["event"].to_numpy(bool)[left],
            np.where(lacking[left], "missing", "known").tolist(),
            reference="known",
        )
    except DesignError:  # nobody or no event on one side: described, not compared
        return dict.fromkeys(names, np.nan)
    return {name: getattr(found, name) for name in names}
