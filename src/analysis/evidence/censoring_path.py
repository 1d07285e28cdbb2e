"""The most probable numbers of events and censored patients between two printed numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

LEAST_EXPECTED = 0.5
"""Censored patients expected at least between two numbers at risk, so that one is never impossible."""


@dataclass(frozen=True, eq=False)
class Path:
    """What happened at m steps, in b digitisations: ``events`` (b, m); ``censored`` (b, m + 1), before each step and
    after the last; patients ``left`` (b,); the Kaplan-Meier ``level`` (b,) they leave with.
    """

    events: Counts
    censored: Counts
    left: Counts
    level: Floats


def most_probable_path(
    heights: Floats,
    gaps: Floats,
    *,
    n: int,
    level: Floats,
    expected: Floats,
    target: int | None,
    precision: float,
    reward: Floats | None = None,
) -> Path:
    """Events at each step, and patients censored in each gap, that agree best with the heights.

    A dynamic programme over the number of patients left. A path costs the squares of its distances from the heights
    (normal errors of digitising), and what its censorings cost as Poisson counts of a constant rate: so they lie evenly
    where the heights do not say otherwise, as Guyot lets them, and where few are at risk the heights decide.

    Parameters
    ----------
    heights : numpy.ndarray of float, shape (b, m)
        Survival after each step, of b digitisations of one curve.
    gaps : numpy.ndarray of float, shape (b, m + 1)
        Time before each step and after the last one.
    n : int
        Patients at risk at the start.
    level : numpy.ndarray of float, shape (b,)
        Kaplan-Meier estimate at the start.
    expected : numpy.ndarray of float, shape (b,)
        Censored patients expected in all gaps together.
    target : int or None
        Patients left at the end; None: any number.
    precision : float
        Standard deviation of a digitised height.
    reward : numpy.ndarray of float, shape (b,), optional
        Cost taken off for each event, by which a total of events is met.
    """
    b, m = heights.shape
    lowest = 0 if target is None else target
    left = np.arange(lowest, n + 1, dtype=np.float64)
    cost = np.full((b, left.size), np.inf)
    cost[:, -1] = 0.0
    levels = np.repeat(level[:, None], left.size, axis=1)
    rates = (
        np.maximum(expected, LEAST_EXPECTED)[:, None] * gaps / np.maximum(gaps.sum(axis=1), 1e-12)[:, None]
    )
    rates = np.maximum(rates, 1e-6)
    before = np.column_stack([level, heights])
    gone = np.zeros((m + 1, b, left.size), dtype=np.int16)
    fell = np.zeros((m, b, left.size), dtype=np.int16)
    for k in range(m + 1):
        most = left.size - 1 if k == m and target is not None else _most(rates[:, k], left.size - 1)
        cost, levels, gone[k] = _censor(cost, levels, rates[:, k], most)
        if k < m:
            share = 1 - heights[:, k] / np.maximum(before[:, k], 1e-12)
            most = min(int(np.ceil(n * share.max())) + 1, left.size - 1)
            cost, levels, fell[k] = _fall(cost, levels, left, heights[:, k], most, precision, reward)
    rows = np.arange(b)
    at = np.zeros(b, dtype=np.int64) if target is not None else cost.argmin(axis=1)
    end, end_level = at.copy(), levels[rows, at]
    censored, events = np.zeros((b, m + 1), dtype=np.int64), np.zeros((b, m), dtype=np.int64)
    for k in range(m, -1, -1):
        if k < m:
            events[:, k] = fell[k][rows, at]
            at = at + events[:, k]
        censored[:, k] = gone[k][rows, at]
        at = at + censored[:, k]
    return Path(events, censored, end + lowest, end_level)


def _most(rate: Floats, cap: int) -> int:
    """Censored patients of one gap beyond which no path goes: far in the tail of the Poisson count."""
    highest = float(rate.max())
    return min(int(np.ceil(highest + 4 * np.sqrt(highest) + 2)), cap)


def _censor(
    cost: Floats, levels: Floats, rate: Floats, most: int
) -> tuple[Floats, Floats, NDArray[np.int16]]:
    """Cheapest way into each number left by censoring 0 to ``most`` patients."""
    size = cost.shape[1]
    best, kept = np.full_like(cost, np.inf), levels.copy()
    choice = np.zeros(cost.shape, dtype=np.int16)
    log_rate = np.log(rate)[:, None]
    for count in range(most + 1):
        price = rate[:, None] - count * log_rate + gammaln(count + 1)
        found = cost[:, count:] + price
        better = found < best[:, : size - count]
        best[:, : size - count][better] = found[better]
        kept[:, : size - count][better] = levels[:, count:][better]
        choice[:, : size - count][better] = count
    return best, kept, choice


def _fall(
    cost: Floats,
    levels: Floats,
    left: Floats,
    height: Floats,
    most: int,
    precision: float,
    reward: Floats | None,
) -> tuple[Floats, Floats, NDArray[np.int16]]:
    """Cheapest way into each number left by 0 to ``most`` events at one step."""
    size = cost.shape[1]
    best, kept = np.full_like(cost, np.inf), levels.copy()
    choice = np.zeros(cost.shape, dtype=np.int16)
    at_risk = np.maximum(left, 1.0)
    for count in range(most + 1):
        after = levels[:, count:] * (1 - count / at_risk[count:])
        found = cost[:, count:] + 0.5 * ((after - height[:, None]) / precision) ** 2
        if reward is not None:
            found = found - count * reward[:, None]
        better = found < best[:, : size - count]
        best[:, : size - count][better] = found[better]
        kept[:, : size - count][better] = after[better]
        choice[:, : size - count][better] = count
    return best, kept, choice
