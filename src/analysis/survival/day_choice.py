"""Which second scan: the earlier day unless it orders the patients worse by more than a stated margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.concordance import ConcordanceDifference, concordance_difference
from analysis.survival.groups import TimedMarker
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.observations import numbers, observations


@dataclass(frozen=True, eq=False)
class DayChoice:
    """Verdict of the rule decided before looking, with the numbers it rests on.

    Parameters
    ----------
    chosen : str
        Label of the chosen day.
    difference : ConcordanceDifference
        C of the earlier day minus C of the later, on the common landmark set, with the rule's interval.
    margin : float
        Loss of C that is tolerated for the earlier answer.
    landmark : LandmarkSet
        Patients with both scans, event-free at the later day.
    incomplete : int
        Patients left out because one of the two scans is missing.
    """

    chosen: str
    difference: ConcordanceDifference
    margin: float
    landmark: LandmarkSet
    incomplete: int

    def sentence(self) -> str:
        """One sentence with the numbers and the verdict."""
        found = self.difference
        return (
            f"In {found.n} patients with both scans and event-free at day {self.landmark.day:g} ({found.events} "
            f"events; {self.incomplete} without one of the scans, {self.landmark.excluded} ended before) Harrell's "
            f"C was {found.first.estimate:.2f} and {found.second.estimate:.2f}, difference {_signed(found.estimate)} "
            f"({100 * found.level:.0f} % CI {_signed(found.low)} to {_signed(found.high)}); with a margin of "
            f"{self.margin:g} the rule chooses {self.chosen}."
        )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


@logged("comparison", measure="difference of C", whole="difference")
def choose_day(
    time_days: ArrayLike,
    event: ArrayLike,
    earlier: ArrayLike | TimedMarker,
    later: ArrayLike | TimedMarker,
    *,
    landmark_day: float,
    margin: float,
    labels: tuple[str, str],
    level: float = 0.90,
) -> DayChoice:
    """Apply the rule: the earlier day if the lower limit of its C minus the later's exceeds minus the margin.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    earlier, later : array-like of float, shape (n,), or TimedMarker
        Risk scores, higher for an earlier event (a change of SUV as it is: negative means decrease).
        Patients missing one of them are counted and left out of both. A :class:`~analysis.survival.TimedMarker` is
        refused where it was known after the landmark.
    landmark_day : float
        Day from which survival counts for both, at or after the later scan.
    margin : float
        Tolerated loss of C, from the protocol.
    labels : tuple of str
        Names of the earlier and the later day.
    level : float
        Two-sided level of the interval; 0.90 has a one-sided error of 5 %.

    Raises
    ------
    DesignError
        For impossible data, or when fewer than two patients have both scans.
    """
    seen = observations(time_days, event)
    first, second = _plain(earlier, "earlier", landmark_day), _plain(later, "later", landmark_day)
    if not first.size == second.size == seen.n:
        raise DesignError(
            f"{first.size} and {second.size} scores for {seen.n} patients", expected="two scores a patient"
        )
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 2:
        raise DesignError(
            f"{int(both.sum())} patients have both scans",
            expected="at least two",
            do="say that it cannot be answered",
        )
    left = landmark(seen.time[both], seen.event[both], day=landmark_day)
    difference = concordance_difference(
        left.time, left.event, first[both][left.kept], second[both][left.kept], level=level
    )
    chosen = labels[0] if difference.low > -margin else labels[1]
    return DayChoice(chosen, difference, float(margin), left, int((~both).sum()))


def _plain(scores: ArrayLike | TimedMarker, name: str, landmark_day: float) -> NDArray[np.float64]:
    if not isinstance(scores, TimedMarker):
        return numbers(scores, name)
    scores.refuse_before(landmark_day)
    return scores.values
