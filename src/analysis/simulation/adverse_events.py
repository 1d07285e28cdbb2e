"""Simulated adverse events: which, when, how bad."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.course import Course
from analysis.simulation.parameters import SimulationParameters

GRACE_DAYS = 28
"""Adverse events are recorded until 28 days after the last dose."""


def tabulate_adverse_events(
    rng: np.random.Generator, course: Course, patient_id: NDArray[Any], *, parameters: SimulationParameters
) -> pd.DataFrame:
    """Table ``adverse_events`` with day columns.

    An event occurs if its onset falls before the last dose plus ``GRACE_DAYS``. Whoever stopped for
    toxicity has an event of grade 2 or 3 that explains it.
    """
    probability = parameters["adverse_events.probability"]
    terms = np.array(list(probability))
    any_grade = np.array(list(probability.values()))
    severe = np.array([parameters["adverse_events.severe"][term] for term in terms])
    onset_mean = np.array([parameters["adverse_events.onset_days"][term] for term in terms])
    n = len(patient_id)
    shape = (n, len(terms))
    stop = np.fmin(course.treatment_end, course.observed_until)
    occurs = rng.random(shape) < any_grade
    onset = np.ceil(rng.gamma(2.0, onset_mean / 2, size=shape))
    grade = np.where(rng.random(shape) < severe / any_grade, 3, rng.choice([1, 2], size=shape, p=[0.6, 0.4]))
    grade = np.where((grade == 3) & (rng.random(shape) < 0.08), 4, grade)

    toxic = course.treatment_end_reason == "toxicity"
    cause = rng.choice(len(terms), size=n, p=severe / severe.sum())
    rows = np.flatnonzero(toxic)
    occurs[rows, cause[rows]] = True
    onset[rows, cause[rows]] = np.maximum(stop[rows] - rng.integers(1, 10, size=n)[rows], 1)
    grade[rows, cause[rows]] = np.maximum(grade[rows, cause[rows]], rng.choice([2, 3], size=n)[rows])

    recorded_until = np.fmin(stop + GRACE_DAYS, course.observed_until)
    occurs &= onset <= recorded_until[:, None]
    duration = parameters["adverse_events.duration_days"]
    resolved = onset + np.ceil(duration["median"] * np.exp(duration["sd_log"] * rng.standard_normal(shape)))
    unseen = (rng.random(shape) < parameters["adverse_events.unresolved"]) | (
        resolved > course.observed_until[:, None]
    )
    resolved = np.where(unseen, np.nan, resolved)
    serious = (grade >= 3) & (rng.random(shape) < parameters["adverse_events.serious"])
    patient, term = np.nonzero(occurs)
    table = pd.DataFrame(
        {
            "patient_id": patient_id[patient],
            "term": terms[term],
            "grade": grade[occurs],
            "onset_day": onset[occurs],
            "resolved_day": resolved[occurs],
            "serious": serious[occurs],
        }
    )
    return table.sort_values(["patient_id", "onset_day"], kind="stable", ignore_index=True)
