"""A simulated trial as a REDCap project would export it: data dictionary, and the data as codes or as labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

YES_NO = {"1": "Yes", "0": "No"}
SITES = {
    "bone": "Bone",
    "liver": "Liver",
    "lung": "Lung",
    "nodes": "Distant lymph nodes",
    "visceral": "Visceral",
}
"""Choices of the checkbox ``metastases``; their codes become columns ``metastases___bone``."""


@dataclass(frozen=True)
class _Field:
    """A field of the example's dictionary: where its values come from, and how they are coded."""

    name: str
    form: str
    kind: str
    label: str
    choices: Mapping[str, str]
    validation: str = ""
    identifier: str = ""
    value: Callable[[Mapping[str, Any]], Any] = lambda row: None


def _coded(kind: str, codes: Mapping[str, tuple[str, str | int]], source: str) -> dict[str, Any]:
    """Choices by code, and the code of a study's value."""
    back = {value: code for code, (_, value) in codes.items()}
    return {
        "kind": kind,
        "choices": {code: label for code, (label, _) in codes.items()},
        "value": lambda row: back.get(row.get(source)),
    }


def _plain(source: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row.get(source)


def _yes_no(source: str) -> dict[str, Any]:
    found = {True: "1", False: "0"}
    return {"kind": "yesno", "choices": {}, "value": lambda row: found.get(row.get(source))}


def _number(source: str) -> dict[str, Any]:
    return {"kind": "text", "validation": "number", "choices": {}, "value": _plain(source)}


def _date(source: str, identifier: str = "") -> dict[str, Any]:
    return {
        "kind": "text",
        "validation": "date_dmy",
        "choices": {},
        "identifier": identifier,
        "value": _plain(source),
    }


def _text(source: str) -> dict[str, Any]:
    return {"kind": "text", "choices": {}, "value": _plain(source)}


_FORMS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "demographics": {
        "centre": ("Centre", _text("centre")),
        "phase": (
            "Phase",
            _coded("radio", {"1": ("Pilot", "pilot"), "2": ("Extension", "extension")}, "phase"),
        ),
        "sex": ("Sex", _coded("radio", {"1": ("Female", "F"), "2": ("Male", "M")}, "sex")),
        "birth_date": ("Date of birth", _date("birth_date", "y")),
        "age_years": ("Age at enrolment (years)", _number("age_years")),
        "enrolment_date": ("Date of informed consent", _date("enrolment_date")),
        "treatment_start_date": ("Date of first dose", _date("treatment_start_date")),
        "height_m": (
            "Height (m)",
            {**_number("height_cm"), "value": lambda row: _divided(row, "height_cm", 100)},
        ),
        "weight_kg": ("Weight (kg)", _number("weight_kg")),
        "ecog": (
            "ECOG performance status",
            _coded("dropdown", {str(n): (str(n), n) for n in range(5)}, "ecog"),
        ),
        "measurable": ("Measurable disease", _yes_no("measurable")),
        "metastases": ("Metastases", {"kind": "checkbox", "choices": SITES}),
        "sites": ("Number of organs with metastases", _number("sites")),
        "prior_lines": ("Earlier lines of treatment", _number("prior_lines")),
        "comments": (
            "Comments",
            {
                "kind": "notes",
                "choices": {},
                "value": lambda row: "SIMULATED remark, of nobody; must not pass",
            },
        ),
    },
    "outcome": {
        "pfs_days": ("Progression-free survival (days)", _number("pfs_days")),
        "pfs_event": ("Progression or death", _yes_no("pfs_event")),
        "os_days": ("Overall survival (days)", _number("os_days")),
        "os_event": ("Death", _yes_no("os_event")),
        "last_contact_date": ("Date of last contact", _date("last_contact_date")),
        "death_date": ("Date of death", _date("death_date")),
        "treatment_end_date": ("Date of last dose", _date("treatment_end_date")),
        "treatment_end_reason": (
            "Reason why treatment ended",
            _coded(
                "radio",
                {
                    "1": ("Progression", "progression"),
                    "2": ("Toxicity", "toxicity"),
                    "3": ("Withdrawal", "withdrawal"),
                    "4": ("Death", "death"),
                    "5": ("Other", "other"),
                },
                "treatment_end_reason",
            ),
        ),
        "new_therapy_date": ("Date of next anticancer treatment", _date("new_therapy_date")),
    },
    "tumour_assessment": {
        "assessed_date": ("Date of assessment", _date("assessed_date")),
        "reader": (
            "Reader",
            _coded("radio", {"1": ("Local", "local"), "2": ("Central", "central")}, "reader"),
        ),
        "response": (
            "Overall response",
            _coded(
                "radio",
                {str(n): (code, code) for n, code in enumerate(("CR", "PR", "SD", "PD", "NE"), 1)},
                "response",
            ),
        ),
        "target_sum_mm": ("Sum of diameters of target lesions (mm)", _number("target_sum_mm")),
        "new_lesion": ("New lesion", _yes_no("new_lesion")),
    },
    "adverse_event": {
        "term": ("CTCAE term", _text("term")),
        "grade": ("Grade", _coded("dropdown", {str(n): (f"Grade {n}", n) for n in range(1, 6)}, "grade")),
        "onset_date": ("Onset", _date("onset_date")),
        "resolved_date": ("Resolved", _date("resolved_date")),
        "serious": ("Serious", _yes_no("serious")),
    },
    "plasma_sample": {
        "sample_id": ("Sample", _text("sample_id")),
        "plasma_visit": ("Visit", {"kind": "text", "choices": {}, "value": _plain("visit")}),
        "sampled_date": ("Date of sampling", _date("sampled_date")),
        "panel_detected": ("ctDNA detected by the panel", _yes_no("panel_detected")),
        "max_vaf_percent": ("Highest variant allele frequency (%)", _number("max_vaf_percent")),
        "lod_vaf_percent": ("Limit of detection (%)", _number("lod_vaf_percent")),
        "tumour_fraction_percent": ("Tumour fraction (%)", _number("tumour_fraction_percent")),
    },
}
_SOURCES = {
    "demographics": "patients",
    "outcome": "outcomes",
    "tumour_assessment": "assessments",
    "adverse_event": "adverse_events",
    "plasma_sample": "plasma_samples",
}
_REPEATING = ("tumour_assessment", "adverse_event", "plasma_sample", "quality_of_life")
_WIDE = {
    "eligibility": ("eligibility", "item", "met"),
    "quality_of_life": ("quality_of_life", "scale", "score"),
}
"""Forms in which each criterion, each scale is a field of its own."""


