"""Patient-level times from a digitised curve and its numbers at risk, by Guyot's algorithm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.evidence.censoring_path import Path, most_probable_path
from analysis.evidence.digitised import DigitisedArm
from analysis.logbook import logged
from analysis.survival import HazardRatio, SurvivalCurve, hazard_ratio, kaplan_meier

PRECISION = 0.001
"""Standard deviation of a digitised height that the reconstruction reckons with."""
OF_A_STEP = 0.4
"""It reckons with no more than this share of one patient's step: else a patient's step would pass for an error."""
TRIES, FURTHER = 8, 3.0
"""Times that the weight of an event is changed to meet a published total of events, and how much longer each step is than
the one before, until the total lies between two weights."""
PILOT, TRIES_FROM_THERE = 8, 3
"""Digitisations that find the weight for all others, and how often it is changed then."""
CELLS = 4e7
"""Points times patients times digitisations that are reckoned at once: about 0.2 GB at most."""
TOLD = 0.01
"""A distance between reconstructed and digitised curve above this is said."""


@dataclass(frozen=True, eq=False)
class ReconstructedArm:
    """Patients of one arm as the figure implies them.

    Parameters
    ----------
    arm : str
        Its name.
    time : numpy.ndarray of float, shape (n,)
        Times in the figure's unit, rising.
    event : numpy.ndarray of bool, shape (n,)
        Whether each ended with an event.
    notes : tuple of str
        Where figure and table disagree; empty when they do not.
    """

    arm: str
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Patients."""
        return self.time.size

    @property
    def events(self) -> int:
        """Events."""
        return int(self.event.sum())

    def curve(self) -> SurvivalCurve:
        """Kaplan-Meier curve of the reconstructed patients, times in the figure's unit."""
        return kaplan_meier(self.time, self.event, label=self.arm)


def reconstruct_arm(arm: DigitisedArm) -> ReconstructedArm:
    """Times and events that give the digitised curve and the printed numbers at risk.

    Between two printed numbers at risk the events follow from the heights of the steps and the number censored from
    what is left over, as Guyot has it. Censored patients lie evenly unless the heights of the steps tell where they are,
    which they do where few are at risk (:func:`~analysis.evidence.censoring_path.most_probable_path`): with even spacing
    alone the end of a small arm's curve can be wrong by 0.03. After the last printed number censoring goes on at the mean
    rate, or so that the total of events is met where it is known. Whoever is left at the end of the curve is censored
    there.

    Parameters
    ----------
    arm : DigitisedArm
        Of :func:`~analysis.evidence.read_figure`.

    Returns
    -------
    ReconstructedArm
        Exactly ``arm.n`` patients, with the printed numbers at risk. What does not agree stands in ``notes``.

    References
    ----------
    Guyot P, Ades AE, Ouwens MJNM, Welton NJ. BMC Med Res Methodol 2012;12:9, doi 10.1186/1471-2288-12-9.

    Examples
    --------
    >>> arm = DigitisedArm("a", np.array([0.0, 2, 4, 6]), np.array([1.0, 0.75, 0.5, 0.25]), np.array([0.0]), np.array([4]))
    >>> found = reconstruct_arm(arm)
    >>> found.time.tolist(), found.event.tolist()
    ([2.0, 4.0, 6.0, 6.0], [True, True, True, False])
    """
    found = reconstruct_many(arm, arm.times[None], arm.survival[None])
    time, event = found.time[0], found.event[0]
    made = ReconstructedArm(arm.arm, time, event)
    notes = []
    # Steps are compared just after their time; numbers that rounding put on one time are one step.
    curve = made.curve()
    place = np.searchsorted(curve.times, arm.times * (1 + 1e-12), side="right") - 1
    distance = float(np.abs(curve.survival[place] - arm.survival).max())
    if distance > TOLD:
        notes.append(f"the reconstructed curve is up to {distance:.3f} off the digitised one")
    if arm.events is not None and made.events != arm.events:
        notes.append(f"{made.events} events, published {arm.events}")
    if arm.events is None and arm.risk_times.size == 1:
        notes.append(
            "neither later numbers at risk nor a total of events: who was censored when is not known"
        )
    if arm.levelled:
        notes.append(f"{arm.levelled} digitised points rose a little and were levelled")
    return replace(made, notes=tuple(notes))


