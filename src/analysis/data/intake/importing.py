"""From a sender's folder and its mapping to a study folder, which appears whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.arms import arm_problems
from analysis.data.conversion import TypedTable, origin_of
from analysis.data.description import KEYS, Description, checked_description
from analysis.data.intake.assembling import Assembled, assemble
from analysis.data.intake.folder import MAPPING, Intake, read_folder
from analysis.data.intake.mapping import OPEN, StudyMapping, read_mapping
from analysis.data.intake.persons import without_persons
from analysis.data.loading import examine_tables
from analysis.data.manifest import seal_study
from analysis.data.problems import FaultyStudyError, Problem, error
from analysis.data.pseudonym_key import PseudonymKey
from analysis.data.pseudonymised import TableReport
from analysis.data.schemas import schema_problems
from analysis.data.staging import refuse_to_overwrite, whole_folder
from analysis.data.writing import write_study

KEEP_START = "keep_treatment_start"
"""Key of the mapping's ``study``: the date of treatment start stays in ``patients.csv``, for images that can
only be matched by the day of the scan. No other date does."""


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do.

    Parameters
    ----------
    rows : mapping of str to int
        Rows of each table of the study.
    left_out : tuple of str
        Every column of the sender that did not pass, with the reason.
    notes : tuple of str
        What was recognised and should be looked at.
    problems : tuple of Problem
        Errors and warnings, by the sender's file, line and column.
    written : bool
        Whether the study folder was made.
    persons : TableReport or None
        With a key: what was done to the tables. It holds the original names, for the images: never to be written.
    """

    rows: Mapping[str, int]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    written: bool
    persons: TableReport | None = None


def import_study(
    source: Path,
    destination: Path,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    key: PseudonymKey | None = None,
) -> Imported:
    """Write a study folder from what a hospital or a CRO sent.

    Every file is read, every cell converted and every rule of the contract checked before anything is
    written. Every date becomes days since the patient's treatment start; what the mapping does not name
    stays behind.

    Parameters
    ----------
    source : Path
        Folder with the exports.
    destination : Path
        Study folder to make, or to replace if it is the same study.
    mapping : Path, optional
        Mapping file; by default ``mapping.yml`` in the source.
    dry_run : bool
        Whether to write nothing.
    key : PseudonymKey, optional
        Key that replaces patients, samples and centres, and moves dates, before anything is checked. Images that the
        mapping names are not touched: see :func:`analysis.pet.deidentification.intake.import_pseudonymised`.

    Returns
    -------
    Imported
        Its ``written`` is true only if there is no error.

    Raises
    ------
    StudyError
        If there is no such folder, nothing to read, or the destination holds something else.
    """
    file = mapping or source / MAPPING
    rules, problems = read_mapping(file)
    intake = read_folder(source, rules.files if rules else None)
    problems = [*problems, *intake.problems]
    if rules is None:
        return Imported({}, (), (), tuple(problems), False)
    made = assemble(intake, rules, file.name)
    problems += made.problems
    persons = None
    if key is not None:
        made, persons = without_persons(made, key, intake)
    described, meta, found = _description(rules, made, source, file.name)
    problems += found
    tables, found = _examined(made, described)
    if "patients" not in rules.tables:
        found.append(error(file.name, "there is no patient", do="map the table patients"))
    problems += found
    frames = {name: _frame(each, rules, made) for name, each in tables.items()}
    left_out, notes = _left_out(intake, rules), _notes(intake)
    faulty = any(problem.severity == "error" for problem in problems)
    if not faulty and not dry_run:
        refuse_to_overwrite(destination, meta["id"])
        with whole_folder(destination) as folder:
            write_study(folder, meta=meta, tables=frames)
            seal_study(folder)
    order = sorted(problems, key=lambda problem: problem.severity)
    rows = {name: len(frame) for name, frame in frames.items()}
    return Imported(rows, left_out, notes, tuple(order), not faulty and not dry_run, persons)


def refuse_faulty(source: Path, imported: Imported) -> None:
    """Raise the errors of an import as one.

    Raises
    ------
    FaultyStudyError
        If there is any.
    """
    if any(problem.severity == "error" for problem in imported.problems):
        raise FaultyStudyError(source.name, imported.problems)