def _divided(row: Mapping[str, Any], name: str, by: float) -> Any:
    value = row.get(name)
    return None if value is None or pd.isna(value) else f"{value / by:.10g}"


def fields(tables: Mapping[str, pd.DataFrame]) -> list[_Field]:
    """Every field of the project, in its order."""
    made = [_Field("record_id", "demographics", "text", "Record ID", {}, value=_plain("patient_id"))]
    for form, own in _FORMS.items():
        for name, (label, said) in own.items():
            made.append(_Field(name=name, form=form, label=label, **said))
    for item in sorted(tables["eligibility"]["item"].unique()):
        label = f"Criterion {item} met"
        made.append(_Field(item.lower(), "eligibility", "yesno", label, {}, value=_yes_no(item)["value"]))
    made.append(
        _Field(
            "completed_date",
            "quality_of_life",
            "text",
            "Date of the form",
            {},
            "date_dmy",
            value=_plain("completed_date"),
        )
    )
    for scale in tables["quality_of_life"]["scale"].unique():
        label = str(scale).replace("_", " ").capitalize()
        made.append(_Field(scale, "quality_of_life", "text", label, {}, "number", value=_plain(scale)))
    return made


def _rows_of(form: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if form not in _WIDE:
        return tables[_SOURCES[form]]
    table, name, value = _WIDE[form]
    keys = [column for column in tables[table] if column not in (name, value)]
    rows = tables[table].astype({value: object})
    wide = rows.drop_duplicates([*keys, name]).set_index([*keys, name])[value].unstack(name, sort=False)  # noqa: PD010
    return wide[wide.notna().any(axis=1)].reset_index()


def write_redcap(folder: Path, tables: Mapping[str, pd.DataFrame], *, labels: bool) -> None:
    """Write the project's data dictionary and its export, as codes or as labels.

    Parameters
    ----------
    folder : Path
        Existing folder.
    tables : mapping of str to DataFrame
        Tables of the simulated trial.
    labels : bool
        Whether header and cells hold labels, REDCap's "labels" export, instead of names and codes.
    """
    project = fields(tables)
    _write(folder / "dictionary.csv", _dictionary(project))
    header = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    header += [column for field in project[1:] for column in _columns(field)]
    rows = []
    for form in dict.fromkeys(field.form for field in project):
        own = [field for field in project if field.form == form and field.name != "record_id"]
        instance: dict[str, int] = {}
        for source in _rows_of(form, tables).to_dict("records"):
            said = {
                str(key): None if value is pd.NaT or value is pd.NA or value != value else value
                for key, value in source.items()
            }
            patient = str(said["patient_id"])
            instance[patient] = instance.get(patient, 0) + 1
            row = dict.fromkeys(header, "")
            row["record_id"], row["redcap_event_name"] = patient, "enrolment_arm_1"
            if form in _REPEATING:
                row |= {"redcap_event_name": "treatment_arm_1", "redcap_repeat_instrument": form}
                row["redcap_repeat_instance"] = str(instance[patient])
            for field in own:
                row |= _cells(field, said)
            rows.append(row)
    # An unticked box is 0 in every row of the export, whatever form the row is of.
    boxes = [column for field in project if field.kind == "checkbox" for column in _columns(field)]
    for row in rows:
        row |= {box: row[box] or "0" for box in boxes}
    rows.sort(key=lambda row: row["record_id"])
    table = [header, *([row[name] for name in header] for row in rows)]
    _write(folder / "export.csv", _labelled(table, project) if labels else table)


def _columns(field: _Field) -> list[str]:
    return [f"{field.name}___{code}" for code in field.choices] if field.kind == "checkbox" else [field.name]


def _cells(field: _Field, row: Mapping[str, Any]) -> dict[str, str]:
    if field.kind == "checkbox":
        return {f"{field.name}___{code}": "1" if row.get(code) else "0" for code in field.choices}
    return {field.name: _text_of(field.value(row))}


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _dictionary(project: list[_Field]) -> list[list[str]]:
    header = [
        "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
        "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
        "Text Validation Min", "Text Validation Max", "Identifier?",
    ]  # fmt: skip
    rows = [
        [
            field.name, field.form, "", field.kind, field.label,
            " | ".join(f"{code}, {label}" for code, label in field.choices.items()), "", field.validation,
            "", "", field.identifier,
        ]
        for field in project
    ]  # fmt: skip
    return [header, *rows]


def _labelled(table: list[list[str]], project: list[_Field]) -> list[list[str]]:
    """Same table with labels for names and codes."""
    own = {
        "redcap_event_name": "Event Name",
        "redcap_repeat_instrument": "Repeat Instrument",
        "redcap_repeat_instance": "Repeat Instance",
    }
    names, cells = dict(own), {}
    for field in project:
        for column in _columns(field):
            code = column.partition("___")[2]
            names[column] = f"{field.label} (choice={field.choices[code]})" if code else field.label
            if code:
                cells[column] = {"1": "Checked", "0": "Unchecked"}
            else:
                cells[column] = field.choices or (YES_NO if field.kind == "yesno" else {})
    header = table[0]
    rows = [
        [cells.get(name, {}).get(cell, cell) for name, cell in zip(header, row, strict=True)]
        for row in table[1:]
    ]
    return [[names[name] for name in header], *rows]


def _write(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig")
