"""Simulated EORTC QLQ-C30 scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.simulation.course import Course
from analysis.simulation.parameters import SimulationParameters


def tabulate_quality_of_life(
    rng: np.random.Generator,
    course: Course,
    patient_id: NDArray[Any],
    *,
    wait: NDArray[Any],
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``quality_of_life`` with day columns: one row a form and scale, until the end of treatment.

    Scores lie on the steps that the items of the scale allow (12 for global health status: 8.33 points).

    References
    ----------
    EORTC QLQ-C30 scoring manual, 3rd edition, 2001.
    """
    n = len(patient_id)
    until = np.fmin(course.treatment_end, course.observed_until)
    weeks = np.arange(0, until.max() // 7 + 1, parameters["quality_of_life.every_weeks"])
    shape = (n, len(weeks))
    day = 7 * weeks + np.clip(np.rint(2 * rng.standard_normal(shape)), -5, 5)
    day[:, 0] = -np.floor(rng.random(n) * (np.minimum(wait, 7) + 1))
    filled = (day <= until[:, None]) & (rng.random(shape) < parameters["quality_of_life.compliance"])
    filled[:, 0] = rng.random(n) < 0.97
    dip = parameters["quality_of_life.dip"]
    trend = parameters["quality_of_life.change_per_month"] * day.clip(min=0) / 30.4375
    trend = trend + np.where((weeks >= dip["weeks"][0]) & (weeks <= dip["weeks"][1]), dip["points"], 0.0)
    within = parameters["quality_of_life.between_visits_sd"]
    common = rng.standard_normal(n)
    tables = []
    for scale, facts in parameters["quality_of_life.scales"].items():
        person = 0.7 * common + np.sqrt(1 - 0.7**2) * rng.standard_normal(n)
        low, high = -facts["mean"] / facts["sd"], (100 - facts["mean"]) / facts["sd"]
        person = stats.truncnorm.ppf(stats.norm.cdf(person), low, high)
        level = facts["mean"] + np.sqrt(facts["sd"] ** 2 - within**2) * person[:, None]
        score = level + trend + within * rng.standard_normal(shape)
        score = np.rint(np.clip(score, 0, 100) * facts["items"] / 100) * 100 / facts["items"]
        score = np.where(rng.random(shape) < parameters["quality_of_life.missing_score"], np.nan, score)
        patient, _ = np.nonzero(filled)
        tables.append(
            pd.DataFrame(
                {
                    "patient_id": patient_id[patient],
                    "completed_day": day[filled],
                    "scale": scale,
                    "score": np.round(score[filled], 2),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values(["patient_id", "completed_day"], kind="stable", ignore_index=True)
