"""The data dictionary of a REDCap project: each field's form, type, label, choices and whether it may pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.data.intake.raw_table import RawTable
from analysis.data.problems import Problem, error

_HEADERS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "choices",
    "select_choices_or_calculations": "choices",
    "Text Validation Type OR Show Slider Number": "validation",
    "text_validation_type_or_show_slider_number": "validation",
    "Identifier?": "identifier",
}
"""Column names as the project's designer downloads them, and as the API gives them."""

_NEEDED = {"field_name", "form_name", "field_type"}
_NO_DATA = ("descriptive",)


@dataclass(frozen=True)
class Field:
    """One field of a REDCap project.

    Parameters
    ----------
    name, form, label : str
        As in the dictionary; markup is taken out of the label.
    kind : str
        ``number``, ``date``, ``choice``, ``checkbox``, ``yes_no``, ``text`` or ``file``.
    choices : mapping of str to str
        Code to label.
    refused : str
        Why its values must not pass; empty if they may.
    """

    name: str
    form: str
    label: str
    kind: str
    choices: Mapping[str, str]
    refused: str


def is_dictionary(table: RawTable) -> bool:
    """Whether a table is the data dictionary of a REDCap project."""
    return {_HEADERS.get(name, name) for name in table.cells.columns} >= _NEEDED


def read_dictionary(table: RawTable) -> tuple[dict[str, Field], list[Problem]]:
    """Fields of a data dictionary, by name, and rows of it that cannot be used."""
    cells = table.cells.rename(columns=lambda name: _HEADERS.get(name, name))
    fields: dict[str, Field] = {}
    problems = []
    for line, row in cells.iterrows():
        said = {str(key): value for key, value in row.items() if isinstance(value, str)}
        name = said.get("field_name", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in fields:
            what = "the field is listed twice" if name in fields else "this is no name of a field"
            problems.append(error(table.file, what, row=int(str(line)), do="download the dictionary again"))
            continue
        if said.get("field_type") in _NO_DATA:
            continue
        kind = _kind(said.get("field_type", ""), said.get("validation", ""))
        fields[name] = Field(
            name=name,
            form=said.get("form_name", ""),
            label=_plain(said.get("field_label", "")),
            kind=kind,
            choices=_choices(said.get("choices", ""))
            if kind in ("choice", "checkbox")
            else _YES_NO.get(kind, {}),
            refused=_refused(said, kind),
        )
    return fields, problems


_YES_NO = {"yes_no": {"1": "Yes", "0": "No"}}


def _kind(field_type: str, validation: str) -> str:
    if field_type in ("radio", "dropdown"):
        return "choice"
    if field_type in ("checkbox", "file"):
        return field_type
    if field_type in ("yesno", "truefalse"):
        return "yes_no"
    if field_type in ("calc", "slider") or validation.startswith(("number", "integer")):
        return "number"
    return "date" if validation.startswith("date") else "text"


def _refused(said: Mapping[str, str], kind: str) -> str:
    if said.get("identifier", "").lower() in ("y", "yes", "1"):
        return "an identifier, by the data dictionary"
    if said.get("field_type") == "notes":
        return "free text (a notes field)"
    if said.get("validation") in ("email", "phone", "zipcode", "ssn", "mrn_10d", "mrn_generic"):
        return f"an identifier ({said['validation']})"
    return "a file" if kind == "file" else ""


def _choices(text: str) -> dict[str, str]:
    """Codes and labels of ``1, Female | 2, Male``; a label may hold commas.

    >>> _choices("1, Yes | 2, No, or not known")
    {'1': 'Yes', '2': 'No, or not known'}
    """
    pairs = [each.partition(",") for each in text.split("|") if each.strip()]
    return {code.strip(): _plain(label) for code, _, label in pairs}


def _plain(label: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", label)).strip()
