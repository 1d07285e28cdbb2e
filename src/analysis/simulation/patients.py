"""Simulated patients at baseline, enrolled one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters
from analysis.study import load_protocol

_FAILED_ITEMS = ("I4", "I5", "I6")
"""Criteria on which simulated patients fail: re-biopsy, earlier treatment, hormones."""


def draw_patients(
    rng: np.random.Generator, latent: Latent, *, treated: int, parameters: SimulationParameters
) -> pd.DataFrame:
    """Patients in the order of enrolment, with everything the tables need to know of them at baseline.

    Parameters
    ----------
    rng : Generator
        Stream of the patients.
    latent : Latent
        Values of all enrolled patients, shape (n,): ``visceral`` decides visceral disease.
    treated : int
        How many of them were treated; the others failed a criterion.
    parameters : SimulationParameters
        Facts of the simulated trial.

    Returns
    -------
    DataFrame
        Columns of the table ``patients`` (dates as datetime64[s]) and, besides, ``breast`` and
        ``other`` (further organs with metastases), ``failed_item`` (code, empty if eligible).
    """
    n = len(latent.visceral)
    organs = _draw_organs(rng, latent, parameters)
    enrolment = _draw_enrolment(rng, n, parameters)
    wait = rng.integers(*parameters["design.days_to_treatment"], size=n, endpoint=True)
    age = _truncated_normal(rng, n, **parameters["baseline.age_years"])
    birth = enrolment - np.floor(age * 365.25).astype("timedelta64[D]")
    height = np.round(_truncated_normal(rng, n, **parameters["baseline.height_cm"]))
    bmi = parameters["baseline.bmi"]
    weight = np.clip(bmi["median"] * np.exp(bmi["sd_log"] * rng.standard_normal(n)), bmi["low"], bmi["high"])
    failed = np.zeros(n, dtype=bool)
    failed[rng.permutation(n)[: n - treated]] = True
    items = np.where(failed, rng.choice(_FAILED_ITEMS, size=n), "")
    pilot = np.cumsum(~failed) <= round(treated * parameters["design.pilot_share"])
    bone_only = organs["bone"] & (organs["sites"] == 1)
    measurable = np.where(
        bone_only, parameters["baseline.measurable_bone_only"], parameters["baseline.measurable_other"]
    )
    return pd.DataFrame(
        {
            "patient_id": [f"SIM-{number:0{max(3, len(str(n)))}d}" for number in range(1, n + 1)],
            "centre": np.char.add(
                "C", _categories(rng, n, parameters["design.centre_weights"], 1).astype(str)
            ),
            "phase": np.where(pilot, "pilot", "extension"),
            "sex": "F",
            "birth_date": birth.astype("datetime64[s]"),
            "age_years": ((enrolment - birth).astype(int) / 365.25).astype(int),
            "enrolment_date": enrolment.astype("datetime64[s]"),
            "treatment_start_date": np.where(
                failed, np.datetime64("NaT"), enrolment + wait.astype("timedelta64[D]")
            ).astype("datetime64[s]"),
            "height_cm": height,
            "weight_kg": np.round(np.clip(weight * (height / 100) ** 2, 38, 130), 1),
            "ecog": _categories(rng, n, parameters["baseline.ecog"], 0),
            "measurable": rng.random(n) < measurable,
            **organs,
            "prior_lines": _categories(rng, n, parameters["baseline.prior_lines"], 0),
            "failed_item": items,
        }
    )


def tabulate_eligibility(patients: pd.DataFrame) -> pd.DataFrame:
    """One row a patient and criterion of the protocol: met, except the item the patient failed."""
    codes = list(load_protocol().eligibility)
    return pd.DataFrame(
        {
            "patient_id": np.repeat(np.asarray(patients["patient_id"]), len(codes)),
            "item": np.tile(codes, len(patients)),
            "met": np.repeat(np.asarray(patients["failed_item"]), len(codes))
            != np.tile(codes, len(patients)),
        }
    )


def _draw_organs(
    rng: np.random.Generator, latent: Latent, parameters: SimulationParameters
) -> Mapping[str, NDArray[Any]]:
    """Organs with metastases; at least one, and visceral exactly when a visceral organ is among them."""
    n = len(latent.visceral)
    share = parameters["baseline.visceral"]
    visceral = latent.visceral > stats.norm.isf(share)
    liver = visceral & (rng.random(n) < parameters["baseline.liver"] / share)
    lung = visceral & (rng.random(n) < parameters["baseline.lung"] / share)
    elsewhere = visceral & ~liver & ~lung
    bone = rng.random(n) < parameters["baseline.bone"]
    nodes = rng.random(n) < parameters["baseline.nodes"]
    further = _draw_further_sites(rng, n, **parameters["baseline.other_sites"])
    further = np.where(visceral | bone | nodes, further, np.maximum(further, 1))
    return {
        "visceral": visceral,
        "bone": bone,
        "liver": liver,
        "lung": lung,
        "nodes": nodes,
        "sites": np.sum([liver, lung, elsewhere, bone, nodes, further], axis=0),
        "breast": further > 0,
        "other": elsewhere | (further > 1),
    }


def _draw_further_sites(rng: np.random.Generator, n: int, *, mean: float, size: float) -> NDArray[Any]:
    return rng.negative_binomial(size, size / (size + mean), size=n)


def _draw_enrolment(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    """Uniform accrual, in order, on working days."""
    first, last = np.array(parameters["design.enrolment"], dtype="datetime64[D]")
    span = (last - first).astype(int)
    days = np.sort(first + np.floor(rng.random(n) * (span + 1)).astype("timedelta64[D]"))
    return np.busday_offset(days, 0, roll="backward")


def _truncated_normal(
    rng: np.random.Generator, n: int, *, mean: float, sd: float, low: float, high: float
) -> NDArray[Any]:
    below, above = stats.norm.cdf([(low - mean) / sd, (high - mean) / sd])
    return mean + sd * stats.norm.ppf(below + (above - below) * rng.random(n))


def _categories(rng: np.random.Generator, n: int, weights: list[float], first: int) -> NDArray[Any]:
    """Whole numbers from ``first`` with probabilities proportional to the weights."""
    probability = np.asarray(weights, dtype=float)
    return first + rng.choice(len(probability), size=n, p=probability / probability.sum())
