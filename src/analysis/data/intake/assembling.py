"""All tables of the study from what was sent, as text cells of the contract, with the places they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.intake.folder import Intake
from analysis.data.intake.mapping import StudyMapping
from analysis.data.intake.origins import Origins, origin
from analysis.data.intake.raw_table import RawTable
from analysis.data.intake.rows import Made, block_problems, block_rows
from analysis.data.problems import Problem, error
from analysis.data.reading import TextTable
from analysis.data.tables import TABLES, Table

FIRST_LINE = 2
"""Line of the first row in the study's own file, below its header."""


@dataclass(frozen=True)
class Assembled:
    """Tables as they would stand in the study folder.

    Parameters
    ----------
    texts : mapping of str to TextTable
        By name.
    origins : mapping of str to Origins
        Where their cells came from.
    lacks : mapping of str to list of str
        Columns that no rule makes.
    problems : tuple of Problem
        By the sender's files, lines and columns, or by the mapping.
    """

    texts: Mapping[str, TextTable]
    origins: Mapping[str, Origins]
    lacks: Mapping[str, list[str]]
    problems: tuple[Problem, ...]


def assemble(intake: Intake, mapping: StudyMapping, file: str) -> Assembled:
    """Make the tables of the study that a mapping describes.

    Parameters
    ----------
    intake : Intake
        What was sent.
    mapping : StudyMapping
        The mapping.
    file : str
        Its file's name, for the messages.
    """
    texts: dict[str, TextTable] = {}
    origins: dict[str, Origins] = {}
    problems: list[Problem] = [
        error(file, f"files names {name}, which is not there", do="correct the name")
        for name in mapping.files
        if name not in {table.file for table in intake.tables.values()} | {p.file for p in intake.problems}
    ]
    pending: dict[str, set[str]] = {}
    for name, blocks in mapping.tables.items():
        table = TABLES[name]
        faults = [fault for block in blocks for fault in block_problems(table, block, intake.tables, file)]
        problems += faults
        if faults or not blocks:
            continue
        pieces = []
        for block in blocks:
            made, found = block_rows(table, block, intake.tables, mapping.files)
            pieces.append((made, intake.tables[block.source]))
            problems += found
        texts[name], origins[name], dated_numbers, found = _joined(table, pieces, file)
        pending[name] = dated_numbers
        problems += found
    for name, columns in pending.items():
        for column in columns:
            texts[name] = _since_start(texts[name], column, texts.get("patients"))
    lacks = {
        name: [
            column.name
            for column in TABLES[name].columns
            if column.name not in text.headers and not column.optional
        ]
        for name, text in texts.items()
    }
    return Assembled(texts, origins, {name: gone for name, gone in lacks.items() if gone}, tuple(problems))


def _joined(
    table: Table, pieces: list[tuple[Made, RawTable]], file: str
) -> tuple[TextTable, Origins, set[str], list[Problem]]:
    """Blocks below each other under the contract's headers; dates that must yet become numbers of days."""
    problems = []
    headers: dict[str, str] = {}
    dated_numbers: set[str] = set()
    names = [column.name for column in table.columns if any(column.name in made.cells for made, _ in pieces)]
    for name in names:
        dated = {name in made.dated for made, _ in pieces if name in made.cells}
        if len(dated) > 1:
            what = f"{table.name}, {name}: one block gives dates and another days"
            problems.append(error(file, what, do="give the same in every block"))
        if table.column(name).kind == "time":
            headers[name] = f"{name}_date" if True in dated else f"{name}_day"
        else:
            headers[name] = name
            if True in dated:
                dated_numbers.add(name)
    origins = Origins()
    line = FIRST_LINE
    for made, raw in pieces:
        sent = {headers[name]: column for name, column in made.names.items()}
        for place, at in enumerate(made.lines):
            origins.rows[line] = origin(raw, at, "")
            origins.names[line] = sent
            for name, places in made.elsewhere.items():
                found = places[place]
                if found is not None:
                    origins.elsewhere[headers[name], line] = found
            line += 1
    cells = pd.concat([made.cells.reindex(columns=names) for made, _ in pieces], ignore_index=True).astype(
        object
    )
    cells.index = pd.RangeIndex(FIRST_LINE, FIRST_LINE + len(cells))
    cells = cells.rename(columns=headers)
    return TextTable(table, cells.where(cells.notna()), headers, True), origins, dated_numbers, problems


def _since_start(text: TextTable, name: str, patients: TextTable | None) -> TextTable:
    """Table in which the dates of a column of numbers are days since the patient's day 0."""
    headers = patients.headers if patients else {}
    start = headers.get("randomised", headers.get("treatment_start", ""))
    cells = text.cells.copy()
    dates = pd.to_datetime(cells[name], format="%Y-%m-%d", errors="coerce")
    days = pd.Series(np.nan, index=cells.index, dtype=float)
    if patients is not None and start.endswith("_date") and "patient_id" in cells:
        known = patients.cells.dropna(subset=["patient_id"]).drop_duplicates("patient_id")
        starts = pd.to_datetime(known.set_index("patient_id")[start], format="%Y-%m-%d", errors="coerce")
        days = (dates - cells["patient_id"].map(starts)).dt.days.astype(float)
    cells[name] = days.map(lambda value: format(value, ".10g"), na_action="ignore").astype(object)
    return TextTable(text.table, cells.where(cells.notna()), text.headers, text.whole)
