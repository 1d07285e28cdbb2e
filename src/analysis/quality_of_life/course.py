"""Scores of two arms over time as a design for the mixed model: arm by visit, given the baseline score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.quality_of_life.visits import NO_VISIT, places, planned_visit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CourseDesign:
    """What :func:`analysis.biomarkers.mixed_model` takes, and the contrasts that answer.

    Parameters
    ----------
    outcome : numpy.ndarray of float, shape (m,)
        Change of the score from baseline, of each form after it.
    design : numpy.ndarray of float, shape (m, p)
        Intercept, baseline score (centred), each visit after the first, and each visit times arm.
    patients : numpy.ndarray, shape (m,)
        Whose form it is.
    terms : tuple of str
        Names of the p columns.
    weeks : tuple of int
        Visits.
    n : int
        Patients with a baseline score and at least one later one.
    without : int
        Patients of both arms who have not.
    forms : dict of tuple to int
        Forms by week and whether of the compared arm.
    of_no_visit : int
        Forms after day 0 that are no nearer to the first planned visit than to day 0; they are not used.
    """

    outcome: Floats
    design: Floats
    patients: NDArray[Any]
    terms: tuple[str, ...]
    weeks: tuple[int, ...]
    n: int
    without: int
    forms: dict[tuple[int, bool], int]
    of_no_visit: int = 0

    def difference(self, week: int | None = None) -> Floats:
        """Weights of the difference of the arms at one visit, or of its mean over all visits with equal weight."""
        weights = np.zeros(len(self.terms))
        for place, name in enumerate(self.terms):
            if name.startswith("arm at week ") and (week is None or name == f"arm at week {week}"):
                weights[place] = 1 / len(self.weeks) if week is None else 1
        return weights

    def mean(self, week: int, *, arm: bool) -> Floats:
        """Weights of an arm's mean change at a visit, at the average baseline."""
        weights = self.difference(week) if arm else np.zeros(len(self.terms))
        weights[0] = 1
        if f"week {week}" in self.terms:
            weights[self.terms.index(f"week {week}")] = 1
        return weights


def course_design(
    patient: Sequence[Any],
    day: ArrayLike,
    score: ArrayLike,
    *,
    patients: Sequence[Any],
    in_arm: ArrayLike,
    every_weeks: int,
    until_week: int,
) -> CourseDesign:
    """Make the design: a form belongs to the nearest planned visit; of two at one visit the nearer one counts.

    Parameters
    ----------
    patient, day, score : sequences, shape (k,)
        Forms: whose, on which day since randomisation, with which score; a missing score is no form.
    patients : sequence, shape (n,)
        Everybody randomised.
    in_arm : array-like of bool, shape (n,)
        Whether in the compared arm.
    every_weeks, until_week : int
        Planned visits, and the last one taken.

    Raises
    ------
    DesignError
        For forms of nobody, a patient named twice, or when an arm has no form at some visit: the arms cannot be compared there.

    Notes
    -----
    Forms that are missing after somebody dropped out are taken as missing at random, given the scores before. The baseline
    score is that of the last form up to day 0; a form after day 0 that is no nearer to the first planned visit than to
    day 0 is of no visit, as in :func:`~analysis.quality_of_life.completion`.

    Examples
    --------
    >>> made = course_design(["A", "A", "B", "B"], [0, 42, 0, 41], [50, 60, 70, 60], patients=["A", "B"],
    ...                      in_arm=[True, False], every_weeks=6, until_week=6)
    >>> made.outcome.tolist(), made.terms
    ([10.0, -10.0], ('intercept', 'baseline', 'arm at week 6'))
    """
    place = places(patients)
    if not set(patient) <= set(place):
        raise DesignError(
            "a form is of nobody randomised", where="quality of life", expected="known patients"
        )
    who = np.array([place[one] for one in patient], dtype=np.int64)
    days, scores = np.asarray(day, dtype=float), np.asarray(score, dtype=float)
    step, arm = 7.0 * every_weeks, np.asarray(in_arm, dtype=bool)
    weeks = tuple(range(every_weeks, until_week + 1, every_weeks))
    visit = planned_visit(days, every_weeks=every_weeks)
    grid = np.full((len(place), len(weeks) + 1), np.nan)
    off = np.abs(days - visit * step)
    usable = ~np.isnan(scores) & (visit != NO_VISIT) & (visit <= len(weeks))
    # The last one written stays: forms in the order of how far they are from their visit, the nearest last.
    order = np.flatnonzero(usable)[np.argsort(-off[usable], kind="stable")]
    grid[who[order], visit[order]] = scores[order]
    known = ~np.isnan(grid[:, :1]) & ~np.isnan(grid[:, 1:])
    rows, columns = np.nonzero(known)
    forms = {
        (week, of): int(known[arm == of, k].sum()) for k, week in enumerate(weeks) for of in (True, False)
    }
    empty = sorted({week for (week, _), count in forms.items() if not count})
    if empty:
        raise DesignError(
            f"an arm has no form at week {empty[0]}",
            where="quality of life",
            expected=f"forms of both arms at every visit up to week {until_week}",
            do="end the model at an earlier week",
        )
    baseline = grid[rows, 0]
    at = columns[:, None] == np.arange(len(weeks))
    names = [f"week {week}" for week in weeks[1:]] + [f"arm at week {week}" for week in weeks]
    return CourseDesign(
        outcome=grid[rows, columns + 1] - baseline,
        design=np.column_stack(
            [np.ones(len(rows)), baseline - baseline.mean(), at[:, 1:], at & arm[rows][:, None]]
        ).astype(float),
        patients=np.asarray(list(patients), dtype=object)[rows].astype(str),
        terms=("intercept", "baseline", *names),
        weeks=weeks,
        n=len(np.unique(rows)),
        without=len(place) - len(np.unique(rows)),
        forms=forms,
        of_no_visit=int((~np.isnan(scores) & (visit == NO_VISIT)).sum()),
    )
