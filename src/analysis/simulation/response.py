"""Simulated lesions: where they are, how avid, and how their uptake changes at day 14 and day 28."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters
from analysis.study import load_protocol

VISITS = ("baseline", "day14", "day28")
"""Visits at which a lesion has an uptake; whether it was scanned is decided elsewhere."""

_ORGAN_OF_SITE = {
    "bone": "bone",
    "node": "nodes",
    "lung": "lung",
    "liver": "liver",
    "breast": "breast",
    "other": "other",
}


def draw_lesions(
    rng: np.random.Generator, patients: pd.DataFrame, latent: Latent, *, parameters: SimulationParameters
) -> pd.DataFrame:
    """One row a lesion, by patient and label.

    Parameters
    ----------
    rng : Generator
        Stream of the lesions.
    patients : DataFrame
        Treated patients, n rows, with the organs that have metastases.
    latent : Latent
        Their latent values, shape (n,).
    parameters : SimulationParameters
        Facts of the simulated trial.

    Returns
    -------
    DataFrame
        ``patient`` (row number in ``patients``), ``lesion_id``, ``site``, ``target``, ``new``,
        ``radius_mm``; for each of ``VISITS`` ``true_<visit>`` (SUVmax without test-retest variation)
        and ``suv_<visit>`` (with it). A new lesion has missing values before it appears.
    """
    n = len(patients)
    counts = _draw_counts(rng, n, parameters)
    patient = np.repeat(np.arange(n), counts)
    radius = _draw_radius(rng, len(patient), parameters)
    order = np.lexsort((-radius, patient))  # labels by size: the largest are the targets, as in RECIST
    radius = radius[order]
    number = np.arange(len(patient)) - np.repeat(np.cumsum(counts) - counts, counts)
    site = _draw_sites(rng, patients, patient, parameters)
    baseline = _draw_baseline(rng, n, patient, site, parameters)
    frame = pd.DataFrame(
        {
            "patient": patient,
            "number": number,
            "site": site,
            "target": number < load_protocol().value("response.max_target_lesions"),
            "new": False,
            "radius_mm": radius,
            "true_baseline": baseline,
        }
    )
    spread = rng.standard_normal(len(patient))
    stay = parameters["response.day28_correlation"]
    later = stay * spread + np.sqrt(1 - stay**2) * rng.standard_normal(len(patient))
    for visit, level, deviation, extra in (
        ("day14", latent.response, spread, 0.0),
        ("day28", latent.response28, later, parameters["response.day28_extra_percent"]),
    ):
        decrease = (
            parameters["response.mean_percent"]
            + extra
            + parameters["response.patient_sd_percent"] * level[patient]
            + parameters["response.lesion_sd_percent"] * deviation
        )
        decrease = np.minimum(decrease, parameters["response.largest_percent"])
        frame[f"true_{visit}"] = baseline * (1 - decrease / 100)
    frame = pd.concat([frame, _draw_new(rng, n, counts, frame, parameters)], ignore_index=True)
    frame = frame.sort_values(["patient", "number"], ignore_index=True)
    frame["lesion_id"] = "L" + (frame["number"] + 1).astype(str).str.zfill(2)
    for visit in VISITS:
        noise = _draw_test_retest(rng, n, np.asarray(frame["patient"]), parameters)
        measured = np.asarray(frame[f"true_{visit}"]) * noise
        frame[f"suv_{visit}"] = np.maximum(measured, parameters["lesions.suv_max_lowest"])
    return frame.drop(columns="number")


def deciding_decrease(lesions: pd.DataFrame, visit: str, *, prefix: str = "suv") -> NDArray[Any]:
    """Decrease, in percent, of each patient's least-responding target lesion, shape (n,).

    The lesion that decides under the any-resistant rule. New lesions, which decide by being there,
    are not in it. ``prefix`` ``suv`` takes measured values, ``true`` those without test-retest variation.
    """
    targets = lesions[lesions["target"] & ~lesions["new"]]
    change = 100 * (1 - targets[f"{prefix}_{visit}"] / targets[f"{prefix}_baseline"])
    return np.asarray(change.groupby(targets["patient"]).min())


def _draw_counts(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    """Zero-truncated negative binomial, by inversion."""
    count = parameters["lesions.count"]
    size = count["size"]

    def excess(mean: float) -> float:
        return mean / (1 - (size / (size + mean)) ** size) - count["mean"]

    untruncated = optimize.brentq(excess, 1e-6, count["mean"])
    distribution = stats.nbinom(size, size / (size + untruncated))
    none = distribution.cdf(0)
    drawn = distribution.ppf(none + (1 - none) * rng.random(n)).astype(int)
    return np.clip(drawn, 1, count["cap"])


def _draw_radius(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    radius = parameters["lesions.radius_mm"]
    drawn = radius["median"] * np.exp(radius["sd_log"] * rng.standard_normal(n))
    return np.round(np.clip(drawn, radius["low"], radius["high"]), 1)


def _draw_sites(
    rng: np.random.Generator, patients: pd.DataFrame, patient: NDArray[Any], parameters: SimulationParameters
) -> NDArray[Any]:
    """Site of each lesion among the organs its patient has."""
    mix = parameters["lesions.site_mix"]
    weights = np.array([np.asarray(patients[_ORGAN_OF_SITE[site]]) * share for site, share in mix.items()]).T[
        patient
    ]
    limits = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    chosen = (rng.random(len(patient))[:, None] > limits).sum(axis=1)
    return np.array(list(mix))[chosen]


def _draw_baseline(
    rng: np.random.Generator,
    n: int,
    patient: NDArray[Any],
    site: NDArray[Any],
    parameters: SimulationParameters,
) -> NDArray[Any]:
    """Draw true SUVmax at baseline: log-normal between patients and between lesions, visible above its organ."""
    suv = parameters["lesions.suv_max"]
    log = suv["patient_sd_log"] * rng.standard_normal(n)[patient]
    log = log + suv["lesion_sd_log"] * rng.standard_normal(len(patient))
    organs, which = np.unique(site, return_inverse=True)
    floor = np.array([parameters["lesions.suv_max_floor"][each] for each in organs])[which]
    return np.maximum(suv["median"] * np.exp(log), floor)


def _draw_new(
    rng: np.random.Generator,
    n: int,
    counts: NDArray[Any],
    lesions: pd.DataFrame,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Lesions that appear at day 14 or day 28, at most one a patient; never targets."""
    appears = rng.random((n, 2)) < parameters["lesions.new_lesion"]
    patient = np.flatnonzero(appears.any(axis=1))
    suv = parameters["lesions.new_lesion_suv_max"]
    value = suv["median"] * np.exp(suv["sd_log"] * rng.standard_normal(len(patient)))
    site = np.asarray(lesions["site"])[np.cumsum(counts)[patient] - counts[patient]]
    floor = np.array([parameters["lesions.suv_max_floor"][each] for each in site], dtype=float)
    value = np.maximum(value, floor)
    return pd.DataFrame(
        {
            "patient": patient,
            "number": counts[patient],
            "site": site,
            "target": False,
            "new": True,
            "radius_mm": parameters["lesions.radius_mm"]["low"] + 2.0,
            "true_baseline": np.nan,
            "true_day14": np.where(appears[patient, 0], value, np.nan),
            "true_day28": value,
        }
    )


def _draw_test_retest(
    rng: np.random.Generator, n: int, patient: NDArray[Any], parameters: SimulationParameters
) -> NDArray[Any]:
    """Factor of one scan on each lesion: ln ~ N(0, ln(1 + CV²)), partly shared within the scan.

    References
    ----------
    Lodge 2017, doi 10.2967/jnumed.116.179499.
    """
    sd = np.sqrt(np.log1p(parameters["response.scan_cv"] ** 2))
    shared = parameters["response.scan_shared"]
    scan = rng.standard_normal(n)[patient]
    lesion = rng.standard_normal(len(patient))
    return np.exp(sd * (np.sqrt(shared) * scan + np.sqrt(1 - shared) * lesion))
