"""Time to deterioration of one score: a time and an event a patient, for the functions of the survival room."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.quality_of_life.rules import DeteriorationRule
from analysis.quality_of_life.visits import places

STATES = ("deteriorated", "died", "censored", "no score after baseline", "no baseline")
ROUNDING = 1e-9
"""Scores are sums of thirds and twelfths; a difference this small is none."""


@dataclass(frozen=True, eq=False)
class Deterioration:
    """Times to deterioration, one entry a patient in the order asked for.

    Parameters
    ----------
    patients : tuple
        Who.
    days : numpy.ndarray of float, shape (n,)
        Day of the deterioration, of death, or of the last score; 1 for a patient without a score after baseline, 0
        for one without a baseline.
    event : numpy.ndarray of bool, shape (n,)
        Whether it ended by an event of the rule.
    state : tuple of str
        What ended it, one of :data:`STATES`.
    no_room : numpy.ndarray of bool, shape (n,)
        The baseline is so low (of symptoms: so high) that the rule can find no deterioration against it.
    rule : DeteriorationRule
        The definition.
    """

    patients: tuple[Hashable, ...]
    days: NDArray[np.float64]
    event: NDArray[np.bool_]
    state: tuple[str, ...]
    no_room: NDArray[np.bool_]
    rule: DeteriorationRule

    def count(self, state: str) -> int:
        """Patients in one of :data:`STATES`."""
        return self.state.count(state)


def time_to_deterioration(
    patient: Sequence[Any],
    day: ArrayLike,
    score: ArrayLike,
    rule: DeteriorationRule,
    *,
    patients: Sequence[Any],
    death_day: ArrayLike | None = None,
    higher_is_better: bool = True,
    baseline_until: float = 0.0,
) -> Deterioration:
    """Time from day 0 to the deterioration that the rule defines, of every patient analysed.

    Censored at the last score where there is no event: what came after it is not known. Without a score after baseline
    a patient is censored on day 1, without a baseline on day 0, and stays in the analysis. A relative rule finds nothing
    below a baseline of 0.

    Parameters
    ----------
    patient : sequence, shape (m,)
        Patient of each form.
    day : array-like of float, shape (m,)
        Day the form was filled in, day 0 the start of treatment or randomisation. Missing days are refused.
    score : array-like of float, shape (m,)
        Score of one scale, 0 to 100; NaN is a form without this score, which is as no form.
    rule : DeteriorationRule
        The definition.
    patients : sequence, shape (n,)
        Everybody analysed, also those without any form.
    death_day : array-like of float, shape (n,), optional
        Day of death in the order of ``patients``; NaN: not observed. Needed by a rule that counts death.
    higher_is_better : bool
        False for symptom scales.
    baseline_until : float
        Last day on which a form is one before treatment; the last of these is the baseline.

    Raises
    ------
    DesignError
        For scores outside 0-100, a missing day, two scores of a patient on one day, forms of a patient who is not
        analysed, a death before day 0 or before a score, or a rule that counts death without days of death.

    References
    ----------
    Anota A et al. Qual Life Res 2015;24:5-18, doi 10.1007/s11136-013-0583-6; BOLERO-2: Burris HA et al. Cancer
    2013;119:1908-1915, doi 10.1002/cncr.28010.

    Examples
    --------
    >>> rule = DeteriorationRule(threshold=10, unit="points")
    >>> found = time_to_deterioration(["A"] * 4, [0, 42, 84, 126], [80, 60, 75, 70], rule, patients=["A"])
    >>> found.days, found.event
    (array([126.]), array([ True]))
    """
    days, scores = np.asarray(day, dtype=np.float64), np.asarray(score, dtype=np.float64)
    place = places(patients)
    died = _deaths(death_day, len(patients), rule)
    who = _checked(list(patient), days, scores, place)
    _refuse_after_death(list(patients), who, days, scores, death_day)
    sign = 1.0 if higher_is_better else -1.0
    there = ~np.isnan(scores)
    who, days, scores = who[there], days[there], scores[there]
    order = np.lexsort((days, who))
    who, days, scores = who[order], days[order], sign * scores[order]
    early = days <= baseline_until
    base = np.full(len(patients), np.nan)
    base[who[early]] = scores[early]  # the last one before treatment stays
    grid_day, grid = _rows(who[~early], days[~early], scores[~early], len(patients))
    worse = _worse(grid, base, rule, sign)
    when = np.where(worse.any(axis=1), grid_day[np.arange(len(base)), worse.argmax(axis=1)], np.nan)
    last = np.nanmax(np.where(np.isnan(grid_day), 0.0, grid_day), axis=1)
    return _result(tuple(patients), base, when, last, died, rule, sign)


def _deaths(death_day: ArrayLike | None, n: int, rule: DeteriorationRule) -> NDArray[np.float64]:
    if death_day is None:
        if rule.death:
            raise DesignError(
                "the rule counts death, and no days of death are given",
                expected="death_day: one a patient, missing where the patient is alive",
            )
        return np.full(n, np.nan)
    died = np.asarray(death_day, dtype=np.float64)
    if died.shape != (n,):
        raise DesignError(f"{died.size} days of death stand beside {n} patients", expected="one a patient")
    return died if rule.death else np.full(n, np.nan)


def _refuse_after_death(
    patients: list[Any],
    who: NDArray[np.int64],
    days: NDArray[np.float64],
    scores: NDArray[np.float64],
    death_day: ArrayLike | None,
) -> None:
    """Refuse deaths before day 0 and scores from after death: whichever is wrong, the event would be."""
    if death_day is None:
        return
    died = np.asarray(death_day, dtype=np.float64)
    early = died < 0
    if early.any():
        named = sorted(str(patients[i]) for i in np.flatnonzero(early))
        _refuse(
            "A death lies before day 0",
            named,
            "days from the start, missing where not observed",
            "days of death",
        )
    late = ~np.isnan(scores) & (days > died[who])
    if late.any():
        named = sorted({str(patients[i]) for i in who[late]})
        _refuse("A score was given after the day of death", named, "forms up to the day of death")


def _checked(
    patient: list[Any], days: NDArray[np.float64], scores: NDArray[np.float64], place: dict[Any, int]
) -> NDArray[np.int64]:
    """Row of each form's patient, or an error that names the patients whose forms are impossible."""
    if not len(patient) == days.size == scores.size:
        raise DesignError(
            f"{len(patient)} patients, {days.size} days and {scores.size} scores",
            expected="one of each a form",
        )
    strange = sorted({str(one) for one in patient if one not in place})
    if strange:
        _refuse("A form belongs to nobody who is analysed", strange, "forms of the patients analysed only")
    who = np.array([place[one] for one in patient], dtype=np.int64)

    def named(bad: NDArray[np.bool_]) -> list[str]:
        return sorted({str(patient[i]) for i in np.flatnonzero(bad)})

    outside = ~np.isnan(scores) & ~((scores >= 0) & (scores <= 100))
    if outside.any():
        _refuse(
            "A score is outside its scale", named(outside), "scores from 0 to 100; missing where not scored"
        )
    if not np.isfinite(days).all():
        _refuse("The day of a form is missing", named(~np.isfinite(days)), "the day each form was filled in")
    there = np.flatnonzero(~np.isnan(scores))
    _, first, times = np.unique(
        np.column_stack([who[there], days[there]]), axis=0, return_index=True, return_counts=True
    )
    if (times > 1).any():
        twice = sorted({str(patient[there[i]]) for i in first[times > 1]})
        _refuse("Two scores stand on one day of a patient", twice, "one score a day; of one scale only")
    return who


