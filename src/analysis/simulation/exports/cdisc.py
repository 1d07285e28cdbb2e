"""A simulated trial as CDISC ADaM data sets: SAS transport files, Dataset-JSON, or NDJSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.intake.cdisc import EVALUATORS, QLQ_C30, REASONS

CREATED = "2020-01-01T00:00:00"
"""Time stamp in every file: the same trial gives the same bytes."""

_LABELS = {
    "STUDYID": "Study Identifier",
    "USUBJID": "Unique Subject Identifier",
    "SITEID": "Study Site Identifier",
    "COHORT": "Cohort",
    "SEX": "Sex",
    "BRTHDT": "Date of Birth",
    "AGE": "Age",
    "AGEU": "Age Units",
    "RFICDT": "Date of Informed Consent",
    "TRTSDT": "Date of First Exposure to Treatment",
    "TRTEDT": "Date of Last Exposure to Treatment",
    "HEIGHTBL": "Baseline Height (cm)",
    "WEIGHTBL": "Baseline Weight (kg)",
    "ECOGBL": "Baseline ECOG Performance Status",
    "MEASFL": "Measurable Disease Flag",
    "VISCFL": "Visceral Metastases Flag",
    "BONEFL": "Bone Metastases Flag",
    "LIVERFL": "Liver Metastases Flag",
    "LUNGFL": "Lung Metastases Flag",
    "NODESFL": "Lymph Node Metastases Flag",
    "NSITES": "Number of Metastatic Sites",
    "PRLINES": "Number of Prior Lines for Metastases",
    "DTHDT": "Date of Death",
    "LSTALVDT": "Date Last Known Alive",
    "DCTREAS": "Reason for Discontinuation of Treatment",
    "NACTDT": "Start of New Anti-Cancer Therapy",
    "PARAMCD": "Parameter Code",
    "PARAM": "Parameter",
    "AVAL": "Analysis Value",
    "AVALC": "Analysis Value (C)",
    "ADT": "Analysis Date",
    "ADY": "Analysis Relative Day",
    "STARTDT": "Time-to-Event Origin Date",
    "CNSR": "Censor",
    "RSEVAL": "Evaluator",
    "AEDECOD": "Dictionary-Derived Term",
    "AETOXGR": "Standard Toxicity Grade",
    "ASTDT": "Analysis Start Date",
    "AENDT": "Analysis End Date",
    "AESER": "Serious Event",
}


def adam(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """ADSL, ADTTE, ADRS, ADQS and ADAE of a trial; CNSR is 0 for an event, and AVAL counts from day 1."""
    return {
        "ADSL": _adsl(tables["patients"], tables["outcomes"]),
        "ADTTE": _adtte(tables["patients"], tables["outcomes"]),
        "ADRS": _adrs(tables["patients"], tables["assessments"]),
        "ADQS": _adqs(tables["quality_of_life"]),
        "ADAE": _adae(tables["adverse_events"]),
    }


def _flags(values: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else "Y" if value else "N" for value in values]


def _dates(values: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else pd.Timestamp(value).date() for value in values]


def _adsl(patients: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    after = patients[["patient_id"]].merge(outcomes, on="patient_id", how="left")
    reasons = {code: term for term, code in REASONS.items()}
    return pd.DataFrame(
        {
            "STUDYID": "SIMULATED",
            "USUBJID": patients["patient_id"].to_numpy(),
            "SITEID": patients["centre"].to_numpy(),
            "COHORT": patients["phase"].str.upper().to_numpy(),
            "SEX": patients["sex"].to_numpy(),
            "BRTHDT": _dates(patients["birth_date"]),
            "AGE": patients["age_years"].to_numpy(float),
            "AGEU": "YEARS",
            "RFICDT": _dates(patients["enrolment_date"]),
            "TRTSDT": _dates(patients["treatment_start_date"]),
            "TRTEDT": _dates(after["treatment_end_date"]),
            "HEIGHTBL": patients["height_cm"].to_numpy(float),
            "WEIGHTBL": patients["weight_kg"].to_numpy(float),
            "ECOGBL": patients["ecog"].to_numpy(float),
            "MEASFL": _flags(patients["measurable"]),
            "VISCFL": _flags(patients["visceral"]),
            "BONEFL": _flags(patients["bone"]),
            "LIVERFL": _flags(patients["liver"]),
            "LUNGFL": _flags(patients["lung"]),
            "NODESFL": _flags(patients["nodes"]),
            "NSITES": patients["sites"].to_numpy(float),
            "PRLINES": patients["prior_lines"].to_numpy(float),
            "DTHDT": _dates(after["death_date"]),
            "LSTALVDT": _dates(after["last_contact_date"]),
            "DCTREAS": [None if pd.isna(code) else reasons[code] for code in after["treatment_end_reason"]],
            "NACTDT": _dates(after["new_therapy_date"]),
        }
    )


def _starts(patients: pd.DataFrame, ids: pd.Series) -> pd.Series:
    return ids.map(patients.set_index("patient_id")["treatment_start_date"])


def _adtte(patients: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    pieces = []
    for name, param in (("pfs", "Progression-Free Survival (days)"), ("os", "Overall Survival (days)")):
        days = outcomes[f"{name}_days"].to_numpy(float)
        starts = _starts(patients, outcomes["patient_id"])
        pieces.append(
            pd.DataFrame(
                {
                    "USUBJID": outcomes["patient_id"],
                    "PARAMCD": name.upper(),
                    "PARAM": param,
                    "STARTDT": _dates(starts),
                    "ADT": _dates(starts + pd.to_timedelta(np.rint(days), unit="D")),
                    "AVAL": days + 1,
                    "CNSR": 1.0 - outcomes[f"{name}_event"].to_numpy(float),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _adrs(patients: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    evaluators = {code: term for term, code in EVALUATORS.items()}
    day = (assessments["assessed_date"] - _starts(patients, assessments["patient_id"])).dt.days
    common = pd.DataFrame(
        {
            "USUBJID": assessments["patient_id"],
            "RSEVAL": assessments["reader"].map(evaluators),
            "ADT": _dates(assessments["assessed_date"]),
            "ADY": day.where(day < 0, day + 1).astype(float),
        }
    )
    number = [None if pd.isna(value) else f"{value:.10g}" for value in assessments["target_sum_mm"]]
    values = {
        ("OVRLRESP", "Overall Response by Investigator or Reader"): assessments["response"],
        ("SUMDIA", "Sum of Diameters of Target Lesions (mm)"): number,
        ("NEWLES", "New Lesion"): _flags(assessments["new_lesion"]),
    }
    return pd.concat(
        [
            common.assign(PARAMCD=code, PARAM=name, AVALC=np.array(list(found), dtype=object))
            for (code, name), found in values.items()
        ],
        ignore_index=True,
    )


def _adqs(quality: pd.DataFrame) -> pd.DataFrame:
    codes = {scale: code for code, scale in QLQ_C30.items()}
    return pd.DataFrame(
        {
            "USUBJID": quality["patient_id"],
            "PARAMCD": quality["scale"].map(codes),
            "PARAM": "EORTC QLQ-C30 " + quality["scale"].str.replace("_", " "),
            "AVAL": quality["score"].astype(float),
            "ADT": _dates(quality["completed_date"]),
        }
    )


def _adae(events: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "USUBJID": events["patient_id"],
            "AEDECOD": events["term"].str.capitalize(),
            "AETOXGR": events["grade"].astype(str),
            "ASTDT": _dates(events["onset_date"]),
            "AENDT": _dates(events["resolved_date"]),
            "AESER": _flags(events["serious"]),
        }
    )


def write_xpt(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """SAS transport files, version 5, one a data set."""
    import pyreadstat

    for name, frame in adam(tables).items():
        dates = [
            column for column in frame if any(isinstance(value, datetime.date) for value in frame[column])
        ]
        formats = dict.fromkeys(map(str, dates), "DATE9.")
        pyreadstat.write_xport(
            frame,
            str(folder / f"{name.lower()}.xpt"),
            file_format_version=5,
            table_name=name,
            file_label="SIMULATED",
            column_labels=[_LABELS[str(column)] for column in frame],
            variable_format=formats,
        )


def write_dataset_json(folder: Path, tables: Mapping[str, pd.DataFrame], *, lines: bool = False) -> None:
    """Dataset-JSON 1.1, one file a data set; with ``lines`` as NDJSON."""
    for name, frame in adam(tables).items():
        head = {
            "datasetJSONCreationDateTime": CREATED,
            "datasetJSONVersion": "1.1.0",
            "itemGroupOID": f"IG.{name}",
            "records": len(frame),
            "name": name,
            "label": f"SIMULATED {name}",
            "columns": [_column(name, str(column), frame[column]) for column in frame],
        }
        rows = [[_json(value) for value in row] for row in frame.itertuples(index=False)]
        if lines:
            text = "\n".join(json.dumps(each) for each in (head, *rows)) + "\n"
        else:
            text = json.dumps({**head, "rows": rows})
        (folder / f"{name.lower()}.{'ndjson' if lines else 'json'}").write_text(text, encoding="utf-8")


def _column(name: str, column: str, values: pd.Series) -> dict[str, str]:
    said = {"itemOID": f"IT.{name}.{column}", "name": column, "label": _LABELS[column]}
    if any(isinstance(value, datetime.date) for value in values):
        return {**said, "dataType": "date"}
    return {**said, "dataType": "float" if pd.api.types.is_numeric_dtype(values) else "string"}


def _json(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return None if pd.isna(value) else value
