"""One simulated trial of two arms: its patients drawn jointly, and the tables that it would have written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.trial import with_dates
from analysis.simulation.two_arms.adverse_events import draw_adverse_events
from analysis.simulation.two_arms.course import Observed, draw_courses, tabulate_courses
from analysis.simulation.two_arms.patients import draw_patients
from analysis.simulation.two_arms.questionnaires import draw_questionnaires
from analysis.simulation.two_arms.treatment import Treatment, draw_treatment
from analysis.study import project_root

DEFAULT_SEED = 20090603
"""Chosen before the first draw, from the trial's first day; never tuned."""
FILE = "simulation-first-line.yml"
SUBJECTS = ("patients", "courses", "treatment", "questionnaires", "adverse_events")
"""Each has random numbers of its own; a later one goes to the end."""


@dataclass(frozen=True, eq=False)
class TwoArmDraw:
    """One trial of n patients: who they are, what is seen of them, how they were treated."""

    seed: int
    patients: pd.DataFrame
    observed: Observed
    treatment: Treatment


def two_arm_parameters(path: Path | None = None) -> SimulationParameters:
    """The facts of the simulated two-arm trial; without a path, ``data/simulation-first-line.yml``."""
    return load_parameters(path or project_root() / "data" / FILE)


def two_arm_stream(seed: int, subject: str) -> np.random.Generator:
    """Random numbers of one subject of the simulation, independent of how many another has drawn."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SUBJECTS.index(subject),)))


def draw_two_arms(*, seed: int, parameters: SimulationParameters | None = None) -> TwoArmDraw:
    """Draw one trial of two arms, in the sizes of the facts.

    Parameters
    ----------
    seed : int
        Root of all random numbers, from 0.
    parameters : SimulationParameters, optional
        Other facts than those of ``data/simulation-first-line.yml``.

    Raises
    ------
    ParameterError
        If the seed cannot be.

    Examples
    --------
    >>> draw = draw_two_arms(seed=1)
    >>> draw.patients["arm"].value_counts().to_dict()
    {'eve': 485, 'pbo': 239}
    """
    if seed < 0:
        raise ParameterError(f"seed {seed} cannot be", where="simulate", expected="a whole number from 0")
    known = parameters or two_arm_parameters()
    patients = draw_patients(two_arm_stream(seed, "patients"), parameters=known)
    observed = draw_courses(two_arm_stream(seed, "courses"), patients, parameters=known)
    treatment = draw_treatment(two_arm_stream(seed, "treatment"), patients, observed, parameters=known)
    return TwoArmDraw(seed, patients, observed, treatment)


def tabulate_two_arms(
    draw: TwoArmDraw, *, parameters: SimulationParameters | None = None
) -> dict[str, pd.DataFrame]:
    """Make the tables of the study folder, by name, times as ISO dates (``x_date``)."""
    known = parameters or two_arm_parameters()
    patients, observed, treatment = draw.patients, draw.observed, draw.treatment
    tables = {
        "patients": patients.drop(columns=["treated", "pfs_follow_up", "os_follow_up"]),
        "outcomes": tabulate_courses(observed, patients, treatment),
        "adverse_events": draw_adverse_events(
            two_arm_stream(draw.seed, "adverse_events"),
            patients,
            treatment,
            watched_until=observed.os_days,
            parameters=known,
        ),
        "quality_of_life_items": draw_questionnaires(
            two_arm_stream(draw.seed, "questionnaires"), patients, observed, treatment, parameters=known
        ),
    }
    starts = patients.set_index("patient_id")["randomised_date"]
    return {name: with_dates(table, starts) for name, table in tables.items()}
