"""A survival curve as a frozen result, with the two questions readers ask of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.survival.estimates import LEVEL, Estimate


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Kaplan-Meier curve: what is needed to draw it, to print it and to count patients under it.

    Parameters
    ----------
    label : str
        Group.
    times : numpy.ndarray of float, shape (k,)
        0, then every distinct observed time in days, events and censorings alike.
        An event at time 0 stands in a second entry with time 0.
    survival, low, high : numpy.ndarray of float, shape (k,)
        Estimate just after each time and its pointwise limits; a limit that does not exist
        (survival 1 or 0 on the log-log scale) is NaN.
    at_risk, events, censored : numpy.ndarray of int, shape (k,)
        Number at risk just before each time, events and censorings at it.
    n, n_events : int
        Patients and events.
    median, median_low, median_high : float
        Median in days and its Brookmeyer-Crowley limits; NaN when not reached.
    conf_type : str
        ``log-log``, ``log`` or ``plain``.
    median_rule : str
        What the median is on a plateau at exactly one half: ``R`` its midpoint, ``SAS`` missing,
        ``inf`` its start.
    level : float
        Confidence level.
    """

    label: str
    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    n: int
    n_events: int
    median: float
    median_low: float
    median_high: float
    conf_type: str
    median_rule: str
    level: float = LEVEL

    @cached_property
    def std_error(self) -> NDArray[np.float64]:
        """Greenwood standard error of the survival, shape (k,); 0 where the curve has reached 0."""
        remaining = (self.at_risk - self.events).astype(float)
        term = np.divide(
            self.events, self.at_risk * remaining, out=np.zeros_like(self.survival), where=remaining > 0
        )
        return self.survival * np.sqrt(np.cumsum(term))

    def until(self, smallest: int, *, beside: SurvivalCurve | None = None) -> SurvivalCurve:
        """The curve up to where fewer than ``smallest`` patients are at risk.

        Shown ``beside`` the curve of everybody, of whom these are a part, it also ends where so few of the others are.

        For publication from rows that must not be read out of it: behind that time every step is one of a few
        patients. The first entry, with everybody at risk, always stays. ``n``, ``n_events`` and the median, which rest on
        everybody, stay too.

        References
        ----------
        Griffiths E et al. Handbook on Statistical Disclosure Control for Outputs. 2019,
        doi 10.6084/m9.figshare.9958520, survival analysis.
        """
        if smallest <= 0:
            return self
        last = math.inf if beside is None else self.safe_until(beside, smallest)
        few = np.flatnonzero((self.at_risk < smallest) | (self.times > last))
        if not few.size:
            return self
        end = max(int(few[0]), 1)
        cut = {
            name: getattr(self, name)[:end]
            for name in ("times", "survival", "low", "high", "at_risk", "events", "censored")
        }
        return replace(self, **cut)

    def safe_until(self, beside: SurvivalCurve, smallest: int) -> float:
        """Day up to which the numbers at risk here and in the curve of everybody leave no 1 to ``smallest`` - 1 others."""
        times = np.union1d(self.times, beside.times)
        others = beside.at_risk_at(times) - self.at_risk_at(times)
        few = np.flatnonzero((others > 0) & (others < smallest))
        # The number just before a time is the number since the time before.
        return math.inf if not few.size else float(times[few[0] - 1]) if few[0] else -1.0

    def at_risk_at(self, times: ArrayLike) -> NDArray[np.int64]:
        """Give the number at risk just before each of ``times`` (days): the row under a published curve."""
        wanted = np.asarray(times, dtype=float)
        left = np.concatenate([[0], np.cumsum(self.events + self.censored)])
        return self.n - left[np.searchsorted(self.times, wanted, side="left")]

    def survival_at(self, day: float) -> Estimate:
        """Survival just after ``day`` with the curve's own interval.

        Beyond the last observed time the last value stands, as in R's ``summary(extend = TRUE)``, and the
        method text says so: read it beside :meth:`at_risk_at`.

        Raises
        ------
        DesignError
            If ``day`` is negative or missing.
        """
        if not day >= 0:
            raise DesignError(f"survival was asked at day {day}", expected="a day from 0 upwards")
        i = int(np.searchsorted(self.times, day, side="right")) - 1
        carried = ", carried forward from the last observed time" if day > self.times[-1] else ""
        return Estimate(
            float(self.survival[i]),
            float(self.low[i]),
            float(self.high[i]),
            f"Kaplan-Meier, {self.conf_type} interval{carried}",
        )
