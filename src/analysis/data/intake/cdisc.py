"""CDISC's own names and terms: what an ADaM or SDTM data set becomes, without guessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVALUATORS = {"INVESTIGATOR": "local", "INDEPENDENT ASSESSOR": "central"}
"""EVAL (C78735): who read an assessment."""

REASONS = {
    "PROGRESSIVE DISEASE": "progression",
    "ADVERSE EVENT": "toxicity",
    "WITHDRAWAL BY SUBJECT": "withdrawal",
    "DEATH": "death",
    "OTHER": "other",
}
"""NCOMPLT (C66727): why treatment ended."""

QLQ_C30 = {
    "QL2": "global_health_status",
    "PF2": "physical_functioning",
    "RF2": "role_functioning",
    "EF": "emotional_functioning",
    "CF": "cognitive_functioning",
    "SF": "social_functioning",
    "FA": "fatigue",
    "NV": "nausea_and_vomiting",
    "PA": "pain",
    "DY": "dyspnoea",
    "SL": "insomnia",
    "AP": "appetite_loss",
    "CO": "constipation",
    "DI": "diarrhoea",
    "FI": "financial_difficulties",
}
"""Scales of the EORTC QLQ-C30 version 3.0 by the scoring manual's short names (Fayers 2001, 3rd edition)."""

FLAGS = {"Y": "yes", "N": "no"}

Spec = dict[str, Any]


@dataclass(frozen=True)
class Standard:
    """What one standard data set becomes.

    Parameters
    ----------
    table : str
        Table of the study.
    source : str
        Name of the data set.
    needs : tuple of str
        Variables without which it is not that data set.
    columns : mapping of str to dict
        By plain name of the study's column; each as in a mapping file. A variable that the data set does not
        have leaves its column open to guesses.
    block : mapping
        Other keys of the block: ``where``, ``one_row_per``.
    """

    table: str
    source: str
    needs: tuple[str, ...]
    columns: Mapping[str, Spec]
    block: Mapping[str, Any] = field(default_factory=dict)


def _time_to_event(parameter: str) -> dict[str, Spec]:
    name = parameter.lower()
    where = {"PARAMCD": [parameter]}
    return {
        # From the dates: AVAL may be in days from 1, in weeks or in months, and the data set does not say.
        f"{name}_days": {"column": "ADT", "where": where, "date": "iso"},
        # CNSR is 0 for an event, and a positive number for each kind of censoring.
        f"{name}_event": {"column": "CNSR", "where": where, "codes": {"0": "yes", "positive": "no"}},
    }


def _of_adsl(name: str, **more: Any) -> Spec:
    return {"column": name, "from": "adsl", "join": ["USUBJID"], **more}


def _response(parameters: tuple[str, ...], **more: Any) -> Spec:
    return {"column": "AVALC", "where": {"PARAMCD": list(parameters)}, **more}


STANDARDS: tuple[Standard, ...] = (
    Standard(
        table="patients",
        source="adsl",
        needs=("USUBJID",),
        columns={
            "patient_id": {"column": "USUBJID"},
            "centre": {"column": "SITEID"},
            "sex": {"column": "SEX"},
            "birth": {"column": "BRTHDT", "date": "iso"},
            "age_years": {"column": "AGE"},
            "enrolment": {"column": "RFICDT", "date": "iso"},
            "treatment_start": {"column": "TRTSDT", "date": "iso"},
            "height_cm": {"column": "HEIGHTBL"},
            "weight_kg": {"column": "WEIGHTBL"},
            "ecog": {"column": "ECOGBL"},
        },
    ),
    Standard(
        table="outcomes",
        source="adtte",
        needs=("USUBJID", "PARAMCD", "CNSR", "ADT"),
        block={"one_row_per": ["USUBJID"]},
        columns={
            "patient_id": {"column": "USUBJID"},
            **_time_to_event("PFS"),
            **_time_to_event("OS"),
            "last_contact": _of_adsl("LSTALVDT", date="iso"),
            "death": _of_adsl("DTHDT", date="iso"),
            "treatment_end": _of_adsl("TRTEDT", date="iso"),
            "treatment_end_reason": _of_adsl("DCTREAS", codes=REASONS),
        },
    ),
    Standard(
        table="assessments",
        source="adrs",
        needs=("USUBJID", "PARAMCD", "AVALC", "ADT", "RSEVAL"),
        block={
            "where": {"PARAMCD": ["OVRLRESP", "SUMDIA", "NEWLES"]},
            "one_row_per": ["USUBJID", "ADT", "RSEVAL"],
        },
        columns={
            "patient_id": {"column": "USUBJID"},
            "assessed": {"column": "ADT", "date": "iso"},
            "reader": {"column": "RSEVAL", "codes": EVALUATORS},
            "response": _response(("OVRLRESP",)),
            "target_sum_mm": _response(("SUMDIA",)),
            "new_lesion": _response(("NEWLES",), codes=FLAGS),
        },
    ),
    Standard(
        table="quality_of_life",
        source="adqs",
        needs=("USUBJID", "PARAMCD", "AVAL", "ADT"),
        block={"where": {"PARAMCD": list(QLQ_C30)}},
        columns={
            "patient_id": {"column": "USUBJID"},
            "completed": {"column": "ADT", "date": "iso"},
            "scale": {"column": "PARAMCD", "codes": QLQ_C30},
            "score": {"column": "AVAL"},
        },
    ),
    Standard(
        table="adverse_events",
        source="adae",
        needs=("USUBJID", "AEDECOD", "ASTDT"),
        columns={
            "patient_id": {"column": "USUBJID"},
            "term": {"column": "AEDECOD", "lower": True},
            "grade": {"column": "AETOXGR"},
            "onset": {"column": "ASTDT", "date": "iso"},
            "resolved": {"column": "AENDT", "date": "iso"},
            "serious": {"column": "AESER", "codes": FLAGS},
        },
    ),
    Standard(
        table="patients",
        source="dm",
        needs=("USUBJID", "RFSTDTC"),
        columns={
            "patient_id": {"column": "USUBJID"},
            "centre": {"column": "SITEID"},
            "sex": {"column": "SEX"},
            "birth": {"column": "BRTHDTC", "date": "iso"},
            "age_years": {"column": "AGE"},
            "enrolment": {"column": "RFICDTC", "date": "iso"},
            "treatment_start": {"column": "RFXSTDTC", "date": "iso"},
        },
    ),
    Standard(
        table="assessments",
        source="rs",
        needs=("USUBJID", "RSTESTCD", "RSSTRESC", "RSDTC"),
        block={"where": {"RSTESTCD": ["OVRLRESP"]}},
        columns={
            "patient_id": {"column": "USUBJID"},
            "assessed": {"column": "RSDTC", "date": "iso"},
            "reader": {"column": "RSEVAL", "codes": EVALUATORS},
            "response": {"column": "RSSTRESC"},
        },
    ),
    Standard(
        table="adverse_events",
        source="ae",
        needs=("USUBJID", "AEDECOD", "AESTDTC"),
        columns={
            "patient_id": {"column": "USUBJID"},
            "term": {"column": "AEDECOD", "lower": True},
            "grade": {"column": "AETOXGR"},
            "onset": {"column": "AESTDTC", "date": "iso"},
            "resolved": {"column": "AEENDTC", "date": "iso"},
            "serious": {"column": "AESER", "codes": FLAGS},
        },
    ),
)
"""ADaM before SDTM: of two sources of one table the first is taken.

Variables are those of ADaMIG v1.3 and SDTMIG v3.4; recalled from the guides, not read beside them.
"""
