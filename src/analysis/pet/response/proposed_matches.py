"""A proposal of ``lesion_matches.csv`` for a whole study."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.pet.measures.study_measures import StudyMeasures
from analysis.pet.response.lesion_matching import COLUMNS, Places, propose_matches


def propose_study_matches(measures: StudyMeasures) -> pd.DataFrame:
    """Proposed matches of every follow-up scan of a study with the patient's baseline.

    Parameters
    ----------
    measures : StudyMeasures
        Measured without ``lesion_matches.csv``, so that every contour stands under its own name.

    Returns
    -------
    DataFrame
        The columns of the study table ``lesion_matches``; ``reader`` is ``proposal``. Patients without a baseline scan
        are not in it.
    """
    scans = measures.scans.set_index(["patient_id", "visit"])
    found = []
    for patient, visit in scans.index:
        if visit == "baseline" or (patient, "baseline") not in scans.index:
            continue
        first, second = (_places(measures, patient, name) for name in ("baseline", visit))
        found.append(propose_matches(first, second).assign(patient_id=patient, visit=visit))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
    return table.assign(reader="proposal")[list(COLUMNS)]


def _places(measures: StudyMeasures, patient: str, visit: str) -> Places:
    lesions, scans = measures.lesions, measures.scans
    mine = lesions[(lesions["patient_id"] == patient) & (lesions["visit"] == visit)]
    scan = scans[(scans["patient_id"] == patient) & (scans["visit"] == visit)].iloc[0]
    liver = scan[["liver_x_mm", "liver_y_mm", "liver_z_mm"]].to_numpy(dtype=float)
    return Places(
        mine["lesion_id"].tolist(),
        mine[["centre_x_mm", "centre_y_mm", "centre_z_mm"]].to_numpy(dtype=float),
        mine["volume_ml"].to_numpy(dtype=float),
        mine["site"].fillna("").tolist(),
        None if np.isnan(liver).any() else liver,
    )
