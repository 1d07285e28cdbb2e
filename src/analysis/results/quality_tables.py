"""Quality of life in tables: forms that came, the course of a score, time to deterioration under every rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import StudyError
from analysis.results.arm_tables import ratio_text
from analysis.results.small_cells import NOT_SHOWN
from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.biomarkers import FixedEffect, MixedModel
    from analysis.data import Study
    from analysis.quality_of_life import CourseDesign, DeteriorationRule
    from analysis.survival.curve import SurvivalCurve


def scores_of(study: Study, scale: str) -> pd.DataFrame:
    """Forms with one scale's score: patient_id, day, score; scored from the items where the study has no scores.

    Raises
    ------
    StudyError
        If the study holds scores, but not of this scale.
    """
    if "quality_of_life" in study.tables:
        rows = study.table("quality_of_life")
        rows = rows[rows["scale"] == scale]
        if rows.empty:
            raise StudyError(
                f"the study has no scores of {scale}", where="quality_of_life.csv", do="name another scale"
            )
        found = rows.rename(columns={"completed_day": "day"})
    else:
        from analysis.quality_of_life import score_items

        forms = study.table("quality_of_life_items")
        found = forms[["patient_id"]].assign(
            day=forms["completed_day"], score=score_items(forms)[scale].to_numpy()
        )
    return found[["patient_id", "day", "score"]].reset_index(drop=True)


def completion_table(completed: pd.DataFrame, arms: Sequence[str], *, until_week: int) -> pd.DataFrame:
    """One row a week: received of expected forms of each arm, with the percentage."""
    import pandas as pd

    rows = []
    for week, part in completed[completed["week"] <= until_week].groupby("week", sort=True):
        row: dict[str, object] = {"Week": f"{week}"}
        by_arm = {one["group"]: one for one in part.to_dict("records")}
        for one in (by_arm[arm] for arm in arms):
            row[f"{one['group']}: received of expected"] = f"{one['received']} of {one['expected']}"
            row[f"{one['group']}, %"] = (
                "—" if not one["expected"] else number(float(one["percent_of_expected"]), 0)
            )
        rows.append(row)
    return pd.DataFrame(rows)


def course_numbers(model: MixedModel, made: CourseDesign, labels: tuple[str, str]) -> pd.DataFrame:
    """Mean change of each arm at each visit with its interval, and forms; what the figure of the course draws."""
    import pandas as pd

    rows = []
    for arm, label in ((True, labels[0]), (False, labels[1])):
        for week in made.weeks:
            found = model.contrast(made.mean(week, arm=arm), name=f"{label}, week {week}")
            rows.append(
                {
                    "arm": label, "week": week, "estimate": found.estimate, "low": found.low, "high": found.high,
                    "forms": made.forms[week, arm],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def course_table(effects: Sequence[tuple[str, Any, int | None]]) -> pd.DataFrame:
    """One row an estimate of the difference of the arms: by which model, of how many patients, with interval and test.

    Patients that are None are not shown.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "Estimate": name,
                "Patients": NOT_SHOWN if n is None else n,
                "Difference, points": f"{number(found.estimate, 1)} ({limit(found.low, 1)} to {limit(found.high, 1)})",
                "Degrees of freedom": degrees(found),
                "p": p_text(found.p_value).removeprefix("= "),
            }
            for name, found, n in effects
        ]
    )


def degrees(found: FixedEffect | Any) -> str:
    """Satterthwaite's degrees of freedom, or a dash for a large-sample test."""
    df = getattr(found, "degrees_of_freedom", float("inf"))
    return number(float(df), 0) if np.isfinite(df) else "—"


def deterioration_row(
    rule: DeteriorationRule, curves: tuple[SurvivalCurve, SurvivalCurve], ratio: Any, planned: bool
) -> dict[str, object]:
    """One row of the table of all rules: what counts, events, medians, hazard ratio."""
    from analysis.quality_of_life import REFERENCES

    return {
        "Worse by": f"{rule.threshold:g} {'%' if rule.unit == 'percent' else 'points'}",
        "Than": REFERENCES[rule.reference],
        "Counts if": rule.confirmation.replace("_", " "),
        "Death": "an event" if rule.death else "censored",
        "Events, arm": f"{curves[0].n_events} of {curves[0].n}",
        "Events, control": f"{curves[1].n_events} of {curves[1].n}",
        "Median, months": " v ".join(limit(months(curve.median), 1) for curve in curves),
        "Hazard ratio (Wald)": ratio_text(ratio),
        "Rule": "the protocol's" if planned else "variant",
    }
