"""ctDNA given as a concentration, or only as rise or fall since baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from analysis.data import Study


def plasma_concentrations(study: Study) -> pd.DataFrame:
    """One row a patient and visit of ``plasma_concentrations``; of several samples of a visit the first with a value.

    Parameters
    ----------
    study : Study
        Needs ``plasma_samples`` and ``plasma_concentrations``.

    Returns
    -------
    pandas.DataFrame
        patient_id, visit, mtm_per_ml (NaN: not given), risen ("boolean": increase since baseline; <NA>: not known).

    Raises
    ------
    StudyError
        If the study lacks a table.
    """
    samples = study.table("plasma_samples")[["sample_id", "patient_id", "visit"]]
    table = study.table("plasma_concentrations").merge(samples, on="sample_id")
    for name in ("mtm_per_ml", "change_since_baseline"):
        if name not in table:
            table[name] = pd.NA
    change = table["change_since_baseline"].astype("string")
    table = table.assign(
        mtm_per_ml=table["mtm_per_ml"].astype("Float64").astype("float64"),
        risen=(change == "increase").astype("boolean").mask(change.isna()),
    )
    empty = table["mtm_per_ml"].isna() & table["risen"].isna()
    table = table.assign(empty=empty).sort_values(["patient_id", "visit", "empty", "sample_id"])
    first = table.drop_duplicates(["patient_id", "visit"])
    return first[["patient_id", "visit", "mtm_per_ml", "risen"]].reset_index(drop=True)
