"""Time to the first adverse event of a kind, with stopping treatment and death as what can come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.safety.checked_events import checked_events, with_onsets

KINDS = {0: "censored", 1: "adverse event", 2: "treatment stopped", 3: "death"}


@dataclass(frozen=True, eq=False)
class FirstEvents:
    """One entry a patient, for :func:`analysis.survival.cumulative_incidence` and Gray's test.

    Parameters
    ----------
    term : str
        What was looked for.
    patients : tuple of str
        In the order of the exposure table.
    days : numpy.ndarray of float, shape (n,)
        Days to the first of: the event, the last dose, death; or to the last contact on treatment.
    kind : numpy.ndarray of int, shape (n,)
        Which it was, see :data:`KINDS`.
    after_stop : int
        Patients whose first event came after the last dose; they count as stopped.
    """

    term: str
    patients: tuple[str, ...]
    days: NDArray[np.float64]
    kind: NDArray[np.int64]
    after_stop: int


def time_to_first_event(
    events: pd.DataFrame, watched: pd.DataFrame, term: str | Sequence[str], *, least_grade: int = 1
) -> FirstEvents:
    """First event under treatment of one term or several, competing with stopping and death.

    Whoever stops is no longer at risk of an event under treatment; taking stops as censoring would answer for patients
    who never stop. An event on the very day of the last dose comes first.

    Parameters
    ----------
    events : pandas.DataFrame
        patient_id, term, grade, onset_day; events before day 0 are not counted.
    watched : pandas.DataFrame
        Of :func:`~analysis.safety.exposure`; everybody analysed.
    term : str or sequence of str
        CTCAE terms that count as one.
    least_grade : int
        Only events of this grade or worse.

    Raises
    ------
    DesignError
        For an event without grade or term, a counted one without onset, or one of nobody analysed.

    Examples
    --------
    >>> events = pd.DataFrame({"patient_id": ["A"], "term": ["stomatitis"], "grade": [2], "onset_day": [12]})
    >>> watched = pd.DataFrame({"patient_id": ["A", "B"], "watched_days": [90.0, 58.0],
    ...                         "stopped_day": [np.nan, 30.0], "death_day": [np.nan, np.nan]})
    >>> first = time_to_first_event(events, watched, "stomatitis")
    >>> first.days.tolist(), first.kind.tolist()
    ([12.0, 30.0], [1, 2])
    """
    terms = (term,) if isinstance(term, str) else tuple(term)
    who = pd.Index(watched["patient_id"].astype(str))
    found = checked_events(events, who)
    found = with_onsets(found[found["term"].isin(terms) & (found["grade"] >= least_grade)])
    counted = found[found["onset"] >= 0]
    began = counted.groupby("patient_id")["onset"].min().reindex(who).to_numpy(dtype=float)
    stopped, death, until = (
        watched[name].to_numpy(dtype=float) for name in ("stopped_day", "death_day", "watched_days")
    )
    moments = np.column_stack([began, death, stopped])
    moments = np.where(np.isnan(moments), np.inf, moments)
    # Of ties the first counts: who died on the day of the last dose died under treatment.
    first = moments.argmin(axis=1)
    earliest = moments[np.arange(len(who)), first]
    seen = earliest <= until
    return FirstEvents(
        term=" or ".join(terms),
        patients=tuple(who),
        days=np.where(seen, earliest, until),
        kind=np.where(seen, np.array([1, 3, 2])[first], 0).astype(np.int64),
        after_stop=int((np.isfinite(moments[:, 0]) & (moments[:, 0] > moments[:, 2])).sum()),
    )
