"""The course of a score in two arms: mixed model, patterns of drop-out, and both put in one table and held by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.results.nested import gives_away
from analysis.results.survival_values import attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from analysis.biomarkers import MixedModel
    from analysis.quality_of_life import CourseDesign
    from analysis.results.notebook import Notebook


@dataclass(frozen=True, eq=False)
class Course:
    """The model of everybody, and one row an estimate of the difference: its name, the estimate, patients (None: not shown)."""

    model: MixedModel
    made: CourseDesign
    rows: list[tuple[str, Any, int | None]]


def course_of(
    book: Notebook, scores: pd.DataFrame, patients: Sequence[str], in_arm: np.ndarray
) -> Course | None:
    """Difference of the arms over the visits of the protocol; None and a note where the forms do not allow it.

    The patterns are those who answered last by a week of the protocol, and those who answered later; without forms of both
    arms in each there is no mixture, and a note says so.

    Parameters
    ----------
    book : Notebook
        The session, whose protocol says weeks and scale.
    scores : DataFrame
        patient_id, day, score; none missing.
    patients : sequence of str
        Everybody randomised.
    in_arm : numpy.ndarray of bool
        Whether in the compared arm, in their order.
    """
    from analysis.biomarkers import mixed_contrast
    from analysis.quality_of_life import course_design, pattern_mixture

    fact = book.protocol.value
    every, last = int(fact("quality_of_life.every_weeks")), int(fact("quality_of_life.until_week"))
    early = int(fact("quality_of_life.early_dropout_week"))

    question = "Global health status by arm"

    def fitted(own: pd.DataFrame, until: int, asked: str) -> tuple[Any, CourseDesign] | None:
        columns = (own["patient_id"].tolist(), own["day"], own["score"])
        made = attempt(
            book,
            asked,
            course_design,
            *columns,
            patients=patients,
            in_arm=in_arm,
            every_weeks=every,
            until_week=until,
        )
        if made is None:
            return None
        data = (made.outcome, made.design, made.patients)
        found = attempt(
            book, asked, mixed_contrast, *data, terms=made.terms, weights=made.difference(), name="arm"
        )
        return None if found is None else (found, made)

    whole = fitted(scores, last, question)
    held: dict[str, tuple[Any, int | None]] = dict.fromkeys(
        ("quality.difference", "quality.mixture"), (None, None)
    )
    course = None
    if whole is not None:
        found, made = whole
        held["quality.difference"] = found.effect, made.n
        rows: list[tuple[str, Any, int | None]] = [
            (f"Mixed model, mean of weeks {every} to {last}", found.effect, made.n)
        ]
        final = scores.groupby("patient_id")["day"].max()
        patterns = []
        for name, kept, until in (
            (f"last form by week {early}", final <= 7 * early, early),
            (f"last form after week {early}", final > 7 * early, last),
        ):
            own = scores[scores["patient_id"].isin(kept.index[kept])]
            part = fitted(own, until, f"{question}, {name}")
            if part is not None:
                patterns.append((name, part[0].effect, part[1].n))
        # Everybody less one pattern is the other, whether or not a model could be fitted to it.
        rows += [one for one in patterns if not gives_away(book, made.n, one[2])]
        if any(book.too_few(n) or gives_away(book, made.n, n) for _, _, n in patterns):
            for name, _, _ in patterns:
                book.keep_back(f"{question}, {name}")
            book.note(
                f"The mixture of the patterns of drop-out is not shown: one holds fewer than {book.smallest_cell} patients."
            )
        elif len(patterns) == 2:
            effects = [one for _, one, _ in patterns]
            mixture = pattern_mixture(
                [one.estimate for one in effects],
                [one.std_error for one in effects],
                [n for _, _, n in patterns],
            )
            held["quality.mixture"] = mixture, mixture.n
            rows.append(("Pattern mixture of the two", mixture, mixture.n))
        why = "no score before and after the first dose: the model is without them"
        if gives_away(book, len(patients), made.n):
            # The patients of the model, or of both patterns together, would tell how few.
            rows = [(name, one, None) for name, one, _ in rows]
            held = {name: (one, None) for name, (one, _) in held.items()}
            for asked in (question, *(f"{question}, {name}" for name, _, _ in patterns)):
                book.keep_back(asked)
            book.note(f"Some patients, fewer than {book.smallest_cell}, have {why}.")
        else:
            book.note(f"{made.without} of {len(patients)} patients have {why}.")
        course = Course(found.model, made, rows)
    for name, (one, n) in held.items():
        hold_difference(book, name, one, n=n, reason="the forms do not allow it")
    return course


def hold_difference(book: Notebook, name: str, found: Any, *, reason: str, n: int | None = None) -> None:
    """Hold a difference of the arms in points and of how many patients, or why there is none."""
    book.value(
        name,
        found and found.estimate,
        low=found and found.low,
        high=found and found.high,
        digits=1,
        n=n,
        unit="points",
        definition="Difference of the arms in change of global health status"
        + (" over patterns of drop-out" if name.endswith("mixture") else ", mixed model"),
        method=found.method if found else "",
        reason=reason,
    )
