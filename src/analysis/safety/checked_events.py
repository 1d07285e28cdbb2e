"""Adverse events and the patients they belong to, checked before anything is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import DesignError

GRADES = (1, 2, 3, 4, 5)
"""Grades of the CTCAE; 5 is death."""
SEVERE = 3
"""The lowest grade called severe."""


def checked_events(events: pd.DataFrame, patients: pd.Index) -> pd.DataFrame:
    """The events with whole grades and flat columns, or an error that names the patients.

    Parameters
    ----------
    events : pandas.DataFrame
        One row an event: patient_id, term, grade (1-5), and whatever else the caller reads.
    patients : pandas.Index
        Everybody analysed; each once.

    Raises
    ------
    DesignError
        For an event without grade or term, a grade that is none of the CTCAE's, an event of nobody analysed, or a
        patient who is there twice.
    """
    lacking = [name for name in ("patient_id", "term", "grade") if name not in events]
    if lacking:
        raise DesignError(
            f"the events have no column {', '.join(lacking)}", expected="patient_id, term and grade"
        )
    if patients.has_duplicates:
        raise DesignError("a patient is there twice among those analysed", expected="each patient once")
    owner = events["patient_id"].astype(str).to_numpy()
    grade = pd.to_numeric(events["grade"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    _refuse("An adverse event has no grade", np.isnan(grade), owner, "the worst CTCAE grade, 1 to 5")
    _refuse("A grade is none of the CTCAE", ~np.isin(grade, GRADES), owner, "1, 2, 3, 4 or 5")
    term = events["term"].astype("string").fillna("").str.strip()
    _refuse("An adverse event has no term", (term == "").to_numpy(), owner, "the CTCAE term")
    known = set(patients.astype(str))
    strange = np.array([one not in known for one in owner], dtype=bool)
    _refuse(
        "An adverse event belongs to nobody who is analysed", strange, owner, "events of the safety set only"
    )
    return events.assign(patient_id=owner, term=term.astype(str), grade=grade.astype(int)).reset_index(
        drop=True
    )


def with_onsets(events: pd.DataFrame) -> pd.DataFrame:
    """Checked events with their first day as the number ``onset``; an event without one is refused.

    Events that are not counted (of a lower grade, of another term) are taken away before, so that only what a number
    needs is asked for.
    """
    if "onset_day" not in events:
        raise DesignError(
            "the events have no column onset_day",
            expected="onset_day, the first day of each event",
            do="add the day, counted from the start of treatment",
        )
    onset = pd.to_numeric(events["onset_day"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    _refuse(
        "The first day of an adverse event is missing",
        np.isnan(onset),
        events["patient_id"].to_numpy(),
        "onset_day of every event",
        do="take the partial date's earliest possible day, and say so",
    )
    return events.assign(onset=onset)


def checked_groups(groups: pd.Series) -> pd.Series:
    """Group of each patient as text, index the patient; a missing group, or nobody, is refused."""
    if groups.isna().any() or groups.empty:
        who = [str(one) for one in groups.index[groups.isna()]]
        raise DesignError(
            "the group of a patient is missing" if who else "there is no patient",
            where="patients " + ", ".join(who[:8]) if who else None,
            expected="a group for everybody analysed",
            offenders=who,
        )
    return groups.astype(str).set_axis(groups.index.astype(str))


def _refuse(
    what: str,
    bad: np.ndarray,
    owner: np.ndarray,
    expected: str,
    do: str = "correct the table of adverse events",
) -> None:
    if bad.any():
        who = sorted(set(owner[bad].tolist()))
        more = f" and {len(who) - 8} more" if len(who) > 8 else ""
        raise DesignError(
            f"{what} ({int(bad.sum())} of {bad.size} events)",
            where="patients " + ", ".join(who[:8]) + more,
            expected=expected,
            do=do,
            offenders=who,
        )
