"""The truth behind a simulated trial, for tests alone: no analysis reads it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.response import deciding_decrease
from analysis.simulation.trial import JointDraw

FILE = "truth.yml"
"""Written last: a folder without it is unfinished."""


def truth_folder(destination: Path) -> Path:
    """Folder of the truth of a study folder: beside it, so that the study can be handed on without it."""
    return destination.with_name(f"{destination.name}-truth")


def tabulate_truth(draw: JointDraw) -> dict[str, pd.DataFrame]:
    """Make the tables of the truth: ``patients``, ``lesions`` and ``plasma``, times in days since treatment start.

    ``patients`` has the latent values, the deciding decreases at day 14 and 28 (without and with
    test-retest variation), true progression before any visit, and true death; ``lesions`` the true and
    the measured SUVmax at every visit, scanned or not; ``plasma`` the true state at every planned visit.
    """
    ids = np.asarray(draw.patients["patient_id"])
    latent = {f"latent_{field.name}": getattr(draw.latent, field.name) for field in fields(draw.latent)}
    decreases = {
        f"{word}_decrease_{visit}": deciding_decrease(draw.lesions, visit, prefix=prefix)
        for visit in ("day14", "day28")
        for word, prefix in (("true", "true"), ("measured", "suv"))
    }
    course = {
        "progression_true_day": draw.course.progression_true,
        "death_true_day": draw.course.death_true,
    }
    patients = pd.DataFrame({"patient_id": ids, **latent, **decreases, **course})
    lesions = draw.lesions.assign(patient_id=list(ids[np.asarray(draw.lesions["patient"])]))
    plasma = draw.plasma
    states = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, len(plasma.visits)),
            "visit": np.tile(plasma.visits, len(ids)),
            "due_day": plasma.day.ravel(),
            "latent_level": plasma.level.ravel(),
            "detected": plasma.detected.ravel(),
            "max_vaf_percent": plasma.vaf_percent.ravel(),
            "tumour_fraction_percent": plasma.tumour_fraction_percent.ravel(),
        }
    )
    return {"patients": patients, "lesions": lesions.drop(columns="patient"), "plasma": states}


def write_truth(folder: Path, draw: JointDraw, *, parameters: SimulationParameters | None = None) -> None:
    """Write the truth into an existing folder: one CSV a table, and last ``truth.yml`` with seed and effect."""
    known = parameters or load_parameters()
    for name, table in tabulate_truth(draw).items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    content = {
        "patients": len(draw.patients),
        "seed": draw.seed,
        "effect": draw.effect,
        "rho": known["effect.rho"][draw.effect],
    }
    (folder / FILE).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
