"""Groups that change over time: delayed entry, the Mantel-Byar test and Simon and Makuch's curves.

A landmark throws away what happened before it. These three keep every patient, and count each day for the group to
which the patient belonged on that day; nobody has a group before it was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import cox
from analysis.survival.entry_curve import EntryCurve, entry_curve
from analysis.survival.estimates import LEVEL, HazardRatio, TestResult
from analysis.survival.groups import Grouping, two_groups
from analysis.survival.hazard_ratio import with_open_limits
from analysis.survival.observations import observations, refuse_wrong_unit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DelayedEntry:
    """Classified patients under observation from the day their group was known.

    Parameters
    ----------
    entry, time : numpy.ndarray of float, shape (n,)
        Days since treatment start: known, and event or censoring.
    event, in_group : numpy.ndarray of bool, shape (n,)
        Event seen; member of the compared group.
    hazard_ratio : HazardRatio
        Group against reference, left-truncated Cox regression with profile-likelihood interval.
    ended_before : int
        Classified patients whose time ended on or before the day their group was known.
    """

    entry: Floats
    time: Floats
    event: NDArray[np.bool_]
    in_group: NDArray[np.bool_]
    hazard_ratio: HazardRatio
    ended_before: int


@dataclass(frozen=True, eq=False)
class MantelByar:
    """Patients who pass from one state to another when their group is known.

    Parameters
    ----------
    test : TestResult
        Mantel and Byar's test.
    observed, expected : tuple of float
        Events in the state that all begin in, then in the other, and what no difference would give.
    hazard_ratio : HazardRatio or None
        First state against second: the time-dependent covariate in a Cox model; ``None`` where one state has all
        the events (separation).
    curves : tuple of EntryCurve
        Simon and Makuch's curves of the two states from ``start_day``; time in days from there.
    start_day : float
        Day since treatment start at which the curves begin.
    labels : tuple of str
        Names of the two states.
    passed : int
        Patients who passed over.
    left : int
        Unclassified patients who left observation when their group should have been known.
    n, events : int
        Patients and events counted.
    """

    test: TestResult
    observed: tuple[float, float]
    expected: tuple[float, float]
    hazard_ratio: HazardRatio | None
    curves: tuple[EntryCurve, EntryCurve]
    start_day: float
    labels: tuple[str, str]
    passed: int
    left: int
    n: int
    events: int


@dataclass(frozen=True, eq=False)
class _Spells:
    """Time of each patient cut where the state changes: ``start``, ``stop``, ``event``, ``state``, all shape (spells,)."""

    start: Floats
    stop: Floats
    event: NDArray[np.bool_]
    state: NDArray[np.bool_]
    passed: int
    left: int
    size: int


@logged("comparison", measure="hazard ratio", whole="hazard_ratio")
def delayed_entry(
    time_days: ArrayLike,
    event: ArrayLike,
    group: Grouping,
    *,
    reference: object,
    labels: Mapping[object, str] | None = None,
    level: float = LEVEL,
) -> DelayedEntry:
    """Compare two groups, each patient under observation from the day the own group was known.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    group : Grouping
        Two groups with the day each was known; patients without one are left out.
    reference : hashable
        Value of the reference group.
    labels : mapping from value to str, optional
        Printed names.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, other than two groups, no event, or separation (no finite estimate).

    References
    ----------
    Left truncation: Klein and Moeschberger 2003, section 9.4; equals R's coxph(Surv(entry, time, event) ~ group).
    """
    seen = observations(time_days, event)
    refuse_wrong_unit(seen.time)
    known = group.known
    start = np.maximum(group.known_at_days, 0.0)
    kept = known & (seen.time > np.where(known, start, np.inf))
    if not kept.any():
        raise DesignError(
            "no classified patient is followed beyond the day of classification",
            expected="times beyond the scan",
            do="say that it cannot be answered",
        )
    mine, name, base = two_groups(
        group.take(kept).values, int(kept.sum()), reference=reference, labels=labels
    )
    fit = cox(
        seen.time[kept], seen.event[kept], mine.astype(float), terms=(f"{name} v {base}",), entry=start[kept]
    )
    ratio = fit.hazard_ratio(f"{name} v {base}", level=level)
    return DelayedEntry(
        start[kept],
        seen.time[kept],
        seen.event[kept],
        mine,
        with_open_limits(ratio),
        int((known & ~kept).sum()),
    )


@logged(
    "comparison", measure="hazard ratio", whole="hazard_ratio", p_value="test.p_value", n="n", events="events"
)
def mantel_byar(
    time_days: ArrayLike,
    event: ArrayLike,
    group: Grouping,
    *,
    moving: object,
    labels: tuple[str, str],
    start_day: float = 0.0,
    classified_by: float | None = None,
    level: float = LEVEL,
) -> MantelByar:
    """Compare the time before (or without) a state with the time in it; everybody begins without it.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        As in :func:`delayed_entry`.
    group : Grouping
        Group of each patient with the day it was known. Patients of the group ``moving`` pass over on that day; all
        others stay.
    moving : hashable
        The group that one passes into, for instance the responders.
    labels : tuple of str
        Names of the two states: "no response shown", "response shown".
    start_day : float
        Day since treatment start at which the curves begin; later than the first passings, so that neither curve
        begins with a handful of patients. The test and the hazard ratio use all time from day 0.
    classified_by : float, optional
        Day by which everybody should have been classified. Who was not leaves observation on it, because the own
        state is not known from then on.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, nobody who passes over, or no event while both states hold patients.

    References
    ----------
    Mantel and Byar 1974, doi 10.1080/01621459.1974.10482929; Simon and Makuch 1984, doi 10.1002/sim.4780030106.

    Examples
    --------
    >>> from analysis.survival import grouping
    >>> response = grouping(["yes", "no", "yes", "no"], [14, 14, 20, 14])
    >>> found = mantel_byar([100, 40, 80, 60], [1, 1, 1, 1], response, moving="yes", labels=("none", "response"))
    >>> found.observed, [round(value, 3) for value in found.expected]
    ((2.0, 2.0), [0.833, 3.167])
    """
    seen = observations(time_days, event)
    refuse_wrong_unit(seen.time)
    if len(group.values) != seen.n:
        raise DesignError(f"{len(group.values)} groups for {seen.n} patients", expected="one a patient")
    spells = _spells(seen.time, seen.event, group, moving, classified_by)
    if not spells.passed:
        raise DesignError(
            f"nobody passes into the state {labels[1]!r}",
            expected=f"patients of the group {moving!r} followed beyond the day it was known",
            do="describe the one state by its curve; do not compare",
        )
    observed, expected, variance = _observed_and_expected(spells)
    if variance == 0:
        raise DesignError(
            "there is no event while both states hold patients", do="describe the states without a test"
        )
    statistic = (observed[0] - expected[0]) ** 2 / variance
    term = f"{labels[0]} v {labels[1]}"
    fit = cox(spells.stop, spells.event, (~spells.state).astype(float), terms=(term,), entry=spells.start)
    ratio = None
    if fit.finite:
        # patients, where the fit counts spells
        ratio = with_open_limits(replace(fit.hazard_ratio(term, level=level), n=spells.size))
    after = spells.stop > start_day
    curves = tuple(
        entry_curve(
            np.maximum(spells.start[mine] - start_day, 0.0),
            spells.stop[mine] - start_day,
            spells.event[mine],
            label=label,
        )
        for label, mine in zip(labels, (after & ~spells.state, after & spells.state), strict=True)
    )
    return MantelByar(
        TestResult(statistic, 1, float(chi2.sf(statistic, 1)), "Mantel-Byar test"),
        observed,
        expected,
        ratio,
        (curves[0], curves[1]),
        float(start_day),
        labels,
        spells.passed,
        spells.left,
        spells.size,
        int(spells.event.sum()),
    )


def _spells(
    time: Floats, event: NDArray[np.bool_], group: Grouping, moving: object, classified_by: float | None
) -> _Spells:
    at = np.maximum(np.where(np.isnan(group.known_at_days), np.inf, group.known_at_days), 0.0)
    passes = np.array([value == moving for value in group.values]) & (at < time)
    leaves = np.zeros(time.size, dtype=bool)
    if classified_by is not None:
        leaves = ~group.known & (time > classified_by)
    end = np.where(leaves, classified_by if classified_by is not None else 0.0, time)
    happened = event & ~leaves
    first = np.where(passes, at, end) > 0  # a state of no duration, known on the first day, is none
    start = np.concatenate([np.zeros(int(first.sum())), at[passes]])
    stop = np.concatenate([np.where(passes, at, end)[first], end[passes]])
    events = np.concatenate([(happened & ~passes)[first], happened[passes]])
    state = np.repeat([False, True], [int(first.sum()), int(passes.sum())])
    return _Spells(start, stop, events, state, int(passes.sum()), int(leaves.sum()), time.size)


def _observed_and_expected(spells: _Spells) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Events by state, their expectation and the hypergeometric variance, summed over the times of events."""
    at = np.unique(spells.stop[spells.event])
    under = (spells.start < at[:, None]) & (spells.stop >= at[:, None])
    here = (spells.stop == at[:, None]) & spells.event
    n, first = under.sum(axis=1).astype(float), (under & ~spells.state).sum(axis=1).astype(float)
    dead, dead_first = here.sum(axis=1).astype(float), (here & ~spells.state).sum(axis=1).astype(float)
    share = first / n
    spread = dead * share * (1 - share) * np.divide(n - dead, n - 1, out=np.zeros_like(n), where=n > 1)
    observed = (float(dead_first.sum()), float((dead - dead_first).sum()))
    expected = (float((dead * share).sum()), float((dead * (1 - share)).sum()))
    return observed, expected, float(spread.sum())
