"""Standardised differences between groups: imbalance in units of spread, whatever the sample size."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from analysis.logbook import logged


@logged("comparison", measure="standardised difference")
def difference_of_means(first: np.ndarray, second: np.ndarray) -> float:
    """Absolute standardised difference of two samples' means.

    Parameters
    ----------
    first, second : numpy.ndarray
        Values of the two groups; missing values (NaN) are left out.

    Returns
    -------
    float
        \\|m1 − m2\\| / sqrt((s1² + s2²) / 2), with sample variances (n − 1). 0 for equal constants, NaN
        when the spread is 0 but the means differ, or a group has fewer than two values.

    References
    ----------
    Austin 2009, doi 10.1002/sim.3697.

    Examples
    --------
    >>> round(difference_of_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])), 3)
    1.0
    """
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if min(first.size, second.size) < 2:
        return float("nan")
    distance = abs(float(first.mean()) - float(second.mean()))
    spread = float(np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2))
    if spread == 0:
        return 0.0 if distance == 0 else float("nan")
    return distance / spread


@logged("comparison", measure="standardised difference")
def difference_of_shares(first: np.ndarray, second: np.ndarray) -> float:
    """Standardised difference of two groups' shares over the levels of one categorical variable.

    Parameters
    ----------
    first, second : numpy.ndarray
        Counts over the same levels, in the same order.

    Returns
    -------
    float
        Mahalanobis distance of the two vectors of shares without the first level; for two levels
        \\|p1 − p2\\| / sqrt((p1 q1 + p2 q2) / 2). NaN for an empty group, or where the shares differ
        without any spread.

    References
    ----------
    Yang & Dalton 2012, A unified approach to measuring the effect size between two groups, SAS
    Global Forum 335-2012.

    Examples
    --------
    >>> round(difference_of_shares(np.array([5, 5]), np.array([8, 2])), 3)
    0.663
    """
    if min(first.sum(), second.sum()) == 0:
        return float("nan")
    p, q = first[1:] / first.sum(), second[1:] / second.sum()
    if not p.size or np.array_equal(p, q):
        return 0.0
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    inverse = np.linalg.pinv(spread, rcond=1e-10)
    gap = p - q
    # Outside the range of the matrix there is no spread to measure the gap with.
    if not np.allclose(spread @ inverse @ gap, gap, atol=1e-9):
        return float("nan")
    return float(np.sqrt(gap @ inverse @ gap))


def largest(values: list[np.ndarray], measure) -> float:
    """Largest difference over all pairs of groups; NaN where none can be told."""
    found = [measure(one, other) for one, other in combinations(values, 2)]
    known = [value for value in found if not np.isnan(value)]
    return max(known) if known else float("nan")
