"""One simulated trial: every patient's truth drawn jointly, and the tables that the trial would have written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import ParameterError
from analysis.simulation.adverse_events import tabulate_adverse_events
from analysis.simulation.assessments import tabulate_assessments
from analysis.simulation.course import Course, draw_course, tabulate_outcomes
from analysis.simulation.genotype import draw_genotype, tabulate_variants
from analysis.simulation.latent import Latent, draw_latent
from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.patients import draw_patients, tabulate_eligibility
from analysis.simulation.pet_visits import tabulate_pet_visits
from analysis.simulation.plasma import Plasma, draw_plasma, tabulate_plasma
from analysis.simulation.quality_of_life import tabulate_quality_of_life
from analysis.simulation.response import draw_lesions
from analysis.simulation.streams import stream
from analysis.simulation.tissue import tabulate_tissue

DEFAULT_SEED = 20140101
"""Chosen before the first draw, from the registered start of the trial; never tuned."""


@dataclass(frozen=True)
class JointDraw:
    """Everything that is true of the patients of one trial, without tables and images.

    ``enrolled`` has a row for everyone enrolled; ``patients`` only the n treated, whose row numbers are
    what ``latent``, ``course``, ``plasma`` (arrays of shape (n, ...)) and ``lesions["patient"]`` refer to.
    ``wait`` is the number of days from enrolment to treatment, shape (n,).
    """

    seed: int
    effect: str
    enrolled: pd.DataFrame
    patients: pd.DataFrame
    wait: NDArray[Any]
    latent: Latent
    lesions: pd.DataFrame
    course: Course
    plasma: Plasma


def draw_joint(
    n: int, *, seed: int, effect: str = "published", parameters: SimulationParameters | None = None
) -> JointDraw:
    """Draw n treated patients jointly: response, lesions, ctDNA, survival and follow-up.

    What operating characteristics need: no table is made and nothing is written.

    Parameters
    ----------
    n : int
        Treated patients, at least 1. Those who fail a criterion come on top.
    seed : int
        Root of all random numbers, from 0.
    effect : str
        ``published``, ``none`` or ``strong``: the association of PET response with PFS.
    parameters : SimulationParameters, optional
        Other facts than those of ``data/simulation.yml``.

    Raises
    ------
    ParameterError
        If n, seed or effect cannot be.

    Examples
    --------
    >>> draw = draw_joint(200, seed=1)
    >>> draw.course.pfs_days.shape
    (200,)
    """
    known = parameters or load_parameters()
    if n < 1 or seed < 0:
        raise ParameterError(
            f"{n} patients with seed {seed} cannot be simulated",
            where="simulate",
            expected="at least 1 patient and a seed from 0",
            do="choose others",
        )
    everyone = n + round(n * known["design.screen_failure_share"])
    latent = draw_latent(stream(seed, "latent"), everyone, effect=effect, parameters=known)
    enrolled = draw_patients(stream(seed, "patients"), latent, treated=n, parameters=known)
    treated = np.asarray(enrolled["failed_item"] == "")
    patients = enrolled[treated].reset_index(drop=True)
    latent = replace(latent, **{field.name: getattr(latent, field.name)[treated] for field in fields(latent)})
    start = np.asarray(patients["treatment_start_date"]).astype("datetime64[D]")
    wait = (start - np.asarray(patients["enrolment_date"]).astype("datetime64[D]")).astype(int)
    follow_up = (np.datetime64(known["design.cutoff"]) - start).astype(int)
    lesions = draw_lesions(stream(seed, "lesions"), patients, latent, parameters=known)
    course = draw_course(stream(seed, "course"), latent, follow_up=follow_up, parameters=known)
    plasma = draw_plasma(stream(seed, "plasma"), latent, course, wait=wait, parameters=known)
    return JointDraw(seed, effect, enrolled, patients, wait, latent, lesions, course, plasma)


def tabulate_trial(
    draw: JointDraw, *, parameters: SimulationParameters | None = None
) -> dict[str, pd.DataFrame]:
    """Make the tables of the study folder, by name, times as ISO dates (``x_date``).

    Parameters
    ----------
    draw : JointDraw
        From :func:`draw_joint`.
    parameters : SimulationParameters, optional
        The facts it was drawn with.
    """
    known = parameters or load_parameters()
    seed, patients, course = draw.seed, draw.patients, draw.course
    ids = np.asarray(patients["patient_id"])
    plasma_rng, tissue_rng = stream(seed, "plasma_tables"), stream(seed, "tissue")
    genotype = draw_genotype(tissue_rng, draw.plasma, parameters=known)
    samples = tabulate_plasma(plasma_rng, draw.plasma, ids, parameters=known)
    tables = {
        "patients": draw.enrolled.drop(columns=["breast", "other", "failed_item"]),
        "eligibility": tabulate_eligibility(draw.enrolled),
        "assessments": tabulate_assessments(
            stream(seed, "assessments"), course, draw.latent, patients, parameters=known
        ),
        "outcomes": tabulate_outcomes(course, ids),
        "adverse_events": tabulate_adverse_events(
            stream(seed, "adverse_events"), course, ids, parameters=known
        ),
        "quality_of_life": tabulate_quality_of_life(
            stream(seed, "quality_of_life"), course, ids, wait=draw.wait, parameters=known
        ),
        "plasma_samples": samples,
        "plasma_variants": tabulate_variants(plasma_rng, genotype, draw.plasma, samples, ids),
        "tissue": tabulate_tissue(tissue_rng, genotype, draw.latent, ids, parameters=known),
        "pet_visits": tabulate_pet_visits(
            stream(seed, "pet_visits"), course, patients, draw.lesions, wait=draw.wait, parameters=known
        ),
    }
    tables["lesions"] = _tabulate_lesions(draw.lesions, tables["pet_visits"], ids)
    starts = patients.set_index("patient_id")["treatment_start_date"]
    return {name: with_dates(table, starts) for name, table in tables.items()}


def _tabulate_lesions(lesions: pd.DataFrame, visits: pd.DataFrame, ids: NDArray[Any]) -> pd.DataFrame:
    """Table ``lesions``: those that a scan shows; a new lesion only if a scan was made after it appeared."""
    table = lesions.assign(patient_id=list(ids[np.asarray(lesions["patient"])]))
    done = visits[visits["status"] == "done"]
    seen = np.zeros(len(table), dtype=bool)
    for visit, scanned in done.groupby("visit")["patient_id"]:
        seen |= np.asarray(table[f"true_{visit}"].notna() & table["patient_id"].isin(scanned))
    return table[seen][["patient_id", "lesion_id", "site", "target"]].reset_index(drop=True)


def with_dates(table: pd.DataFrame, starts: Mapping[str, pd.Timestamp] | pd.Series) -> pd.DataFrame:
    """Give the table with each day column ``x_day`` as dates ``x_date``."""
    times = [name for name in table.columns if name.endswith("_day")]
    if not times:
        return table
    start = table["patient_id"].map(starts)
    dated = {f"{name[:-4]}_date": start + _whole_days(table[name]) for name in times}
    return table.drop(columns=times).assign(**dated)


def _whole_days(days: pd.Series) -> pd.Series:
    """Whole days as time differences; pandas' own conversion of floats rounds even the missing ones."""
    known = days.notna().to_numpy()
    found = np.full(len(days), np.timedelta64("NaT", "D"))
    found[known] = np.rint(days.to_numpy(float)[known]).astype("timedelta64[D]")
    return pd.Series(found, index=days.index).astype("timedelta64[ns]")