def _refuse(what: str, patients: list[str], expected: str, table: str = "table of forms") -> None:
    more = f" and {len(patients) - 8} more" if len(patients) > 8 else ""
    raise DesignError(
        what,
        where="patients " + ", ".join(patients[:8]) + more,
        expected=expected,
        do=f"correct the {table}",
        offenders=patients,
    )


def _rows(
    who: NDArray[np.int64], days: NDArray[np.float64], scores: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days and scores after baseline as one row a patient, the forms from the left, NaN behind the last one."""
    counts = np.bincount(who, minlength=n)
    column = np.arange(who.size) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (n, max(int(counts.max(initial=0)), 1))
    grid_day, grid = np.full(shape, np.nan), np.full(shape, np.nan)
    grid_day[who, column], grid[who, column] = days, scores
    return grid_day, grid


def _limit(reference: NDArray[np.float64], rule: DeteriorationRule) -> NDArray[np.float64]:
    """Highest score that is a deterioration against the reference; symptoms stand as negative numbers here."""
    size = np.abs(reference) * rule.threshold / 100 if rule.unit == "percent" else rule.threshold
    return reference - size + ROUNDING


def _worse(
    grid: NDArray[np.float64], base: NDArray[np.float64], rule: DeteriorationRule, sign: float
) -> NDArray[np.bool_]:
    """Whether each form is a deterioration by the rule, shape (n, forms)."""
    before = np.column_stack([base, np.where(np.isnan(grid), -np.inf, grid)[:, :-1]])
    reference = {
        "baseline": lambda: np.repeat(base[:, None], grid.shape[1], axis=1),
        "best": lambda: np.maximum.accumulate(before, axis=1),  # NaN without a baseline stays NaN
        "previous": lambda: before,
    }[rule.reference]()
    limit = np.minimum(_limit(reference, rule), np.nextafter(reference, -np.inf))
    below = grid <= limit
    if rule.confirmation == "first":
        return below
    if rule.confirmation == "definitive":
        later = np.where(np.isnan(grid), -np.inf, grid)[:, ::-1]
        highest = np.maximum.accumulate(later, axis=1)[:, ::-1]
        return below & (highest <= limit)
    following = np.column_stack([grid[:, 1:], np.full(len(grid), np.nan)])
    confirmed = following <= limit
    if rule.confirmation == "confirmed_or_last":
        confirmed |= np.isnan(following)
    return below & confirmed


def _result(
    patients: tuple[Hashable, ...],
    base: NDArray[np.float64],
    when: NDArray[np.float64],
    last: NDArray[np.float64],
    died: NDArray[np.float64],
    rule: DeteriorationRule,
    sign: float,
) -> Deterioration:
    no_baseline, no_follow_up = np.isnan(base), last == 0
    deteriorated = ~np.isnan(when) & ~no_baseline
    death = ~np.isnan(died) & ~deteriorated & ~no_baseline
    conditions = [no_baseline, deteriorated, death, no_follow_up]
    days = np.select(conditions, [0.0, when, died, 1.0], default=last)
    names = [STATES[4], STATES[0], STATES[1], STATES[3]]
    state = np.select(conditions, names, default=STATES[2])
    worst = 0.0 if sign > 0 else -100.0
    with np.errstate(invalid="ignore"):
        no_room = (_limit(base, rule) < worst) | (base == worst)
    return Deterioration(
        patients=patients,
        days=days,
        event=deteriorated | death,
        state=tuple(state.tolist()),
        no_room=no_room & ~no_baseline,
        rule=rule,
    )
