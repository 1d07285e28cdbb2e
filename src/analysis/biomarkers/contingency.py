"""Exact tests of a marker against groups: 2 × 2 (Fisher) and R × C (Freeman–Halton), by enumeration."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.exact_test import ExactTest, finite, not_tested
from analysis.errors import DesignError
from analysis.logbook import logged

FISHER = "Fisher's exact test; conditional maximum-likelihood odds ratio, exact interval"
FREEMAN_HALTON = "Fisher–Freeman–Halton exact test by enumeration; Cramér's V"
RELATIVE_TOLERANCE = 1e-7
"""Tables this close to the observed probability count as equally likely (R's fisher.test)."""
MOST_STATES = 4_000_000
"""Partial tables held at once; beyond, the enumeration is refused with a reason."""


def _counts(table: ArrayLike) -> np.ndarray:
    counts = np.asarray(table)
    whole = counts.ndim == 2 and counts.size > 0 and np.issubdtype(counts.dtype, np.number)
    if not whole or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise DesignError(
            "a contingency table holds something else than counts",
            expected="two dimensions of whole numbers from 0",
        )
    return counts.astype(np.int64)


def _empty_margin(counts: np.ndarray) -> str:
    if counts.sum() == 0:
        return "no patients"
    if (counts.sum(axis=1) > 0).sum() < 2:
        return "every patient has the same marker status"
    if (counts.sum(axis=0) > 0).sum() < 2:
        return "every patient is in the same group"
    return ""


@logged("association")
def fisher_exact(table: ArrayLike) -> ExactTest:
    """Fisher's exact test of a 2 × 2 table, with the conditional odds ratio and its exact interval.

    Parameters
    ----------
    table : array of int, shape (2, 2)
        Counts: rows are the marker, columns the groups. The odds ratio is above 1 when the first row
        goes with the first column.

    Returns
    -------
    ExactTest
        ``p_value`` is two-sided (tables no more likely than the observed one). Where a zero cell
        leaves the odds ratio without an upper bound, estimate and high are NaN and a warning says
        so; the lower limit still holds. Without two rows and two columns filled: no test, a reason.

    Raises
    ------
    DesignError
        If the table is not 2 × 2, or holds something else than counts.

    References
    ----------
    Fisher 1922, doi 10.2307/2340521; interval: Cornfield 1956, as in R's ``fisher.test``.

    Examples
    --------
    >>> found = fisher_exact([[3, 1], [1, 3]])
    >>> round(found.p_value, 4), round(found.estimate, 3)
    (0.4857, 6.408)
    """
    counts = _counts(table)
    if counts.shape != (2, 2):
        raise DesignError(f"a table of shape {counts.shape} is not 2 × 2", do="use freeman_halton")
    n = int(counts.sum())
    reason = _empty_margin(counts)
    if reason:
        return not_tested("odds ratio", n, FISHER, reason)
    from scipy.stats import hypergeom
    from scipy.stats.contingency import odds_ratio

    found = odds_ratio(counts, kind="conditional")
    interval = found.confidence_interval(0.95)
    estimate, low, high = float(found.statistic), float(interval.low), float(interval.high)
    warnings = []
    if not math.isfinite(estimate):
        warnings.append(f"an empty cell: the odds ratio has no upper bound, it is above {low:.3g}")
    elif estimate == 0:
        warnings.append("an empty cell: the odds ratio has no lower bound above 0")
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    support = np.arange(max(0, columns[0] - rows[1]), min(rows[0], columns[0]) + 1)
    chances = hypergeom.pmf(support, n, columns[0], rows[0])
    observed = chances[counts[0, 0] - support[0]]
    p = float(chances[chances <= observed * (1 + RELATIVE_TOLERANCE)].sum())
    smallest = float(chances[chances <= chances.min() * (1 + RELATIVE_TOLERANCE)].sum())
    if smallest >= 0.05:
        warnings.append(f"no table with these margins reaches p < 0.05 (smallest possible {smallest:.2g})")
    return ExactTest(
        "odds ratio",
        finite(estimate),
        finite(low),
        finite(high),
        min(p, 1.0),
        n,
        FISHER,
        warnings=tuple(warnings),
    )


@logged("association")
def freeman_halton(table: ArrayLike) -> ExactTest:
    """Exact test of an R × C table by enumerating every table with the same margins.

    Parameters
    ----------
    table : array of int, shape (R, C)
        Counts: rows are levels of the marker, columns the groups. Empty rows and columns are left out.

    Returns
    -------
    ExactTest
        ``estimate`` is Cramér's V (0 to 1) without an interval. Too many tables to enumerate: no p
        value, and a reason.

    Raises
    ------
    DesignError
        If the table holds something else than counts.

    References
    ----------
    Freeman & Halton 1951, doi 10.1093/biomet/38.1-2.141.

    Examples
    --------
    >>> round(freeman_halton([[4, 7, 6], [2, 1, 3]]).p_value, 6)
    0.590597
    """
    counts = _counts(table)
    n = int(counts.sum())
    reason = _empty_margin(counts)
    if reason:
        return not_tested("Cramér's V", n, FREEMAN_HALTON, reason)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    chances = _every_table(counts.sum(axis=1), counts.sum(axis=0))
    v = _cramers_v(counts)
    if chances is None:
        too_many = "too many tables share these margins to enumerate them"
        return ExactTest("Cramér's V", v, math.nan, math.nan, math.nan, n, FREEMAN_HALTON, too_many)
    logs, weights = chances
    observed = _log_chance(counts)
    as_rare = logs <= observed + math.log1p(RELATIVE_TOLERANCE)
    p = float((np.exp(logs) * weights)[as_rare].sum())
    return ExactTest("Cramér's V", v, math.nan, math.nan, min(p, 1.0), n, FREEMAN_HALTON)


def _cramers_v(counts: np.ndarray) -> float:
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    return math.sqrt(chi2 / (n * (min(counts.shape) - 1)))


def _log_chance(counts: np.ndarray) -> float:
    from scipy.special import gammaln

    margins = gammaln(counts.sum(axis=1) + 1).sum() + gammaln(counts.sum(axis=0) + 1).sum()
    return float(margins - gammaln(counts.sum() + 1) - gammaln(counts + 1).sum())


def _every_table(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Log probability and multiplicity of every table with these margins; None if there are too many.

    Columns are filled one after the other, cell by cell. After each column, partial tables with the
    same remaining row totals and the same probability are one state: nothing later tells them apart.
    """
    from scipy.special import gammaln

    n = int(rows.sum())
    constant = gammaln(rows + 1).sum() + gammaln(columns + 1).sum() - gammaln(n + 1)
    remaining, logs, weights = rows[None, :].copy(), np.array([float(constant)]), np.ones(1)
    for column in columns:
        left = np.full(len(remaining), int(column))
        for row in range(len(rows)):
            later = remaining[:, row + 1 :].sum(axis=1)
            least = np.maximum(0, left - later)
            choices = np.maximum(np.minimum(remaining[:, row], left) - least + 1, 0)
            if choices.sum() > MOST_STATES:
                return None
            parent = np.repeat(np.arange(len(remaining)), choices)
            step = np.arange(len(parent)) - np.repeat(np.cumsum(choices) - choices, choices)
            cell = least[parent] + step
            remaining, left = remaining[parent], left[parent] - cell
            remaining[:, row] -= cell
            logs, weights = logs[parent] - gammaln(cell + 1), weights[parent]
        state = np.column_stack([remaining, np.round(logs, 10)])
        _, first, which = np.unique(state, axis=0, return_index=True, return_inverse=True)
        weights = np.bincount(which.ravel(), weights=weights)
        remaining, logs = remaining[first], logs[first]
    return logs, weights
