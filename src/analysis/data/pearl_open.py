"""The trial's own open plasma data, from the published table of a liquid-biopsy method to a study folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.data.public_study import new_numbers, not_the_data, require_columns, write_public_study
from analysis.data.sources import SOURCES
from analysis.errors import StudyError
from analysis.units import months

_SOURCE = SOURCES["pearl-open"]
COHORT = "Pearl"
"""Value of the column ``study`` on the trial's rows; the others are other cohorts and healthy donors."""

VISITS = {"BL": "baseline", "D15": "day14", "PD": "progression"}
"""Time points. The file says D15 where the sample's name says D14, the protocol's day."""

RAW_TIME_PER_DAY = 12
"""The file's survival time is taken as days × 12: its own script multiplies months by 12 × 30, and events
then bunch at weeks 9, 12, 16 and 20. The unit is nowhere stated; hazard ratios do not need it."""

_COLUMNS = (
    "study",
    "patient",
    "timepoint",
    "OncoFollowDNA",
    "VAF",
    "ichorTF",
    "survivalTime",
    "survivalStatus",
)


def import_pearl_open(raw_file: Path, destination: Path) -> Path:
    """Study folder of the trial's open plasma data.

    Patients are numbered anew in an order that tells nothing of the original one; sample names, centre
    codes and sequencing batches are not taken over.

    Parameters
    ----------
    raw_file : Path
        The published tab-separated table, see ``SOURCES["pearl-open"]``.
    destination : Path
        Study folder to make, or to replace if it is one of these data.

    Returns
    -------
    Path
        The destination.

    Raises
    ------
    StudyError
        If the file is not that table, or the destination holds something else. Nothing is written then.
    """
    rows = _trial_rows(raw_file)
    tables = {"patients": _patients(rows), "outcomes": _outcomes(rows), "plasma_samples": _samples(rows)}
    return write_public_study(_SOURCE, destination, tables, _caveats(tables["outcomes"]))


def _trial_rows(raw_file: Path) -> pd.DataFrame:
    """Rows of the trial as text, each with the new number of its patient."""
    try:
        table = pd.read_csv(
            raw_file, sep="\t", dtype=str, keep_default_na=False, usecols=lambda name: name in _COLUMNS
        )
    except (OSError, ValueError) as fault:
        raise StudyError(
            "the table of the plasma data cannot be read", where=raw_file.name, do="download it again"
        ) from fault
    require_columns(_SOURCE, raw_file, table, _COLUMNS)
    rows = table[table["study"] == COHORT].copy()
    if rows.empty:
        raise not_the_data(_SOURCE, raw_file, "it has no row of the trial")
    if not rows["timepoint"].isin(list(VISITS)).all() or rows.duplicated(["patient", "timepoint"]).any():
        raise not_the_data(
            _SOURCE, raw_file, "its time points are not one sample each at baseline, day 14 and progression"
        )
    if not rows["OncoFollowDNA"].isin(["Positive", "Negative", ""]).all():
        raise not_the_data(_SOURCE, raw_file, "a panel result is neither positive, negative nor empty")
    if not rows["survivalStatus"].isin(["0", "1"]).all():
        raise not_the_data(_SOURCE, raw_file, "an outcome is neither 0 nor 1")
    for name in ("VAF", "ichorTF", "survivalTime"):
        given = rows[name][rows[name] != ""]
        if pd.to_numeric(given, errors="coerce").isna().any():
            raise not_the_data(_SOURCE, raw_file, f"a value of {name} is not a number")
    if (rows["survivalTime"] == "").any():
        raise not_the_data(_SOURCE, raw_file, "a survival time is missing")
    if rows.drop_duplicates(["patient", "survivalTime", "survivalStatus"])["patient"].duplicated().any():
        raise not_the_data(_SOURCE, raw_file, "a patient has two survival times")
    rows["patient_id"] = rows["patient"].map(new_numbers(rows["patient"]))
    rows["visit"] = rows["timepoint"].map(VISITS)
    rows["place"] = rows["visit"].map({visit: place for place, visit in enumerate(VISITS.values())})
    return rows.sort_values(["patient_id", "place"], ignore_index=True)


def _patients(rows: pd.DataFrame) -> pd.DataFrame:
    """Patients, of whom nothing is known but that they were treated: day 0 of their time."""
    return pd.DataFrame({"patient_id": rows["patient_id"].unique(), "treatment_start_day": 0.0})


def _outcomes(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.drop_duplicates("patient_id")
    return pd.DataFrame(
        {
            "patient_id": first["patient_id"],
            "pfs_days": first["survivalTime"].astype(float) / RAW_TIME_PER_DAY,
            "pfs_event": first["survivalStatus"] == "1",
        }
    )


def _samples(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sample_id": [f"S{number:03d}" for number in range(1, len(rows) + 1)],
            "patient_id": rows["patient_id"],
            "visit": rows["visit"],
            "panel_detected": rows["OncoFollowDNA"]
            .map({"Positive": True, "Negative": False})
            .astype("boolean"),
            "max_vaf_percent": pd.to_numeric(rows["VAF"]),
            "tumour_fraction_percent": pd.to_numeric(rows["ichorTF"]),
        }
    )


def _caveats(outcomes: pd.DataFrame) -> list[str]:
    earliest = months(outcomes.loc[outcomes["pfs_event"], "pfs_days"].min())
    return [
        "The unit of the survival times is not stated by the source and was inferred; medians and rates "
        "depend on it, hazard ratios and p values do not.",
        "These data do not reproduce the day-14 figures of the trial's publication.",
        f"The earliest event is at {earliest:.1f} months, so that a landmark at day 14 or 28 excludes nobody.",
        "The days of sampling are not given; each sample counts as taken on the nominal day of its visit.",
        "There are no PET images, no overall survival, no demographics and no gene names.",
        "The source's README names the MIT licence, but the licence file it refers to is missing; a person "
        "should decide before these data are passed on.",
    ]
