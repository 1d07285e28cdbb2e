"""What a patient's lesions add up to at each visit."""

from __future__ import annotations

import pandas as pd

from analysis.pet.measures.study_measures import StudyMeasures


def patient_measures(measures: StudyMeasures) -> pd.DataFrame:
    """One row a patient and measured visit: number of lesions, totals of volume and glycolysis, the hottest lesion.

    Parameters
    ----------
    measures : StudyMeasures
        From :func:`analysis.pet.measure_study`.

    Returns
    -------
    DataFrame
        ``patient_id, visit, lesions`` (0 where the scan has none), a total for every column of lesion volume or
        glycolysis (``total_mtv_41_ml``, ``total_tlg_41_g``, …), ``hottest_lesion`` and its SULpeak
        ``hottest_sul_peak``, and the sums ``sum_suv_max`` and ``sum_sul_peak``. A total is <NA> if it is not known
        for one of the lesions: the sum of the others would pass for the whole. Scans without lesions have totals of 0.
    """
    volumes = [
        name
        for name in measures.lesions.columns
        if name.startswith(("mtv_", "tlg_")) and name.endswith(("_ml", "_g"))
    ]
    summed = {
        **{f"total_{name}": name for name in ("volume_ml", *volumes)},
        "sum_suv_max": "suv_max",
        "sum_sul_peak": "sul_peak",
    }
    keys = ["patient_id", "visit"]
    grouped = measures.lesions.groupby(keys, sort=True)
    totals = grouped[list(summed.values())].agg(lambda values: values.sum(skipna=False))
    totals.columns = list(summed)
    totals.insert(0, "lesions", grouped.size())
    # The SUL factor is one for all lesions of a scan: the hottest by SUV is the hottest by SUL.
    hottest = measures.lesions.loc[grouped["suv_peak"].idxmax()].set_index(keys)
    totals["hottest_lesion"], totals["hottest_sul_peak"] = hottest["lesion_id"], hottest["sul_peak"]
    scans = measures.scans[keys].sort_values(keys)
    table = scans.merge(totals.reset_index(), on=keys, how="left", validate="one_to_one")
    without = table["lesions"].isna()
    table.loc[without, ["lesions", *summed]] = 0
    return table.astype({"lesions": "Int64", "hottest_lesion": "string"}).reset_index(drop=True)
