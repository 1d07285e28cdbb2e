"""INSPIRE's open ctDNA data, from a data set of an R package to a study folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.public_study import (
    new_numbers,
    not_the_data,
    read_r_frame,
    require_columns,
    write_public_study,
)
from analysis.data.sources import SOURCES
from analysis.units import DAYS_PER_MONTH

_SOURCE = SOURCES["inspire"]
FRAME = "pembrolizumab"
"""Name of the data frame in the file."""

SECOND_VISIT = "week6"
"""Start of the third cycle of three weeks, when the change of ctDNA was read: day 42 by plan."""

_COLUMNS = {
    "id": "text",
    "age": "number",
    "sex": "text",
    "baseline_ctdna": "number",
    "change_ctdna_group": "text",
    "pfs_time": "number",
    "pfs_status": "number",
    "os_time": "number",
    "os_status": "number",
}
_CHANGES = {"Decrease from baseline": "decrease", "Increase from baseline": "increase"}

CAVEATS = (
    "Not the trial that this repository was built for: other tumours (head and neck, breast, ovary, melanoma, mixed), "
    "another drug (pembrolizumab) and no PET.",
    "The ctDNA was measured by a panel made for each patient's tumour (mean tumour molecules per ml), not by a fixed one; "
    "its limit of detection is not given.",
    "The second sample was taken at the start of the third cycle, planned for day 42, not at day 14; the day of sampling "
    "is not given, and of the second sample only whether ctDNA rose or fell.",
    "Clearance, RECIST response and tumour size stand in the source without days and are not taken over; nor are PD-L1, "
    "mutational burden and cohort, which the study folder has no place for.",
    "Times are given in months and taken as 30.4375 days each; they then are whole days.",
)


def import_inspire(raw_file: Path, destination: Path) -> Path:
    """Study folder of INSPIRE's open ctDNA data.

    Patients are numbered anew in an order that tells nothing of the original one.

    Parameters
    ----------
    raw_file : Path
        The R data file, see ``SOURCES["inspire"]``.
    destination : Path
        Study folder to make, or to replace if it is one of these data.

    Returns
    -------
    Path
        The destination.

    Raises
    ------
    StudyError
        If the file is not that data set, or the destination holds something else. Nothing is written then.
    """
    rows = _rows(raw_file)
    samples, concentrations = _plasma(rows)
    tables = {
        "patients": _patients(rows),
        "outcomes": _outcomes(rows),
        "plasma_samples": samples,
        "plasma_concentrations": concentrations,
    }
    return write_public_study(_SOURCE, destination, tables, CAVEATS)


def _rows(raw_file: Path) -> pd.DataFrame:
    """Rows with the columns used, checked, each with the new number of its patient."""
    frame = read_r_frame(_SOURCE, raw_file, FRAME)
    require_columns(_SOURCE, raw_file, frame, _COLUMNS)
    rows = pd.DataFrame(index=np.arange(len(frame)))
    for name, kind in _COLUMNS.items():
        given = frame[name].astype("string" if kind == "text" else object).array
        try:
            rows[name] = given if kind == "text" else np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            raise not_the_data(_SOURCE, raw_file, f"a value of {name} is not a number") from None
    if rows["id"].isna().any() or rows["id"].duplicated().any():
        raise not_the_data(_SOURCE, raw_file, "it is not one row a patient")
    if not rows["change_ctdna_group"].dropna().isin(list(_CHANGES)).all():
        raise not_the_data(_SOURCE, raw_file, "a change of ctDNA is neither an increase nor a decrease")
    if not rows["sex"].isin(["Female", "Male"]).all():
        raise not_the_data(_SOURCE, raw_file, "a sex is neither female nor male")
    if not rows[["pfs_status", "os_status"]].isin([0, 1]).all(axis=None):
        raise not_the_data(_SOURCE, raw_file, "an outcome is neither 0 nor 1")
    if rows[["pfs_time", "os_time", "baseline_ctdna"]].isna().any(axis=None):
        raise not_the_data(_SOURCE, raw_file, "a time or a baseline is missing")
    rows["patient_id"] = rows["id"].map(new_numbers(map(str, rows["id"])))
    return rows.sort_values("patient_id", ignore_index=True)


def _patients(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"],
            "sex": rows["sex"].str[0],
            "age_years": rows["age"].round(1),
            "treatment_start_day": 0.0,
        }
    )


def _outcomes(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"],
            "pfs_days": (rows["pfs_time"] * DAYS_PER_MONTH).round(6),
            "pfs_event": rows["pfs_status"] == 1,
            "os_days": (rows["os_time"] * DAYS_PER_MONTH).round(6),
            "os_event": rows["os_status"] == 1,
        }
    )


def _plasma(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every patient's sample at baseline, and the second one of those whose change is known."""
    changed = rows[rows["change_ctdna_group"].notna()]
    samples = pd.DataFrame(
        {
            "sample_id": [f"S{number:03d}" for number in range(1, len(rows) + len(changed) + 1)],
            "patient_id": [*rows["patient_id"], *changed["patient_id"]],
            "visit": ["baseline"] * len(rows) + [SECOND_VISIT] * len(changed),
            "panel_detected": pd.array(
                [*(rows["baseline_ctdna"] > 0), *([pd.NA] * len(changed))], dtype="boolean"
            ),
        }
    )
    concentrations = pd.DataFrame(
        {
            "sample_id": samples["sample_id"],
            "mtm_per_ml": [*rows["baseline_ctdna"], *([np.nan] * len(changed))],
            "change_since_baseline": [*([pd.NA] * len(rows)), *changed["change_ctdna_group"].map(_CHANGES)],
        }
    )
    return samples, concentrations
