"""PET and plasma of the same patients from a common landmark: what decisions and added value are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.biomarkers.association import RESISTANT
from analysis.survival import grouping, landmark

if TYPE_CHECKING:
    from analysis.biomarkers import JointClasses


@dataclass(frozen=True, eq=False)
class JointLandmark:
    """Patients with both calls, event-free at the landmark; arrays of shape (n,).

    ``time`` counts days from the landmark, ``pet`` is whether there was no metabolic response, ``ctdna`` whether ctDNA
    was found; ``excluded`` counts patients with both calls whose time ended before.
    """

    day: float
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    pet: NDArray[np.bool_]
    ctdna: NDArray[np.bool_]
    n: int
    excluded: int


def joint_at_landmark(
    joint: JointClasses, outcomes: pd.DataFrame, known_at: pd.Series, *, day: float
) -> JointLandmark:
    """Follow the patients with both calls from the day on which the later of the two was known.

    Parameters
    ----------
    joint : JointClasses
        Calls by patient.
    outcomes : pandas.DataFrame
        patient_id, pfs_days, pfs_event, without missing values.
    known_at : pandas.Series of float
        Day on which both calls were known, by patient_id; where it is missing the planned day stands in.
    day : float
        Planned day, the landmark; a patient whose calls came later starts then.

    Raises
    ------
    DesignError
        If nobody with both calls is left at the landmark.
    """
    classified = joint.patients.dropna(subset=["joint_class"])
    patients = outcomes.merge(classified, on="patient_id")
    when = patients["patient_id"].map(known_at).astype("float64")
    when = when.where(when > day, day).fillna(day)
    both = grouping(["both known"] * len(patients), when.to_numpy(), name="PET and ctDNA")
    left = landmark(
        patients["pfs_days"],
        patients["pfs_event"],
        day=day,
        grouping=both,
        window_days=max(float(when.max()) - day, 0.0) if len(when) else 0.0,
    )
    kept = patients[left.kept]
    return JointLandmark(
        day=day,
        time=left.time,
        event=left.event,
        pet=(kept["pet"] == RESISTANT).to_numpy(dtype=bool),
        ctdna=kept["ctdna"].to_numpy(dtype=bool),
        n=left.n,
        excluded=left.excluded,
    )
