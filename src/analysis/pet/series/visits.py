"""Which patient and which visit a series belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.data import Study
from analysis.pet.headers.attributes import parse_date
from analysis.pet.series.index import Series
from analysis.study import load_protocol

_SAME_DAY = 1
"""Days by which a header and a table may differ and still mean one scan (scans around midnight, time zones)."""


@dataclass(frozen=True)
class Match:
    """Patient and visit of a series (empty: not found), why not, and doubts."""

    patient_id: str
    visit: str
    reason: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class VisitBook:
    """What a study says about its patients and visits.

    Parameters
    ----------
    patients : frozenset of str
        Known patients.
    mapping : mapping of str to (str, str)
        Patient and visit of a series, from ``scans.csv``.
    scanned : mapping of str to mapping of str to float
        Day of each scan that was made, by patient and visit, from ``pet_visits``.
    starts : mapping of str to date
        First day of treatment, where the tables hold dates.
    """

    patients: frozenset[str]
    mapping: Mapping[str, tuple[str, str]]
    scanned: Mapping[str, Mapping[str, float]]
    starts: Mapping[str, date]


def visit_book(study: Study) -> VisitBook:
    """What the tables of a study say about patients, visits and the mapping of series."""
    patients: set[str] = set()
    for name in ("patients", "pet_visits"):
        if name in study.tables:
            patients |= set(study.table(name)["patient_id"].astype(str))
    mapping = {}
    if "scans" in study.tables:
        for row in study.table("scans").itertuples():
            mapping[str(row.series_uid)] = (str(row.patient_id), str(row.visit))
    scanned: dict[str, dict[str, float]] = {}
    if "pet_visits" in study.tables:
        visits = study.table("pet_visits")
        for row in visits[visits["scanned_day"].notna()].itertuples():
            scanned.setdefault(str(row.patient_id), {})[str(row.visit)] = float(row.scanned_day)  # type: ignore[arg-type]
    return VisitBook(frozenset(patients), mapping, scanned, _treatment_starts(study.path))


def match_series(series: Sequence[Series], book: VisitBook) -> list[Match]:
    """Patient and visit of each series.

    By Clinical Trial Subject ID (0012,0040) and Time Point ID (0012,0050); else by Patient ID (0010,0020) and the
    scan's date: against the days of ``pet_visits``, then the protocol's windows around the start of treatment, then
    by the distances between the patient's own scans, which survive a shift of all dates; else by ``scans.csv``. A
    mapping that contradicts what the headers say is not followed, and says so.
    """
    found = [_by_header(entry, book) for entry in series]
    dates = [date_of(entry) for entry in series]
    for patient in {match.patient_id for match in found if match.patient_id}:
        mine = [i for i, match in enumerate(found) if match.patient_id == patient]
        _fill_by_date(found, mine, dates, book, patient)
    return [_with_mapping(entry, match, book) for entry, match in zip(series, found, strict=True)]


def _with_mapping(series: Series, match: Match, book: VisitBook) -> Match:
    """The match with what its headers do not say taken from ``scans.csv``."""
    if series.series_uid not in book.mapping:
        return match
    patient, visit = book.mapping[series.series_uid]
    if patient not in book.patients:
        return (
            match
            if match.patient_id
            else Match("", visit, "scans.csv names a patient the study does not have", ())
        )
    if (match.patient_id or patient, match.visit or visit) == (patient, visit):
        return Match(patient, visit, "", match.warnings)
    note = "scans.csv names another patient or visit than the headers, which count; correct the one that is wrong"
    return Match(match.patient_id, match.visit, match.reason, (*match.warnings, note))


def visit_of_text(text: str) -> str:
    """Visit that a Time Point ID names; empty if it names none.

    >>> visit_of_text("Day 14"), visit_of_text("BASELINE"), visit_of_text("week 3")
    ('day14', 'baseline', '')
    """
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    names = {
        "baseline": "baseline",
        "bl": "baseline",
        "day0": "baseline",
        "d0": "baseline",
        "progression": "progression",
        "pd": "progression",
    }
    if plain in names:
        return names[plain]
    day = re.fullmatch(r"(?:day|d)0?(\d+)", plain)
    return f"day{day[1]}" if day and f"day{day[1]}" in load_protocol().visits else ""


def _by_header(series: Series, book: VisitBook) -> Match:
    subject = series.attributes.get("ClinicalTrialSubjectID", "")
    other = series.attributes.get("PatientID", "")
    warnings: tuple[str, ...] = ()
    patient = subject if subject in book.patients else other if other in book.patients else ""
    if not patient:
        # The identifier itself is not printed: it may be a hospital number.
        return Match("", "", "the patient named in the header is not in the study", ())
    if subject and patient != subject:
        warnings = (
            "Clinical Trial Subject ID (0012,0040) is unknown to the study; Patient ID (0010,0020) is used",
        )
    return Match(patient, visit_of_text(series.attributes.get("ClinicalTrialTimePointID", "")), "", warnings)


def _fill_by_date(
    found: list[Match], mine: Sequence[int], dates: Sequence[date | None], book: VisitBook, patient: str
) -> None:
    days = book.scanned.get(patient, {})
    offset = _offset([(dates[i], found[i].visit) for i in mine], days, book.starts.get(patient))
    for i in mine:
        match, day = found[i], dates[i]
        if day is None or offset is None:
            if not match.visit:
                found[i] = Match(
                    patient, "", "the visit is not told: no time point, and no date that fits", match.warnings
                )
            continue
        study_day = day.toordinal() - offset
        if match.visit:
            stated = days.get(match.visit)
            if stated is not None and abs(stated - study_day) > _SAME_DAY:
                note = f"the header's date is {abs(stated - study_day):.0f} days from that of pet_visits"
                found[i] = Match(patient, match.visit, "", (*match.warnings, note))
            continue
        visit, note = _visit_on(study_day, days)
        if visit:
            found[i] = Match(patient, visit, "", (*match.warnings, *([note] if note else [])))
        else:
            found[i] = Match(
                patient, "", f"no visit of the study is near day {study_day:.0f}", match.warnings
            )


def _offset(
    known: Sequence[tuple[date | None, str]], days: Mapping[str, float], start: date | None
) -> float | None:
    """Ordinal of the patient's day 0 in the headers' calendar."""
    dated = [(day.toordinal(), visit) for day, visit in known if day is not None]
    if not dated:
        return None

    def fitting(origin: float) -> int:
        return len(
            {
                name
                for day, visit in dated
                for name, planned in days.items()
                if abs(day - origin - planned) <= _SAME_DAY and visit in ("", name)
            }
        )

    if start is not None and (not days or fitting(start.toordinal())):
        return float(start.toordinal())
    # Dates were shifted, or the tables hold days only: the origin under which most scans fall on a known day.
    anchored = [day - days[visit] for day, visit in dated if visit in days]
    if anchored:
        return sorted(anchored)[len(anchored) // 2]
    votes = Counter(
        {day - planned: fitting(day - planned) for day, _visit in dated for planned in days.values()}
    )
    best = votes.most_common()
    if not best:
        return float(start.toordinal()) if start is not None else None
    distinct_days = {day for day, _visit in dated}
    rivals = [origin for origin, count in best if count == best[0][1]]
    one_origin = max(rivals) - min(rivals) <= _SAME_DAY
    unambiguous = best[0][1] == len(days) or (best[0][1] > 1 and one_origin)
    return (
        float(sorted(rivals)[len(rivals) // 2]) if unambiguous and len(distinct_days) >= best[0][1] else None
    )


def _visit_on(day: float, days: Mapping[str, float]) -> tuple[str, str]:
    near = sorted((abs(planned - day), name) for name, planned in days.items())
    if near and near[0][0] <= _SAME_DAY:
        return near[0][1], ""
    for name, visit in load_protocol().visits.items():
        if visit.contains(day) and name not in days:
            return name, "pet_visits does not have this scan; the visit follows from the protocol's window"
    return "", ""


def date_of(series: Series) -> date | None:
    """Day on which a series was acquired, as its headers say; None where they say nothing readable."""
    for keyword in ("AcquisitionDate", "SeriesDate", "StudyDate"):
        day = parse_date(series.attributes.get(keyword, ""))
        if day is not None:
            return day
    return None


def _treatment_starts(folder: Path) -> dict[str, date]:
    """Dates of treatment start, which the loaded study has turned into days."""
    file = folder / "patients.csv"
    if not file.is_file():
        return {}
    table = pd.read_csv(file, dtype="string")
    if not {"patient_id", "treatment_start_date"} <= set(table.columns):
        return {}
    starts = {}
    for patient, text in zip(table["patient_id"], table["treatment_start_date"], strict=True):
        day = parse_date(str(text)) if pd.notna(text) else None
        if day is not None and pd.notna(patient):
            starts[str(patient)] = day
    return starts
