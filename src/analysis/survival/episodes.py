"""Patients' times cut into episodes, for covariates that change in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.survival.observations import numbers, observations, refuse


@dataclass(frozen=True, eq=False)
class Episodes:
    """Start-stop rows of patients, in the order of patients and within them of time.

    Parameters
    ----------
    patient : numpy.ndarray of int, shape (m,)
        Position of each row's patient in the data given: covariates are taken by it, and it is the ``cluster`` of
        robust standard errors.
    entry, time : numpy.ndarray of float, shape (m,)
        Start (excluded) and end (included) of the row, in the unit given.
    event : numpy.ndarray of bool, shape (m,)
        Whether the row ends with the event.
    """

    patient: NDArray[np.int64]
    entry: NDArray[np.float64]
    time: NDArray[np.float64]
    event: NDArray[np.bool_]


def episodes(
    time: ArrayLike, event: ArrayLike, *, cuts: ArrayLike | None = None, entry: ArrayLike | None = None
) -> Episodes:
    """Cut each patient's time at the same days.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        As in :func:`~analysis.survival.kaplan_meier`.
    cuts : array-like of float, optional
        Days at which a covariate may change: its value from then on counts for events after the day. By default
        every event time, which is what an effect that varies continuously with time needs.
    entry : array-like of float, shape (n,), optional
        Start of each patient's observation; 0 by default.

    Raises
    ------
    DesignError
        For impossible times (positions named), or an observation that ends before it begins.

    References
    ----------
    Therneau and Grambsch 2000, section 3.7; equals R's survSplit. With the default cuts, ``cox`` on the episodes
    equals R's ``tt()``.

    Examples
    --------
    >>> rows = episodes([5, 8], [1, 0], cuts=[6])
    >>> list(zip(rows.patient.tolist(), rows.entry.tolist(), rows.time.tolist(), rows.event.tolist()))
    [(0, 0.0, 5.0, True), (1, 0.0, 6.0, False), (1, 6.0, 8.0, False)]
    """
    seen = observations(time, event)
    starts = np.zeros(seen.n) if entry is None else numbers(entry, "entry")
    if starts.size != seen.n:
        raise DesignError(f"{starts.size} entries for {seen.n} patients", expected="one entry a patient")
    refuse(
        "Observation does not end after it begins",
        ~(starts < seen.time),
        expected="entry < time, and times above 0",
        do="leave out patients whose observation ended before it began",
    )
    at = seen.time[seen.event] if cuts is None else numbers(cuts, "cuts")
    if not np.isfinite(at).all():
        raise DesignError("a day to cut at is missing or infinite", expected="days")
    at = np.unique(at)
    first = np.searchsorted(at, starts, side="right")
    last = np.searchsorted(at, seen.time, side="left")
    count = last - first + 1
    patient = np.repeat(np.arange(seen.n), count)
    ends = np.cumsum(count)
    step = np.arange(patient.size) - np.repeat(ends - count, count)
    padded = np.append(at, np.inf)
    is_first, is_last = step == 0, step == count[patient] - 1
    place = first[patient] + step
    return Episodes(
        patient=patient,
        entry=np.where(is_first, starts[patient], padded[np.maximum(place - 1, 0)]),
        time=np.where(is_last, seen.time[patient], padded[np.minimum(place, at.size)]),
        event=is_last & seen.event[patient],
    )
