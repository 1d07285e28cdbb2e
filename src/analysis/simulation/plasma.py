"""Simulated plasma: detection of ctDNA, allele frequencies and tumour fraction at each visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.simulation.course import Course
from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters
from analysis.study import load_protocol

FIRST_LATER_WEEK = 12
"""Plasma every 12 weeks after the visits of the first month, as registered."""


@dataclass(frozen=True)
class Plasma:
    """True state of the plasma of each treated patient at each visit, arrays of shape (n, visits).

    ``visits`` names the columns: baseline, day14, day28, week12 ..., progression. ``day`` is the day a
    sample is due, NaN if the patient does not come to it; ``vaf_percent`` and ``tumour_fraction_percent``
    are 0 where nothing is found. ``level`` is the latent amount of ctDNA.
    """

    visits: tuple[str, ...]
    day: NDArray[Any]
    level: NDArray[Any]
    detected: NDArray[Any]
    vaf_percent: NDArray[Any]
    tumour_fraction_percent: NDArray[Any]


def draw_plasma(
    rng: np.random.Generator,
    latent: Latent,
    course: Course,
    *,
    wait: NDArray[Any],
    parameters: SimulationParameters,
) -> Plasma:
    """Draw the plasma of all treated patients.

    One latent level decides detection at baseline and at day 14, with a higher limit at day 14: who is
    negative at baseline stays negative. At progression the level has moved.

    Parameters
    ----------
    rng : Generator
        Stream of the plasma.
    latent : Latent
        ``ctdna`` and ``tumour_fraction``, shape (n,).
    course : Course
        When treatment and observation end, and the day of progression.
    wait : ndarray of shape (n,)
        Days from enrolment to treatment: no baseline sample is earlier.
    parameters : SimulationParameters
        Facts of the simulated trial.
    """
    n = len(latent.ctdna)
    longest = int(np.nanmax(course.observed_until) // (7 * FIRST_LATER_WEEK))
    weeks = FIRST_LATER_WEEK * np.arange(1, longest + 1)
    visits = ("baseline", "day14", "day28", *(f"week{week}" for week in weeks), "progression")
    level, detected = _draw_detection(rng, latent, len(visits), parameters)
    vaf = _draw_vaf(rng, latent, detected, parameters)
    return Plasma(
        visits=visits,
        day=_draw_days(rng, n, weeks, course, wait),
        level=level,
        detected=detected,
        vaf_percent=vaf,
        tumour_fraction_percent=_draw_tumour_fraction(rng, latent, len(visits), parameters),
    )


def tabulate_plasma(
    rng: np.random.Generator, plasma: Plasma, patient_id: NDArray[Any], *, parameters: SimulationParameters
) -> pd.DataFrame:
    """Table ``plasma_samples`` with day columns: samples that were taken, results that were obtained."""
    n, visits = plasma.day.shape
    kinds = [
        visit if visit in ("baseline", "day14", "day28", "progression") else "later"
        for visit in plasma.visits
    ]
    no_sample = np.array([parameters["plasma.missing_sample"][kind] for kind in kinds])
    no_result = np.array([parameters["plasma.missing_result"][kind] for kind in kinds])
    taken = ~np.isnan(plasma.day) & (rng.random((n, visits)) >= no_sample)
    result = rng.random((n, visits)) >= no_result
    patient, visit = np.nonzero(taken)
    known = result[taken]
    name = np.array(plasma.visits)[visit]
    return pd.DataFrame(
        {
            "sample_id": [f"{each}-{when}" for each, when in zip(patient_id[patient], name, strict=True)],
            "patient_id": patient_id[patient],
            "visit": name,
            "sampled_day": plasma.day[taken],
            "panel_detected": np.where(known, plasma.detected[taken].astype(object), np.nan),
            "max_vaf_percent": np.where(known, np.round(plasma.vaf_percent[taken], 2), np.nan),
            "lod_vaf_percent": load_protocol().value("plasma.limit_of_detection_vaf_percent"),
            "tumour_fraction_percent": np.where(
                known, np.round(plasma.tumour_fraction_percent[taken], 2), np.nan
            ),
        }
    )


def _draw_days(
    rng: np.random.Generator, n: int, weeks: NDArray[Any], course: Course, wait: NDArray[Any]
) -> NDArray[Any]:
    """Day of each sample; NaN after the end of treatment (of treatment and 14 days in the first month)."""
    planned = np.concatenate([[14.0, 28.0], 7.0 * weeks])
    jitter = np.rint(rng.standard_normal((n, len(planned))) * np.where(planned < 50, 1.0, 4.0))
    planned = planned + np.clip(jitter, -6, 6)
    grace = np.where(planned < 50, 14.0, 0.0)
    until = np.fmin(course.treatment_end[:, None] + grace, course.observed_until[:, None])
    planned = np.where(planned <= until, planned, np.nan)
    progression = course.progression[:, None]
    planned = np.where((planned > 50) & (np.abs(planned - progression) < 21), np.nan, planned)
    baseline = -np.floor(rng.random(n) * (np.minimum(wait, 7) + 1))
    return np.column_stack([baseline, planned, progression])


def _draw_detection(
    rng: np.random.Generator, latent: Latent, visits: int, parameters: SimulationParameters
) -> tuple[NDArray[Any], NDArray[Any]]:
    share = parameters["plasma.detected"]
    stay = parameters["plasma.progression_correlation"]
    n = len(latent.ctdna)
    level = np.repeat(latent.ctdna[:, None], visits, axis=1)
    level[:, -1] = stay * latent.ctdna + np.sqrt(1 - stay**2) * rng.standard_normal(n)
    late = visits - 4
    if late > 0:
        # Between day 28 and progression the level moves half the way, a new draw a visit.
        drift = (1 + stay) / 2
        level[:, 3:-1] = drift * level[:, [0]] + np.sqrt(1 - drift**2) * rng.standard_normal((n, late))
    limits = np.full(visits, stats.norm.isf(share["day14"]))
    limits[0], limits[-1] = stats.norm.isf(share["baseline"]), stats.norm.isf(share["progression"])
    return level, level > limits


def _draw_vaf(
    rng: np.random.Generator, latent: Latent, detected: NDArray[Any], parameters: SimulationParameters
) -> NDArray[Any]:
    """Highest allele frequency, %: log-normal at baseline and higher the higher the level; later a ratio to it."""
    vaf, ratio = parameters["plasma.log10_vaf"], parameters["plasma.vaf_ratio"]
    share, tie = parameters["plasma.detected"]["baseline"], parameters["plasma.vaf_level_correlation"]
    among_detected = stats.truncnorm(stats.norm.isf(share), np.inf)
    level = (latent.ctdna - among_detected.mean()) / among_detected.std()
    spread = tie * level + np.sqrt(1 - tie**2) * rng.standard_normal(len(level))
    baseline = vaf["mean"] + vaf["sd"] * spread
    change = np.log10(ratio["median"]) + ratio["sd_log"] / np.log(10) * rng.standard_normal(detected.shape)
    change[:, 0] = 0.0
    lowest = load_protocol().value("plasma.limit_of_detection_vaf_percent")
    percent = np.clip(10 ** (baseline[:, None] + change), lowest, vaf["cap_percent"])
    return np.where(detected, percent, 0.0)


def _draw_tumour_fraction(
    rng: np.random.Generator, latent: Latent, visits: int, parameters: SimulationParameters
) -> NDArray[Any]:
    """Tumour fraction, %: the cut-off times a log-normal of its latent level; small ones are reported as 0."""
    share, scale = parameters["plasma.tumour_fraction_positive"], parameters["plasma.tumour_fraction_log"]
    cutoff = load_protocol().value("plasma.tumour_fraction_cutoff_percent")
    stay = parameters["plasma.tumour_fraction_correlation"]
    n = len(latent.tumour_fraction)
    # Day 14 carries the association with survival; the others move around it.
    level = stay * latent.tumour_fraction[:, None] + np.sqrt(1 - stay**2) * rng.standard_normal((n, visits))
    level[:, 1] = latent.tumour_fraction
    positive = np.full(visits, share["day14"])
    positive[0], positive[-1] = share["baseline"], share["progression"]
    above = level - stats.norm.isf(positive)
    percent = np.minimum(cutoff * np.exp(scale["slope"] * above), scale["cap_percent"])
    return np.where(percent < scale["zero_below_percent"], 0.0, percent)
