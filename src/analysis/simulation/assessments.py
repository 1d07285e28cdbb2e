"""Simulated tumour assessments: diameters at each visit, and the response by RECIST 1.1 that follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.simulation.course import Course
from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters

PARTIAL_RESPONSE, PROGRESSION, PROGRESSION_MM = 0.70, 1.20, 5.0
"""RECIST 1.1: at most 70 % of baseline; at least 120 % of the smallest sum, and 5 mm more (Eisenhauer 2009)."""


def tabulate_assessments(
    rng: np.random.Generator,
    course: Course,
    latent: Latent,
    patients: pd.DataFrame,
    *,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``assessments`` with day columns: one row a visit that took place, read locally.

    The response follows from the sum of diameters and from new lesions, so that the two agree; the visit
    of progression, and only it, is PD. Patients without measurable disease have no sum.

    References
    ----------
    RECIST 1.1, doi 10.1016/j.ejca.2008.10.026.
    """
    n, visits = course.visits.shape
    done = ~np.isnan(course.visits)
    progressive = done & (course.visits == course.progression[:, None])
    sums = parameters["survival.target_sum_mm"]
    baseline = np.clip(sums["median"] * np.exp(sums["sd_log"] * rng.standard_normal(n)), 15, 250)
    best = _draw_best_change(rng, latent, parameters)
    with np.errstate(invalid="ignore"):
        course_of_change = best[:, None] * (1 - np.exp(-course.visits / 60))
    size = baseline[:, None] * (1 + course_of_change) * (1 + 0.015 * rng.standard_normal((n, visits)))
    size = np.rint(np.where(done & ~progressive, size, np.nan))
    reference = np.rint(baseline)[:, None]
    smallest = np.fmin.accumulate(np.column_stack([reference, size]), axis=1)[:, :-1]
    # Whoever has not progressed has not grown by as much as progression.
    size = np.where(size >= PROGRESSION * smallest, np.floor(1.15 * smallest), size)
    smallest = np.fmin.accumulate(np.column_stack([reference, size]), axis=1)[:, :-1]
    measurable = np.asarray(patients["measurable"])
    by_new = (rng.random(n) < parameters["survival.progression_by_new_lesion"]) | ~measurable
    growth = np.where(by_new, rng.uniform(0.95, 1.15, n), rng.uniform(1.22, 1.7, n))[:, None]
    grown = np.ceil(np.maximum(growth * smallest, np.where(by_new[:, None], 0, smallest + PROGRESSION_MM)))
    size = np.where(progressive, grown, size)
    responding = (size <= PARTIAL_RESPONSE * reference) & measurable[:, None]
    unclear = rng.random((n, visits)) < parameters["survival.not_evaluable"]
    response = np.where(progressive, "PD", np.where(unclear, "NE", np.where(responding, "PR", "SD")))
    size = np.where(measurable[:, None] & ((response != "NE") | progressive), size, np.nan)
    patient, _ = np.nonzero(done)
    table = pd.DataFrame(
        {
            "patient_id": np.asarray(patients["patient_id"])[patient],
            "assessed_day": course.visits[done],
            "reader": "local",
            "response": response[done],
            "target_sum_mm": size[done],
            "new_lesion": (progressive & by_new[:, None])[done],
        }
    )
    return table.sort_values(["patient_id", "assessed_day"], ignore_index=True)


def _draw_best_change(
    rng: np.random.Generator, latent: Latent, parameters: SimulationParameters
) -> NDArray[Any]:
    """Best change of the sum of diameters as a fraction, shape (n,): below -0.3 for objective responders.

    Patients who live longer without progression, and whose uptake falls more, shrink more.
    """
    n = len(latent.pfs)
    score = 0.5 * latent.pfs + 0.3 * latent.response + 0.8 * rng.standard_normal(n)
    spread = np.sqrt(0.5**2 + 0.3**2 + 0.8**2 + 2 * 0.5 * 0.3 * 0.2)
    limit = stats.norm.isf(parameters["survival.objective_response"])
    return np.clip(-0.36 - 0.16 * (score / spread - limit), -0.9, 0.12)
