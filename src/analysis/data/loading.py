"""A study folder checked, and loaded if it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data.arms import arm_problems
from analysis.data.chronology import chronology_problems
from analysis.data.conversion import (
    TypedTable,
    day_zero,
    empty_column,
    in_memory,
    to_study_days,
    typed,
)
from analysis.data.description import Description, read_description
from analysis.data.direct_identifiers import identifier_problems
from analysis.data.folder_contents import folder_problems
from analysis.data.lesion_matching import lesion_match_problems
from analysis.data.manifest import manifest_problems
from analysis.data.membership import membership_problems
from analysis.data.plausibility import plausibility_problems
from analysis.data.problems import FaultyStudyError, Problem, error
from analysis.data.reading import TextTable, read_text_table
from analysis.data.schemas import schema_problems
from analysis.data.study import PARTS, Study
from analysis.data.tables import TABLES, Column, Table
from analysis.data.visit_order import visit_problems
from analysis.errors import StudyError
from analysis.study import load_protocol


def load_study(path: Path | str) -> Study:
    """Load a study folder that is right in everything that can be checked without its images.

    Parameters
    ----------
    path : Path or str
        Study folder, see ``data/README.md``.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        If the folder does not exist.
    FaultyStudyError
        If anything in it is wrong; its ``problems`` hold everything, its text the first errors.
    """
    folder = Path(path)
    examined = _examine(folder)
    description, tables, problems = examined.description, examined.tables, examined.problems
    if any(problem.severity == "error" for problem in problems):
        raise FaultyStudyError(description.id or folder.name, problems)
    dicom = _existing(folder / description.dicom)
    present = {TABLES[name].part for name in tables} - {"pet"}
    if dicom is not None:
        present.add("pet")
    return Study(
        path=folder,
        id=description.id,
        title=description.title,
        kind=description.kind,
        design=description.design,
        source=description.source,
        licence=description.licence,
        caveats=description.caveats,
        lacks=description.lacks,
        tables={name: _finished(each) for name, each in tables.items()},
        parts=tuple(part for part in PARTS if part in present),
        dicom_folder=dicom,
        contours_folder=_existing(folder / description.contours),
        resample_contours=description.resample_contours,
        disclosure=description.disclosure,
        arms=description.arms,
        control=description.control,
        strata=description.strata,
        _treatment_starts={str(patient): start.date() for patient, start in examined.starts.dropna().items()},
    )


def check_study(path: Path | str) -> list[Problem]:
    """List everything that is wrong with a study folder, by file, line and column.

    Parameters
    ----------
    path : Path or str
        Study folder.

    Returns
    -------
    list of Problem
        Errors first; empty if the study is right.

    Raises
    ------
    StudyError
        If the folder does not exist.
    """
    problems = _examine(Path(path)).problems
    return sorted(problems, key=lambda problem: problem.severity)


@dataclass(frozen=True)
class _Examined:
    """Everything a folder says, and everything that is wrong with it."""

    description: Description
    tables: dict[str, TypedTable]
    starts: pd.Series
    problems: list[Problem]


def _examine(folder: Path) -> _Examined:
    if not folder.is_dir():
        raise StudyError(
            "the study folder does not exist" if not folder.exists() else "the study is not a folder",
            where=str(folder),
            expected="a folder with study.yml and patients.csv",
            do="correct the path; `make data` fetches the public study, `python -m analysis simulate` makes one",
        )
    description, problems = read_description(folder)
    texts = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        text, found = read_text_table(path, table, lacks=description.lacks.get(name, ()))
        problems += found
        if text is not None:
            problems += schema_problems(text)
            texts[name] = text
    tables, starts, found = examine_tables(texts)
    problems += found
    problems += arm_problems(description, tables)
    problems += folder_problems(folder, description, tables)
    problems += manifest_problems(folder, description, identifiers=_patients(tables))
    return _Examined(description, tables, starts, problems)


def examine_tables(
    texts: Mapping[str, TextTable],
) -> tuple[dict[str, TypedTable], pd.Series, list[Problem]]:
    """Tables typed and in study days, and everything that is wrong between them.

    What is wrong with single cells is for :func:`analysis.data.schemas.schema_problems` to say.

    Parameters
    ----------
    texts : mapping of str to TextTable
        By name.

    Returns
    -------
    dict of str to TypedTable
        Every time in days since the patient's day 0, see :func:`analysis.data.conversion.day_zero`.
    Series
        Date of day 0 by patient; empty if the study gives none.
    list of Problem
    """
    problems = []
    if "patients" in texts and texts["patients"].cells.empty:
        problems.append(error("patients.csv", "there is no patient", expected="one line a patient"))
    problems += identifier_problems(texts.values())
    dated = {name: typed(text) for name, text in texts.items()}
    starts, found = day_zero(dated.get("patients"))
    problems += found
    tables, found = to_study_days(dated, starts)
    problems += found
    protocol = load_protocol()
    problems += membership_problems(tables, protocol)
    problems += lesion_match_problems(tables)
    problems += chronology_problems(tables, protocol)
    problems += visit_problems(tables, protocol)
    problems += plausibility_problems(tables)
    return tables, starts, problems


def _patients(tables: dict[str, TypedTable]) -> tuple[str, ...]:
    """Pseudonyms of the patients, as far as they are known."""
    patients = tables.get("patients")
    if patients is None or "patient_id" not in patients.headers:
        return ()
    return tuple(patients.frame["patient_id"].dropna())


def _existing(folder: Path) -> Path | None:
    return folder if folder.is_dir() else None


def _finished(each: TypedTable) -> pd.DataFrame:
    """Make the table as the other rooms see it: every column of its schema but birth and optional ones that the file is without, lines numbered from 0."""
    frame = {
        in_memory(column): each.frame[in_memory(column)]
        if column.name in each.headers
        else empty_column(column, each.frame.index)
        for column in _analysed(each.table)
        if column.name in each.headers or not column.optional
    }
    return pd.DataFrame(frame, index=each.frame.index).reset_index(drop=True)


def _analysed(table: Table) -> list[Column]:
    return [column for column in table.columns if (table.name, column.name) != ("patients", "birth")]
