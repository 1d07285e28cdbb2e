"""Pattern-mixture estimate: the difference of two arms within each pattern of drop-out, put together again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged


@dataclass(frozen=True)
class PatternMixture:
    """Difference of two arms over the patterns of drop-out, in points.

    Parameters
    ----------
    estimate, low, high, p_value : float
        Mean of the patterns' differences, weighted by their shares of the patients, with interval and test.
    n : int
        Patients.
    shares : tuple of float
        Share of each pattern.
    method : str
        How it was made.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    shares: tuple[float, ...]
    method: str = "pattern-mixture estimate, delta method with the patterns' shares as estimated"


@logged("comparison", measure="difference, points")
def pattern_mixture(
    differences: Sequence[float], std_errors: Sequence[float], sizes: Sequence[int]
) -> PatternMixture:
    """Weigh the differences of patterns by how many patients have each.

    Parameters
    ----------
    differences, std_errors : sequence of float, length k
        Of the arms within each pattern.
    sizes : sequence of int, length k
        Patients of each pattern.

    Raises
    ------
    DesignError
        For fewer than two patterns, an empty one, one without a positive standard error, or lengths that do not agree.

    References
    ----------
    Little 1993, doi 10.1080/01621459.1993.10594302; Hedeker and Gibbons 1997, doi 10.1037/1082-989X.2.1.64. The variance is
    that of the differences at fixed shares, plus that of the shares (multinomial) at fixed differences.

    Examples
    --------
    Two patterns of equal size, differences -2 and -4, each with standard error 1: -3, variance 1/2 + (4 + 16)/2/n - 9/n.

    >>> found = pattern_mixture([-2.0, -4.0], [1.0, 1.0], [50, 50])
    >>> found.estimate, round((found.high - found.estimate) / 1.959964, 4) == round((0.5 + 0.1 - 0.09) ** 0.5, 4)
    (-3.0, True)
    """
    d, se, n = (np.asarray(values, dtype=float) for values in (differences, std_errors, sizes))
    known = np.isfinite([*d, *se]).all() and (n > 0).all() and (se > 0).all()
    if not d.size == se.size == n.size or d.size < 2 or not known:
        raise DesignError(
            f"{d.size} differences, {se.size} standard errors and {n.size} sizes of patterns",
            where="pattern mixture",
            expected="at least two patterns, each with patients, a difference and its standard error",
            do="join patterns that have no patients or cannot be compared",
        )
    share = n / n.sum()
    estimate = float(share @ d)
    variance = float(share**2 @ se**2 + (share @ d**2 - estimate**2) / n.sum())
    half = float(norm.ppf(0.975)) * math.sqrt(variance)
    p = float(2 * norm.sf(abs(estimate) / math.sqrt(variance)))
    return PatternMixture(estimate, estimate - half, estimate + half, p, int(n.sum()), tuple(share.tolist()))
