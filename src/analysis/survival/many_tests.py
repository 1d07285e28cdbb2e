"""One covariate tested in many data sets at once: log-rank, Cox with its intervals, Firth's penalty.

The numbers are those of :func:`~analysis.survival.logrank`, :func:`~analysis.survival.cox` and
:func:`~analysis.survival.firth_cox` for each data set; only the arithmetic is done for all of them together. A patient
censored at time 0 counts for nothing, which lets data sets of different sizes share one array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from analysis.errors import DesignError
from analysis.survival.estimates import LEVEL
from analysis.survival.many_fits import ManyRiskSets, cox_many

Floats = NDArray[np.float64]
_STEPS = 60
_HALVINGS = 30
_FURTHEST = 60.0
"""Standard errors after which a profile limit that has not been met does not exist, as in the single fit."""


@dataclass(frozen=True, eq=False)
class ManyRatios:
    """Log hazard ratio of one covariate in each data set, arrays of shape (b,); NaN without a finite estimate.

    ``p_value`` is the likelihood-ratio test's; ``low`` and ``high`` are profile-likelihood limits, infinite where the
    data set none, and NaN where they were not asked for.
    """

    log_ratio: Floats
    std_error: Floats
    p_value: Floats
    low: Floats
    high: Floats

    def wald_limits(self, *, level: float = LEVEL) -> tuple[Floats, Floats]:
        """Estimate minus and plus standard errors."""
        reach = norm.ppf((1 + level) / 2) * self.std_error
        return self.log_ratio - reach, self.log_ratio + reach


def logrank_many(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> Floats:
    """p-value of the log-rank test of two groups in each data set, shape (b,).

    Parameters
    ----------
    time, event, group : array-like, shape (b, n)
        Times, events, and whether the patient is in the one group or the other. p is NaN where no event happened
        while both groups were at risk.

    Examples
    --------
    >>> logrank_many([[1, 2, 3, 4]], [[1, 1, 1, 1]], [[1, 1, 0, 0]]).round(4).tolist()
    [0.0896]
    """
    data = _risk_sets(time, event, group)
    x = data.design
    sums = data.risk_set_sums(np.concatenate([x, x**2], axis=2)) / data.at_risk[:, :, None]
    mean, variance = sums[:, :, 0], sums[:, :, 1] - sums[:, :, 0] ** 2
    gap = ((x[:, :, 0] - mean) * data.event).sum(axis=1)
    alive = data.at_risk - data.tied_events
    factor = np.divide(alive, data.at_risk - 1, out=np.zeros_like(alive), where=data.at_risk > 1)
    spread = (variance * factor * data.event).sum(axis=1)
    statistic = np.full(gap.shape, np.nan)
    np.divide(gap**2, spread, out=statistic, where=spread > 1e-12)
    return np.asarray(chi2.sf(statistic, 1))


def cox_ratio_many(
    time: ArrayLike, event: ArrayLike, covariate: ArrayLike, *, level: float = LEVEL, limits: bool = True
) -> ManyRatios:
    """Cox model (Efron ties) with one covariate in each data set.

    Parameters
    ----------
    time, event, covariate : array-like, shape (b, n)
        Times, events and the covariate of each data set.
    level : float
        Of the profile-likelihood limits.
    limits : bool
        Whether they are wanted; they take most of the time.
    """
    data = _risk_sets(time, event, covariate)
    found = cox_many(time, event, _benign(time, event, covariate)[:, :, None]).coefficients[:, 0]

    def value_at(at: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        value, _, information = data.rows(rows).evaluate(at[:, None])
        return value, information[:, 0, 0]

    return _ratios(found, value_at, level if limits else None)


def firth_ratio_many(
    time: ArrayLike, event: ArrayLike, covariate: ArrayLike, *, level: float = LEVEL, limits: bool = True
) -> ManyRatios:
    """Firth-penalised Cox model (Breslow ties) with one covariate in each data set.

    Parameters
    ----------
    time, event, covariate, level, limits
        As in :func:`cox_ratio_many`.

    References
    ----------
    Heinze and Schemper 2001, doi 10.1111/j.0006-341X.2001.00114.x.
    """
    data = _risk_sets(time, event, covariate)
    found = np.full(data.event.shape[0], np.nan)
    value, score, information = _penalised(data, np.zeros(found.size))
    rows = np.flatnonzero(np.isfinite(value))
    at = np.zeros(rows.size)
    value, score, information = value[rows], score[rows], information[rows]
    for _ in range(_STEPS):
        step = score / information
        done = step * score < 1e-12
        found[rows[done]] = (at + step)[done]
        left = ~done
        if not left.any():
            break
        rows, at, step, value = rows[left], at[left], step[left], value[left]
        part = data.rows(rows)
        size = np.ones(at.shape)
        for _halving in range(_HALVINGS):
            trial = at + size * step
            reached, score, information = _penalised(part, trial)
            falls = ~(reached >= value - 1e-10)
            if not falls.any():
                break
            size[falls] /= 2
        at, value = trial, reached

    def value_at(at: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        value, _, information = _penalised(data.rows(rows), at)
        return value, information

    return _ratios(found, value_at, level if limits else None)


def _risk_sets(time: ArrayLike, event: ArrayLike, covariate: ArrayLike) -> ManyRiskSets:
    times, events, values = np.asarray(time, float), np.asarray(event, bool), np.asarray(covariate, float)
    if times.ndim != 2 or not times.shape == events.shape == values.shape:
        raise DesignError(
            f"shapes {times.shape}, {events.shape} and {values.shape} do not fit together", expected="(b, n), three times"
        )  # fmt: skip
    return ManyRiskSets.of(times, events, _benign(times, events, values)[:, :, None])


def _benign(time: ArrayLike, event: ArrayLike, covariate: ArrayLike) -> Floats:
    """The covariate with the mean in place of what is never at risk, where it can do nothing to the arithmetic."""
    values = np.asarray(covariate, float)
    counted = (np.asarray(time) > 0) | np.asarray(event, bool)
    mean = (values * counted).sum(axis=1, keepdims=True) / np.maximum(counted.sum(axis=1, keepdims=True), 1)
    return np.where(counted, values, mean)


def _penalised(data: ManyRiskSets, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Penalised value, modified score and information of each data set; minus infinity where it has none."""
    x = data.design[:, :, 0]
    linear = x * at[:, None]
    peak = linear.max(axis=1, keepdims=True)
    weight = np.exp(linear - peak)
    sums = data.risk_set_sums(np.stack([weight, weight * x, weight * x**2, weight * x**3], axis=2))
    total = sums[:, :, 0]
    mean, second, third = (sums[:, :, power] / total for power in (1, 2, 3))
    variance = second - mean**2
    skew = third - 3 * mean * second + 2 * mean**3
    information = (variance * data.event).sum(axis=1)
    known = information > 1e-12
    safe = np.where(known, information, 1.0)
    value = ((linear - peak - np.log(total)) * data.event).sum(axis=1) + 0.5 * np.log(safe)
    score = ((x - mean) * data.event).sum(axis=1) + 0.5 * (skew * data.event).sum(axis=1) / safe
    return np.where(known, value, -np.inf), score, safe


