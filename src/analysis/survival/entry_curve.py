"""Survival curve of patients who come under observation at different days (left truncation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import LEVEL
from analysis.survival.kaplan_meier import _limits, _log_std_error
from analysis.survival.observations import numbers, observations, refuse
from analysis.survival.quantile import curve_quantile

FEW = 5
"""A curve that steps while fewer are at risk is decided by single patients."""


@dataclass(frozen=True, eq=False)
class EntryCurve(SurvivalCurve):
    """A survival curve whose risk set can grow: patients enter at ``entered``, days from where the curve starts.

    Fields as in :class:`~analysis.survival.SurvivalCurve`; ``entered`` and ``ended`` have shape (n,).
    ``emptied`` is the first day on which all at risk had the event although others entered later: the curve is 0
    from there whatever came after; NaN where that did not happen.
    """

    entered: NDArray[np.float64] = None  # type: ignore[assignment]
    ended: NDArray[np.float64] = None  # type: ignore[assignment]
    emptied: float = float("nan")

    def at_risk_at(self, times: ArrayLike) -> NDArray[np.int64]:
        """Give the number at risk just before each of ``times`` (days), those who entered at 0 at time 0."""
        wanted = np.asarray(times, dtype=float)[..., None]
        entered = (self.entered < wanted) | ((self.entered == 0) & (wanted == 0))
        return (entered & (self.ended >= wanted)).sum(axis=-1)


@logged("description", measure="survival curve")
def entry_curve(
    entry: ArrayLike, time: ArrayLike, event: ArrayLike, *, label: str = "", level: float = LEVEL
) -> EntryCurve:
    """Product-limit curve with delayed entry, log-log limits and the median by R's rule.

    Parameters
    ----------
    entry, time : array-like of float, shape (n,)
        Days at which observation begins and ends; a patient is at risk after ``entry`` up to and including ``time``.
    event : array-like of bool, shape (n,)
        Whether the event was seen.
    label : str
        Group.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, or an entry that is not before the end (positions named).

    References
    ----------
    Klein and Moeschberger 2003, section 4.6; equals R's survfit(Surv(entry, time, event) ~ 1).

    Examples
    --------
    >>> entry_curve([0, 2, 0], [1, 4, 5], [1, 1, 0]).survival.tolist()
    [1.0, 0.5, 0.25, 0.25]
    """
    seen, start = observations(time, event), numbers(entry, "entry")
    if start.size != seen.n:
        raise DesignError(f"{start.size} entries for {seen.n} patients", expected="one a patient")
    refuse("Entry is missing, or not before the end", ~(start < seen.time), expected="entry < time")
    distinct, place = np.unique(seen.time, return_inverse=True)
    events = np.bincount(place, weights=seen.event, minlength=distinct.size).astype(np.int64)
    ended = np.bincount(place, minlength=distinct.size)
    entered = np.searchsorted(np.sort(start), distinct, side="left")
    at_risk = (entered - np.concatenate([[0], np.cumsum(ended)[:-1]])).astype(np.int64)
    survival = np.cumprod(1 - events / at_risk).astype(np.float64)
    zero = np.flatnonzero(at_risk == events)
    if zero.size:
        survival[zero[0] :] = 0.0
    low, high = _limits(survival, _log_std_error(at_risk, events), "log-log", level)
    median, median_low, median_high = (curve_quantile(distinct, band, 0.5) for band in (survival, low, high))
    emptied = zero.size > 0 and zero[0] < distinct.size - 1
    return EntryCurve(
        label=label,
        times=np.concatenate([[0.0], distinct]),
        survival=np.concatenate([[1.0], survival]),
        low=np.concatenate([[np.nan], low]),
        high=np.concatenate([[np.nan], high]),
        at_risk=np.concatenate([[int((start == 0).sum())], at_risk]),
        events=np.concatenate([[0], events]),
        censored=np.concatenate([[0], ended - events]),
        n=seen.n,
        n_events=seen.n_events,
        median=median,
        median_low=median_low,
        median_high=median_high,
        conf_type="log-log",
        median_rule="R",
        level=level,
        entered=start,
        ended=seen.time,
        emptied=float(distinct[zero[0]]) if emptied else float("nan"),
    )
