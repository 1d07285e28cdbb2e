"""Simulated courses of two arms: progression as local and central readers see it, death, and what ends observation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.simulation.parameters import SimulationParameters
from analysis.units import DAYS_PER_MONTH

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observed:
    """What a trial sees of its n patients; times in days since randomisation, arrays of shape (n,).

    ``found`` is the day on which progression comes to light, also after the cut-off of progression; infinite where it is
    never seen. ``assessed_until`` is the last readable assessment before that cut-off, 0 where there is none.
    """

    pfs_days: Floats
    pfs_event: NDArray[np.bool_]
    progressed: NDArray[np.bool_]
    central_days: Floats
    central_event: NDArray[np.bool_]
    os_days: Floats
    os_event: NDArray[np.bool_]
    found: Floats
    assessed_until: Floats
    lost: Floats


def by_arm(eve: NDArray[np.bool_], values: dict[str, float]) -> Floats:
    """The value of each patient's arm, shape (n,)."""
    return np.where(eve, values["eve"], values["pbo"])


def draw_courses(
    rng: np.random.Generator, patients: pd.DataFrame, *, parameters: SimulationParameters
) -> Observed:
    """Draw the course of each patient.

    Progression happens between visits and is seen at the next one, or earlier where it makes itself felt. The central
    readers see the same scans: their progression lies at another time, and after the local one there is no further scan,
    so that they are censored there. Progression and death are dependent through their normal scores.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    patients : DataFrame, n rows
        ``arm`` (eve, pbo), ``last_treatment``, ``visceral``, ``treated``, ``pfs_follow_up`` and ``os_follow_up`` (days).
    parameters : SimulationParameters
        Those of ``data/simulation-first-line.yml``.
    """
    n, known = len(patients), parameters
    eve = np.asarray(patients["arm"] == "eve")
    first = np.asarray(patients["last_treatment"] == "adjuvant")
    medians = known["course.median_months"]
    median = (
        np.where(first, by_arm(eve, medians["first_line"]), by_arm(eve, medians["later"])) * DAYS_PER_MONTH
    )
    shape, effect = known["course.shape"], known["course.visceral"]
    visceral = np.asarray(patients["visceral"], float) - known["baseline.visceral"]
    rho = known["course.death_correlation"]
    score = rng.standard_normal(n)
    other = rho * score + np.sqrt(1 - rho**2) * rng.standard_normal(n)
    # -log of a survival probability is a standard exponential time; the normal score ties the two together.
    progression = median * (-special.log_ndtr(score) / np.log(2) * np.exp(-effect * visceral)) ** (1 / shape)
    arms = known["course.death"]
    scale = by_arm(eve, {arm: arms[arm]["scale_months"] for arm in arms}) * DAYS_PER_MONTH
    death = scale * (-special.log_ndtr(other)) ** (1 / by_arm(eve, {arm: arms[arm]["shape"] for arm in arms}))
    rate = by_arm(eve, known["course.lost_per_month"]) / DAYS_PER_MONTH
    lost = np.where(patients["treated"], rng.exponential(1 / rate), 0.0)
    cutoff = np.asarray(patients["pfs_follow_up"], float)
    visits = _visits(rng, n, float(patients["os_follow_up"].max()), parameters=known)
    seen = _next(visits, progression)
    low, high = known["course.symptomatic_lag_days"]
    felt = np.where(
        rng.random(n) < known["course.symptomatic"], progression + rng.uniform(low, high, n), np.inf
    )
    found = np.ceil(np.minimum(seen, felt))
    death = np.maximum(
        np.ceil(death), known["design.days_to_treatment"][1] + 1.0
    )  # who is dosed lives to see it
    until = np.minimum(lost, cutoff)
    end = np.minimum(found, death)
    event = end <= until
    progressed = event & (found <= death)
    last = _last(visits, np.minimum(until, end))
    last = np.where(progressed, found, last)
    delay, spread = (by_arm(eve, known[f"course.central_{name}"]) for name in ("delay", "spread"))
    central = progression * np.exp(delay + spread * rng.standard_normal(n))
    by_central = np.minimum(np.ceil(_next(visits, central)), np.where(central <= last, last, np.inf))
    agreed = by_central <= last
    died = event & ~progressed & ~agreed
    lost_os = rng.exponential(DAYS_PER_MONTH / known["course.lost_os_per_month"], n)
    observed = np.maximum(
        np.minimum(lost_os, np.asarray(patients["os_follow_up"], float)), np.where(event, end, last)
    )
    return Observed(
        pfs_days=np.where(event, end, last),
        pfs_event=event,
        progressed=progressed,
        central_days=np.where(agreed, by_central, np.where(died, end, last)),
        central_event=agreed | died,
        os_days=np.minimum(death, np.ceil(observed)),
        os_event=death <= observed,
        found=np.where(found <= death, found, np.inf),
        assessed_until=last,
        lost=lost,
    )


def _visits(rng: np.random.Generator, n: int, until: float, *, parameters: SimulationParameters) -> Floats:
    """Days of the assessments, shape (n, k), rising; infinite where one was missed."""
    every = 7 * parameters["course.visit_weeks"]
    planned = np.arange(every, until + every, every)
    limit = every / 2 - 1
    jitter = parameters["course.visit_jitter_days"] * rng.standard_normal((n, len(planned)))
    days = np.rint(planned + np.clip(jitter, -limit, limit))
    return np.where(rng.random(days.shape) < parameters["course.missed_visit"], np.inf, days)


def _next(visits: Floats, day: Floats) -> Floats:
    """First visit on or after a day of each patient; infinite where there is none."""
    return np.where(visits >= day[:, None], visits, np.inf).min(axis=1)


def _last(visits: Floats, day: Floats) -> Floats:
    """Last visit on or before a day of each patient; 0 where there is none."""
    return np.where(visits <= day[:, None], visits, 0.0).max(axis=1)


def tabulate_courses(observed: Observed, patients: pd.DataFrame, treatment: Any) -> pd.DataFrame:
    """Table ``outcomes`` with day columns."""
    death = np.where(observed.os_event, observed.os_days, np.nan)
    return pd.DataFrame(
        {
            "patient_id": patients["patient_id"],
            "pfs_days": observed.pfs_days,
            "pfs_event": observed.pfs_event,
            "os_days": observed.os_days,
            "os_event": observed.os_event,
            "last_contact_day": observed.os_days,
            "death_day": death,
            "treatment_end_day": treatment.end,
            "treatment_end_reason": treatment.reason,
            "new_therapy_day": treatment.new_therapy,
            "pfs_central_days": observed.central_days,
            "pfs_central_event": observed.central_event,
        }
    )
