"""Tissue: one value a patient and marker, its association with response, and primary against metastasis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.association import Association, binary_association, scale_association
from analysis.biomarkers.exact_test import ExactTest
from analysis.biomarkers.families import with_q_values
from analysis.biomarkers.paired_calls import Agreement, agreement
from analysis.biomarkers.paired_samples import signed_rank
from analysis.errors import DesignError, StudyError
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.data import Study

SPECIMEN_RULES = {
    "metastasis_first": ("metastasis", "primary"),
    "primary_first": ("primary", "metastasis"),
    "metastasis": ("metastasis",),
    "primary": ("primary",),
}
"""Which specimens may speak for a patient, in order of preference."""


def _evaluable(study: Study) -> pd.DataFrame:
    table = study.table("tissue").dropna(subset="value")
    odd = table[(table["kind"] == "alteration") & ~table["value"].isin([0, 1])]
    if len(odd):
        raise StudyError(
            f"{len(odd)} alterations are neither 0 nor 1",
            where=f"{study.id}, tissue, column value",
            expected="1 (altered), 0 (not altered) or empty (not evaluable)",
            do="correct the value, or call the marker's kind expression",
            offenders=sorted(set(odd["marker"])),
        )
    return table


def tissue_values(study: Study, *, specimen: str = "metastasis_first") -> pd.DataFrame:
    """One row a patient and marker: the value that speaks for the patient, and where it comes from.

    Parameters
    ----------
    study : Study
        Needs ``tissue``. Rows that are not evaluable are passed over: the next specimen stands in.
    specimen : str
        One of ``SPECIMEN_RULES``; the choice is made marker by marker.

    Returns
    -------
    pandas.DataFrame
        patient_id, marker, kind, specimen, value.

    Raises
    ------
    DesignError
        If the rule is unknown.
    StudyError
        If the study has no tissue, or an alteration is neither 0 nor 1.
    """
    if specimen not in SPECIMEN_RULES:
        raise DesignError(f"unknown rule {specimen!r}", expected="one of " + ", ".join(SPECIMEN_RULES))
    order = SPECIMEN_RULES[specimen]
    table = _evaluable(study)
    table = table[table["specimen"].isin(order)]
    table = table.assign(rank=table["specimen"].map({name: place for place, name in enumerate(order)}))
    key = ["patient_id", "marker", "kind"]
    table = table.sort_values([*key, "rank"]).drop_duplicates(key)
    return table[[*key, "specimen", "value"]].reset_index(drop=True)


_PRINTED = {"er": "ER", "pr": "PR", "ki67": "Ki-67", "p4ebp1": "p-4E-BP1"}


def printed_marker(marker: str) -> str:
    """Name of a tissue marker as it is printed: a gene's symbol stays as it is.

    >>> printed_marker("ki67"), printed_marker("ESR1")
    ('Ki-67', 'ESR1')
    """
    return _PRINTED.get(marker, marker)


@logged("association")
def tissue_associations(
    study: Study, *, response: pd.Series, specimen: str = "metastasis_first"
) -> tuple[Association, ...]:
    """Associations of every tissue marker with response: a family of alterations and one of expression.

    Parameters
    ----------
    study : Study
        Needs ``tissue``; the markers found there make the families, whatever the response.
    response : pandas.Series of text
        responder or non_responder by patient_id; anything else takes no part.
    specimen : str
        As in :func:`tissue_values`.

    Returns
    -------
    tuple of Association
        In the alphabet of markers, alterations first; none is left out for its p value.
    """
    values = tissue_values(study, specimen=specimen)
    found: list[Association] = []
    for kind, family in (("alteration", "tissue, alterations"), ("expression", "tissue, expression")):
        part = values[values["kind"] == kind]
        of_family = []
        for marker, rows in part.groupby("marker", sort=True):
            value = rows.set_index("patient_id")["value"]
            if kind == "alteration":
                name = f"{marker} altered"
                of_family.append(binary_association(name, (value == 1).astype("boolean"), response=response))
            else:
                of_family.append(
                    scale_association(f"{printed_marker(str(marker))} expression", value, response=response)
                )
        found += with_q_values(of_family, family=family)
    return tuple(found)


@dataclass(frozen=True)
class Concordance:
    """One marker in primary and metastasis of the same patients.

    ``calls`` is the agreement of an alteration (first call: primary); ``shift`` the signed-rank test
    of metastasis − primary for an expression. The other one is None.
    """

    marker: str
    kind: str
    n: int
    only_primary: int
    only_metastasis: int
    calls: Agreement | None
    shift: ExactTest | None


@logged(
    "agreement",
    measure="kappa or shift",
    estimate="calls.kappa shift.estimate",
    low="calls.kappa_low shift.low",
    high="calls.kappa_high shift.high",
    p_value="calls.mcnemar.p_value shift.p_value",
)
def concordance(study: Study) -> tuple[Concordance, ...]:
    """Concordance of primary and metastasis, marker by marker.

    Parameters
    ----------
    study : Study
        Needs ``tissue``. Patients with one evaluable specimen are counted, and not compared.

    Returns
    -------
    tuple of Concordance
        In the alphabet of markers, alterations first.
    """
    table = _evaluable(study)
    found = []
    for (kind, marker), rows in table.groupby(["kind", "marker"], sort=True):
        value = {
            name: rows[rows["specimen"] == name].set_index("patient_id")["value"]
            for name in ("primary", "metastasis")
        }
        primary, metastasis = value["primary"], value["metastasis"]
        both = primary.index.intersection(metastasis.index)
        first, second = np.asarray(primary[both]), np.asarray(metastasis[both])
        altered = kind == "alteration"
        found.append(
            Concordance(
                marker=str(marker),
                kind=str(kind),
                n=len(both),
                only_primary=len(primary) - len(both),
                only_metastasis=len(metastasis) - len(both),
                calls=agreement((first == 1).tolist(), (second == 1).tolist()) if altered else None,
                shift=None if altered else signed_rank(second - first),
            )
        )
    return tuple(found)
