"""The course of each simulated patient: true progression and death, and what the visits let be seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters
from analysis.units import DAYS_PER_MONTH, days

REASONS = ("progression", "toxicity", "withdrawal", "death")
"""Why treatment ends in the simulated trial, see :class:`Course`."""


@dataclass(frozen=True)
class Course:
    """Days since treatment start of each treated patient, arrays of shape (n,); NaN: did not happen or unseen.

    ``progression_true`` and ``death_true`` are the truth; everything else is what the trial observes.
    ``visits`` has shape (n, visits): days of the RECIST assessments that took place, NaN elsewhere, the
    last one showing progression if ``progression`` is given. ``observed_until`` is death or last contact.
    """

    progression_true: NDArray[Any]
    death_true: NDArray[Any]
    visits: NDArray[Any]
    progression: NDArray[Any]
    death: NDArray[Any]
    observed_until: NDArray[Any]
    treatment_end: NDArray[Any]
    treatment_end_reason: NDArray[Any]
    new_therapy: NDArray[Any]
    pfs_days: NDArray[Any]
    pfs_event: NDArray[Any]


def draw_course(
    rng: np.random.Generator, latent: Latent, *, follow_up: NDArray[Any], parameters: SimulationParameters
) -> Course:
    """Draw progression, death, treatment and follow-up, and derive the observed times from them.

    Progression is seen at the first assessment after it, planned or brought forward by symptoms.
    PFS is censored at the last assessment before cut-off, withdrawal, or a new treatment begun
    without progression.

    Parameters
    ----------
    rng : Generator
        Stream of the course.
    latent : Latent
        ``pfs`` decides the time of progression, shape (n,).
    follow_up : ndarray of shape (n,)
        Days from treatment start to the cut-off of the trial, above 0.
    parameters : SimulationParameters
        Facts of the simulated trial.
    """
    n = len(follow_up)
    marginal = parameters["survival.pfs_log_months"]
    progression_true = DAYS_PER_MONTH * np.exp(marginal["mu"] + marginal["sigma"] * latent.pfs)
    after = parameters["survival.after_progression"]
    scale = days(after["median_months"]) / np.log(2) ** (1 / after["shape"])
    death_true = np.ceil(progression_true + 1 + scale * rng.weibull(after["shape"], size=n))
    toxicity = _draw_toxicity_stop(rng, n, parameters)
    withdrawal = np.ceil(1 + rng.exponential(days(1 / parameters["survival.withdrawal_per_month"]), size=n))
    lag = rng.integers(*parameters["survival.contact_lag_days"], size=n, endpoint=True)
    last_contact = np.minimum(np.maximum(follow_up - lag, 1), withdrawal)
    death = np.where(death_true <= last_contact, death_true, np.nan)
    observed_until = np.fmin(death, last_contact)

    visits = _draw_planned_visits(rng, n, parameters)
    detection = _first_from(visits, progression_true)
    early = np.ceil(progression_true + rng.uniform(*parameters["survival.symptomatic_lag_days"], size=n))
    symptomatic = (rng.random(n) < parameters["survival.symptomatic"]) & (early < detection)
    detection = np.where(symptomatic, early, detection)

    stopped = toxicity < np.fmin(detection, observed_until)
    switches = stopped & (rng.random(n) < parameters["treatment.new_therapy_without_progression"])
    switch = np.where(switches, toxicity + rng.integers(10, 43, size=n), np.inf)
    # Whoever leaves without progression is imaged once more, unless the last assessment is recent.
    final = np.where(switches, switch - 2, np.where(withdrawal < follow_up, withdrawal, np.nan))
    end_of_study = np.minimum(observed_until, switch)
    progression = np.where(
        (detection <= end_of_study) & ~(detection > np.nan_to_num(death, nan=np.inf)), detection, np.nan
    )
    died = np.isnan(progression) & (death <= end_of_study)
    seen = np.where(np.isnan(progression), end_of_study, progression)
    # On the day of death nobody is assessed.
    visits = np.where((visits <= seen[:, None]) & ~(visits >= death[:, None]), visits, np.nan)
    latest = np.fmax.reduce(visits, axis=1, initial=0.0)
    last_image = (final <= seen) & (final - latest >= 21) & np.isnan(progression) & ~died
    unplanned = np.where(
        symptomatic & ~np.isnan(progression), progression, np.where(last_image, final, np.nan)
    )
    visits = np.sort(np.column_stack([visits, unplanned]), axis=1)
    latest = np.fmax.reduce(visits, axis=1, initial=0.0)

    new_therapy = np.where(switch <= observed_until, switch, np.nan)
    follows = rng.random(n) < parameters["survival.progression_therapy"]
    begin = progression + rng.integers(8, 43, size=n)
    new_therapy = np.where(follows & (begin < observed_until), begin, new_therapy)
    end, reason = _end_treatment(
        rng,
        progression=progression,
        death=death,
        toxicity=toxicity,
        withdrawal=withdrawal,
        until=observed_until,
    )
    return Course(
        progression_true=progression_true,
        death_true=death_true,
        visits=visits,
        progression=progression,
        death=death,
        observed_until=observed_until,
        treatment_end=end,
        treatment_end_reason=reason,
        new_therapy=new_therapy,
        pfs_days=np.where(~np.isnan(progression), progression, np.where(died, death, latest)),
        pfs_event=died | ~np.isnan(progression),
    )


def tabulate_outcomes(course: Course, patient_id: NDArray[Any]) -> pd.DataFrame:
    """Table ``outcomes`` with day columns: one row a patient."""
    alive = np.isnan(course.death)
    return pd.DataFrame(
        {
            "patient_id": patient_id,
            "pfs_days": course.pfs_days,
            "pfs_event": course.pfs_event,
            "os_days": course.observed_until,
            "os_event": ~alive,
            "last_contact_day": course.observed_until,
            "death_day": course.death,
            "treatment_end_day": course.treatment_end,
            "treatment_end_reason": course.treatment_end_reason,
            "new_therapy_day": course.new_therapy,
        }
    )


def _draw_toxicity_stop(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    """Day on which toxicity would end treatment: within three weeks for some, at a constant rate later."""
    first, last = parameters["treatment.early_stop_days"]
    early = rng.integers(first, last, size=n, endpoint=True)
    later = last + np.ceil(rng.exponential(days(1 / parameters["treatment.toxicity_stop_per_month"]), size=n))
    return np.where(rng.random(n) < parameters["treatment.early_stop"], early, later)


def _draw_planned_visits(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    """Days of the planned RECIST assessments, shape (n, visits), increasing; NaN: missed."""
    plan = parameters["survival.visit_weeks"]
    first = np.arange(plan["every"], plan["until"] + 1, plan["every"])
    later = np.arange(plan["until"] + plan["then_every"], 260, plan["then_every"])
    planned = 7.0 * np.concatenate([first, later])
    jitter = np.rint(parameters["survival.visit_jitter_days"] * rng.standard_normal((n, len(planned))))
    visits = planned + np.clip(jitter, -14, 14)
    return np.where(rng.random(visits.shape) < parameters["survival.missed_visit"], np.nan, visits)


def _first_from(visits: NDArray[Any], day: NDArray[Any]) -> NDArray[Any]:
    """First visit on or after the day, shape (n,); infinite if there is none."""
    return np.where(visits >= day[:, None], visits, np.inf).min(axis=1)


def _end_treatment(
    rng: np.random.Generator,
    *,
    progression: NDArray[Any],
    death: NDArray[Any],
    toxicity: NDArray[Any],
    withdrawal: NDArray[Any],
    until: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Last dose and its reason, whichever comes first; NaN and missing while treatment goes on."""
    stop = progression + rng.integers(0, 8, size=len(until))
    causes = np.column_stack([np.fmin(stop, until), toxicity, withdrawal, death])
    causes[:, 0] = np.where(np.isnan(progression), np.inf, causes[:, 0])
    causes[:, 2] = np.where(withdrawal <= until, withdrawal, np.inf)
    causes = np.where(np.isnan(causes), np.inf, causes)
    end = causes.min(axis=1)
    ended = end <= until
    reason = np.array(REASONS, dtype=object)[np.asarray(causes.argmin(axis=1))]
    reason[~ended] = None
    return np.where(ended, end, np.nan), reason
