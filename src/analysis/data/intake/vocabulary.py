"""What senders call the study's columns and codes: the words by which a draft recognises them."""

from __future__ import annotations

import re

from analysis.data.intake.cdisc import EVALUATORS, QLQ_C30, REASONS
from analysis.data.tables import Column

NAMES: dict[str, tuple[str, ...]] = {
    "patient_id": (
        "record id",
        "usubjid",
        "subjid",
        "subject id",
        "patient",
        "subject",
        "participant id",
        "pat id",
    ),
    "centre": ("center", "site id", "siteid", "hospital"),
    "phase": ("cohort",),
    "sex": ("gender",),
    "birth": ("dob", "date of birth", "brthdt", "brthdtc"),
    "age_years": ("age at enrolment",),
    "enrolment": ("enrollment", "informed consent", "rficdt", "rficdtc", "inclusion", "registration"),
    "treatment_start": ("first dose", "trtsdt", "rfxstdtc", "start of treatment"),
    "height_cm": ("body height", "heightbl"),
    "weight_kg": ("body weight", "weightbl"),
    "ecog": ("ecog ps", "performance status", "ecog performance status", "ecogbl"),
    "measurable": ("measurable disease", "measfl"),
    "visceral": ("visceral metastases", "viscfl", "metastases visceral"),
    "bone": ("bone metastases", "bonefl", "metastases bone"),
    "liver": ("liver metastases", "liverfl", "metastases liver"),
    "lung": ("lung metastases", "lungfl", "metastases lung"),
    "nodes": ("lymph node metastases", "nodesfl", "metastases nodes", "lymph nodes"),
    "sites": ("nsites", "number of sites", "number of metastatic sites", "number of organs with metastases"),
    "prior_lines": ("prlines", "number of prior lines", "earlier lines of treatment"),
    "item": ("criterion",),
    "assessed": ("assessment date", "date of assessment"),
    "reader": ("evaluator", "rseval"),
    "response": ("overall response", "recist response"),
    "target_sum_mm": ("sum of diameters", "sum of diameters of target lesions", "sld"),
    "new_lesion": ("new lesions",),
    "pfs_days": ("pfs", "progression free survival", "pfs time"),
    "pfs_event": ("progression or death", "pfs status"),
    "os_days": ("os", "overall survival", "os time"),
    "os_event": ("os status", "died"),
    "last_contact": ("last follow up", "lstalvdt", "last alive", "date last known alive"),
    "death": ("dthdt", "dthdtc", "date of death"),
    "treatment_end": ("last dose", "trtedt", "end of treatment"),
    "treatment_end_reason": ("reason why treatment ended", "dctreas", "reason for discontinuation"),
    "new_therapy": (
        "next anticancer treatment",
        "nactdt",
        "start of new anti cancer therapy",
        "next treatment",
    ),
    "term": ("ctcae term", "ae term", "aedecod", "adverse event"),
    "grade": ("ctcae grade", "aetoxgr"),
    "onset": ("ae start", "start date", "astdt", "aestdtc"),
    "resolved": ("ae end", "end date", "aendt", "aeendtc"),
    "serious": ("sae", "aeser", "serious adverse event"),
    "completed": ("date of the form", "date completed"),
    "sample_id": ("sample", "tumor sample barcode", "specimen id"),
    "visit": ("timepoint", "time point", "visit name"),
    "sampled": ("sampling date", "collection date", "date of sampling"),
    "panel_detected": ("ctdna detected", "ctdna detected by the panel"),
    "max_vaf_percent": ("highest variant allele frequency", "max vaf", "vaf max"),
    "lod_vaf_percent": ("limit of detection", "lod"),
    "tumour_fraction_percent": ("tumor fraction", "tumour fraction", "ichorcna"),
    "gene": ("hugo symbol", "gene symbol"),
    "protein_change": ("hgvsp short", "amino acid change"),
    "vaf_percent": ("vaf", "variant allele frequency"),
    "marker": ("biomarker",),
    "glucose_mmol_l": ("glucose", "blood glucose"),
    "scanned": ("scan date", "date of scan", "pet date"),
    "series_uid": ("series instance uid",),
}
"""Words for a column, beside its own name; each is compared without case, blanks and punctuation."""

