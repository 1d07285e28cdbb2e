"""Simulated patients of two arms at baseline: who they are, where they were randomised to, when."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.simulation.parameters import SimulationParameters


def draw_patients(rng: np.random.Generator, *, parameters: SimulationParameters) -> pd.DataFrame:
    """Draw the patients of both arms, as many first-line patients in each as published, in order of randomisation.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    parameters : SimulationParameters
        Those of ``data/simulation-first-line.yml``.

    Returns
    -------
    DataFrame
        Columns of the table ``patients``, and ``treated``, ``pfs_follow_up`` and ``os_follow_up``: whether a dose was
        taken, and days from randomisation to the two cut-offs.
    """
    known = parameters
    counts, first = known["design.patients"], known["design.first_line"]
    arm = np.concatenate([np.repeat(name, counts[name]) for name in counts])
    last = np.concatenate(
        [np.repeat(["adjuvant", "metastatic"], [first[name], counts[name] - first[name]]) for name in counts]
    )
    treated = np.concatenate(
        [np.arange(counts[name]) < counts[name] - known["design.never_treated"][name] for name in counts]
    )
    n = len(arm)
    opened, closed = (np.datetime64(day) for day in known["design.enrolment"])
    day = opened + rng.integers(0, (closed - opened).astype(int), size=n, endpoint=True)
    age = known["baseline.age_years"]
    limits = [(age[side] - age["mean"]) / age["sd"] for side in ("low", "high")]
    visceral = rng.random(n) < known["baseline.visceral"]
    liver = visceral & (rng.random(n) < known["baseline.liver_if_visceral"])
    lung = visceral & (~liver | (rng.random(n) < known["baseline.lung_if_visceral"]))
    share_only = known["baseline.bone_only"] / (1 - known["baseline.visceral"])
    only = ~visceral & (rng.random(n) < share_only)
    share_bone = (known["baseline.bone"] - known["baseline.bone_only"]) / (1 - known["baseline.bone_only"])
    bone = only | (rng.random(n) < share_bone)
    nodes = ~only & (rng.random(n) < known["baseline.nodes"])
    nodes |= ~(bone | visceral | nodes)
    lines = rng.choice([1, 2, 3], size=n, p=known["baseline.prior_lines"])
    wait = rng.integers(*known["design.days_to_treatment"], size=n, endpoint=True)
    cutoffs = {
        name: (np.datetime64(known[f"design.cutoff_{name}"]) - day).astype(int) for name in ("pfs", "os")
    }
    table = pd.DataFrame(
        {
            "sex": "F",
            "age_years": np.floor(
                stats.truncnorm.ppf(rng.random(n), *limits, loc=age["mean"], scale=age["sd"])
            ),
            "ecog": rng.choice([0, 1, 2], size=n, p=known["baseline.ecog"]),
            "measurable": rng.random(n) < known["baseline.measurable"],
            "visceral": visceral,
            "bone": bone,
            "liver": liver,
            "lung": lung,
            "nodes": nodes,
            "sites": bone.astype(int) + liver + lung + nodes,
            "prior_lines": np.where(last == "adjuvant", 0, lines),
            "arm": arm,
            "randomised_date": day,
            "last_treatment": last,
            "endocrine_sensitive": rng.random(n) < known["baseline.endocrine_sensitive"],
            "treatment_start_day": np.where(treated, wait, np.nan),
            "treated": treated,
            "pfs_follow_up": cutoffs["pfs"],
            "os_follow_up": cutoffs["os"],
        }
    )
    order = rng.permutation(n)
    table = table.iloc[order].sort_values("randomised_date", kind="stable", ignore_index=True)
    table.insert(0, "patient_id", [f"FL{number:04d}" for number in range(1, n + 1)])
    return table