@dataclass(frozen=True, eq=False)
class ManyReconstructions:
    """Times (b, n), rising, and events (b, n) of b digitisations of one arm."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]


def reconstruct_many(
    arm: DigitisedArm, times: NDArray[np.float64], survival: NDArray[np.float64]
) -> ManyReconstructions:
    """Reconstruct one arm from b digitisations at once.

    Parameters
    ----------
    arm : DigitisedArm
        Numbers at risk and total of events.
    times, survival : numpy.ndarray of float, shape (b, k)
        Its points in each digitisation; a point stays between the printed numbers at risk that the arm's own lies between.
    """
    together = max(int(CELLS // (arm.times.size * arm.n)), 1)
    if len(times) > together:  # a figure without numbers at risk is one long stretch
        parts = [
            reconstruct_many(arm, times[i : i + together], survival[i : i + together])
            for i in range(0, len(times), together)
        ]
        return ManyReconstructions(
            *(np.vstack([getattr(p, name) for p in parts]) for name in ("time", "event"))
        )
    end = float(arm.times[-1])
    bounds = np.append(arm.risk_times, end)
    place = np.append(np.searchsorted(arm.times[1:], arm.risk_times, side="left"), arm.times.size - 1)
    place[0] = 0
    b, n = len(times), arm.n
    level, seen = np.ones(b), np.zeros(b, dtype=np.int64)
    when, what = [], []
    for i, start in enumerate(arm.risk_times):
        last = i + 1 == arm.risk_times.size
        own = slice(1 + place[i], 1 + place[i + 1])
        stop = float(bounds[i + 1])
        edges = np.column_stack([np.full(b, start), times[:, own], np.full(b, stop)])
        heights, gaps = survival[:, own], np.maximum(np.diff(edges, axis=1), 0.0)
        if last:
            rate = (arm.n - n - seen) / start if start > 0 else np.zeros(b)
            expected, target = np.maximum(rate, 0.0) * (stop - start), None
            if arm.events is not None:  # whoever has no event is censored, here or at the end
                expected = np.maximum(n - (arm.events - seen), 0.0)
        else:
            fall = heights[:, -1] / np.maximum(level, 1e-12) if heights.shape[1] else np.ones(b)
            target = int(arm.at_risk[i + 1])
            expected = n * fall - target
        precision = min(PRECISION, OF_A_STEP * float(level.min()) / n) if n and level.min() > 0 else PRECISION
        common = {"n": n, "level": level, "expected": expected, "target": target, "precision": precision}
        path = (
            _with_total(heights, gaps, common, arm.events - seen)
            if last and arm.events is not None
            else most_probable_path(heights, gaps, **common)
        )
        for row_times, row_events in _patients(edges, path, times[:, own]):
            when.append(row_times)
            what.append(row_events)
        seen = seen + path.events.sum(axis=1)
        level, n = path.level, target if target is not None else n
        if last:
            when.append([[end] * int(count) for count in path.left])
            what.append([[False] * int(count) for count in path.left])
    time = np.array([np.concatenate([part[row] for part in when]) for row in range(b)], dtype=np.float64)
    event = np.array([np.concatenate([part[row] for part in what]) for row in range(b)], dtype=bool)
    order = np.lexsort((~event, time))  # events before censorings of the same time
    return ManyReconstructions(np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1))


def _with_total(
    heights: NDArray[np.float64], gaps: NDArray[np.float64], common: dict[str, Any], wanted: NDArray[np.int64]
) -> Path:
    """The path whose events come closest to the published total: events are made dearer or cheaper until they do.

    The first few digitisations find out by how much; the others start from there.
    """

    def search(rows: slice, **how: Any) -> _Weighed:
        part = {**common, "level": common["level"][rows], "expected": common["expected"][rows]}
        return _weighed(heights[rows], gaps[rows], part, wanted[rows], **how)

    first = search(slice(0, PILOT), tries=TRIES)
    if len(wanted) <= PILOT:
        return first.path
    start = float(np.median(first.weight))
    slope = float(np.abs(first.plain_excess).mean() / abs(start)) if start else 0.0
    others = search(slice(PILOT, None), start=start, slope=slope, tries=TRIES_FROM_THERE)
    return Path(*(np.concatenate([getattr(first.path, name), getattr(others.path, name)]) for name in PARTS))


@dataclass(frozen=True, eq=False)
class _Weighed:
    """Paths, the ``weight`` of an event that led to each, and by how many events each was off at the start."""

    path: Path
    weight: NDArray[np.float64]
    plain_excess: NDArray[np.int64]


def _weighed(
    heights: NDArray[np.float64],
    gaps: NDArray[np.float64],
    common: dict[str, Any],
    wanted: NDArray[np.int64],
    *,
    tries: int,
    start: float = 0.0,
    slope: float = 0.0,
) -> _Weighed:
    """Paths whose events come closest to the totals among the weights tried, from ``start``.

    ``slope`` is how many events a weight of 1 brings, where that is known. Digitisations that have met the total are
    left alone: only the others are reckoned again.
    """
    weight = np.full(len(wanted), start)
    reward = None if start == 0 else weight
    best, chosen = most_probable_path(heights, gaps, **common, reward=reward), weight.copy()
    over = best.events.sum(axis=1) - wanted
    excess, plain_excess = over.astype(np.float64), over.copy()
    low, high = np.full(len(wanted), -np.inf), np.full(len(wanted), np.inf)
    below, above = np.zeros(len(wanted)), np.zeros(len(wanted))  # events missing at low, too many at high
    for turn in range(tries):
        off = np.flatnonzero(over)
        if not off.size:
            break
        many, few = excess > 0, excess < 0
        high, above = np.where(many, weight, high), np.where(many, excess, above)
        low, below = np.where(few, weight, low), np.where(few, -excess, below)
        # Between two weights by the events that each is off, not too near to either; while one is open, further away.
        between = np.isfinite(low) & np.isfinite(high)
        share = np.clip(below / np.maximum(below + above, 1.0), 0.1, 0.9)
        within = np.where(between, low, 0.0) + share * np.where(between, high - low, 0.0)
        step = np.abs(excess) / slope if slope else np.full(len(wanted), FURTHER**turn)
        weight = np.where(between, within, weight + np.where(many, -step, step))
        rows = {**common, "level": common["level"][off], "expected": common["expected"][off]}
        found = most_probable_path(heights[off], gaps[off], **rows, reward=weight[off])
        excess[off] = found.events.sum(axis=1) - wanted[off]
        closer = np.abs(excess) < np.abs(over)
        over, chosen = np.where(closer, excess, over), np.where(closer, weight, chosen)
        best = Path(*(_choose(closer, off, getattr(found, name), getattr(best, name)) for name in PARTS))
    return _Weighed(best, chosen, plain_excess)


PARTS = ("events", "censored", "left", "level")


def _choose(
    closer: NDArray[np.bool_], off: NDArray[np.int64], found: NDArray[Any], best: NDArray[Any]
) -> NDArray[Any]:
    """``best`` with the rows ``off`` that came closer replaced by those of ``found``."""
    chosen = best.copy()
    chosen[off[closer[off]]] = found[closer[off]]
    return chosen


def _patients(
    edges: NDArray[np.float64], path: Path, times: NDArray[np.float64]
) -> Iterator[tuple[list[NDArray[np.float64]], list[NDArray[np.bool_]]]]:
    """Times and events of each digitisation between two bounds; the censored lie evenly within their gap."""
    dead = [np.repeat(row, count) for row, count in zip(times, path.events, strict=True)]
    yield dead, [np.ones(row.size, dtype=bool) for row in dead]
    gone = []
    for row, counts in zip(edges, path.censored, strict=True):
        total = int(counts.sum())
        first = np.repeat(np.cumsum(counts) - counts, counts)
        share = (np.arange(total) - first + 1) / np.repeat(counts + 1, counts)
        gone.append(np.repeat(row[:-1], counts) + share * np.repeat(np.diff(row), counts))
    yield gone, [np.zeros(row.size, dtype=bool) for row in gone]


@logged("comparison", measure="hazard ratio, reconstructed")
def reconstructed_ratio(arms: Sequence[ReconstructedArm], *, control: str) -> HazardRatio:
    """Hazard ratio of two reconstructed arms, the control as reference.

    Parameters
    ----------
    arms : sequence of ReconstructedArm
        Two of them.
    control : str
        Name of the reference.

    Raises
    ------
    DesignError
        If there are not two arms, or none is the control.
    """
    group = np.repeat([one.arm for one in arms], [one.n for one in arms])
    return hazard_ratio(
        np.concatenate([one.time for one in arms]),
        np.concatenate([one.event for one in arms]),
        group.tolist(),
        reference=control,
    )
