"""The most probable numbers of events and censored patients between two printed numbers at risk."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

LEAST_EXPECTED = 0.5
"""Censored patients expected at least between two numbers at risk, so that one is never impossible."""


FAR, FAR_OF_WEIGHT = 60.0, 10.0
"""A number left that costs more than the cheapest by this is given up: it is e^-60 as probable. Weights of events let
a path that is dear now gain later: there the bound is wider, by so much for a weight of 1."""


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
    weight = 0.0 if reward is None else float(np.abs(reward).max())
    # A printed number may be met only by a path that was dear on its way: there none is given up.
    far = FAR + FAR_OF_WEIGHT * weight if target is None else np.inf
    reach = _Reach(np.zeros((1, b)), level[None].copy(), np.array([n], dtype=np.float64))
    rates = (
        np.maximum(expected, LEAST_EXPECTED)[:, None] * gaps / np.maximum(gaps.sum(axis=1), 1e-12)[:, None]
    )
    rates = np.maximum(rates, 1e-6)
    before = np.column_stack([level, heights])
    # Beyond what the fall in height asks for: rounding, and what a weight of events moves.
    step = precision * n / max(float(level.min()), 1e-12)
    spare = 2 + int(np.ceil(weight * step**2))
    gone, fell = [], []
    for k in range(m + 1):
        room = int(reach.left[-1]) - lowest
        most = room if k == m and target is not None else _most(rates[:, k], room)
        reach, chosen = _censor(reach, rates[:, k], most, lowest)
        gone.append(chosen)
        if k < m:
            share = float((1 - heights[:, k] / np.maximum(before[:, k], 1e-12)).max())
            top = int(reach.left[-1])
            most = min(int(np.ceil(top * share)) + spare, top - lowest)
            reach, chosen = _fall(reach, heights[:, k], most, lowest, precision, reward)
            fell.append(chosen)
            reach = reach.near(far)
    rows = np.arange(b)
    at = np.zeros(b, dtype=np.int64) if target is not None else reach.cost.argmin(axis=0)
    end_level = reach.levels[at, rows]
    end = at = at + int(reach.left[0])
    censored, events = np.zeros((b, m + 1), dtype=np.int64), np.zeros((b, m), dtype=np.int64)
    for k in range(m, -1, -1):
        if k < m:
            events[:, k] = fell[k].of(rows, at)
            at = at + events[:, k]
        censored[:, k] = gone[k].of(rows, at)
        at = at + censored[:, k]
    return Path(events, censored, end, end_level)


def _most(rate: Floats, cap: int) -> int:
    """Censored patients of one gap beyond which no path goes: far in the tail of the Poisson count."""
    highest = float(rate.max())
    return min(int(np.ceil(highest + 4 * np.sqrt(highest) + 2)), cap)


@dataclass(frozen=True, eq=False)
class _Reach:
    """Numbers ``left`` (s,) that paths have come to: the cheapest ``cost`` (s, b) of each and the ``levels`` it has."""

    cost: Floats
    levels: Floats
    left: Floats

    def near(self, far: float) -> _Reach:
        """Without the outer numbers that cost more than the cheapest by ``far`` in every digitisation."""
        kept = np.flatnonzero((self.cost - self.cost.min(axis=0) <= far).any(axis=1))
        inner = slice(int(kept[0]), int(kept[-1]) + 1)
        return _Reach(self.cost[inner], self.levels[inner], self.left[inner])


@dataclass(frozen=True, eq=False)
class _Chosen:
    """How many went on the cheapest way into each number left, from the number ``first`` on; ``counts`` (s, b)."""

    first: int
    counts: NDArray[np.int16]

    def of(self, rows: Counts, left: Counts) -> Counts:
        return self.counts[left - self.first, rows].astype(np.int64)


def _cheapest(
    reach: _Reach, most: int, lowest: int, cost_of: Callable[[int, slice], Floats]
) -> tuple[Floats, Floats, Floats, _Chosen]:
    """Cheapest way into each number left when 0 to ``most`` go from a number of ``reach`` at the cost of ``cost_of``.

    The numbers left, their cost, the level that each came from, and how many went.
    """
    first = int(reach.left[0])
    bottom = max(first - most, lowest)
    left = np.arange(bottom, int(reach.left[-1]) + 1, dtype=np.float64)
    shape = (left.size, reach.cost.shape[1])
    best, counts = np.full(shape, np.inf), np.zeros(shape, dtype=np.int16)
    for count in range(most + 1):
        source = slice(max(bottom + count - first, 0), reach.left.size)
        to = slice(first + source.start - count - bottom, first + source.stop - count - bottom)
        found = cost_of(count, source)
        np.copyto(counts[to], count, where=found < best[to])
        np.minimum(best[to], found, out=best[to])
    came = np.clip(np.arange(left.size)[:, None] + counts + bottom - first, 0, reach.left.size - 1)
    return left, best, np.take_along_axis(reach.levels, came, 0), _Chosen(bottom, counts)


def _censor(reach: _Reach, rate: Floats, most: int, lowest: int) -> tuple[_Reach, _Chosen]:
    """By censoring: what a count costs as one of Poisson's."""
    log_rate = np.log(rate)

    def cost_of(count: int, source: slice) -> Floats:
        return reach.cost[source] + (rate - count * log_rate + math.lgamma(count + 1))

    left, cost, levels, chosen = _cheapest(reach, most, lowest, cost_of)
    return _Reach(cost, levels, left), chosen


def _fall(
    reach: _Reach, height: Floats, most: int, lowest: int, precision: float, reward: Floats | None
) -> tuple[_Reach, _Chosen]:
    """By events at one step: what its distance from the digitised height costs."""
    at_risk = np.maximum(reach.left, 1.0)[:, None]

    def cost_of(count: int, source: slice) -> Floats:
        off = reach.levels[source] * (1 - count / at_risk[source])
        off -= height
        off /= precision
        off *= off
        off *= 0.5
        off += reach.cost[source]
        if reward is not None:
            off -= count * reward
        return off

    left, cost, levels, chosen = _cheapest(reach, most, lowest, cost_of)
    levels *= 1 - chosen.counts / np.maximum(left[:, None] + chosen.counts, 1.0)
    return _Reach(cost, levels, left), chosen
