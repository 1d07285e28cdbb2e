"""Which PET scans of the simulated trial were planned, made or missed, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulation.course import Course
from analysis.simulation.parameters import SimulationParameters
from analysis.simulation.response import VISITS
from analysis.study import load_protocol

EARLY_DAYS = 45.0
"""Progression within this time makes a missed scan more likely: missing at random, given progression."""


def tabulate_pet_visits(
    rng: np.random.Generator,
    course: Course,
    patients: pd.DataFrame,
    lesions: pd.DataFrame,
    *,
    wait: np.ndarray,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``pet_visits`` with day columns: every treated patient at baseline, day 14 and day 28.

    Parameters
    ----------
    rng : Generator
        Stream of the PET visits.
    course : Course
        Days of death, progression and end of treatment, shape (n,).
    patients : DataFrame
        Treated patients, n rows; ``phase`` decides which scans are planned.
    lesions : DataFrame
        From :func:`analysis.simulation.response.draw_lesions`, for new lesions.
    wait : ndarray of shape (n,)
        Days from enrolment to treatment: no baseline scan is earlier.
    parameters : SimulationParameters
        Facts of the simulated trial.

    Returns
    -------
    DataFrame
        3 n rows by patient and visit; progression scans are not simulated.
    """
    n = len(patients)
    pilot = (patients["phase"] == "pilot").to_numpy()
    tables = []
    for number, visit in enumerate(VISITS):
        day = _draw_day(rng, n, visit, wait, parameters)
        planned = pilot | (visit in ("baseline", parameters["design.extension_visit"]))
        reason = _draw_reason(rng, n, visit, day, course, parameters)
        done = planned & (reason == "")
        glucose = parameters["pet.glucose_mmol_l"]
        value = (
            glucose["mean"] + glucose["sd"] * rng.standard_normal(n) + (visit != "baseline") * glucose["rise"]
        )
        known = done & (rng.random(n) >= glucose["missing"])
        new = np.where(rng.random(n) < parameters["lesions.uncertain_new_lesion"], "uncertain", "no")
        appeared = lesions.loc[lesions["new"] & lesions[f"true_{visit}"].notna(), "patient"]
        new[appeared] = "yes"
        tables.append(
            pd.DataFrame(
                {
                    "patient": np.arange(n),
                    "order": number,
                    "patient_id": patients["patient_id"].to_numpy(),
                    "visit": visit,
                    "status": np.where(planned, np.where(done, "done", "not_done"), "not_planned"),
                    "reason": np.where(planned & ~done, reason, None),
                    "scanned_day": np.where(done, day, np.nan),
                    "glucose_mmol_l": np.where(known, np.round(np.clip(value, 3.5, 11.0), 1), np.nan),
                    "new_lesion": np.where(done & (visit != "baseline"), new, None),
                }
            )
        )
    table = pd.concat(tables).sort_values(["patient", "order"], ignore_index=True)
    return table.drop(columns=["patient", "order"])


def _draw_day(
    rng: np.random.Generator, n: int, visit: str, wait: np.ndarray, parameters: SimulationParameters
) -> np.ndarray:
    if visit == "baseline":
        first, last = parameters["pet.baseline_day"]
        earliest = np.maximum(first, -wait)
        return earliest + np.floor(rng.random(n) * (last - earliest + 1))
    planned = load_protocol().visits[visit]
    day = np.rint(planned.day + parameters["pet.day_sd"][visit] * rng.standard_normal(n))
    day = np.clip(day, *planned.window)
    late = rng.random(n) < parameters["pet.out_of_window"]
    return np.where(late, planned.window[1] + rng.integers(1, 5, size=n), day)


def _draw_reason(
    rng: np.random.Generator,
    n: int,
    visit: str,
    day: np.ndarray,
    course: Course,
    parameters: SimulationParameters,
) -> np.ndarray:
    """Why a scan was missed; empty: it was not. Every patient who starts treatment has a baseline scan."""
    logistic = np.where(rng.random(n) < 0.5, "logistics", "technical")
    missed = rng.random((n, 3))
    if visit == "baseline":
        return np.full(n, "", dtype=logistic.dtype)
    reason = np.where(missed[:, 0] < parameters["pet.missed_otherwise"], logistic, "").astype("U17")
    early = (course.progression_true < EARLY_DAYS) & (
        missed[:, 1] < parameters["pet.missed_early_progression"]
    )
    reason = np.where(early, "early_progression", reason)
    stopped = course.treatment_end < day
    toxic = stopped & (course.treatment_end_reason == "toxicity")
    reason = np.where(toxic & (missed[:, 2] < parameters["pet.missed_after_stop"]), "toxicity", reason)
    reason = np.where(stopped & (course.treatment_end_reason == "progression"), "early_progression", reason)
    reason = np.where(stopped & (course.treatment_end_reason == "withdrawal"), "withdrawal", reason)
    # After death nothing, after last contact nothing more.
    gone = course.observed_until < day
    return np.where(gone, np.where(np.isnan(course.death), "withdrawal", "death"), reason)
