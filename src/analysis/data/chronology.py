"""Rules about time: nothing before birth or enrolment, nothing after death, and times that agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.outcome_times import outcome_problems
from analysis.data.problems import Problem, error, warning
from analysis.data.progression_times import progression_problems
from analysis.study import Protocol


def chronology_problems(tables: Mapping[str, TypedTable], protocol: Protocol) -> list[Problem]:
    """Every time that cannot be, by line and column; scans outside their window as warnings."""
    bounds, problems = _bounds(tables)
    for each in tables.values():
        problems += _out_of_bounds(each, bounds)
    if "outcomes" in tables:
        problems += outcome_problems(tables["outcomes"])
    if "outcomes" in tables and "assessments" in tables:
        problems += progression_problems(tables["outcomes"], tables["assessments"])
    if "adverse_events" in tables:
        problems += _resolved_before_onset(tables["adverse_events"])
    if "pet_visits" in tables:
        problems += _scan_problems(tables["pet_visits"], protocol)
    return problems


def _bounds(tables: Mapping[str, TypedTable]) -> tuple[dict[str, pd.Series], list[Problem]]:
    """Day of birth, enrolment and death by patient, and those of them that contradict each other.

    A bound that is itself wrong is reported once and then left out, so that it does not make every
    other row of the patient wrong.
    """
    found: dict[str, pd.Series] = {}
    problems = []
    for table, names in (("patients", ("birth", "enrolment", "treatment_start")), ("outcomes", ("death",))):
        each = tables.get(table)
        for name in names:
            if each is not None and "patient_id" in each.headers:
                known = each.frame["patient_id"].notna() & ~each.frame["patient_id"].duplicated()
                found[name] = pd.Series(
                    each.values(name)[known].to_numpy(), index=each.frame["patient_id"][known]
                )
    patients, outcomes = tables.get("patients"), tables.get("outcomes")
    if "birth" not in found or patients is None:
        return {}, []
    enrolment, start = found["enrolment"], found["treatment_start"]
    before_birth = found["birth"] > enrolment.fillna(start)
    late = enrolment > start.fillna(np.inf)
    lines = pd.Series(patients.frame.index, index=patients.frame["patient_id"])
    lines = lines[~lines.index.duplicated()]
    for patient in before_birth.index[before_birth]:
        name = "enrolment" if not np.isnan(enrolment[patient]) else "treatment_start"
        problems.append(
            _wrong_time(
                patients,
                lines[patient],
                name,
                "the time lies before the patient's birth",
                "a time after birth",
            )
        )
    for patient in late.index[late]:
        problems.append(
            _wrong_time(
                patients,
                lines[patient],
                "treatment_start",
                "treatment starts before enrolment",
                "a day from enrolment on",
            )
        )
    bounds = {
        "birth": found["birth"][~before_birth],
        "enrolment": enrolment[~late],
        "death": pd.Series(dtype="float64"),
    }
    if outcomes is not None and "death" in found:
        death = found["death"]
        early = death < 0
        lines = pd.Series(outcomes.frame.index, index=outcomes.frame["patient_id"])
        lines = lines[~lines.index.duplicated()]
        for patient in early.index[early]:
            problems.append(
                _wrong_time(
                    outcomes,
                    lines[patient],
                    "death",
                    "death lies before treatment start",
                    "a day from treatment start on",
                )
            )
        bounds["death"] = death[~early]
    return bounds, problems


def _wrong_time(each: TypedTable, line: object, name: str, what: str, expected: str) -> Problem:
    return error(
        each.file,
        what,
        row=int(str(line)),
        column=each.headers[name],
        expected=expected,
        do="correct whichever of the two times is wrong",
    )


def _out_of_bounds(each: TypedTable, bounds: Mapping[str, pd.Series]) -> list[Problem]:
    """Find times before the patient's birth or enrolment, or after their death."""
    if "patient_id" not in each.headers or not bounds:
        return []
    of_patient = {name: each.frame["patient_id"].map(days).astype("float64") for name, days in bounds.items()}
    problems = []
    for name in each.times():
        day = each.frame[f"{name}_day"]
        rules = []
        if name != "birth":
            rules.append(
                (day < of_patient["birth"], "the time lies before the patient's birth", "a time after birth")
            )
            if each.table.name != "patients" and name != "death":
                rules.append(
                    (
                        day < of_patient["enrolment"],
                        "the time lies before enrolment",
                        "a day from enrolment on",
                    )
                )
        if name != "death":
            rules.append(
                (day > of_patient["death"], "the time lies after the patient's death", "a day up to death")
            )
        for wrong, what, expected in rules:
            problems += [_wrong_time(each, line, name, what, expected) for line in day.index[wrong]]
    return problems


def _resolved_before_onset(events: TypedTable) -> list[Problem]:
    wrong = events.values("resolved") < events.values("onset")
    return [
        _wrong_time(events, line, "resolved", "the event ends before it begins", "a day from onset on")
        for line in events.frame.index[wrong]
    ]


def _scan_problems(visits: TypedTable, protocol: Protocol) -> list[Problem]:
    """Find scans outside the protocol's window, done without a day, or not done with one."""
    if not {"visit", "status", "scanned"} <= set(visits.headers):
        return []
    day, visit, status = visits.values("scanned"), visits.frame["visit"], visits.frame["status"]
    column = visits.headers["scanned"]
    problems = []
    for name, planned in protocol.visits.items():
        low, high = planned.window
        outside = visit.eq(name).fillna(False) & ((day < low) | (day > high))
        problems += [
            warning(
                visits.file,
                f"the {name} scan was made on day {day[line]:g}",
                row=int(line),
                column=column,
                expected=f"day {low} to {high} by the protocol",
                do="check the date; the analysis decides by its window rule",
            )
            for line in day.index[outside.to_numpy(dtype=bool)]
        ]
    undone = status.isin(["not_done", "not_planned"]) & visits.given("scanned")
    problems += [
        error(
            visits.file,
            "the scan was not made, yet it has a day",
            row=int(line),
            column=column,
            expected="an empty cell",
            do="correct status or day",
        )
        for line in day.index[undone]
    ]
    undated = status.eq("done").fillna(False) & ~visits.given("scanned")
    return problems + [
        warning(
            visits.file,
            "the scan was made, but its day is missing",
            row=int(line),
            column=column,
            do="fill it",
        )
        for line in day.index[undated.to_numpy(dtype=bool)]
    ]
