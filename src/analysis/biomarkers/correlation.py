"""Two scales in the same patients: Spearman's correlation with a permutation p value."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.exact_test import ExactTest, not_tested
from analysis.logbook import logged

INTERVAL = "Bonett–Wright interval"
EXACT = f"Spearman correlation, every permutation; {INTERVAL}"
DRAWN = f"Spearman correlation, {{}} random permutations; {INTERVAL}"
LARGEST_EXACT = 8
"""Patients up to which all n! permutations are gone through (40,320)."""
BATCH = 10_000


@logged("association")
def spearman(
    first: ArrayLike, second: ArrayLike, *, seed: np.random.SeedSequence, permutations_drawn: int = 100_000
) -> ExactTest:
    """Spearman's rank correlation with a two-sided permutation p value.

    Parameters
    ----------
    first, second : array of float, shape (n,)
        Paired values; pairs with a missing value (NaN) are left out. Ties get mid-ranks.
    seed : numpy.random.SeedSequence
        Where the random permutations come from; not used up to 8 pairs, where all are gone through.
    permutations_drawn : int
        How many random permutations.

    Returns
    -------
    ExactTest
        ``p_value`` is (1 + as extreme) / (1 + drawn), or the exact share. The interval is NaN for
        fewer than 4 pairs and for a correlation of ±1, where its standard error is not defined.

    References
    ----------
    Phipson & Smyth 2010, doi 10.2202/1544-6115.1585; Bonett & Wright 2000, doi 10.1007/BF02294183.

    Examples
    --------
    >>> found = spearman([1, 2, 3, 4], [1, 3, 2, 4], seed=np.random.SeedSequence(1))
    >>> round(found.estimate, 3), round(found.p_value, 4)
    (0.8, 0.3333)
    """
    from scipy.stats import rankdata

    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    n = int(both.sum())
    exact = n <= LARGEST_EXACT
    method = EXACT if exact else DRAWN.format(f"{permutations_drawn:,}")
    if n < 3:
        return not_tested("Spearman correlation", n, method, "fewer than 3 patients have both values")
    if np.unique(x).size == 1 or np.unique(y).size == 1:
        return not_tested("Spearman correlation", n, method, "every value of one of the two is the same")
    u, v = rankdata(x) - (n + 1) / 2, rankdata(y) - (n + 1) / 2
    scale = math.sqrt(float(u @ u) * float(v @ v))
    rho = float(u @ v) / scale
    extreme = abs(rho) - 1e-9
    if exact:
        every = np.abs(np.array(list(permutations(v))) @ u) / scale >= extreme
        p = float(every.mean())
    else:
        p = _drawn(u, v / scale, extreme, np.random.default_rng(seed), permutations_drawn)
    low, high = _interval(rho, n)
    return ExactTest("Spearman correlation", rho, low, high, p, n, method)


def _drawn(u: np.ndarray, v: np.ndarray, extreme: float, generator: np.random.Generator, drawn: int) -> float:
    hits = 0
    for start in range(0, drawn, BATCH):
        rows = np.tile(v, (min(BATCH, drawn - start), 1))
        hits += int((np.abs(generator.permuted(rows, axis=1) @ u) >= extreme).sum())
    return (1 + hits) / (1 + drawn)


def _interval(rho: float, n: int) -> tuple[float, float]:
    from scipy.special import ndtri

    if n < 4 or abs(rho) > 1 - 1e-12:
        return math.nan, math.nan
    half = float(ndtri(0.975)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)
