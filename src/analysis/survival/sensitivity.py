"""The same question asked in other ways, to see whether the answer rests on landmark, window, visits or method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import Estimate, HazardRatio
from analysis.survival.firth import firth_cox
from analysis.survival.groups import Grouping, two_groups
from analysis.survival.hazard_ratio import hazard_ratio, with_open_limits
from analysis.survival.interval_censored import IntervalCurve, turnbull, weibull_regression
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.observations import numbers, observations
from analysis.survival.time_dependent import MantelByar, delayed_entry, mantel_byar


@dataclass(frozen=True)
class Sensitivity:
    """One other way to the hazard ratio of group against reference.

    Parameters
    ----------
    name, meaning : str
        What it is called, and what it does differently, in one phrase.
    estimate : HazardRatio or Estimate or None
        ``None`` where these data do not allow it.
    n, events : int
        Patients and events counted.
    function : str
        Which function answers, as the log of analyses names it.
    refusal : str
        Why there is no estimate; empty where there is one.
    """

    name: str
    meaning: str
    estimate: HazardRatio | Estimate | None
    n: int
    events: int
    function: str
    refusal: str = ""

    @property
    def reason(self) -> str:
        """Why there is no estimate, under the name that the log reads."""
        return self.refusal


@dataclass(frozen=True, eq=False)
class IntervalTwin:
    """The end-point as intervals between visits, from the landmark.

    Parameters
    ----------
    curves : tuple of IntervalCurve
        Turnbull's estimate of the group and the reference, days from the landmark.
    labels : tuple of str
        Their names.
    hazard_ratio : Estimate
        Weibull regression on the intervals.
    n, events : int
        Patients, and closed intervals.
    """

    curves: tuple[IntervalCurve, IntervalCurve]
    labels: tuple[str, str]
    hazard_ratio: Estimate
    n: int
    events: int


@dataclass(frozen=True, eq=False)
class SensitivityAnalyses:
    """All of them, with the two that have curves of their own.

    Parameters
    ----------
    rows : tuple of Sensitivity
        In the order of printing.
    mantel_byar : MantelByar or None
        With Simon and Makuch's curves.
    intervals : IntervalTwin or None
        ``None`` where the study does not say when patients were last free of the event.
    """

    rows: tuple[Sensitivity, ...]
    mantel_byar: MantelByar | None
    intervals: IntervalTwin | None

    @property
    def further_findings(self) -> tuple[tuple[str, str, object], ...]:
        """Every row for the log of analyses: the function that answers, its kind, what it found."""
        return tuple((row.function, "comparison", row.estimate or row) for row in self.rows)


@logged("comparison", measure="hazard ratio")
def sensitivity_analyses(
    time_days: ArrayLike,
    event: ArrayLike,
    group: Grouping,
    *,
    reference: object,
    labels: Mapping[object, str] | None = None,
    landmark_day: float,
    window_days: float = 0.0,
    visit_window: tuple[float, float] | None = None,
    intervals: tuple[ArrayLike, ArrayLike] | None = None,
) -> SensitivityAnalyses:
    """Ask for the hazard ratio of two groups in every other defensible way; each answers or says why not.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    group : Grouping
        Two groups with the day each was known; unknown where missing.
    reference, labels, landmark_day, window_days
        As in :func:`~analysis.survival.early_response`.
    visit_window : tuple of float, optional
        First and last day of the planned visit: once more with the groups known inside it only.
    intervals : tuple of array-like, optional
        Days (left, right] between which each event lies, as ``EndPoint.intervals`` gives them.

    Raises
    ------
    DesignError
        For impossible times only: an analysis that cannot be made is a row with its reason.
    """
    seen = observations(time_days, event)
    known = group.known
    of_known = group.take(known)
    left = landmark(
        seen.time[known], seen.event[known], day=landmark_day, grouping=of_known, window_days=window_days
    )
    kept = of_known.take(left.kept)
    mine, name, base = two_groups(kept.values, left.n, reference=reference, labels=labels)
    late_days = bool((kept.known_at_days > 0).any())
    rows: list[Sensitivity] = []

    def ask(
        label: str, function: str, meaning: str, compute: Callable[[], HazardRatio | Estimate], events: int
    ) -> None:
        try:
            found = compute()
        except DesignError as error:
            rows.append(Sensitivity(label, meaning, None, left.n, events, function, error.what))
        else:
            n, seen_events = getattr(found, "n", left.n), getattr(found, "events", events)
            rows.append(Sensitivity(label, meaning, found, n, seen_events, function))

    def firth() -> HazardRatio:
        fit = firth_cox(left.time, left.event, mine.astype(float), terms=("group",))
        return with_open_limits(fit.hazard_ratio("group", comparison=f"{name} v {base}"))

    passing: list[MantelByar] = []

    def time_dependent() -> HazardRatio:
        found = mantel_byar(
            seen.time, seen.event, group, moving=reference, labels=(f"not (yet) {base}", base),
            start_day=landmark_day + window_days, classified_by=landmark_day + window_days,
        )  # fmt: skip
        passing.append(found)
        if found.hazard_ratio is None:
            raise DesignError("one of the two states has all the events (separation)")
        return found.hazard_ratio

    def inside() -> HazardRatio:
        low, high = visit_window or (-np.inf, np.inf)
        within = known & (group.known_at_days >= low) & (group.known_at_days <= high)
        chosen = group.take(within)
        some = landmark(
            seen.time[within], seen.event[within], day=landmark_day, grouping=chosen, window_days=window_days
        )
        values = chosen.take(some.kept).values
        return hazard_ratio(some.time, some.event, values, reference=reference, labels=labels)

    ask("Firth", "survival.firth_cox", "penalised likelihood instead of Cox's, the less biased of the two when events are few", firth, left.n_events)  # fmt: skip
    if late_days:
        ask("delayed entry", "survival.delayed_entry", "each patient from the own day of classification, on the clock of treatment",
            lambda: delayed_entry(seen.time, seen.event, group, reference=reference, labels=labels).hazard_ratio,
            left.n_events)  # fmt: skip
        ask("time-dependent", "survival.mantel_byar", f"everybody from treatment start, passing to {base} when that was known (Mantel-Byar)",
            time_dependent, seen.n_events)  # fmt: skip
        if visit_window is not None:
            ask(
                "inside the window",
                "survival.hazard_ratio",
                "only who was classified inside the planned window",
                inside,
                left.n_events,
            )
    twin = None
    if intervals is not None:
        ends = _from_landmark(intervals, known, left, of_known)
        try:
            twin = _twin(ends, mine, (name, base))
        except DesignError as error:
            rows.append(_interval_row(None, left.n, left.n_events, error.what))
        else:
            rows.append(_interval_row(twin.hazard_ratio, twin.n, twin.events))
    return SensitivityAnalyses(tuple(rows), passing[0] if passing else None, twin)


def _interval_row(found: Estimate | None, n: int, events: int, refusal: str = "") -> Sensitivity:
    meaning = "the event lies between two visits (Weibull regression on intervals)"
    return Sensitivity("interval-censored", meaning, found, n, events, "survival.weibull_regression", refusal)


def _from_landmark(
    intervals: tuple[ArrayLike, ArrayLike], known: NDArray[np.bool_], left: LandmarkSet, group: Grouping
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intervals of the patients of the landmark set, counted from where their clock starts."""
    start = np.maximum(left.day, np.nan_to_num(group.known_at_days, nan=left.day))[left.kept]
    low, high = (numbers(end, "interval")[known][left.kept] - start for end in intervals)
    low = np.maximum(low, 0.0)
    # an event on the very day of the last assessment without it happened in the course of that day
    return np.where(low >= high, np.maximum(high - 1, 0.0), low), high


def _twin(
    ends: tuple[NDArray[np.float64], NDArray[np.float64]], mine: NDArray[np.bool_], labels: tuple[str, str]
) -> IntervalTwin:
    low, high = ends
    curves = tuple(turnbull(low[part], high[part]) for part in (mine, ~mine))
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a step too far is halved, and no finite end is refused
        fit = weibull_regression(low, high, mine.astype(float), terms=("group",))
        ratio = fit.hazard_ratio("group")
    return IntervalTwin((curves[0], curves[1]), labels, ratio, fit.n, fit.events)
