"""Which scans were planned: as the study says, or, where it does not, as its scans show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.pet.measures.study_measures import StudyMeasures

VISITS = ("baseline", "day14", "day28")


def planned_visits(study: Study, measures: StudyMeasures) -> pd.DataFrame:
    """The table ``pet_visits`` of the study, or one made from the scans that were found.

    Parameters
    ----------
    study : Study
        With or without the table.
    measures : StudyMeasures
        Scans that were measured. Without the table, a visit with a scan counts as done and any other as not
        planned: why a scan is missing is then unknown, and so is whether a reader saw a new lesion.

    Returns
    -------
    pandas.DataFrame
        As the study's table ``pet_visits``.
    """
    if "pet_visits" in study.tables:
        return study.table("pet_visits")
    patients = study.table("patients")["patient_id"].astype("string")
    every = pd.MultiIndex.from_product([patients, VISITS], names=["patient_id", "visit"]).to_frame(
        index=False
    )
    scans = measures.scans[["patient_id", "visit", "scan_day"]].rename(columns={"scan_day": "scanned_day"})
    table = every.astype("string").merge(scans, on=["patient_id", "visit"], how="left", indicator="found")
    table["status"] = table["found"].map({"both": "done", "left_only": "not_planned"}).astype("string")
    for name in ("reason", "new_lesion"):
        table[name] = pd.Series(pd.NA, index=table.index, dtype="string")
    table["glucose_mmol_l"] = float("nan")
    return table[["patient_id", "visit", "status", "reason", "scanned_day", "glucose_mmol_l", "new_lesion"]]
