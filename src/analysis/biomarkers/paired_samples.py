"""One scale measured twice: Wilcoxon's signed-rank test, exact with ties and zeros, and its pseudo-median."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.exact_test import ExactTest, not_tested
from analysis.logbook import logged

METHOD = "Wilcoxon signed-rank test, exact with ties, zeros left out; Hodges–Lehmann pseudo-median"
LARGEST_EXACT = 500
"""Non-zero differences up to which the exact distribution is computed."""


def _sums(scores: np.ndarray) -> np.ndarray:
    """Chance of every sum of the scores with a positive sign, all signs equally likely."""
    chances = np.zeros(int(scores.sum()) + 1)
    chances[0] = 1.0
    for score in scores:
        moved = np.zeros_like(chances)
        moved[score:] = chances[: chances.size - score]
        chances = (chances + moved) / 2
    return chances


@logged("comparison")
def signed_rank(differences: ArrayLike) -> ExactTest:
    """Wilcoxon's signed-rank test of paired differences against 0, with the Hodges–Lehmann estimate.

    Parameters
    ----------
    differences : array of float
        One a patient; missing values (NaN) are left out, and zeros take no part in the test.

    Returns
    -------
    ExactTest
        The estimate is the median of all pairwise means (zeros included). The interval is made from
        the ordered means by the distribution without ties; with too few patients its limits are NaN,
        with a warning.

    References
    ----------
    Wilcoxon 1945, doi 10.2307/3001968; Hollander, Wolfe & Chicken 2014, ch. 3.

    Examples
    --------
    >>> round(signed_rank([-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]).p_value, 5)
    0.03125
    """
    from scipy.stats import rankdata

    values = np.asarray(differences, dtype=float)
    values = values[~np.isnan(values)]
    moved = values[values != 0]
    if not moved.size:
        reason = "no paired values" if not values.size else "every difference is 0"
        return not_tested("pseudo-median", values.size, METHOD, reason)
    if moved.size > LARGEST_EXACT:
        return not_tested("pseudo-median", values.size, METHOD, f"more than {LARGEST_EXACT} differences")
    doubled = np.round(2 * rankdata(np.abs(moved))).astype(np.int64)
    statistic = int(doubled[moved > 0].sum())
    chances = _sums(doubled)
    sums, expected = np.arange(chances.size), doubled.sum() / 2
    p = float(chances[np.abs(sums - expected) >= abs(statistic - expected) - 1e-9].sum())
    rows, columns = np.triu_indices(values.size)
    means = np.sort((values[rows] + values[columns]) / 2)
    plain = np.cumsum(_sums(np.arange(1, values.size + 1)))
    below = int(np.searchsorted(plain, 0.025))
    enough = below >= 1
    return ExactTest(
        "pseudo-median",
        float(np.median(means)),
        float(means[below - 1]) if enough else math.nan,
        float(means[-below]) if enough else math.nan,
        min(p, 1.0),
        values.size,
        METHOD,
        warnings=() if enough else ("too few patients for a 95 % interval",),
    )
