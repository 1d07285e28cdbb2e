"""Log-rank tests: two or more groups, stratified, weighted, for trend, and by permutation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.dealing import BATCH_CELLS, dealt
from analysis.survival.estimates import TestResult
from analysis.survival.groups import Grouping, coded
from analysis.survival.logrank_weights import event_weights, refuse_unknown_weights, weights_text
from analysis.survival.observations import Observations, observations


@logged("comparison", measure="log-rank test")
def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    strata: Iterable[Any] | None = None,
    weights: str = "log-rank",
    rho: float = 0.0,
    gamma: float = 0.0,
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
    weights : {"log-rank", "gehan", "tarone-ware", "peto", "fleming-harrington"}
        How much each event time counts; see :data:`~analysis.survival.logrank_weights.WEIGHTS`. Everything but the
        log-rank test itself asks for early (or late) differences and must be named in the plan.
    rho, gamma : float
        Fleming and Harrington's weight ``S(t-) ** rho * (1 - S(t-)) ** gamma``: 0 and 0 is the log-rank, 1 and 0 is
        R's survdiff(rho = 1).
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
    refuse_unknown_weights(weights, rho, gamma)
    seen = observations(time, event)
    codes, names = coded(group, seen.n)
    layers = np.zeros(seen.n, dtype=int) if strata is None else coded(strata, seen.n, least=1)[0]
    difference = np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    for layer in range(layers.max() + 1):
        mine = layers == layer
        gap, spread = _observed_minus_expected(
            Observations(seen.time[mine], seen.event[mine]),
            codes[mine],
            len(names),
            {"weights": weights, "rho": rho, "gamma": gamma},
        )
        difference += gap
        variance += spread
    name = weights_text(weights, rho, gamma)
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
    return TestResult(statistic, df, float(chi2.sf(statistic, df)), name, n=seen.n, events=seen.n_events)


@logged("comparison", measure="log-rank test")
def permutation_logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    seed: int,
    permutations: int = 100_000,
    strata: Iterable[Any] | None = None,
    weights: str = "log-rank",
    rho: float = 0.0,
    gamma: float = 0.0,
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
    strata : array-like, shape (n,), optional
        Patients are re-dealt within these strata, and observed minus expected is summed over them.
    weights, rho, gamma
        As in :func:`logrank`.
    deals : numpy.ndarray of int, shape (permutations, n), optional
        The re-dealings themselves, from :func:`~analysis.survival.dealing.deal_indices`; replaces ``seed`` and
        ``permutations``. Not with strata.

    Raises
    ------
    DesignError
        With fewer than two groups, no event, no permutation, or when no stratum has two groups.

    References
    ----------
    Phipson and Smyth 2010, doi 10.2202/1544-6115.1585 (the added one).
    """
    refuse_unknown_weights(weights, rho, gamma)
    chosen = {"weights": weights, "rho": rho, "gamma": gamma}
    seen = observations(time, event)
    codes, names = coded(group, seen.n)
    if seen.n_events == 0:
        raise DesignError("there is no event", expected="at least one event")
    if deals is None and permutations < 1:
        raise DesignError(f"{permutations} permutations", expected="at least one")
    layers = np.zeros(seen.n, dtype=int) if strata is None else coded(strata, seen.n, least=1)[0]
    order = np.lexsort((codes, layers))
    layers, codes = layers[order], codes[order]
    parts = [np.flatnonzero(layers == layer) for layer in range(layers.max() + 1)]
    times, events = seen.time[order], seen.event[order]
    scores = np.concatenate(
        [logrank_scores(Observations(times[mine], events[mine]), **chosen) for mine in parts]
    )
    observed, inverse = (
        _sums(scores[None, :], codes, len(names)),
        _covariance(scores, codes, parts, len(names)),
    )

    def spread(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.einsum("bg,gh,bh->b", sums, inverse, sums)

    statistic = float(spread(observed)[0])
    hits, permutations = 0, permutations if deals is None else len(deals)
    if strata is None:
        batches = dealt(scores, permutations=permutations, seed=seed, deals=deals)
    elif deals is not None:
        raise DesignError("given re-dealings do not respect strata", do="give a seed")
    else:
        batches = _dealt_within(scores, parts, permutations, seed)
    for batch in batches:
        # equal arrangements must count as equal although they were summed in another order
        hits += int((spread(_sums(batch, codes, len(names))) >= statistic * (1 - 1e-10)).sum())
    name = ("stratified " if strata is not None else "") + weights_text(**chosen)
    return TestResult(
        statistic,
        float("nan"),
        (1 + hits) / (permutations + 1),
        f"permutation {name}, {permutations} permutations, {len(names)} groups",
        n=seen.n,
        events=seen.n_events,
    )


def _sums(scores: NDArray[np.float64], codes: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """Sum of each row of scores over each group but the first, shape (b, groups − 1)."""
    return scores @ (codes[:, None] == np.arange(1, groups)).astype(float)


def _covariance(
    scores: NDArray[np.float64], codes: NDArray[np.int64], parts: list[NDArray[np.int64]], groups: int
) -> NDArray[np.float64]:
    """Inverse covariance of those sums when patients are re-dealt within each part; the scores of a part sum to 0."""
    found = np.zeros((groups - 1, groups - 1))
    for mine in parts:
        n = mine.size
        share = np.bincount(codes[mine], minlength=groups)[1:] / n
        if n > 1:
            found += n / (n - 1) * (scores[mine] ** 2).sum() * (np.diag(share) - np.outer(share, share))
    if np.linalg.matrix_rank(found, tol=1e-12 * max(1.0, float(np.abs(found).max()))) == 0:
        raise DesignError(
            "re-dealing changes nothing: no stratum has patients of two groups and an event to tell them apart",
            expected="at least one event time with patients of two groups",
            do="describe the groups without a test",
        )
    return np.linalg.pinv(found, hermitian=True)


def _dealt_within(
    scores: NDArray[np.float64], parts: list[NDArray[np.int64]], permutations: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Scores in random orders within each part, a batch of rows at a time."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    left = permutations
    while left:
        rows = min(left, max(1, BATCH_CELLS // scores.size))
        yield np.hstack([generator.permuted(np.tile(scores[mine], (rows, 1)), axis=1) for mine in parts])
        left -= rows


def logrank_scores(
    seen: Observations, *, weights: str = "log-rank", rho: float = 0.0, gamma: float = 0.0
) -> NDArray[np.float64]:
    """Weighted event minus weighted Nelson-Aalen hazard of each patient; their sum is 0.

    Summed over a group they are its observed minus expected.
    """
    place = np.unique(seen.time, return_inverse=True)[1]
    events = np.bincount(place, weights=seen.event)
    at_risk = seen.n - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    weight = event_weights(events.astype(float), at_risk.astype(float), weights=weights, rho=rho, gamma=gamma)
    return weight[place] * seen.event - np.cumsum(weight * events / at_risk)[place]


def _observed_minus_expected(
    seen: Observations, codes: NDArray[np.int64], groups: int, chosen: Mapping[str, Any]
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
    weight = event_weights(dead, alive, **chosen)
    gap = (weight[:, None] * (events - dead[:, None] * share)).sum(axis=0)
    factor = weight**2 * dead * np.divide(alive - dead, alive - 1, out=np.zeros_like(dead), where=alive > 1)
    return gap, np.diag(factor @ share) - (factor[:, None] * share).T @ share
