"""Cumulative incidence where another event can come first, and Gray's test between groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import LEVEL, Estimate, TestResult
from analysis.survival.groups import coded
from analysis.survival.observations import numbers, observations, refuse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CumulativeIncidence:
    """Aalen-Johansen estimate of one kind of event.

    Parameters
    ----------
    label : str
        Group.
    cause : int
        Kind of event.
    times : numpy.ndarray of float, shape (k,)
        Distinct times at which an event of any kind happened, days.
    incidence, variance : numpy.ndarray of float, shape (k,)
        Probability of the event by each time, and its variance (Aalen's, with the correction for ties).
    at_risk : numpy.ndarray of int, shape (k,)
        Number at risk just before each time.
    n, events, competing : int
        Patients, events of this kind, events of another kind.
    """

    label: str
    cause: int
    times: Floats
    incidence: Floats
    variance: Floats
    at_risk: NDArray[np.int64]
    n: int
    events: int
    competing: int
    method: str = "Aalen-Johansen estimate, Aalen's variance"

    def at(self, day: float, *, level: float = LEVEL) -> Estimate:
        """Probability of the event by ``day`` with a complementary log-log interval.

        Raises
        ------
        DesignError
            If ``day`` is negative or missing.
        """
        if not day >= 0:
            raise DesignError(f"cumulative incidence was asked at day {day}", expected="a day from 0 upwards")
        i = int(np.searchsorted(self.times, day, side="right")) - 1
        method = "Aalen-Johansen, complementary log-log interval"
        if i < 0 or self.incidence[i] == 0:
            return Estimate(0.0, np.nan, np.nan, method)
        f, se = float(self.incidence[i]), float(np.sqrt(self.variance[i]))
        if f == 1:
            return Estimate(1.0, np.nan, np.nan, method)
        width = norm.ppf((1 + level) / 2) * se / ((1 - f) * -np.log1p(-f))
        low, high = (float(1 - (1 - f) ** np.exp(sign * width)) for sign in (-1, 1))
        return Estimate(f, low, high, method)


@logged("description", measure="cumulative incidence")
def cumulative_incidence(
    time: ArrayLike, kind: ArrayLike, *, cause: int = 1, label: str = ""
) -> CumulativeIncidence:
    """Probability over time of one kind of event, the others competing with it.

    Parameters
    ----------
    time : array-like of float, shape (n,)
        Days to the first event of any kind, or to censoring. Missing or negative values are refused.
    kind : array-like of int, shape (n,)
        0 for censoring, else the kind of event. Missing values are refused.
    cause : int
        Kind whose incidence is wanted.
    label : str
        Group, for figures and tables.

    Raises
    ------
    DesignError
        For impossible times or kinds (positions named), or ``cause`` 0.

    References
    ----------
    Aalen and Johansen 1978; variance as R's cmprsk::cuminc (Gray 1988, doi 10.1214/aos/1176350951).

    Examples
    --------
    >>> cumulative_incidence([1, 2, 3, 4], [1, 2, 1, 0]).incidence.tolist()
    [0.25, 0.25, 0.5]
    """
    times, kinds = checked_kinds(time, kind)
    if cause == 0:
        raise DesignError("kind 0 is censoring, which has no incidence", expected="1, 2, …")
    distinct, place = np.unique(times, return_inverse=True)
    ended = np.bincount(place, minlength=distinct.size)
    at_risk = times.size - np.concatenate([[0], np.cumsum(ended)[:-1]])
    own = np.bincount(place, weights=kinds == cause, minlength=distinct.size)
    other = np.bincount(place, weights=(kinds != cause) & (kinds != 0), minlength=distinct.size)
    happened = own + other > 0
    distinct, at_risk, own, other = distinct[happened], at_risk[happened], own[happened], other[happened]
    after = np.cumprod(1 - (own + other) / at_risk).astype(np.float64)
    before = np.concatenate([[1.0], after[:-1]])
    incidence = np.cumsum(before * own / at_risk)
    counts = (values.astype(float) for values in (at_risk, own, other))
    return CumulativeIncidence(
        label=label,
        cause=cause,
        times=distinct,
        incidence=incidence,
        variance=_variance(incidence, before, after, *counts),
        at_risk=at_risk.astype(np.int64),
        n=times.size,
        events=int(own.sum()),
        competing=int(other.sum()),
    )


def checked_kinds(time: ArrayLike, kind: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """Check times and kinds of event together."""
    kinds = numbers(kind, "kind")
    refuse(
        "A kind of event is no whole number from 0 upwards",
        ~((kinds >= 0) & (kinds == np.floor(kinds))),
        expected="0 for censoring, 1, 2, … for the kinds of event",
    )
    seen = observations(time, kinds > 0)
    return seen.time, kinds.astype(np.int64)


def _variance(
    incidence: Floats, before: Floats, after: Floats, at_risk: Floats, own: Floats, other: Floats
) -> Floats:
    """Aalen's variance at every time: each event's weight is linear in the incidence there, so three sums do."""

    def tied(count: Floats) -> Floats:
        return np.where(count > 1, 1 - (count - 1) / np.maximum(at_risk - 1, 1), 1.0) * count

    alive = np.divide(1.0, after, out=np.zeros_like(after), where=after > 0)
    total = np.zeros((3, incidence.size))
    for count, constant in ((own, 1.0), (other, 0.0)):
        weight = before**2 * tied(count) / at_risk**2
        here = constant + alive * incidence
        total += np.array([here**2 * weight, here * alive * weight, alive**2 * weight])
    constant, linear, square = np.cumsum(total, axis=1)
    return constant - 2 * incidence * linear + incidence**2 * square


@logged("comparison", measure="Gray's test")
def gray_test(time: ArrayLike, kind: ArrayLike, groups: Iterable[Any], *, cause: int = 1) -> TestResult:
    """Test whether the cumulative incidence of one kind of event is the same in all groups.

    Parameters
    ----------
    time, kind, cause
        As in :func:`cumulative_incidence`.
    groups : array-like, shape (n,)
        Group of each patient, known at time zero; at least two.

    Raises
    ------
    DesignError
        For impossible data, fewer than two groups, or no event of this kind.

    References
    ----------
    Gray 1988, doi 10.1214/aos/1176350951 (weight rho = 0); equals R's cmprsk::cuminc.
    """
    times, kinds = checked_kinds(time, kind)
    code, labels = coded(groups, times.size, least=2)
    if not (kinds == cause).any():
        raise DesignError(
            f"there is no event of kind {cause}", expected="at least one event", do="give the counts instead"
        )
    score, variance = _gray_sums(times, kinds, code, len(labels), cause)
    free = len(labels) - 1
    spread = variance[:free, :free]
    if not np.isfinite(spread).all() or np.linalg.matrix_rank(spread) < free:
        raise DesignError(
            f"events of kind {cause} do not tell the groups apart: none happens while all are at risk",
            expected="events of the kind while patients of every group are at risk",
            do="describe the groups without a test",
        )
    statistic = float(score[:free] @ np.linalg.solve(spread, score[:free]))
    return TestResult(
        statistic,
        free,
        float(chi2.sf(statistic, free)),
        "Gray's test",
        times.size,
        int((kinds == cause).sum()),
    )


def _gray_sums(
    times: Floats, kinds: NDArray[np.int64], code: NDArray[np.int64], k: int, cause: int
) -> tuple[Floats, Floats]:
    """Score of each group and its covariance, summed over the times of events.

    ``still`` is the survival of each group and ``own`` its incidence just before a time, ``pooled`` the incidence
    under no difference. ``a`` and ``c`` carry what an event does to the score at its time and at all later ones.
    """
    still, own, pooled = np.ones(k), np.zeros(k), 0.0
    score, c, v, v2, v3 = np.zeros(k), np.zeros((k, k)), np.zeros((k, k)), np.zeros((k, k)), np.zeros(k)
    for moment in np.unique(times[kinds > 0]):
        here = times == moment
        at_risk = np.bincount(code[times >= moment], minlength=k).astype(float)
        d1 = np.bincount(code[here & (kinds == cause)], minlength=k).astype(float)
        d2 = np.bincount(code[here & (kinds > 0) & (kinds != cause)], minlength=k).astype(float)
        present = at_risk > 0
        safe = np.where(present, at_risk, 1.0)
        exposed = np.where(present & (still > 0), at_risk / np.where(still > 0, still, 1.0), 0.0)
        all_exposed, n1 = exposed.sum(), d1.sum()
        after = np.where(present, still * (at_risk - d1 - d2) / safe, still)
        later = pooled + (n1 / all_exposed if all_exposed > 0 else 0.0)
        a = np.diag(exposed) - np.outer(exposed, exposed) / all_exposed
        left_over = all_exposed * (1 - pooled)
        c = c + (a * n1 / left_over if left_over > 0 else 0.0)
        expected = exposed * (1 - own)
        score += d1 - n1 * expected / expected.sum()
        left = np.where(after > 0, (1 - later) / np.where(after > 0, after, 1.0), 0.0)
        if n1 > 0:
            t4 = np.where(after > 0, 1 - left, 1.0)
            others = all_exposed * still - 1
            tie = 1 - np.divide(n1 - 1, others, out=np.zeros(k), where=(others > 0) & (n1 > 1))
            t3 = np.where(present, tie * still * n1 / (all_exposed * safe), 0.0)
            t1 = a - t4 * c
            v3, v2, v = v3 + t4**2 * t3, v2 + t1 * t4 * t3, v + (t1 * t3) @ t1.T
        if d2.any():
            tie = np.where(d2 > 1, 1 - (d2 - 1) / np.maximum(at_risk - 1, 1), 1.0)
            t3 = np.where((after > 0) & (d2 > 0), tie * still**2 * d2 / safe**2, 0.0)
            t1 = left * c
            v3, v2, v = v3 + left**2 * t3, v2 - t1 * left * t3, v + (t1 * t3) @ t1.T
        own = own + np.where(present, still * d1 / safe, 0.0)
        still, pooled = after, later
    return score, v + (c * v3) @ c.T + c @ v2.T + v2 @ c.T
