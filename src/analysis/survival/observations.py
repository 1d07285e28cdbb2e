"""Times and events as every function of this room wants them, or an error that names the patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError

LONGEST_FOLLOW_UP_DAYS = 50 * 365.25
"""Follow-up beyond fifty years is a wrong unit, not a patient."""

SHORTEST_FOLLOW_UP_DAYS = 60.0
"""A trial whose longest follow-up is shorter has its times in months."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Checked right-censored times: ``time`` float, shape (n,); ``event`` bool, shape (n,)."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Patients."""
        return self.time.size

    @property
    def n_events(self) -> int:
        """Events seen."""
        return int(self.event.sum())


def refuse(what: str, bad: NDArray[np.bool_], *, expected: str, do: str | None = None) -> None:
    """Raise a :class:`DesignError` naming the positions where ``bad`` is true; do nothing when there are none."""
    positions = [str(i) for i in np.flatnonzero(bad)]
    if positions:
        shown = ", ".join(positions[:8]) + (f" and {len(positions) - 8} more" if len(positions) > 8 else "")
        raise DesignError(
            f"{what} in {len(positions)} of {bad.size} patients",
            where=f"positions counted from 0: {shown}",
            expected=expected,
            do=do,
            offenders=positions,
        )


def numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Give ``values`` as a flat float array, pandas missing values as NaN; refuse text and tables."""
    raw = np.asarray(values)
    if raw.ndim != 1:
        raise DesignError(f"{name} has {raw.ndim} dimensions", expected="one number a patient")
    if raw.dtype.kind in "biuf":
        return raw.astype(np.float64)
    try:
        return np.array([np.nan if missing(v) else float(v) for v in raw.tolist()], dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError(f"{name} is not a list of numbers", expected="one number a patient") from None


def missing(value: object) -> bool:
    """Whether one cell is None, NaN or pandas' NA, none of which equals itself as True."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA refuses to be a truth value
        return True


def observations(time: ArrayLike, event: ArrayLike) -> Observations:
    """Check times and events together.

    Parameters
    ----------
    time : array-like of float, shape (n,)
        Time to event or censoring, any unit. Missing, infinite or negative values are refused.
    event : array-like of bool or 0/1, shape (n,)
        Whether the event was seen. Missing values are refused.

    Returns
    -------
    Observations

    Raises
    ------
    DesignError
        Naming the positions of the offending patients.

    Examples
    --------
    >>> observations([3, -1], [1, 0])
    Traceback (most recent call last):
    ...
    analysis.errors.DesignError: A time is negative in 1 of 2 patients. Expected: times from 0 upwards. \
Do: correct the date of origin or of the event. [positions counted from 0: 1]
    """
    times, events = numbers(time, "time"), numbers(event, "event")
    if times.size == 0:
        raise DesignError("there is no patient", expected="at least one time and event")
    if times.size != events.size:
        raise DesignError(
            f"{times.size} times stand beside {events.size} events",
            expected="one time and one event a patient",
        )
    refuse(
        "A time is missing or infinite",
        ~np.isfinite(times),
        expected="a finite time for every patient",
        do="list these patients in the flow with a reason, and leave them out before the analysis",
    )
    refuse(
        "A time is negative",
        times < 0,
        expected="times from 0 upwards",
        do="correct the date of origin or of the event",
    )
    refuse(
        "An event is neither 0 nor 1",
        ~np.isin(events, (0.0, 1.0)),
        expected="1 or True for an event, 0 or False for censoring",
        do="recode the event column",
    )
    return Observations(times, events.astype(bool))


def refuse_wrong_unit(time: NDArray[np.float64]) -> None:
    """Refuse times that cannot be days, because the longest is too long or too short for a trial."""
    refuse(
        "A time in days is longer than fifty years",
        time > LONGEST_FOLLOW_UP_DAYS,
        expected="days since treatment start",
        do="find the unit of the column and convert it",
    )
    if time.max() < SHORTEST_FOLLOW_UP_DAYS:
        raise DesignError(
            f"nobody is followed for {SHORTEST_FOLLOW_UP_DAYS:g} days; the longest time is {time.max():g}",
            expected="days since treatment start",
            do="if these are months or years, convert them (analysis.units.days)",
        )
