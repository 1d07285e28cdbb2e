"""P-values of the largest of many log-rank statistics, which know that it is the largest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

_FURTHEST = 9.0
"""Standard deviations beyond which a normal variable does not lie, to double precision."""


def lausen_1992(statistic: float, smallest_share: float) -> float:
    """Corrected p-value of Lausen and Schumacher 1992, doi 10.2307/2532740, Brownian-bridge approximation."""
    if statistic < 1:
        return 1.0
    density = float(norm.pdf(statistic))
    odds = ((1 - smallest_share) / smallest_share) ** 2
    return min(1.0, max(0.0, 4 * density / statistic + density * (statistic - 1 / statistic) * np.log(odds)))


def lausen_1994(statistic: float, n: int, below: NDArray[np.int64]) -> float:
    """Corrected p-value of Lausen and Schumacher 1994, improved Bonferroni over the cut-offs tried.

    ``below`` counts the patients up to each cut-off. doi 10.1016/0167-9473(94)00086-4.
    """
    lower, upper = below[:-1], below[1:]
    gap = np.sqrt(1 - lower * (n - upper) / ((n - lower) * upper))
    extra = np.exp(-(statistic**2) / 2) / np.pi * (gap - (statistic**2 / 4 - 1) * gap**3 / 6)
    return min(1.0, float(2 * norm.sf(statistic) + extra.sum()))


def exact_gauss(statistic: float, n: int, below: NDArray[np.int64]) -> float:
    """Probability that the largest of the statistics exceeds ``statistic``, were they jointly normal.

    Their correlations are those of a Markov chain, so the many-dimensional integral is a chain of one-dimensional
    ones, done by Gauss-Legendre quadrature; R's maxstat (``exactGauss``) does the same integral by Monte Carlo.

    References
    ----------
    Hothorn and Lausen 2003, doi 10.1016/S0167-9473(02)00225-6, section 2.

    Examples
    --------
    One cut-off leaves the ordinary two-sided p-value.

    >>> round(exact_gauss(1.959964, 46, np.array([20])), 6)
    0.05
    """
    lower, upper = below[:-1], below[1:]
    correlation = np.sqrt(lower * (n - upper) / ((n - lower) * upper))
    narrowest = float(np.sqrt(1 - correlation**2).min(initial=1.0))
    reach = min(statistic, _FURTHEST)
    points, weights = np.polynomial.legendre.leggauss(32 + int(4 * reach / narrowest))
    points, weights = points * reach, weights * reach
    inside = norm.pdf(points)
    for r in correlation:
        spread = np.sqrt(1 - r**2)
        away = (points[:, None] - r * points[None, :]) / spread
        inside = (np.exp(-(away**2) / 2) / (spread * np.sqrt(2 * np.pi))) @ (weights * inside)
    return float(np.clip(1 - weights @ inside, 0.0, 1.0))
