"""Rules about visits: scans and samples in the order of their names, and samples near the day they are named after."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error, warning
from analysis.study import Protocol

SCANS_IN_ORDER = (
    ("baseline", "day14"),
    ("day14", "day28"),
    ("baseline", "day28"),
    ("baseline", "follow_up_1"),
    ("follow_up_1", "follow_up_2"),
    ("baseline", "progression"),
)
"""Pairs of PET visits of which the second comes after the first. A retest may be before or after baseline."""

NEAR_DAYS = 14
"""Days that a plasma sample may be from the day of a visit without a window in the protocol: an assumption of
this project, for a warning only."""


def visit_problems(tables: Mapping[str, TypedTable], protocol: Protocol) -> list[Problem]:
    """Visits whose days contradict their names.

    Parameters
    ----------
    tables : mapping of str to TypedTable
        In study days.
    protocol : Protocol
        Windows of its visits.
    """
    problems = []
    visits, samples = tables.get("pet_visits"), tables.get("plasma_samples")
    if visits is not None and {"patient_id", "visit", "scanned"} <= set(visits.headers):
        problems += _scans(visits)
    if samples is not None and {"patient_id", "visit", "sampled"} <= set(samples.headers):
        problems += _samples_in_order(samples) + _samples_near(samples, protocol)
    return problems


def nominal_day(visit: str) -> float:
    """Day that a plasma visit is named after; NaN for ``progression`` and what is no visit.

    >>> nominal_day("day14"), nominal_day("week12"), nominal_day("baseline")
    (14.0, 84.0, 0.0)
    """
    if visit == "baseline":
        return 0.0
    found = re.fullmatch(r"(day|week)([0-9]{1,3})", visit)
    return float("nan") if found is None else float(found[2]) * (7 if found[1] == "week" else 1)


def _by_patient(rows: TypedTable, time: str) -> pd.DataFrame:
    frame = rows.frame[["patient_id", "visit"]].assign(day=rows.values(time), line=rows.frame.index)
    return frame.dropna()


def _scans(visits: TypedTable) -> list[Problem]:
    known = _by_patient(visits, "scanned").drop_duplicates(["patient_id", "visit"])
    days = known.pivot(index="patient_id", columns="visit", values="day")  # noqa: PD010
    lines = known.pivot(index="patient_id", columns="visit", values="line")  # noqa: PD010
    found: dict[int, Problem] = {}
    for earlier, later in SCANS_IN_ORDER:
        if earlier not in days or later not in days:
            continue
        for patient in days.index[days[later] <= days[earlier]]:
            line = int(lines.loc[patient, later])
            found.setdefault(
                line,
                error(
                    visits.file,
                    f"the {later} scan (day {days.loc[patient, later]:g}) does not come after the {earlier} scan "
                    f"(day {days.loc[patient, earlier]:g}, line {lines.loc[patient, earlier]:g})",
                    row=line,
                    column=visits.headers["scanned"],
                    do="correct the day or the visit of one of the two",
                ),
            )
    return list(found.values())


def _samples_in_order(samples: TypedTable) -> list[Problem]:
    """Samples taken before one of an earlier visit of the same patient."""
    known = _by_patient(samples, "sampled")
    known["nominal"] = known["visit"].map(nominal_day)
    known = known.dropna().sort_values(["patient_id", "nominal", "day"], kind="stable")
    if known.empty:
        return []
    # Latest day of the visits before: the highest so far, of strictly earlier visits only.
    at_visit = known.groupby(["patient_id", "nominal"])["day"].max()
    before = at_visit.groupby("patient_id").transform(lambda days: days.cummax().shift())
    latest = before.reindex(pd.MultiIndex.from_frame(known[["patient_id", "nominal"]])).to_numpy()
    wrong = known["day"].to_numpy() < latest
    return [
        error(
            samples.file,
            f"the {visit} sample was taken on day {day:g}, before one of an earlier visit (day {other:g})",
            row=int(line),
            column=samples.headers["sampled"],
            do="correct the day or the visit of one of the two",
        )
        for visit, day, line, other in zip(
            known["visit"][wrong], known["day"][wrong], known["line"][wrong], latest[wrong], strict=True
        )
    ]


def _samples_near(samples: TypedTable, protocol: Protocol) -> list[Problem]:
    known = _by_patient(samples, "sampled")
    nominal = known["visit"].map(nominal_day)
    windows = {
        visit: protocol.visits[visit].window
        if visit in protocol.visits
        else (nominal_day(visit) - NEAR_DAYS, nominal_day(visit) + NEAR_DAYS)
        for visit in known["visit"][nominal.notna()].unique()
    }
    low = known["visit"].map({visit: window[0] for visit, window in windows.items()})
    high = known["visit"].map({visit: window[1] for visit, window in windows.items()})
    far = (known["day"] < low) | (known["day"] > high)
    return [
        warning(
            samples.file,
            f"the {visit} sample was taken on day {day:g}",
            row=int(line),
            column=samples.headers["sampled"],
            expected=f"day {windows[visit][0]:g} to {windows[visit][1]:g}"
            + (" by the protocol" if visit in protocol.visits else ""),
            do="check day and visit; the analysis takes the visit as it is named",
        )
        for visit, day, line in known.loc[far, ["visit", "day", "line"]].itertuples(index=False)
    ]
