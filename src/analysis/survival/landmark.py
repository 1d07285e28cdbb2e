"""The landmark: whoever is still event-free when the group is known, with the clock started there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.survival.groups import Grouping, TimedMarker
from analysis.survival.observations import observations, refuse, refuse_wrong_unit


@dataclass(frozen=True, eq=False)
class LandmarkSet:
    """Patients event-free and followed beyond the landmark.

    Parameters
    ----------
    day : float
        Nominal landmark, days since treatment start.
    time, event : numpy.ndarray, shape (n,)
        Days since the patient's own landmark, and whether the event was seen, of the kept patients.
    kept : numpy.ndarray of bool, shape (all patients,)
        Mask over the patients given.
    n, n_events : int
        Kept patients and their events.
    excluded, excluded_events : int
        Patients whose time ended on or before the landmark, and how many of them by an event.
    late : int
        Kept patients whose group became known after the nominal day: their clock starts when it did.
    """

    day: float
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    n: int
    n_events: int
    excluded: int
    excluded_events: int
    late: int = 0


def landmark(
    time_days: ArrayLike,
    event: ArrayLike,
    *,
    day: float,
    grouping: Grouping | TimedMarker | None = None,
    window_days: float = 0.0,
) -> LandmarkSet:
    """Keep patients whose time goes beyond the landmark, and start their clock there.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring.
    day : float
        Landmark, days since treatment start.
    grouping : Grouping or TimedMarker, optional
        The groups to be compared, or the marker to be related to survival; none may be known later than the landmark plus ``window_days``. A
        patient whose group was known inside that window starts at that day instead, so that no time
        before the classification is counted.
    window_days : float
        Lateness allowed by the visit window of the protocol.

    Returns
    -------
    LandmarkSet

    Raises
    ------
    DesignError
        For impossible times, a group known too late (positions named), or when nobody is left.

    References
    ----------
    Anderson, Cain and Gelber 1983, doi 10.1200/JCO.1983.1.11.710.

    Examples
    --------
    >>> left = landmark([10, 14, 30, 90], [1, 1, 1, 0], day=14)
    >>> left.time.tolist(), left.excluded, left.excluded_events
    ([16.0, 76.0], 2, 2)
    """
    seen = observations(time_days, event)
    refuse_wrong_unit(seen.time)
    if not (np.isfinite(day) and day >= 0):
        raise DesignError(f"the landmark is day {day}", expected="a day from 0 upwards")
    start = np.full(seen.n, float(day))
    if grouping is not None:
        if len(grouping.values) != seen.n:
            raise DesignError(
                f"{len(grouping.values)} groups for {seen.n} patients", expected="one a patient"
            )
        refuse("The group is unknown", ~grouping.known, expected="classified patients only")
        grouping.refuse_before(day + window_days)
        start = np.maximum(start, grouping.known_at_days)
    kept = seen.time > start
    if not kept.any():
        raise DesignError(
            f"no patient is followed beyond day {day:g}; the longest time is {seen.time.max():g}",
            expected="times in days since treatment start",
            do="choose an earlier landmark",
        )
    return LandmarkSet(
        day=float(day),
        time=seen.time[kept] - start[kept],
        event=seen.event[kept],
        kept=kept,
        n=int(kept.sum()),
        n_events=int(seen.event[kept].sum()),
        excluded=int((~kept).sum()),
        excluded_events=int(seen.event[~kept].sum()),
        late=int((start[kept] > day).sum()),
    )
