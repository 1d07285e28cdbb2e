"""Who is in which population, and the participant flow that leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cohort.flow import Flow, FlowStep
from analysis.cohort.reasons import Step, steps

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol


def populations(study: Study, protocol: Protocol, *, refused: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a patient and one "boolean" column a population: screened, eligible, treated and so on.

    Parameters
    ----------
    study : Study
        Needs ``patients``; a population that needs a lacking table is <NA> throughout.
    protocol : Protocol
        Criteria and visits.
    refused : pandas.DataFrame, optional
        Scans made but not usable, as in :func:`analysis.cohort.patient_exclusions`.

    Returns
    -------
    pandas.DataFrame
        patient_id, screened, eligible, treated, pet_baseline, pet_day14, pet_day28,
        plasma_baseline, plasma_day14, tissue, survival. Each population lies within its parent: a
        follow-up PET needs the baseline PET, everything else the start of treatment.
    """
    patients = study.table("patients")["patient_id"]
    table = pd.DataFrame({"patient_id": patients.to_numpy()}).astype("string")
    for step in steps(study, protocol, refused=refused):
        members = step.reasons.isna().to_numpy() if step.reasons is not None else pd.NA
        table[step.name] = pd.Series(members, index=table.index, dtype="boolean")
    return table


def participant_flow(study: Study, protocol: Protocol, *, refused: pd.DataFrame | None = None) -> Flow:
    """Participant flow from screening to each population, with everyone left out and why.

    Parameters
    ----------
    study : Study
        Needs ``patients``. Steps that need a lacking table stay in the flow with n None and a note.
    protocol : Protocol
        Criteria and visits.
    refused : pandas.DataFrame, optional
        Scans made but not usable, as in :func:`analysis.cohort.patient_exclusions`.

    Returns
    -------
    Flow
        For every step with a parent, n plus the excluded is the parent's n.
    """
    patients = study.table("patients")
    phase = patients["phase"] if "phase" in patients and patients["phase"].notna().any() else None
    found = steps(study, protocol, refused=refused)
    members: dict[str, np.ndarray] = {
        step.name: np.asarray(step.reasons.isna(), dtype=bool) for step in found if step.reasons is not None
    }
    return Flow(tuple(_flow_step(step, members, phase) for step in found))


def exclusions(flow: Flow) -> pd.DataFrame:
    """One row a population and reason: how many patients are not in it, for printing.

    Parameters
    ----------
    flow : Flow
        As from :func:`participant_flow`.

    Returns
    -------
    pandas.DataFrame
        population, of (the population it is drawn from), reason, n. Populations that nobody is left
        out of, or that are not known, have no row.
    """
    rows = [
        {"population": step.label, "of": flow.step(step.parent).label, "reason": reason, "n": n}
        for step in flow.steps
        if step.parent is not None
        for reason, n in step.excluded
    ]
    return pd.DataFrame(rows, columns=["population", "of", "reason", "n"])


def phase_counts(flow: Flow) -> pd.DataFrame:
    """One row a population, one column a phase of the trial: how many patients, for printing.

    Parameters
    ----------
    flow : Flow
        As from :func:`participant_flow`.

    Returns
    -------
    pandas.DataFrame
        population, one Int64 column a phase that occurs (pilot, extension, phase unknown), all. Empty where the
        study does not tell the phases; a population that is not known has missing counts.
    """
    phases = list(dict.fromkeys(name for step in flow.steps for name, _ in step.groups))
    rows = [{"population": step.label, **dict(step.groups), "all": step.n} for step in flow.steps if phases]
    table = pd.DataFrame(rows, columns=["population", *phases, "all"])
    return table.astype(dict.fromkeys([*phases, "all"], "Int64"))


def _flow_step(step: Step, members: dict[str, np.ndarray], phase: pd.Series | None) -> FlowStep:
    if step.reasons is None:
        return FlowStep(step.label, None, name=step.name, parent=step.parent, notes=step.notes)
    inside = members[step.name]
    excluded: tuple[tuple[str, int], ...] = ()
    if step.parent is not None:
        lost = step.reasons.to_numpy()[members[step.parent] & ~inside]
        excluded = _counts(pd.Series(lost, dtype="string"))
    groups: tuple[tuple[str, int], ...] = ()
    if phase is not None:
        named = phase.astype("string").fillna("phase unknown")
        groups = tuple((name, int((inside & (named == name)).sum())) for name in _phases(named))
    return FlowStep(
        step.label,
        int(inside.sum()),
        excluded=excluded,
        name=step.name,
        parent=step.parent,
        groups=groups,
        notes=step.notes,
    )


def _counts(reasons: pd.Series) -> tuple[tuple[str, int], ...]:
    """Reasons with their counts, most frequent first, then by the alphabet: the same on every machine."""
    counts = reasons.value_counts()
    return tuple(
        sorted(((str(why), int(n)) for why, n in counts.items()), key=lambda pair: (-pair[1], pair[0]))
    )


def _phases(named: pd.Series) -> list[str]:
    order = ("pilot", "extension", "phase unknown")
    return [name for name in order if (named == name).any()]
