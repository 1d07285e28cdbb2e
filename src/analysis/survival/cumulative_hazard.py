"""Cumulative hazard of a group: the Nelson-Aalen estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.logbook import logged
from analysis.survival.observations import observations

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CumulativeHazard:
    """Nelson-Aalen estimate of one group.

    Parameters
    ----------
    times : numpy.ndarray of float, shape (k,)
        Distinct observed times in days, events and censorings alike.
    hazard, std_error : numpy.ndarray of float, shape (k,)
        Cumulative hazard just after each time, without unit, and its standard error.
    n, events : int
        Patients and events.
    method : str
        Printed beside it.
    """

    times: Floats
    hazard: Floats
    std_error: Floats
    n: int
    events: int
    method: str = "Nelson-Aalen estimate"

    def at(self, days: ArrayLike) -> Floats:
        """Cumulative hazard just after each of ``days``; 0 before the first time, carried forward after the last."""
        place = np.searchsorted(self.times, np.asarray(days, dtype=float), side="right")
        return np.concatenate([[0.0], self.hazard])[place]


@logged("description", measure="cumulative hazard")
def nelson_aalen(time: ArrayLike, event: ArrayLike) -> CumulativeHazard:
    """Cumulative hazard over time.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        As in :func:`~analysis.survival.kaplan_meier`.

    Raises
    ------
    DesignError
        For impossible times or events (positions named).

    References
    ----------
    Aalen 1978, doi 10.1214/aos/1176344247; the variance sums events / at risk², as R's survfit does.

    Examples
    --------
    >>> nelson_aalen([1, 2, 4], [1, 0, 1]).hazard.round(3).tolist()
    [0.333, 0.333, 1.333]
    """
    seen = observations(time, event)
    times, place = np.unique(seen.time, return_inverse=True)
    events = np.bincount(place, weights=seen.event)
    at_risk = seen.n - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    return CumulativeHazard(
        times=times,
        hazard=np.cumsum(events / at_risk),
        std_error=np.sqrt(np.cumsum(events / at_risk**2)),
        n=seen.n,
        events=seen.n_events,
    )
