"""Exposure-adjusted incidence and event rates, by term and group."""

from __future__ import annotations

import math

import pandas as pd

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.safety.checked_events import checked_events, checked_groups, with_onsets
from analysis.safety.event_table import ANY
from analysis.safety.rates import rate

DAYS_PER_YEAR = 365.25
COLUMNS = [
    "term",
    "group",
    "measure",
    "estimate",
    "low",
    "high",
    "n",
    "events",
    "patient_years",
    "outside",
    "method",
]
MEASURES = ("incidence rate", "event rate")


@logged("description", name="term group")
def exposure_adjusted_rates(
    events: pd.DataFrame,
    watched: pd.DataFrame,
    groups: pd.Series,
    *,
    least_grade: int = 1,
    per: float = 100.0,
) -> pd.DataFrame:
    """Incidence and event rates of every term, per ``per`` patient-years, with exact intervals.

    The incidence rate counts each patient's first event over the time until it, or until nobody watched any more; it
    takes the hazard as constant. The event rate counts all events over all the time watched; of events that come in
    series its interval is too narrow, which the method says.

    Parameters
    ----------
    events : pandas.DataFrame
        patient_id, term, grade, onset_day; one row an event.
    watched : pandas.DataFrame
        Of :func:`~analysis.safety.exposure`.
    groups : pandas.Series
        Group of everybody analysed, index the patient.
    least_grade : int
        Only events of this grade or worse.
    per : float
        Patient-years that the rate is printed for.

    Returns
    -------
    pandas.DataFrame
        Two rows (:data:`MEASURES`) a term and group, :data:`~analysis.safety.ANY` always first: estimate, low, high (events per ``per`` patient-years; NaN without
        time watched), n (patients), events, patient_years, outside (events before day 0 or after the time watched,
        which count in neither).

    Raises
    ------
    DesignError
        For an event without grade or term, a counted one without onset, one of nobody analysed, or patients whose time watched is not given.

    References
    ----------
    Siddiqui O. J Biopharm Stat 2009;19:889-899, doi 10.1080/10543400903105463 (incidence and event rates).

    Examples
    --------
    >>> events = pd.DataFrame({"patient_id": ["A"], "term": ["rash"], "grade": [1], "onset_day": [73.05]})
    >>> watched = pd.DataFrame({"patient_id": ["A", "B"], "watched_days": [365.25, 292.2]})
    >>> table = exposure_adjusted_rates(events, watched, pd.Series({"A": "x", "B": "x"}))
    >>> table.loc[table["term"] == "rash", ["measure", "estimate", "patient_years"]].values.tolist()
    [['incidence rate', 100.0, 1.0], ['event rate', 55.55555555555556, 1.8]]
    """
    arms = checked_groups(groups)
    days = _days(watched, arms)
    found = checked_events(events, groups.index)
    found = with_onsets(found[found["grade"] >= least_grade])
    limit = days.reindex(found["patient_id"]).to_numpy()
    found = found.assign(inside=(found["onset"] >= 0) & (found["onset"] <= limit))
    both = pd.concat([found.assign(term=ANY), found], ignore_index=True)
    rows = []
    for term in dict.fromkeys([ANY, *both["term"]]):  # without any event its rate is 0, with an upper limit
        own = both[both["term"] == term]
        for name in dict.fromkeys(arms):
            time = days[(arms == name).to_numpy()]
            mine = own[own["patient_id"].isin(time.index)]
            rows += _rows(term, name, mine[mine["inside"]], time, int((~mine["inside"]).sum()), per)
    return pd.DataFrame(rows, columns=COLUMNS)


def _days(watched: pd.DataFrame, arms: pd.Series) -> pd.Series:
    days = pd.Series(watched["watched_days"].to_numpy(dtype=float), watched["patient_id"].astype(str))
    days = days.reindex(arms.index)
    bad = ~(days >= 0)
    if bad.any():
        who = sorted(days.index[bad])
        raise DesignError(
            "it is not known how long a patient was watched",
            where="patients " + ", ".join(who[:8]),
            expected="watched_days from 0 upwards for everybody analysed",
            offenders=who,
        )
    return days


def _rows(
    term: str, name: str, events: pd.DataFrame, days: pd.Series, outside: int, per: float
) -> list[list[object]]:
    first = events.groupby("patient_id")["onset"].min()
    at_risk = days.copy()
    at_risk.loc[first.index] = first
    counted = ((len(first), at_risk.sum()), (len(events), days.sum()))
    notes = ("", "; events of one patient taken as independent")
    rows: list[list[object]] = []
    for measure, (count, time), note in zip(MEASURES, counted, notes, strict=True):
        years = float(time) / DAYS_PER_YEAR
        found = rate(count, years) if years > 0 else None
        values = (
            [math.nan] * 3 if found is None else [per * v for v in (found.estimate, found.low, found.high)]
        )
        method = f"per {per:g} patient-years, exact Poisson interval{note}"
        rows.append([term, name, measure, *values, len(days), count, years, outside, method])
    return rows
