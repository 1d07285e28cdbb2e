"""Cut-offs: a pre-specified one is a number with a source, a searched one carries its corrected p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.dealing import dealt
from analysis.survival.observations import Observations, numbers, observations, refuse

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PreSpecifiedCutoff:
    """A cut-off fixed before the data were seen, with where it was fixed."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True, eq=False)
class PostHocCutoff:
    """The cut-off with the largest log-rank statistic, and p-values that know it was searched for.

    The p-value of an ordinary test at this cut-off has 37 % type-I error with 46 patients; it is not
    computed here and must not be printed.

    Parameters
    ----------
    value : float
        Patients with a marker up to and including it form the lower group.
    statistic : float
        Largest absolute standardised log-rank statistic.
    p_lausen_1992, p_lausen_1994, p_permutation : float
        Corrected p-values: two approximations, and by re-dealing patients over the same search.
    permutations : int
        Number of re-dealings.
    cutoffs, statistics : numpy.ndarray, shape (cuts,)
        Every cut-off tried and its absolute statistic.
    smallest_share : float
        Least share of patients on either side.
    n, events : int
        Patients and events.
    method : str
        Begins with "post hoc".
    """

    value: float
    statistic: float
    p_lausen_1992: float
    p_lausen_1994: float
    p_permutation: float
    permutations: int
    cutoffs: Floats
    statistics: Floats
    smallest_share: float
    n: int
    events: int
    method: str


@logged("search", measure="cut-off")
def search_cutoff(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    seed: int,
    smallest_share: float = 0.1,
    permutations: int = 10_000,
    deals: NDArray[np.int64] | None = None,
) -> PostHocCutoff:
    """Find the best cut-off of a marker by maximally selected log-rank statistics.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark on which the marker is known.
    marker : array-like of float, shape (n,)
        Missing values are refused.
    seed : int
        Seed of the permutation p-value.
    smallest_share : float
        Cut-offs leave at least this share of patients on either side.
    permutations : int
        Number of re-dealings; p is ``(1 + hits) / (permutations + 1)``.
    deals : numpy.ndarray of int, shape (permutations, n), optional
        The re-dealings themselves, from :func:`~analysis.survival.dealing.deal_indices`; replaces ``seed`` and
        ``permutations``.

    Raises
    ------
    DesignError
        For impossible data, no event, or a marker without a cut-off to try.

    References
    ----------
    Lausen and Schumacher 1992, doi 10.2307/2532740; 1994, doi 10.1016/0167-9473(94)00086-4;
    Hothorn and Lausen 2003, doi 10.1016/S0167-9473(02)00225-6.
    """
    seen = observations(time, event)
    values = numbers(marker, "marker")
    if values.size != seen.n:
        raise DesignError(f"{values.size} markers for {seen.n} patients", expected="one a patient")
    refuse("The marker is missing", ~np.isfinite(values), expected="a value for every patient")
    if seen.n_events == 0:
        raise DesignError("there is no event", expected="at least one event")
    if not 0 < smallest_share < 0.5:
        raise DesignError(f"the smallest share is {smallest_share}", expected="between 0 and 0.5")
    order = np.argsort(values, kind="stable")
    scores = hothorn_lausen_scores(seen)[order]
    cutoffs, sizes = np.unique(values, return_counts=True)
    below = np.cumsum(sizes)
    n = seen.n
    # at least one patient on either side, and the shares of maxstat: floor(n * share)
    tried = (below >= max(1, int(n * smallest_share))) & (below <= min(n - 1, int(n * (1 - smallest_share))))
    if not tried.any():
        raise DesignError(
            "the marker has no cut-off that leaves enough patients on either side",
            expected=f"at least {smallest_share:.0%} of patients on either side",
            do="describe the marker without a cut-off",
        )
    below = below[tried]
    mean, squares = scores.sum() / n, n * (scores**2).sum() - scores.sum() ** 2
    spread = np.sqrt(below * (n - below) / (n**2 * (n - 1)) * squares)

    def standardised(ordered: Floats) -> Floats:
        sums = np.cumsum(ordered, axis=1)[:, below - 1]
        return np.abs(sums - below * mean) / spread

    statistics = standardised(scores[None, :])[0]
    best = int(np.argmax(statistics))
    highest = float(statistics[best])
    hits, permutations = 0, permutations if deals is None else len(deals)
    for batch in dealt(scores, permutations=permutations, seed=seed, deals=deals):
        hits += int((standardised(batch).max(axis=1) >= highest * (1 - 1e-10)).sum())
    return PostHocCutoff(
        value=float(cutoffs[tried][best]),
        statistic=highest,
        p_lausen_1992=lausen_1992(highest, smallest_share),
        p_lausen_1994=lausen_1994(highest, n, below),
        p_permutation=(1 + hits) / (permutations + 1),
        permutations=permutations,
        cutoffs=cutoffs[tried],
        statistics=statistics,
        smallest_share=smallest_share,
        n=n,
        events=seen.n_events,
        method="post hoc cut-off, maximally selected log-rank statistic",
    )


def hothorn_lausen_scores(seen: Observations) -> Floats:
    """Log-rank scores with Hothorn and Lausen's ranks for ties, in the order of the patients."""
    up_to = np.searchsorted(np.sort(seen.time), seen.time, side="right")
    distinct, place = np.unique(seen.time, return_inverse=True)
    hazard = np.zeros(distinct.size)
    np.add.at(hazard, place, seen.event / (seen.n - up_to + 1))
    return seen.event - np.cumsum(hazard)[place]


def lausen_1992(statistic: float, smallest_share: float) -> float:
    """Corrected p-value of Lausen and Schumacher 1992, Brownian-bridge approximation."""
    if statistic < 1:
        return 1.0
    density = float(norm.pdf(statistic))
    odds = ((1 - smallest_share) / smallest_share) ** 2
    return min(1.0, max(0.0, 4 * density / statistic + density * (statistic - 1 / statistic) * np.log(odds)))


def lausen_1994(statistic: float, n: int, below: NDArray[np.int64]) -> float:
    """Corrected p-value of Lausen and Schumacher 1994, improved Bonferroni over the cut-offs tried."""
    lower, upper = below[:-1], below[1:]
    gap = np.sqrt(1 - lower * (n - upper) / ((n - lower) * upper))
    extra = np.exp(-(statistic**2) / 2) / np.pi * (gap - (statistic**2 / 4 - 1) * gap**3 / 6)
    return min(1.0, float(2 * norm.sf(statistic) + extra.sum()))