def _examined(made: Assembled, described: Description) -> tuple[dict[str, TypedTable], list[Problem]]:
    """Tables in study days, and what the contract finds, in the sender's terms."""
    found = [
        made.origins[name].translated(problem, name)
        for name, text in made.texts.items()
        for problem in schema_problems(text)
    ]
    tables, _, between = examine_tables(made.texts)
    for problem in [*between, *arm_problems(described, tables)]:
        name = problem.file.removesuffix(".csv")
        found.append(made.origins[name].translated(problem, name) if name in made.origins else problem)
    return tables, found


def _frame(each: TypedTable, rules: StudyMapping, made: Assembled) -> pd.DataFrame:
    """Table to write: days, and of dates at most that of the treatment start."""
    frame = each.frame.reset_index(drop=True)
    if each.table.name != "patients" or origin_of(each) not in each.headers:
        return frame
    zero, text = origin_of(each), made.texts["patients"]
    if text.headers[zero].endswith("_date"):
        dates = text.cells[text.headers[zero]].reset_index(drop=True)
        if rules.study.get(KEEP_START) is True:
            return frame.drop(columns=f"{zero}_day").assign(**{f"{zero}_date": dates})
    # Day 0 by definition; who was never treated, or randomised, has none.
    started = each.given(zero).reset_index(drop=True)
    return frame.assign(**{f"{zero}_day": started.map({True: 0.0, False: float("nan")})})


def _description(
    rules: StudyMapping, made: Assembled, source: Path, file: str
) -> tuple[Description, dict[str, Any], list[Problem]]:
    """Description, content of ``study.yml``, and what of it the mapping gives wrong."""
    said = {key: value for key, value in rules.study.items() if key != KEEP_START}
    for key in ("dicom", "contours"):
        # Images stay where they are: a path in the mapping starts from the sender's folder.
        if isinstance(said.get(key), str) and "\0" not in said[key]:
            said[key] = str((source / said[key]).resolve())
    described, found = checked_description(said, source)
    problems = [
        error(file, f"study: {problem.what}", expected=problem.expected, do=problem.do) for problem in found
    ]
    problems += [
        error(file, f"study: {key} is open", expected=KEYS[key], do="fill it")
        for key in KEYS
        if str(said.get(key)) == OPEN
    ]
    meta = {key: said[key] for key in KEYS if key in said}
    if made.lacks:
        meta["lacks"] = {name: list(columns) for name, columns in made.lacks.items()}
    return described, meta, problems


def _left_out(intake: Intake, rules: StudyMapping) -> tuple[str, ...]:
    """Columns that did not pass, by table, and why."""
    used: dict[str, set[str]] = {name: set() for name in intake.tables}
    for blocks in rules.tables.values():
        for block in blocks:
            own = used.setdefault(block.source, set())
            own |= {*block.where, *block.unless, *block.one_row_per, *block.stack}
            for rule in block.rules.values():
                own |= set(rule.join)
                used.setdefault(rule.source or block.source, set()).update(
                    (*rule.columns, *rule.where, *(rule.join.values() if rule.source else ()))
                )
    lines = []
    for name, table in intake.tables.items():
        gone = [column for column in table.cells.columns if column not in used[name]]
        lines += [f"{name}, {column}: {table.refused[column]}" for column in gone if column in table.refused]
        plain = [column for column in gone if column not in table.refused]
        if len(plain) == len(table.cells.columns):
            lines.append(f"{name}: the whole table is not in the mapping")
        elif plain:
            lines.append(f"{name}, {', '.join(plain)}: not in the mapping")
    lines += [f"{kind}: no format that is read here" for kind in intake.unread]
    return tuple(lines)


def _notes(intake: Intake) -> tuple[str, ...]:
    notes = []
    for name, table in intake.tables.items():
        notes += [f"{name}: {note}" for note in table.notes]
        notes += [
            f"{name}, {column}: {count} missing-data codes count as empty"
            for column, count in table.missing.items()
        ]
    return tuple(notes)
