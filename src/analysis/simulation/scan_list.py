"""The PET scans of a simulated trial: what each of them has to show, ready to be written as DICOM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.headers import HEADER_STYLES
from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.response import VISITS
from analysis.simulation.scans import SimulatedLesion, SimulatedScan
from analysis.simulation.streams import stream
from analysis.simulation.trial import JointDraw

_LARGEST_SEED = 2**62


def list_scans(
    draw: JointDraw, visits: pd.DataFrame, *, parameters: SimulationParameters | None = None
) -> tuple[SimulatedScan, ...]:
    """List the scans that were made, by patient and visit.

    Everything of all planned scans is drawn, so that a missed scan changes no other.

    Parameters
    ----------
    draw : JointDraw
        From :func:`analysis.simulation.trial.draw_joint`.
    visits : DataFrame
        Table ``pet_visits`` of the same draw, with ``scanned_date``; those not done have no scan.
    parameters : SimulationParameters, optional
        The facts it was drawn with.
    """
    known = parameters or load_parameters()
    rng = stream(draw.seed, "scans")
    patients = draw.patients
    n = len(patients)
    shape = (n, len(VISITS))
    seeds = rng.integers(_LARGEST_SEED, size=(n, 2))
    noise = rng.integers(_LARGEST_SEED, size=shape)
    styles = _draw_styles(rng, patients, known)
    loss = np.cumsum(rng.normal(0.2, 0.7, size=shape), axis=1)
    weight = np.round(np.maximum(np.asarray(patients["weight_kg"])[:, None] - loss + loss[:, :1], 35.0), 1)
    dose = known["pet.dose_mbq_per_kg"]
    activity = np.round(
        weight * dose["mean"] * (1 + dose["cv"] * np.clip(rng.standard_normal(shape), -2.5, 2.5)), 1
    )
    uptake = _draw_uptake(rng, n, known)
    twin = rng.random(shape) < known["pet.nac_twin"]
    lesions = dict(iter(draw.lesions.groupby("patient")))
    done = visits[visits["status"] == "done"].set_index(["patient_id", "visit"])["scanned_date"]
    return tuple(
        SimulatedScan(
            patient_id=patient["patient_id"],
            visit=visit,
            scan_date=done[patient["patient_id"], visit].date(),
            centre=patient["centre"],
            height_cm=float(patient["height_cm"]),
            weight_kg=float(weight[number, column]),
            sex=patient["sex"],
            lesions=_lesions_at(lesions[number], visit),
            lesion_seed=int(seeds[number, 0]),
            anatomy_seed=int(seeds[number, 1]),
            noise_seed=int(noise[number, column]),
            header_style=str(styles[number, column]),
            uptake_minutes=float(uptake[number, column]),
            dose_mbq=float(activity[number, column]),
            with_nac_twin=bool(twin[number, column]),
        )
        for number, patient in enumerate(patients.to_dict("records"))
        for column, visit in enumerate(VISITS)
        if (patient["patient_id"], visit) in done.index
    )


def _lesions_at(rows: pd.DataFrame, visit: str) -> tuple[SimulatedLesion, ...]:
    """Make the lesions of one patient at one visit; a lesion that has not appeared yet is left out."""
    present = rows[rows[f"suv_{visit}"].notna()]
    return tuple(
        SimulatedLesion(
            lesion_id=row["lesion_id"],
            site=row["site"],
            radius_mm=float(row["radius_mm"]),
            suv_max=float(row[f"suv_{visit}"]),
            target=bool(row["target"]),
            new=bool(row["new"]),
        )
        for row in present.to_dict("records")
    )


def _draw_styles(
    rng: np.random.Generator, patients: pd.DataFrame, parameters: SimulationParameters
) -> NDArray[Any]:
    """Header style of each scan, shape (n, visits): the centre's usual one, a rare one, or another scanner.

    Rare styles go to a share of the patients in turn, so that a trial of usual size has every one of them.
    """
    n = len(patients)
    usual = np.array(parameters["pet.centre_headers"])
    own = usual[[int(centre.removeprefix("C")) - 1 for centre in patients["centre"]]].astype(object)
    rare = [style for style in HEADER_STYLES if style not in usual]
    chosen = rng.permutation(n)[: round(n * parameters["pet.rare_header_share"])]
    own[chosen] = [rare[position % len(rare)] for position in range(len(chosen))]
    styles = np.repeat(own[:, None], len(VISITS), axis=1)
    changes = rng.random(styles.shape) < parameters["pet.scanner_change"]
    changes[:, 0] = False
    styles[changes] = rng.choice(usual, size=int(changes.sum()))
    return styles


def _draw_uptake(rng: np.random.Generator, n: int, parameters: SimulationParameters) -> NDArray[Any]:
    """Minutes from injection to acquisition, shape (n, visits): a patient's habit, and a few delays."""
    uptake, delay = parameters["pet.uptake_minutes"], parameters["pet.uptake_delay"]
    shape = (n, len(VISITS))
    minutes = uptake["mean"] + uptake["patient_sd"] * rng.standard_normal((n, 1))
    minutes = minutes + uptake["scan_sd"] * rng.standard_normal(shape)
    late = rng.random(shape) < delay["share"]
    minutes = minutes + late * rng.uniform(*delay["minutes"], size=shape)
    return np.round(np.clip(minutes, uptake["low"], uptake["high"]))
