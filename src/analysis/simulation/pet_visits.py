"""Which PET scans of the simulated trial were planned, made or missed, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    wait: NDArray[Any],
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
    pilot = np.asarray(patients["phase"] == "pilot")
    tables = []
    for number, visit in enumerate(VISITS):
        day = _draw_day(rng, n, visit, wait, parameters)
        planned = pilot | (visit in ("baseline", parameters["design.extension_visit"]))
        reason = _draw_reason(rng, n, visit, day, course, parameters)
        done = planned & np.array([why is None for why in reason])
        reason[~planned] = None
        glucose = parameters["pet.glucose_mmol_l"]
        value = (
            glucose["mean"] + glucose["sd"] * rng.standard_normal(n) + (visit != "baseline") * glucose["rise"]
        )
        known = done & (rng.random(n) >= glucose["missing"])
        new = np.full(n, "no", dtype=object)
        new[rng.random(n) < parameters["lesions.uncertain_new_lesion"]] = "uncertain"
        present = lesions["new"] & lesions[f"true_{visit}"].notna()
        new[np.asarray(lesions.loc[present, "patient"])] = "yes"
        if visit == "baseline":
            new[:] = None
        new[~done] = None
        tables.append(
            pd.DataFrame(
                {
                    "patient": np.arange(n),
                    "order": number,
                    "patient_id": np.asarray(patients["patient_id"]),
                    "visit": visit,
                    "status": np.select([done, planned], ["done", "not_done"], "not_planned"),
                    "reason": reason,
                    "scanned_day": np.where(done, day, np.nan),
                    "glucose_mmol_l": np.where(known, np.round(np.clip(value, 3.5, 11.0), 1), np.nan),
                    "new_lesion": new,
                }
            )
        )
    table = pd.concat(tables).sort_values(["patient", "order"], ignore_index=True)
    return table.drop(columns=["patient", "order"])


def _draw_day(
    rng: np.random.Generator, n: int, visit: str, wait: NDArray[Any], parameters: SimulationParameters
) -> NDArray[Any]:
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
    day: NDArray[Any],
    course: Course,
    parameters: SimulationParameters,
) -> NDArray[Any]:
    """Why a scan was missed; None: it was not. Every patient who starts treatment has a baseline scan."""
    reason = np.full(n, None, dtype=object)
    logistic = np.where(rng.random(n) < 0.5, "logistics", "technical")
    missed = rng.random((n, 3))
    if visit == "baseline":
        return reason
    ended = course.treatment_end < day
    why = course.treatment_end_reason
    early = course.progression_true < EARLY_DAYS
    toxic = ended & (why == "toxicity") & (missed[:, 2] < parameters["pet.missed_after_stop"])
    # After death there is no scan, and none after last contact. Later rules outrank earlier ones.
    gone = course.observed_until < day
    for rule, name in (
        (missed[:, 0] < parameters["pet.missed_otherwise"], logistic),
        # Doing badly makes a scan less likely, but progression is a reason only once it has been seen.
        (early & (missed[:, 1] < parameters["pet.missed_early_progression"]), logistic),
        (toxic, "toxicity"),
        (ended & (why == "progression"), "early_progression"),
        ((ended & (why == "withdrawal")) | gone, "withdrawal"),
        (gone & ~np.isnan(course.death), "death"),
    ):
        reason[rule] = name[rule] if isinstance(name, np.ndarray) else name
    return reason
