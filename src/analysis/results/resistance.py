"""Every marker against progression: hazard ratios from the landmark, and early progression as an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers import (
    Association,
    at_visit,
    binary_association,
    early_progression,
    marker_label,
    nominal_day,
    plasma_concentrations,
    scale_association,
    tissue_values,
    visit_words,
    with_q_values,
)
from analysis.biomarkers.plasma import MARKERS
from analysis.biomarkers.tissue import printed_marker
from analysis.results.biomarker_tables import hazard_rows
from analysis.survival import grouping, landmark, marker_hazards

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol

PLASMA, ALTERATIONS, EXPRESSION = "plasma under treatment", "tissue, alterations", "tissue, expression"
"""The families of tests of resistance, declared before anything is computed."""


@dataclass(frozen=True, eq=False)
class Markers:
    """Markers of a study by name: values by patient (0 and 1 for yes/no, NaN unknown), and the family of each."""

    values: dict[str, pd.Series]
    families: dict[str, str]
    yes_no: frozenset[str]


def resistance_markers(
    study: Study, protocol: Protocol, calls: pd.DataFrame | None, *, visit: str
) -> Markers:
    """Every marker that may speak of resistance: plasma at the visit under treatment, tissue from before it.

    Parameters
    ----------
    study : Study
        Tissue and concentrations are taken where it has them.
    protocol : Protocol
        Cut-offs, for the markers' names.
    calls : pandas.DataFrame or None
        As from :func:`analysis.biomarkers.plasma_calls`.
    visit : str
        The visit under treatment.
    """
    values: dict[str, pd.Series] = {}
    families: dict[str, str] = {}
    yes_no: set[str] = set()
    when = visit_words(visit)

    def take(name: str, found: pd.Series, family: str, *, binary: bool) -> None:
        number = found.astype("Float64").astype("float64")
        if number.notna().any():
            values[name], families[name] = number, family
            if binary:
                yes_no.add(name)

    if calls is not None:
        for marker in MARKERS:
            take(
                f"{marker_label(marker, protocol)}, {when}",
                at_visit(calls, marker, visit=visit),
                PLASMA,
                binary=True,
            )
    if study.has("plasma_concentrations"):
        table = plasma_concentrations(study)
        take(
            f"ctDNA risen since baseline, {when}", at_visit(table, "risen", visit=visit), PLASMA, binary=True
        )
        first = at_visit(table, "mtm_per_ml", visit="baseline")
        # Nothing found stands at the lowest concentration found: only its logarithm needs a number there.
        level = pd.Series(np.log10(first.where(first > 0, first[first > 0].min())), index=first.index)
        take("ctDNA at baseline, log10 MTM/ml", level, PLASMA, binary=False)
    if study.has("tissue"):
        tissue = tissue_values(study)
        for (kind, marker), rows in tissue.groupby(["kind", "marker"], sort=True):
            altered = kind == "alteration"
            name = f"{marker} altered" if altered else f"{printed_marker(str(marker))} expression"
            family = ALTERATIONS if altered else EXPRESSION
            take(name, rows.set_index("patient_id")["value"], family, binary=altered)
    return Markers(values, families, frozenset(yes_no))


def resistance_hazards(
    markers: Markers, outcomes: pd.DataFrame, protocol: Protocol, calls: pd.DataFrame | None, *, visit: str
) -> pd.DataFrame:
    """Firth hazard ratio of progression of every marker, from the landmark at the visit.

    The clock starts for everybody when the plasma of the visit is known (the patient's own day where it was taken
    later than planned, the planned day otherwise); whoever had an event before is left out.

    Parameters
    ----------
    markers : Markers
        As from :func:`resistance_markers`.
    outcomes : pandas.DataFrame
        patient_id, pfs_days, pfs_event, without missing values.
    protocol : Protocol
        The planned day, and the effect for which power is stated.
    calls : pandas.DataFrame or None
        For the days of sampling.
    visit : str
        The visit.

    Returns
    -------
    pandas.DataFrame
        As from :func:`analysis.results.biomarker_tables.hazard_rows`.
    """
    day = nominal_day(visit, protocol)
    patients = pd.Index(outcomes["patient_id"])
    known = pd.Series(day, index=patients)
    if calls is not None:
        sampled = at_visit(calls, "sampled_day", visit=visit).reindex(patients).astype("float64")
        known = sampled.where(sampled > day, day).fillna(day)
    everybody = grouping(["all"] * len(patients), known.to_numpy(), name=f"markers at {visit}")
    left = landmark(
        outcomes["pfs_days"],
        outcomes["pfs_event"],
        day=day,
        grouping=everybody,
        window_days=float(known.max()) - day,
    )
    kept = patients[left.kept]
    columns = {name: values.reindex(kept).to_numpy() for name, values in markers.values.items()}
    return hazard_rows(marker_hazards(left.time, left.event, columns), markers.families, protocol)


def early_progression_associations(
    markers: Markers, outcomes: pd.DataFrame, *, months: float
) -> tuple[Association, ...]:
    """Exact tests of every marker against progression within the months, q within the families of the hazard ratios."""
    groups = early_progression(outcomes, months=months).rename("early progression")  # the log names it so
    found: list[Association] = []
    for family in dict.fromkeys(markers.families.values()):
        of_family = []
        for name, values in markers.values.items():
            if markers.families[name] != family:
                continue
            if name in markers.yes_no:
                of_family.append(
                    binary_association(
                        name, (values == 1).astype("boolean").mask(values.isna()), response=groups
                    )
                )
            else:
                of_family.append(scale_association(name, values, response=groups))
        found += with_q_values(of_family, family=family)
    return tuple(found)
