"""The probability of not yet being censored, by which those still seen stand for those lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.survival.observations import Observations

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Censoring:
    """Kaplan-Meier estimate of being uncensored; events leave the risk set before censorings of the same day.

    Parameters
    ----------
    times : numpy.ndarray of float, shape (k,)
        Distinct times of observation.
    place : numpy.ndarray of int, shape (n,)
        Time of each patient among them.
    uncensored : numpy.ndarray of float, shape (k + 1,)
        Probability just before each time, and after the last.
    lost, at_risk : numpy.ndarray of float, shape (k,)
        Censored at each time, and at risk of it.
    """

    times: Floats
    place: NDArray[np.int64]
    uncensored: Floats
    lost: Floats
    at_risk: Floats

    @classmethod
    def of(cls, seen: Observations) -> Censoring:
        """Estimate from all patients together."""
        times, place = np.unique(seen.time, return_inverse=True)
        lost = np.bincount(place, weights=~seen.event, minlength=times.size)
        gone = np.bincount(place, minlength=times.size)
        at_risk = np.cumsum(gone[::-1])[::-1] - np.bincount(place, weights=seen.event, minlength=times.size)
        factor = np.where(lost > 0, 1 - lost / np.maximum(at_risk, 1), 1.0)
        return cls(
            times,
            place,
            np.concatenate([[1.0], np.cumprod(factor)]),
            lost.astype(float),
            at_risk.astype(float),
        )

    def before_own_time(self) -> Floats:
        """Probability of being uncensored just before each patient's own time, shape (n,)."""
        return self.uncensored[self.place]
