"""Two groups on one scale: Wilcoxon's rank-sum test, exact with ties, and the Hodges–Lehmann shift."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.exact_test import ExactTest, not_tested

EXACT = "Wilcoxon rank-sum test, exact with ties (shift algorithm); Hodges–Lehmann shift, exact interval"
NORMAL = "Wilcoxon rank-sum test, normal approximation with ties; Hodges–Lehmann shift, approximate interval"
LARGEST_EXACT = 150
"""Patients up to which the exact distribution is used; beyond, the approximation errs by less than 1e-3."""


def _doubled_ranks(values: np.ndarray) -> np.ndarray:
    """Mid-ranks times two, so that ties stay whole numbers."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (2 * last - counts + 1)[which.ravel()]


def _shift(scores: np.ndarray, m: int) -> np.ndarray:
    """Share of the subsets of m scores that have each sum 0, 1, 2, …: the permutation distribution.

    References
    ----------
    Streitberg & Röhmel 1986, Statistical Software Newsletter 12:10–17.
    """
    total = int(np.sort(scores)[-m:].sum())
    ways = np.zeros((m + 1, total + 1))
    ways[0, 0] = 1
    for score in scores:
        # From the larger subsets down, so that no score enters a subset twice.
        ways[1:, score:] += ways[:-1, : total + 1 - score].copy()
    return ways[m] / ways[m].sum()


def hodges_lehmann(first: np.ndarray, second: np.ndarray) -> float:
    """Median of all differences first − second; NaN if a group is empty."""
    if not first.size or not second.size:
        return math.nan
    return float(np.median(np.subtract.outer(first, second)))


def rank_sum(first: ArrayLike, second: ArrayLike) -> ExactTest:
    """Wilcoxon's rank-sum test of two samples, with the Hodges–Lehmann shift first − second.

    Parameters
    ----------
    first, second : array of float
        Values of the two groups; missing values (NaN) are left out. Values censored at a limit of
        detection may be given as that limit: only their rank counts, their ties are honoured.

    Returns
    -------
    ExactTest
        ``p_value`` is the chance of a rank sum at least as far from its expectation; the interval inverts the test through the ordered differences. With too few patients for a
        95 % interval its limits are NaN, with a warning.

    References
    ----------
    Hollander, Wolfe & Chicken 2014, ch. 4; Streitberg & Röhmel 1986; Lehmann 1963,
    doi 10.1214/aoms/1177703882; Noether 1967, doi 10.1080/01621459.1967.10482901.

    Examples
    --------
    >>> found = rank_sum([1, 2, 2, 3, 3, 3, 5, 8], [2, 3, 4, 4, 6, 7, 7, 9, 9])
    >>> round(found.p_value, 6), found.estimate
    (0.060839, -2.0)
    """
    x, y = (np.asarray(values, dtype=float) for values in (first, second))
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    m, n = x.size, y.size
    exact = m + n <= LARGEST_EXACT
    method = EXACT if exact else NORMAL
    if not m or not n:
        return not_tested("location shift", m + n, method, "a group has no values")
    if np.unique(np.concatenate([x, y])).size == 1:
        return not_tested("location shift", m + n, method, "every value is the same")
    doubled = _doubled_ranks(np.concatenate([x, y]))
    statistic = int(doubled[:m].sum())
    test = _exact if exact else _approximate
    p, below = test(doubled, m, statistic)
    low, high = _interval(x, y, below)
    warnings = () if below >= 1 else ("too few patients for a 95 % interval of the shift",)
    return ExactTest("location shift", hodges_lehmann(x, y), low, high, p, m + n, method, warnings=warnings)


def _exact(doubled: np.ndarray, m: int, statistic: int) -> tuple[float, int]:
    chances = _shift(doubled, m)
    sums = np.arange(chances.size)
    expected = m * doubled.mean()
    p = chances[np.abs(sums - expected) >= abs(statistic - expected) - 1e-9].sum()
    return float(min(p, 1.0)), _order(m, doubled.size - m)


def _order(m: int, n: int) -> int:
    """Order statistic of the differences that is the lower limit: the 2.5 % point of U without ties.

    With ties the closed interval so made covers the shift at least as often (Noether 1967).
    """
    chances = _shift(np.arange(1, m + n + 1), m)
    return int(np.searchsorted(np.cumsum(chances), 0.025)) - m * (m + 1) // 2


def _approximate(doubled: np.ndarray, m: int, statistic: int) -> tuple[float, int]:
    from scipy.special import ndtr, ndtri

    total, ranks = doubled.size, doubled / 2
    n = total - m
    spread = math.sqrt(m * n / total * float(ranks.var(ddof=1)))
    z = abs(statistic / 2 - m * float(ranks.mean())) / spread
    below = math.floor(m * n / 2 + float(ndtri(0.025)) * spread)
    return float(2 * ndtr(-z)), max(below, 0)


def _interval(x: np.ndarray, y: np.ndarray, below: int) -> tuple[float, float]:
    """Limits of the shift: so many ordered differences are cut from each end; NaN where none is left over."""
    differences = np.sort(np.subtract.outer(x, y), axis=None)
    if below < 1:
        return math.nan, math.nan
    return float(differences[below - 1]), float(differences[-below])
