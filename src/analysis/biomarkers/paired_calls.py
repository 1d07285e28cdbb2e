"""Two yes/no calls of the same patients: McNemar's test, kappa and PABAK."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.biomarkers.exact_test import ExactTest, not_tested
from analysis.cohort import Proportion, proportion
from analysis.errors import DesignError
from analysis.logbook import logged

MCNEMAR = "McNemar's exact test; conditional odds ratio of the discordant pairs, exact interval"


@dataclass(frozen=True)
class Agreement:
    """How far two calls agree, and whether one is positive more often.

    Parameters
    ----------
    table : tuple of tuple of int
        Counts: rows are the first call, columns the second, levels in the same order.
    n : int
        Patients with both calls.
    observed : Proportion
        Share of patients with the same call.
    kappa, kappa_low, kappa_high : float
        Cohen's kappa with its 95 % interval (large-sample standard error); NaN where one call is
        constant and chance agreement is complete.
    pabak : float
        Prevalence- and bias-adjusted kappa.
    mcnemar : ExactTest
        Test of more positives in one call than in the other; 2 × 2 only.
    mcnemar_mid_p : float
        The same with the mid-p correction; NaN where there is no discordant pair.
    """

    table: tuple[tuple[int, ...], ...]
    n: int
    observed: Proportion
    kappa: float
    kappa_low: float
    kappa_high: float
    pabak: float
    mcnemar: ExactTest
    mcnemar_mid_p: float


@logged("agreement")
def mcnemar(first_only: int, second_only: int, *, n: int) -> tuple[ExactTest, float]:
    """McNemar's exact test from the discordant pairs, and its mid-p value.

    Parameters
    ----------
    first_only, second_only : int
        Patients positive by the first call only, and by the second only.
    n : int
        Patients with both calls.

    Returns
    -------
    ExactTest, float
        The odds ratio is first_only / second_only; without an upper bound it is NaN, with a warning.

    References
    ----------
    McNemar 1947, doi 10.1007/BF02295996; mid-p: Fagerland, Lydersen & Laake 2013,
    doi 10.1186/1471-2288-13-91.

    Examples
    --------
    >>> test, mid_p = mcnemar(3, 5, n=46)
    >>> round(test.p_value, 7), round(mid_p, 7)
    (0.7265625, 0.5078125)
    """
    from scipy.stats import binom

    pairs = first_only + second_only
    if pairs == 0:
        return not_tested("odds ratio", n, MCNEMAR, "no patient's two calls differ"), math.nan
    less = min(first_only, second_only)
    tail = float(binom.cdf(less, pairs, 0.5))
    p = min(1.0, 2 * tail)
    mid_p = min(1.0, 2 * tail - float(binom.pmf(less, pairs, 0.5)))
    share = proportion(first_only, pairs)
    low, high = _odds(share.low), _odds(share.high)
    warnings = ()
    if second_only == 0:
        warnings = (f"all discordant pairs go one way: the odds ratio is above {low:.3g}",)
    estimate = _odds(share.estimate)
    return ExactTest("odds ratio", estimate, low, high, p, n, MCNEMAR, warnings=warnings), mid_p


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.nan


@logged("agreement", measure="kappa")
def kappa(table: np.ndarray) -> tuple[float, float]:
    """Cohen's kappa and its large-sample standard error (0 for complete agreement).

    Parameters
    ----------
    table : array of int, shape (levels, levels)
        Counts of both calls.

    Returns
    -------
    float, float
        NaN, NaN where chance agreement is complete (both calls constant and the same) or n is 0.

    References
    ----------
    Cohen 1960, doi 10.1177/001316446002000104; Fleiss, Cohen & Everitt 1969, doi 10.1037/h0028106.
    """
    counts = np.asarray(table, dtype=float)
    n = counts.sum()
    if not n:
        return math.nan, math.nan
    shares = counts / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    seen, chance = float(np.trace(shares)), float(rows @ columns)
    if chance == 1:
        return math.nan, math.nan
    k = (seen - chance) / (1 - chance)
    on = np.diag(shares) * (1 - (rows + columns) * (1 - k)) ** 2
    off = shares * (columns[:, None] + rows[None, :]) ** 2 * (1 - k) ** 2
    spread = on.sum() + off.sum() - np.trace(off) - (k - chance * (1 - k)) ** 2
    return k, math.sqrt(max(float(spread), 0.0) / n) / (1 - chance)


@logged(
    "agreement",
    measure="kappa",
    estimate="kappa",
    low="kappa_low",
    high="kappa_high",
    p_value="mcnemar.p_value",
)
def agreement(first: pd.Series | Sequence, second: pd.Series | Sequence) -> Agreement:
    """Agreement of two yes/no calls of the same patients.

    Parameters
    ----------
    first, second : Series or sequence of bool, length n
        The calls, in the same order of patients; <NA> and None are missing. Patients with one call
        only are left out.

    Returns
    -------
    Agreement

    Raises
    ------
    DesignError
        If the two differ in length.
    """
    one, two = (pd.Series(calls, dtype="boolean").reset_index(drop=True) for calls in (first, second))
    if len(one) != len(two):
        raise DesignError(f"two calls of {len(one)} and {len(two)} patients", expected="the same patients")
    both = ~(one.isna() | two.isna())
    a, b = np.asarray(one[both], dtype=bool), np.asarray(two[both], dtype=bool)
    table = ((int((a & b).sum()), int((a & ~b).sum())), (int((~a & b).sum()), int((~a & ~b).sum())))
    n = int(both.sum())
    same = table[0][0] + table[1][1]
    k, error = kappa(np.array(table))
    test, mid_p = mcnemar(table[0][1], table[1][0], n=n)
    return Agreement(
        table=table,
        n=n,
        observed=proportion(same, n),
        kappa=k,
        kappa_low=max(k - 1.959963984540054 * error, -1.0),
        kappa_high=min(k + 1.959963984540054 * error, 1.0),
        pabak=2 * same / n - 1 if n else math.nan,
        mcnemar=test,
        mcnemar_mid_p=mid_p,
    )