def _ratios(
    found: Floats, value_at: Callable[[Floats, NDArray[np.int64]], tuple[Floats, Floats]], level: float | None
) -> ManyRatios:
    """Test of no effect, standard error and profile limits around the estimates."""
    rows = np.flatnonzero(np.isfinite(found))
    estimate = found[rows]
    highest, information = value_at(estimate, rows)
    none, _ = value_at(np.zeros(rows.size), rows)
    se = 1 / np.sqrt(information)
    cut = chi2.ppf(level or LEVEL, 1)

    def excess(at: Floats, where: NDArray[np.int64]) -> Floats:
        return 2 * (highest[where] - value_at(at, rows[where])[0]) - cut

    unasked = np.full(estimate.shape, np.nan)
    sides = [_limit(excess, estimate, side * se) if level else unasked for side in (-1.0, 1.0)]
    columns = (estimate, se, chi2.sf(np.maximum(0.0, 2 * (highest - none)), 1), *sides)
    full = [np.full(found.shape, np.nan) for _ in columns]
    for whole, part in zip(full, columns, strict=True):
        whole[rows] = part
    return ManyRatios(*full)


def _limit(excess: Callable[[Floats, NDArray[np.int64]], Floats], estimate: Floats, step: Floats) -> Floats:
    """Where the excess passes 0 on one side: steps doubled until it has, then regula falsi (Illinois)."""
    everyone = np.arange(estimate.size)
    inner, outer = estimate.copy(), estimate + 2 * step
    high = excess(outer, everyone)
    short = everyone[high < 0]
    while short.size:
        inner[short], outer[short] = outer[short], 2 * outer[short] - estimate[short]
        high[short] = excess(outer[short], short)
        within = np.abs(outer[short] - estimate[short]) < _FURTHEST * np.abs(step[short])
        short = short[(high[short] < 0) & within]
    limit = np.where(high < 0, np.sign(step) * np.inf, np.nan)
    left = everyone[high >= 0]
    low = excess(inner, everyone)
    while left.size:
        a, b, fa, fb = inner[left], outer[left], low[left], high[left]
        at = b - fb * (b - a) / (fb - fa)
        value = excess(at, left)
        crosses = value * fb < 0
        inner[left], low[left] = np.where(crosses, b, a), np.where(crosses, fb, fa / 2)
        outer[left], high[left] = at, value
        done = (np.abs(value) < 1e-11) | (np.abs(at - b) < 1e-12)
        limit[left[done]] = at[done]
        left = left[~done]
    return limit
