"""Log-rank tests: two or more groups, stratified, weighted, for trend, and by permutation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.dealing import dealt
from analysis.survival.estimates import TestResult
from analysis.survival.groups import Grouping, coded
from analysis.survival.observations import Observations, observations


@logged("comparison", measure="log-rank test")
def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    strata: Iterable[Any] | None = None,
    rho: float = 0.0,
    trend: Sequence[float] | None = None,
) -> TestResult:
    """Log-rank test that the groups have the same survival.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events, as in :func:`~analysis.survival.kaplan_meier`.
    group : array-like, shape (n,)
        Group of each patient; missing values are refused. Groups count in sorted order.
    strata : array-like, shape (n,), optional
        Observed minus expected is summed over these strata.
    rho : float
        Weight ``S(t-) ** rho`` of Fleming and Harrington: 0 is the log-rank, 1 Peto and Peto's test.
    trend : sequence of float, optional
        One score a group: tests for a trend along the scores, on 1 degree of freedom (Tarone).

    Raises
    ------
    DesignError
        With fewer than two groups, no event, or no event time with two groups at risk.

    References
    ----------
    Mantel 1966; Harrington and Fleming 1982, doi 10.1093/biomet/69.3.553; Tarone 1975,
    doi 10.1093/biomet/62.3.679.

    Examples
    --------
    >>> result = logrank([1, 2, 3, 4], [1, 1, 1, 1], ["a", "a", "b", "b"])
    >>> round(result.statistic, 3), result.df
    (2.882, 1)
    """
    seen = observations(time, event)
    codes, names = coded(group, seen.n)
    layers = np.zeros(seen.n, dtype=int) if strata is None else coded(strata, seen.n, least=1)[0]
    difference = np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    for layer in range(layers.max() + 1):
        mine = layers == layer
        gap, spread = _observed_minus_expected(
            Observations(seen.time[mine], seen.event[mine]), codes[mine], len(names), rho
        )
        difference += gap
        variance += spread
    name = "log-rank test" if rho == 0 else f"weighted log-rank test, rho {rho:g}"
    if strata is not None:
        name = "stratified " + name
    if trend is not None:
        scores = np.asarray(trend, dtype=float)
        if scores.shape != difference.shape:
            raise DesignError(
                f"{scores.size} trend scores for {len(names)} groups", expected="one score a group"
            )
        difference = np.array([scores @ difference])
        variance = np.array([[scores @ variance @ scores]])
        name += " for trend"
        free = np.array([variance[0, 0] > 0])
    else:
        free = np.diag(variance) > 1e-12  # a group that is never at risk at an event adds nothing
        free[np.flatnonzero(free)[:1]] = False  # differences add up to 0: one group is redundant
    df = int(free.sum())
    if df == 0:
        raise DesignError(
            "there is no event while two groups are at risk",
            expected="at least one event time with patients of two groups",
            do="describe the groups without a test",
        )
    gap = difference[free]
    statistic = float(gap @ np.linalg.solve(variance[np.ix_(free, free)], gap))
    return TestResult(statistic, df, float(chi2.sf(statistic, df)), name)


@logged("comparison", measure="log-rank test")
def permutation_logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    seed: int,
    permutations: int = 100_000,
    deals: NDArray[np.int64] | None = None,
) -> TestResult:
    """Log-rank test whose p-value comes from re-dealing the patients to the groups.

    Valid in samples of any size when censoring does not depend on the group. The statistic is the quadratic
    form of observed minus expected in its permutation variance; p is ``(1 + hits) / (permutations + 1)``.

    Parameters
    ----------
    time, event, group : array-like, shape (n,)
        As in :func:`logrank`.
    seed : int
        Seed of :class:`numpy.random.SeedSequence`: the same seed, the same p-value.
    permutations : int
        Number of re-dealings.
    deals : numpy.ndarray of int, shape (permutations, n), optional
        The re-dealings themselves, from :func:`~analysis.survival.dealing.deal_indices`; replaces ``seed`` and
        ``permutations``.

    References
    ----------
    Phipson and Smyth 2010, doi 10.2202/1544-6115.1585 (the added one).
    """
    seen = observations(time, event)
    codes, names = coded(group, seen.n)
    if seen.n_events == 0:
        raise DesignError("there is no event", expected="at least one event")
    scores = logrank_scores(seen)
    sizes = np.bincount(codes)
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def spread(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.add.reduceat(ordered, starts, axis=1)
        return (sums**2 / sizes).sum(axis=1)

    observed = spread(scores[order][None, :])[0]
    hits, permutations = 0, permutations if deals is None else len(deals)
    for batch in dealt(scores, permutations=permutations, seed=seed, deals=deals):
        # equal arrangements must count as equal although they were summed in another order
        hits += int((spread(batch) >= observed * (1 - 1e-10)).sum())
    statistic = observed * (seen.n - 1) / (scores @ scores)
    return TestResult(
        float(statistic),
        float("nan"),
        (1 + hits) / (permutations + 1),
        f"permutation log-rank test, {permutations} permutations, {len(names)} groups",
    )


def logrank_scores(seen: Observations) -> NDArray[np.float64]:
    """Event minus Nelson-Aalen hazard of each patient: summed over a group, its observed minus expected."""
    place = np.unique(seen.time, return_inverse=True)[1]
    events = np.bincount(place, weights=seen.event)
    at_risk = seen.n - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    return seen.event - np.cumsum(events / at_risk)[place]


def _observed_minus_expected(
    seen: Observations, codes: NDArray[np.int64], groups: int, rho: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted observed minus expected events of each group, and their hypergeometric covariance."""
    distinct, place = np.unique(seen.time, return_inverse=True)
    cell = place * groups + codes
    shape = (distinct.size, groups)
    ended = np.bincount(cell, minlength=distinct.size * groups).reshape(shape)
    events = np.bincount(cell, weights=seen.event, minlength=distinct.size * groups).reshape(shape)
    at_risk = np.cumsum(ended[::-1], axis=0)[::-1].astype(float)
    dead, alive = events.sum(axis=1), at_risk.sum(axis=1)
    share = at_risk / alive[:, None]
    before = np.concatenate([[1.0], np.cumprod(1 - dead / alive)[:-1]])
    weight = before**rho if rho else np.ones_like(before)
    gap = (weight[:, None] * (events - dead[:, None] * share)).sum(axis=0)
    factor = weight**2 * dead * np.divide(alive - dead, alive - 1, out=np.zeros_like(dead), where=alive > 1)
    return gap, np.diag(factor @ share) - (factor[:, None] * share).T @ share
