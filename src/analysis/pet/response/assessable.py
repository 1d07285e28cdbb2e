"""Why a patient's response at a visit cannot be assessed: one reason a patient, or none."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pandas as pd

from analysis.pet.measures.study_measures import StudyMeasures

MISSING_MEASURE = "the measure that decides is missing for a lesion"
BASELINE_SCAN = "baseline scan"
"""Beginning of every reason that lies with the scan at baseline, whichever visit is assessed."""


def not_assessable_reasons(
    measures: StudyMeasures, pet_visits: pd.DataFrame, count: pd.DataFrame, *, visit: str
) -> pd.Series:
    """Reason why each patient cannot be assessed, by ``patient_id``; empty where response can be assessed.

    Parameters
    ----------
    measures : StudyMeasures
        Series and scans.
    pet_visits : DataFrame
        Study table; every patient in it is in the result, in its order.
    count : DataFrame
        Changes at the visit of the lesions that count.
    visit : str
        Follow-up visit.
    """
    patients = pd.Index(pet_visits["patient_id"].astype(str).unique(), name="patient_id")
    planned = {
        (str(row["patient_id"]), str(row["visit"])): (
            str(row["status"]),
            "" if pd.isna(row["reason"]) else str(row["reason"]),
        )
        for row in pet_visits.to_dict("records")
    }
    scanned = set(zip(measures.scans["patient_id"], measures.scans["visit"], strict=True))
    lesions = measures.lesions
    at_baseline = set(lesions.loc[lesions["visit"] == "baseline", "patient_id"])
    unknown = set(count.loc[count["change_percent"].isna(), "patient_id"])
    counted = set(count["patient_id"])
    present = set(zip(lesions["patient_id"].astype(str), lesions["visit"].astype(str), strict=True))
    unmeasured = set(count.loc[count["change_percent"].isna() & (count["state"] == "measured"), "patient_id"])
    reasons = []
    for patient in map(str, patients):
        missing = _missing_scan(measures, planned, scanned, patient, "baseline") or _missing_scan(
            measures, planned, scanned, patient, visit
        )
        if missing:
            reasons.append(missing)
        elif patient not in at_baseline:
            reasons.append("no lesion was contoured at baseline")
        elif (patient, visit) in present and (patient in unmeasured or patient not in counted):
            reasons.append(MISSING_MEASURE)
        elif patient in unknown or patient not in counted:
            reasons.append(f"no lesion was contoured at {visit}")
        else:
            reasons.append("")
    return pd.Series(reasons, index=patients, dtype=object)


def _missing_scan(
    measures: StudyMeasures,
    planned: Mapping[tuple[str, str], tuple[str, str]],
    scanned: Set[tuple[str, str]],
    patient: str,
    visit: str,
) -> str:
    if (patient, visit) in scanned:
        return ""
    name = BASELINE_SCAN if visit == "baseline" else f"scan at {visit}"
    status, reason = planned.get((patient, visit), ("not_planned", ""))
    if status == "not_planned":
        return f"{name} not planned"
    if status == "not_done":
        return f"{name} not done" + (f": {reason.replace('_', ' ')}" if reason else "")
    series = measures.series
    refused = series[
        (series["patient_id"] == patient) & (series["visit"] == visit) & (series["modality"] == "PT")
    ]
    if len(refused):
        return f"{name} cannot be used: {refused.iloc[0]['reason']}"
    return f"{name} was made, but no series of it was found"


def unusable_scans(response: pd.DataFrame) -> pd.DataFrame:
    """Scans behind which no response could be assessed, one row a patient and visit, for the participant flow.

    Parameters
    ----------
    response : DataFrame
        Response at one or more follow-up visits: ``patient_id, visit, response, reason``.

    Returns
    -------
    DataFrame
        ``patient_id, visit, reason``; the visit is ``baseline`` where the reason lies there. A scan that was not made
        is among them too: whoever lists it knows that from the table of visits.

    Examples
    --------
    >>> rows = {"patient_id": ["A", "B"], "visit": ["day14"] * 2, "response": ["not_assessable"] * 2,
    ...         "reason": ["baseline scan cannot be used: no dose", "no lesion was contoured at day14"]}
    >>> unusable_scans(pd.DataFrame(rows))["visit"].tolist()
    ['baseline', 'day14']
    """
    rows = response[response["response"] == "not_assessable"][["patient_id", "visit", "reason"]]
    at_baseline = rows["reason"].str.startswith(BASELINE_SCAN).fillna(False).astype(bool)
    return (
        rows.assign(visit=rows["visit"].mask(at_baseline, "baseline"))
        .drop_duplicates(["patient_id", "visit"])
        .reset_index(drop=True)
    )
