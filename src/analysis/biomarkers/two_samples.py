"""Two groups on one scale: Wilcoxon's rank-sum test, exact with ties, and the Hodges–Lehmann shift."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.exact_test import ExactTest, not_tested
from analysis.errors import DesignError
from analysis.logbook import logged

TEST = {True: "exact with ties (shift algorithm)", False: "normal approximation with ties"}
INTERVAL = {True: "exact interval", False: "approximate interval"}
MOST_STEPS = 1_000_000_000
"""Additions that the exact distribution may cost (a second: some 220 patients without ties, more with them).

Beyond, the normal approximation stands, and the method says so. With strong ties or a group of fewer
than ten it can be off by several hundredths even at 150 patients.
"""


def _doubled_ranks(values: np.ndarray) -> np.ndarray:
    """Mid-ranks times two, so that ties stay whole numbers."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (2 * last - counts + 1)[which.ravel()]


MOST_PATIENTS = 1000
"""Beyond, the numbers of subsets leave double precision."""


def _smaller(doubled: np.ndarray, m: int, statistic: int) -> tuple[np.ndarray, int, int]:
    """Same test on smaller numbers: the smaller group, scores from 0, common divisor taken out."""
    if m > doubled.size - m:
        m, statistic = doubled.size - m, int(doubled.sum()) - statistic
    least = int(doubled.min())
    scores = doubled - least
    divisor = max(int(np.gcd.reduce(scores)), 1)
    return scores // divisor, m, (statistic - m * least) // divisor


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


@logged("comparison", measure="location shift")
def hodges_lehmann(first: np.ndarray, second: np.ndarray) -> float:
    """Median of all differences first − second; NaN if a group is empty, DesignError for an infinite value."""
    if not first.size or not second.size:
        return math.nan
    return float(np.median(_differences(first, second)))


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Every value of the first group less every value of the second."""
    endless = int(np.isinf(first).sum() + np.isinf(second).sum())
    if endless:
        raise DesignError(
            f"{endless} of {first.size + second.size} values are infinite",
            where="location shift",
            expected="numbers, and NaN for a missing value",
            do="give the limit of detection for a value that lies beyond it",
        )
    return np.subtract.outer(first, second)


@logged("comparison")
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
        ``p_value`` is the chance of a rank sum at least as far from its expectation; the interval inverts the test
        through the ordered differences. With too few patients for a 95 % interval its limits are NaN, with a warning.

    Raises
    ------
    DesignError
        For an infinite value: it has a rank and no distance.

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
    if not m or not n:
        return not_tested("location shift", m + n, _method(), "a group has no values")
    if np.unique(np.concatenate([x, y])).size == 1:
        return not_tested("location shift", m + n, _method(), "every value is the same")
    doubled = _doubled_ranks(np.concatenate([x, y]))
    reduced = _smaller(doubled, m, int(doubled[:m].sum()))
    tested = _feasible(reduced[0], reduced[1])
    p = _exact(*reduced) if tested else _approximate(*reduced)
    bounded = _feasible(np.arange(m + n), min(m, n))
    below = _order(m, n) if bounded else _approximate_order(m, n)
    method = _method(test=tested, interval=bounded)
    low, high = _interval(x, y, below)
    warnings = () if below >= 1 else ("too few patients for a 95 % interval of the shift",)
    return ExactTest("location shift", hodges_lehmann(x, y), low, high, p, m + n, method, warnings=warnings)


def _method(*, test: bool = True, interval: bool = True) -> str:
    return f"Wilcoxon rank-sum test, {TEST[test]}; Hodges–Lehmann shift, {INTERVAL[interval]}"


def _feasible(scores: np.ndarray, m: int) -> bool:
    """Whether the exact distribution of the sum of m of these scores can be computed."""
    steps = scores.size * m * (int(np.sort(scores)[-m:].sum()) + 1)
    return scores.size <= MOST_PATIENTS and steps <= MOST_STEPS


def _exact(scores: np.ndarray, m: int, statistic: int) -> float:
    chances = _shift(scores, m)
    expected = m * scores.mean()
    far = np.abs(np.arange(chances.size) - expected) >= abs(statistic - expected) - 1e-9
    return float(min(chances[far].sum(), 1.0))


def _approximate(scores: np.ndarray, m: int, statistic: int) -> float:
    from scipy.special import ndtr

    n = scores.size - m
    spread = math.sqrt(m * n / scores.size * float(scores.var(ddof=1)))
    return float(2 * ndtr(-abs(statistic - m * float(scores.mean())) / spread))


def _order(m: int, n: int) -> int:
    """Order statistic of the differences that is the lower limit: the 2.5 % point of U without ties.

    With ties the closed interval so made covers the shift at least as often (Noether 1967).
    """
    fewer = min(m, n)
    chances = _shift(np.arange(m + n), fewer)
    return int(np.searchsorted(np.cumsum(chances), 0.025)) - fewer * (fewer - 1) // 2


def _approximate_order(m: int, n: int) -> int:
    from scipy.special import ndtri

    spread = math.sqrt(m * n * (m + n + 1) / 12)
    return max(math.floor(m * n / 2 + float(ndtri(0.025)) * spread), 0)


def _interval(x: np.ndarray, y: np.ndarray, below: int) -> tuple[float, float]:
    """Limits of the shift: so many ordered differences are cut from each end; NaN where none is left over."""
    differences = np.sort(_differences(x, y), axis=None)
    if below < 1:
        return math.nan, math.nan
    return float(differences[below - 1]), float(differences[-below])
