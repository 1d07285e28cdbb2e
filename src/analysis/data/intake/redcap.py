"""A REDCap export with its data dictionary: one table a form, in codes, whichever way it was exported."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis.data.intake.raw_table import RawTable
from analysis.data.intake.redcap_dictionary import Field
from analysis.data.problems import Problem, error

MISSING_CODES = ("NI", "INV", "UNK", "NASK", "ASKU", "NAV", "MSK", "NA", "NAVU", "NP")
"""Codes for missing values that REDCap proposes. They count as missing in fields that hold numbers, dates or
choices, where they can be nothing else; in a text field only a mapping can say so."""

_OWN = {
    "redcap_event_name": "Event Name",
    "redcap_repeat_instrument": "Repeat Instrument",
    "redcap_repeat_instance": "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
    "redcap_survey_identifier": "Survey Identifier",
}
"""REDCap's own columns, and what they are called in an export with labels."""

_EVENTS = tuple(_OWN)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")


def is_redcap(table: RawTable, fields: Mapping[str, Field]) -> bool:
    """Whether a table is an export of the project: its first column is the project's first field."""
    first = next(iter(fields.values()))
    return len(table.cells.columns) > 1 and table.cells.columns[0] in (first.name, first.label)


def split_forms(table: RawTable, fields: Mapping[str, Field]) -> tuple[list[RawTable], list[Problem]]:
    """One table a form of the project.

    A form has the rows in which one of its fields is filled, whatever event or repeat they are of: REDCap
    leaves the fields of every other form empty there. Labels in the header and in the cells become names and
    codes again, so that the raw and the labelled export give the same tables.

    Parameters
    ----------
    table : RawTable
        The export.
    fields : mapping of str to Field
        The data dictionary.

    Returns
    -------
    list of RawTable
        By form: the record's id, event, repeat instance and the form's fields. Values that the dictionary
        does not allow stay as they are and are in the problems.
    list of Problem
    """
    named, problems = _with_names(table, fields)
    if named is None:
        return [], problems
    cells, missing, found = _in_codes(named, fields, table.file)
    problems += found
    record = next(iter(fields))
    made = []
    for form in dict.fromkeys(field.form for field in fields.values()):
        own = [name for name in cells.columns if _form_of(name, fields) == form and name != record]
        # An unticked box is 0 in every row, also in those where nobody opened the form.
        boxes = [name for name in own if (base := _base(name, fields)) and fields[base].kind == "checkbox"]
        filled = cells[own].notna()
        filled[boxes] &= cells[boxes] != "0"
        rows = filled.any(axis=1)
        if not own or not rows.any():
            continue
        keys = [record, *(name for name in _EVENTS if name in cells)]
        made.append(
            RawTable(
                name=form,
                file=table.file,
                cells=cells.loc[rows, [*keys, *own]],
                labels={name: _label(name, fields) for name in own},
                choices={
                    name: fields[name].choices for name in own if name in fields and fields[name].choices
                },
                missing={name: count for name, count in missing.items() if name in own},
                refused={
                    name: fields[name].refused for name in own if name in fields and fields[name].refused
                },
                notes=table.notes,
            )
        )
    return made, problems


def _base(name: str, fields: Mapping[str, Field]) -> str:
    """Field that a column belongs to: itself, or the checkbox of ``field___code``."""
    return name if name in fields else name.partition("___")[0] if name.partition("___")[0] in fields else ""


def _form_of(name: str, fields: Mapping[str, Field]) -> str:
    base = _base(name, fields)
    return fields[base].form if base else ""


def _label(name: str, fields: Mapping[str, Field]) -> str:
    base = _base(name, fields)
    if name == base:
        return fields[base].label
    code = name.partition("___")[2]
    label = {_column_code(each): meaning for each, meaning in fields[base].choices.items()}.get(code, code)
    return f"{fields[base].label}: {label}"


def _column_code(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", code.lower())


def _with_names(table: RawTable, fields: Mapping[str, Field]) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Cells under the names of the fields, from an export whose header holds names or labels."""
    header = list(table.cells.columns)
    known = set(fields) | set(_OWN)
    if next(iter(fields)) in header:
        return table.cells, []
    by_label: dict[str, list[str]] = {}
    for name, label in _OWN.items():
        by_label.setdefault(label, []).append(name)
    for field in fields.values():
        if field.kind == "checkbox":
            for code, meaning in field.choices.items():
                label = f"{field.label} (choice={meaning})"
                by_label.setdefault(label, []).append(f"{field.name}___{_column_code(code)}")
        else:
            by_label.setdefault(field.label, []).append(field.name)
    problems = []
    names = {}
    for place, label in enumerate(header, 1):
        found = by_label.get(label, [label] if label in known else [])
        if len(found) == 1:
            names[label] = found[0]
        elif len(found) > 1:
            what = f"the label of column {place} is that of {', '.join(found)}"
            problems.append(
                error(table.file, what, row=1, do="export with raw headers, or change the labels")
            )
    if problems:
        return None, problems
    return table.cells.rename(columns=names)[list(names.values())], []


def _in_codes(
    cells: pd.DataFrame, fields: Mapping[str, Field], file: str
) -> tuple[pd.DataFrame, dict[str, int], list[Problem]]:
    """Cells in which labels have become codes and missing-data codes empty; what the dictionary forbids."""
    made = cells.copy()
    missing: dict[str, int] = {}
    problems: list[Problem] = []
    for name in cells.columns:
        base = _base(name, fields)
        if not base:
            continue
        field = fields[base]
        column = cells[name]
        if name != base or field.kind == "checkbox":
            column = column.replace({"Checked": "1", "Unchecked": "0"})
            allowed: pd.Series = column.isin(["0", "1"])
        elif field.choices:
            column = column.replace({label: code for code, label in field.choices.items()})
            if field.kind == "yes_no":
                column = column.replace({"True": "1", "False": "0"})
            allowed = column.isin(list(field.choices))
        elif field.kind == "number":
            allowed = column.str.fullmatch(_NUMBER.pattern).eq(True)
        elif field.kind == "date":
            allowed = column.str.fullmatch(_DATE.pattern).eq(True)
        else:
            continue
        code = column.isin(MISSING_CODES) & ~allowed
        if code.any():
            missing[name] = int(code.sum())
            column = column.mask(code)
        made[name] = column
        wrong = column.notna() & ~allowed
        problems += [
            error(
                file,
                f"the value is none that the data dictionary allows ({field.kind})",
                row=int(line),
                column=name,
                expected=", ".join(field.choices) if field.choices else f"a {field.kind}",
                do="correct it in REDCap, or give it under `missing` in the mapping if it stands for nothing",
            )
            for line in column.index[wrong]
        ]
    return made, missing, problems