YES_NO = {
    **dict.fromkeys(("y", "yes", "1", "true", "checked", "oui", "ja", "si", "x"), "yes"),
    **dict.fromkeys(("n", "no", "0", "false", "unchecked", "non", "nein"), "no"),
}

CODES: dict[str, dict[str, str]] = {
    "sex": {
        "female": "F",
        "woman": "F",
        "femme": "F",
        "f": "F",
        "male": "M",
        "man": "M",
        "homme": "M",
        "m": "M",
    },
    "response": {
        "completeresponse": "CR",
        "partialresponse": "PR",
        "stabledisease": "SD",
        "progressivedisease": "PD",
        "notevaluable": "NE",
    },
    "reader": {
        _plain: code for term, code in EVALUATORS.items() if (_plain := re.sub("[^a-z]", "", term.lower()))
    },
    "treatment_end_reason": {
        **{re.sub("[^a-z]", "", term.lower()): code for term, code in REASONS.items()},
        "diseaseprogression": "progression",
        "consentwithdrawn": "withdrawal",
    },
    "site": {"lymphnode": "node", "bones": "bone", "lungs": "lung"},
    "kind": {"mutation": "alteration", "ihc": "expression"},
}
"""Terms for the codes of a column, without case, blanks and punctuation."""

TABLE_NAMES: dict[str, tuple[str, ...]] = {
    "patients": ("demographics", "baseline", "subjects"),
    "outcomes": ("outcome", "survival", "followup"),
    "assessments": ("tumourassessment", "tumorassessment", "recist", "responses"),
    "adverse_events": ("adverseevent", "ae", "toxicity"),
    "plasma_samples": ("plasmasample", "plasma", "ctdna"),
    "plasma_variants": ("variants", "mutations"),
}
"""Words for a table, beside its own name."""

STACKS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "quality_of_life": ("scale", "score", tuple(QLQ_C30.values())),
}
"""Tables whose rows a sender may have put into columns: column of the names, of the values, known names."""


def plain(text: str) -> str:
    """Letters and digits of a text, in lower case.

    >>> plain("Date of first dose (dd/mm)")
    'dateoffirstdoseddmm'
    """
    return re.sub(r"[^a-z0-9]", "", text.lower())


def words(text: str) -> list[str]:
    """Words of a name or label, in lower case, without what stands in brackets.

    >>> words("Treatment_startDate (first)")
    ['treatment', 'start', 'date']
    """
    text = re.sub(r"\([^)]*\)", " ", text)
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return re.findall(r"[a-z]+|[0-9]+", text.lower())


def code_meant(column: Column, said: str) -> str:
    """Code of the contract that a sender's code or label stands for; empty if it is not known.

    >>> from analysis.data.tables import TABLES
    >>> code_meant(TABLES["patients"].column("sex"), "Female")
    'F'
    """
    short = plain(said)
    if column.kind == "yes_no":
        return YES_NO.get(short, "")
    if column.name == "visit":
        return visit_meant(said)
    own = {plain(code): code for code in column.codes}
    return own.get(short) or CODES.get(column.name, {}).get(short, "")


def visit_meant(said: str) -> str:
    """Visit of the contract that a sender's name stands for; empty if it is not known.

    >>> visit_meant("Day 14"), visit_meant("W12"), visit_meant("BL"), visit_meant("Visit 2")
    ('day14', 'week12', 'baseline', '')
    """
    short = plain(said)
    if short in ("bl", "baseline", "base"):
        return "baseline"
    if short in ("pd", "progression", "eot", "progressivedisease"):
        return "progression" if short != "eot" else ""
    found = re.fullmatch(r"(d|day|w|week|wk)0*([0-9]{1,3})", short)
    if found:
        return ("day" if found[1].startswith("d") else "week") + found[2]
    return (
        short
        if short in ("retest",)
        else {"followup1": "follow_up_1", "followup2": "follow_up_2"}.get(short, "")
    )
