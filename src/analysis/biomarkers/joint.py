"""PET and ctDNA together: both favourable, discordant, both unfavourable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.biomarkers.association import RESISTANT, SENSITIVE, one_a_patient
from analysis.biomarkers.paired_calls import kappa
from analysis.cohort import Proportion, proportion
from analysis.logbook import logged

JOINT_CLASSES = ("both_favourable", "discordant", "both_unfavourable")
"""In the order of expected benefit, for trend tests and figures."""

JOINT_WORDS = {
    "both_favourable": "Metabolic response, no ctDNA",
    "discordant": "One of the two unfavourable",
    "both_unfavourable": "No metabolic response, ctDNA detected",
}


@dataclass(frozen=True, eq=False)
class JointClasses:
    """Patients by PET response and ctDNA.

    Parameters
    ----------
    patients : pandas.DataFrame
        patient_id, pet (responder or non_responder, <NA> unknown), ctdna ("boolean"), joint_class
        (ordered category of ``JOINT_CLASSES``; missing unless both are known), reason (why there is
        no class; empty where there is one).
    counts : pandas.DataFrame
        2 × 2 counts: rows responder and non_responder, columns not_detected and detected.
    n : int
        Patients with a class.
    unclassified : tuple of (str, int)
        Reasons without a class and their counts.
    """

    patients: pd.DataFrame
    counts: pd.DataFrame
    n: int
    unclassified: tuple[tuple[str, int], ...]

    def sizes(self) -> dict[str, int]:
        """Return the number of patients in each class, in order."""
        joint = self.patients["joint_class"]
        return {name: int((joint == name).sum()) for name in JOINT_CLASSES}


@dataclass(frozen=True)
class JointAgreement:
    """How far the joint classes of two visits agree, in the patients with a class at both.

    ``table`` holds the counts, rows the classes of the first visit; ``same`` the share in the same class; ``kappa`` is
    Cohen's over the three classes, unweighted, with its large-sample interval (NaN where chance agreement is complete).
    """

    table: pd.DataFrame
    n: int
    same: Proportion
    kappa: float
    low: float
    high: float


@logged("agreement", estimate="kappa", measure="kappa")
def joint_agreement(first: JointClasses, second: JointClasses) -> JointAgreement:
    """Agreement of the joint classes of two visits, for instance day 14 and day 28."""
    one, two = (each.patients.set_index("patient_id")["joint_class"].dropna() for each in (first, second))
    both = one.index.intersection(two.index)
    table = pd.crosstab(one[both], two[both], dropna=False).reindex(
        index=list(JOINT_CLASSES), columns=list(JOINT_CLASSES), fill_value=0
    )
    counts = table.to_numpy()
    k, error = kappa(counts)
    half = 1.959963984540054 * error
    return JointAgreement(
        table=table,
        n=int(counts.sum()),
        same=proportion(int(np.trace(counts)), int(counts.sum())),
        kappa=k,
        low=k - half,
        high=min(k + half, 1.0) if k == k else k,
    )


@logged("classification", measure="joint classes")
def joint_classes(response: pd.Series, ctdna: pd.Series) -> JointClasses:
    """Joint class of each patient from PET response and ctDNA detection.

    Parameters
    ----------
    response : pandas.Series of text
        responder or non_responder, by patient_id; anything else (not_assessable) is unknown.
    ctdna : pandas.Series of "boolean"
        Whether ctDNA was detected, by patient_id; <NA> is unknown. Patients of either series appear.

    Returns
    -------
    JointClasses

    Raises
    ------
    DesignError
        If a patient stands more than once in either.
    """
    one_a_patient(response, "response")
    one_a_patient(ctdna, "ctDNA")
    index = pd.Index(sorted(set(response.index) | set(ctdna.index)), name="patient_id")
    text = response.astype("string").reindex(index)
    pet = text.where(text.isin([RESISTANT, SENSITIVE]))
    found = ctdna.astype("boolean").reindex(index)
    no_pet, no_plasma = np.asarray(pet.isna(), dtype=bool), np.asarray(found.isna(), dtype=bool)
    resists = np.asarray((pet == RESISTANT).fillna(False), dtype=bool)
    detected = np.asarray(found.fillna(False), dtype=bool)
    classes = np.array(JOINT_CLASSES, dtype=object)[resists.astype(int) + detected.astype(int)]
    classes[no_pet | no_plasma] = None
    why = np.array(["", "PET response not known", "ctDNA not known", "neither PET nor ctDNA known"])
    reasons = why[no_pet + 2 * no_plasma]
    patients = pd.DataFrame(
        {
            "patient_id": index.astype("string"),
            "pet": pet.to_numpy(),
            "ctdna": found.array,
            "joint_class": pd.Categorical(classes.tolist(), categories=list(JOINT_CLASSES), ordered=True),
            "reason": pd.array(reasons.tolist(), dtype="string"),
        }
    )
    known = ~(no_pet | no_plasma)
    counts = pd.DataFrame(
        [
            [int((known & (resists == row) & (detected == column)).sum()) for column in (False, True)]
            for row in (False, True)
        ],
        index=pd.Index([SENSITIVE, RESISTANT], name="pet"),
        columns=pd.Index(["not_detected", "detected"], name="ctdna"),
    )
    lost = pd.Series(reasons[~known].tolist(), dtype="string").value_counts()
    return JointClasses(
        patients=patients,
        counts=counts,
        n=int(known.sum()),
        unclassified=tuple(sorted((str(why), int(n)) for why, n in lost.items())),
    )
