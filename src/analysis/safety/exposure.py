"""How long each patient was treated and watched for adverse events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import DesignError

GRACE_DAYS = 28
"""Adverse events are recorded until so many days after the last dose, unless the protocol says otherwise."""
COLUMNS = ["patient_id", "watched_days", "stopped_day", "death_day"]


def exposure(outcomes: pd.DataFrame, *, grace_days: float = GRACE_DAYS) -> pd.DataFrame:
    """Days each patient was watched for adverse events: until ``grace_days`` after the last dose, or the last contact.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        One row a patient: patient_id; os_days and os_event, or last_contact_day (last day known to be alive); and
        treatment_end_day, missing while treatment goes on. death_day counts where it is there. Only who took a dose:
        where treatment_start_day is there, a patient without it is refused; where it is not, leave the untreated out
        before, because a missing end would count them as still on treatment.
    grace_days : float
        Days after the last dose; 0 counts the time on treatment only.

    Returns
    -------
    pandas.DataFrame
        patient_id, watched_days, stopped_day (last dose; NaN: on treatment at last contact) and death_day (NaN: not
        observed), in the order of ``outcomes``.

    Raises
    ------
    DesignError
        If a patient was never treated, of a patient neither survival nor last contact is known, or the treatment ends before it began.

    Examples
    --------
    >>> outcomes = pd.DataFrame({"patient_id": ["A", "B"], "treatment_end_day": [100, np.nan],
    ...                          "os_days": [400, 90], "os_event": [True, False]})
    >>> exposure(outcomes)["watched_days"].tolist()
    [128.0, 90.0]
    """
    stopped = _numbers(outcomes, "treatment_end_day")
    survival, contact = _numbers(outcomes, "os_days"), _numbers(outcomes, "last_contact_day")
    dead = (
        outcomes.get("os_event", pd.Series(False, outcomes.index))
        .astype("boolean")
        .fillna(False)
        .to_numpy(bool)
    )
    death = np.where(
        np.isnan(_numbers(outcomes, "death_day")) & dead, survival, _numbers(outcomes, "death_day")
    )
    until = np.fmax(np.fmax(survival, contact), death)
    until = np.where(np.isnan(death), until, np.fmin(until, death))
    who = outcomes["patient_id"].astype(str)
    begun = _numbers(outcomes, "treatment_start_day")
    untreated = np.isnan(begun) & ("treatment_start_day" in outcomes)
    for bad, what, expected in (
        (untreated, "a patient was never treated", "the safety set: everybody who took a dose"),
        (np.isnan(until), "it is not known how long a patient was observed", "os_days or last_contact_day"),
        (stopped < 0, "treatment ended before it began", "treatment_end_day from 0 upwards"),
    ):
        if bad.any():
            names = sorted(who[bad])
            raise DesignError(
                what,
                where="patients " + ", ".join(names[:8]),
                expected=expected,
                do="leave the untreated out"
                if bad is untreated
                else "correct the table of outcomes, or leave these patients out and say so",
                offenders=names,
            )
    watched = np.fmin(until, stopped + grace_days)
    return pd.DataFrame(
        {"patient_id": who.to_numpy(), "watched_days": watched, "stopped_day": stopped, "death_day": death},
        columns=COLUMNS,
    )


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    if name not in table:
        return np.full(len(table), np.nan)
    return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
