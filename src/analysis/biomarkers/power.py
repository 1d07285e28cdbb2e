"""What a test could have found: power of small-sample tests at the observed sizes, for an effect named beforehand.

Never for the effect that was observed: "observed power" is the p value in another dress (Hoenig & Heisey 2001,
doi 10.1198/000313001300339897).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.biomarkers.contingency import RELATIVE_TOLERANCE
from analysis.errors import DesignError
from analysis.logbook import logged

ALPHA, TARGET = 0.05, 0.8
LARGEST = 1000.0
"""An effect beyond this factor is reported as none that could be found."""
LARGEST_RACE = 4_000_000
"""Square of the number of pairs up to which the rank-sum distribution is computed exactly (50 against 40)."""


@dataclass(frozen=True)
class Power:
    """What a test of these sizes can find.

    Parameters
    ----------
    measure : str
        ``odds ratio``, ``probability of superiority`` or ``hazard ratio``.
    effect : float
        The effect of which ``power`` speaks.
    power : float
        Chance of p below ``alpha`` if that is the truth; 0 where no result of these sizes reaches it.
    detectable : float
        Smallest effect found with a chance of ``target``; infinity where none is.
    target, alpha : float
        As asked.
    method : str
        How they were computed.
    """

    measure: str
    effect: float
    power: float
    detectable: float
    target: float
    alpha: float
    method: str


def _smallest(power: Callable[[float], float], target: float, highest: float) -> float:
    """Smallest effect from 1 upwards whose power reaches the target; infinity if none up to the highest does."""
    if power(highest) < target:
        return math.inf
    low, high = 0.0, math.log(highest)
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if power(math.exp(middle)) >= target else (middle, high)
    return math.exp(high)


@logged("simulation", measure="power", estimate="power")
def fisher_power(
    marker: tuple[int, int],
    groups: tuple[int, int],
    *,
    odds_ratio: float = 3.0,
    target: float = TARGET,
    alpha: float = ALPHA,
) -> Power:
    """Power of Fisher's exact test at the margins observed, by the conditional distribution of the table.

    Parameters
    ----------
    marker : (int, int)
        Patients with and without the marker.
    groups : (int, int)
        Patients in the first and the second group; the same number in all.
    odds_ratio : float
        Effect, above 1 where the marker goes with the first group.
    target, alpha : float
        Chance asked for, and two-sided level.

    Returns
    -------
    Power
        Of the odds ratio, for an excess in the first group.

    Raises
    ------
    DesignError
        If the margins do not have the same sum, or the odds ratio is not positive.

    References
    ----------
    Given both margins, the first cell follows Fisher's noncentral hypergeometric distribution: Harkness 1965,
    doi 10.1214/aoms/1177700066.

    Examples
    --------
    >>> found = fisher_power((12, 33), (30, 15), odds_ratio=3)
    >>> round(found.power, 3), round(found.detectable, 1)
    (0.333, 9.6)
    """
    from scipy.special import gammaln

    total = sum(marker)
    if total != sum(groups) or min(*marker, *groups) < 0 or not odds_ratio > 0:
        raise DesignError(
            f"margins {marker} and {groups} with odds ratio {odds_ratio:g}",
            where="power of Fisher's test",
            expected="two margins of the same patients and a ratio above 0",
        )
    cell = np.arange(max(0, marker[0] - groups[1]), min(marker[0], groups[0]) + 1)

    def choose(n: int, k: np.ndarray) -> np.ndarray:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    logs = choose(groups[0], cell) + choose(groups[1], marker[0] - cell)

    def chances(ratio: float) -> np.ndarray:
        weights = logs + cell * math.log(ratio)
        weights = np.exp(weights - weights.max())
        return weights / weights.sum()

    null = chances(1.0)
    p = np.array([null[null <= one * (1 + RELATIVE_TOLERANCE)].sum() for one in null])
    rejected = p < alpha

    def power(ratio: float) -> float:
        return float(chances(ratio)[rejected].sum())

    return Power("odds ratio", odds_ratio, power(odds_ratio), _smallest(power, target, LARGEST), target, alpha,
                 "exact power of Fisher's test at the observed margins")  # fmt: skip


@logged("simulation", measure="power", estimate="power")
@functools.lru_cache(maxsize=256)
def rank_sum_power(
    m: int, n: int, *, superiority: float = 0.75, target: float = TARGET, alpha: float = ALPHA
) -> Power:
    """Power of Wilcoxon's exact rank-sum test of m against n values without ties, against Lehmann's alternative.

    Under it the two groups' distributions are powers of each other, and the ranks are those of a race in which
    each value of the second group is next with odds θ to one of the first; no distribution need be named. The
    effect is the chance θ/(1 + θ) that a value of the first group lies above one of the second.

    Parameters
    ----------
    m, n : int
        Values in the first and the second group.
    superiority : float
        Effect, between 0 and 1; 0.5 is none.
    target, alpha : float
        As in :func:`fisher_power`.

    Returns
    -------
    Power
        With ties, as among values below a limit of detection, the power is less.

    References
    ----------
    Lehmann 1953, doi 10.1214/aoms/1177729080; Savage 1956, doi 10.1214/aoms/1177728170.

    Examples
    --------
    >>> found = rank_sum_power(30, 15, superiority=0.75)
    >>> round(found.power, 2), round(found.detectable, 2)
    (0.83, 0.74)
    """
    if min(m, n) < 1 or not 0 < superiority < 1:
        raise DesignError(f"{m} and {n} values, superiority {superiority:g}", where="power of Wilcoxon's test",
                          expected="at least one value each and a chance between 0 and 1")  # fmt: skip
    if (m * n) ** 2 > LARGEST_RACE:
        return _noether(m, n, superiority, target, alpha)
    null = _race(m, n, 1.0)
    tails = np.minimum(np.cumsum(null), np.cumsum(null[::-1])[::-1])
    rejected = np.minimum(2 * tails, 1) < alpha  # symmetric without ties: twice a tail is the exact p

    def power(theta: float) -> float:
        return float(_race(m, n, theta)[rejected].sum())

    best = _smallest(power, target, LARGEST)
    return Power("probability of superiority", superiority, power(superiority / (1 - superiority)),
                 best / (1 + best) if math.isfinite(best) else math.inf, target, alpha,
                 "exact power of Wilcoxon's test without ties, Lehmann's alternative")  # fmt: skip


def _noether(m: int, n: int, superiority: float, target: float, alpha: float) -> Power:
    """Power by Noether's formula (1987, doi 10.1080/01621459.1987.10478478), for groups too large for the race."""
    from scipy.stats import norm

    size, z = math.sqrt(12 * m * n / (m + n)), float(norm.ppf(1 - alpha / 2))
    best = 0.5 + (z + float(norm.ppf(target))) / size
    return Power("probability of superiority", superiority, float(norm.cdf(size * abs(superiority - 0.5) - z)),
                 best if best < 1 else math.inf, target, alpha, "power of Wilcoxon's test by Noether's formula")  # fmt: skip


