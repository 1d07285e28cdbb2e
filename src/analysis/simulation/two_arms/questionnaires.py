"""Simulated QLQ-C30 forms of two arms, item by item."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.simulation.parameters import SimulationParameters
from analysis.simulation.two_arms.course import Observed, by_arm
from analysis.simulation.two_arms.treatment import Treatment
from analysis.units import DAYS_PER_MONTH

OTHER_ITEMS = 28
"""Items answered on 1 to 4; items 29 and 30 make the global health status, on 1 to 7."""


def draw_questionnaires(
    rng: np.random.Generator,
    patients: pd.DataFrame,
    observed: Observed,
    treatment: Treatment,
    *,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``quality_of_life_items`` with day columns: at baseline and every 6 weeks until progression or the last dose.

    Global health is a patient's own level, a course of the arm, less shortly before progression, and what varies from form
    to form. The other items are worse where it is low; nothing else is in them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    patients : DataFrame, n rows
        With ``patient_id`` and ``arm``.
    observed, treatment : Observed, Treatment
        Their courses.
    parameters : SimulationParameters
        Those of ``data/simulation-first-line.yml``.
    """
    n, known = len(patients), parameters
    eve = np.asarray(patients["arm"] == "eve")
    until = np.where(np.isnan(treatment.start), 0.0, np.minimum(treatment.exposed_until, observed.found))
    weeks = np.arange(0, until.max() // 7 + 1, known["quality_of_life.every_weeks"])
    shape = (n, len(weeks))
    day = 7 * weeks + np.clip(np.rint(3 * rng.standard_normal(shape)), -7, 7)
    day[:, 0] = -rng.integers(0, 8, size=n)
    filled = (day <= until[:, None]) & (rng.random(shape) < known["quality_of_life.compliance"])
    filled[:, 0] = rng.random(n) < known["quality_of_life.baseline_forms"]
    level, noise = known["quality_of_life.level"], known["quality_of_life.between_forms_sd"]
    low, high = -level["mean"] / level["sd"], (100 - level["mean"]) / level["sd"]
    person = level["mean"] + level["sd"] * stats.truncnorm.ppf(rng.random(n), low, high)
    month = np.maximum(day, 0) / DAYS_PER_MONTH
    change = by_arm(eve, known["quality_of_life.change_per_month"])[:, None] * month
    dip = known["quality_of_life.dip"]
    change += np.where(
        (weeks >= dip["weeks"][0]) & (weeks <= dip["weeks"][1]), by_arm(eve, dip["points"])[:, None], 0
    )
    before = known["quality_of_life.before_progression"]
    near = (day > (observed.found - before["days"])[:, None]) & (day > 0)
    score = (
        person[:, None] + change + np.where(near, before["points"], 0.0) + noise * rng.standard_normal(shape)
    )
    who, when = np.nonzero(filled)
    health = np.clip(score[who, when], 0, 100)
    global_items = (
        1 + 6 * health[:, None] / 100 + known["quality_of_life.item_sd"] * rng.standard_normal((len(who), 2))
    )
    burden = 1 - health[:, None] / 100 + 0.25 * rng.standard_normal((len(who), OTHER_ITEMS))
    answers = np.hstack([np.clip(1 + np.floor(4 * 0.7 * burden), 1, 4), np.clip(np.rint(global_items), 1, 7)])
    answers[rng.random(answers.shape) < known["quality_of_life.missing_item"]] = np.nan
    items = {f"item_{number}": answers[:, number - 1] for number in range(1, OTHER_ITEMS + 3)}
    table = pd.DataFrame(
        {"patient_id": np.asarray(patients["patient_id"])[who], "completed_day": day[who, when], **items}
    )
    return table.sort_values(["patient_id", "completed_day"], kind="stable", ignore_index=True)