def _race(m: int, n: int, theta: float) -> np.ndarray:
    """Distribution of U, the pairs whose first value is the higher: values are placed from the lowest up.

    A value of the second group comes next with weight θ: with j of them still to come out of n, a value of the
    first group that is placed lies above n − j of the second.
    """
    chances = np.zeros(
        (n + 1, m * n + 1)
    )  # second-group values placed, U so far; one first-group count at a time
    chances[0, 0] = 1.0
    for placed in range(m + 1):
        left = m - placed
        for second in range(n):  # within one first-group count, the second group's values may come in a row
            share = theta * (n - second) / (theta * (n - second) + left)
            chances[second + 1] += chances[second] * share
            chances[second] *= 1 - share
        if placed < m:
            for second in range(1, n + 1):
                chances[second, second:] = chances[second, :-second].copy()
                chances[second, :second] = 0
    return chances[n]


@logged("simulation", measure="power", estimate="power")
def hazard_power(
    events: int, share: float, *, hazard_ratio: float = 2.0, target: float = TARGET, alpha: float = ALPHA
) -> Power:
    """Power of the likelihood-ratio or log-rank test of a yes/no marker, from its events: Schoenfeld's formula.

    Parameters
    ----------
    events : int
        Events observed.
    share : float
        Share of the patients with the marker.
    hazard_ratio : float
        Effect, above 1; the marker's protective inverse has the same power.
    target, alpha : float
        As in :func:`fisher_power`.

    Returns
    -------
    Power
        Large-sample; with a marker of fewer than five patients it is too hopeful.

    References
    ----------
    Schoenfeld 1983, doi 10.2307/2531021.

    Examples
    --------
    Schoenfeld's own arithmetic: (1.96 + 0.84)² / (0.25 · log² 2) = 65.3 events for a ratio of 2.

    >>> found = hazard_power(66, 0.5, hazard_ratio=2)
    >>> round(found.power, 2), round(found.detectable, 2)
    (0.8, 1.99)
    """
    from scipy.stats import norm

    if events < 0 or not 0 <= share <= 1 or not hazard_ratio > 0:
        raise DesignError(f"{events} events, share {share:g}, hazard ratio {hazard_ratio:g}", where="power")
    size = math.sqrt(events * share * (1 - share))
    z = float(norm.ppf(1 - alpha / 2))
    far = size * abs(math.log(hazard_ratio))
    reached = math.exp((z + float(norm.ppf(target))) / size) if size > 0.1 else math.inf
    return Power("hazard ratio", hazard_ratio, float(norm.cdf(far - z) + norm.cdf(-far - z)),
                 reached if reached <= LARGEST else math.inf, target, alpha,
                 "power by Schoenfeld's formula at the observed events and share")  # fmt: skip
