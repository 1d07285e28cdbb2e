"""Which patient and which visit a series belongs to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.data import Study
from analysis.pet.headers.attributes import parse_date
from analysis.pet.series.index import Series
from analysis.pet.series.time_points import visit_of_text
from analysis.study import Visit, load_protocol

_SAME_DAY = 1
"""Days by which a header and a table may differ and still mean one scan (scans around midnight, time zones)."""


@dataclass(frozen=True)
class Match:
    """Patient and visit of a series (empty: not found), why not, and doubts.

    ``day`` is the day of the study on which the headers say it was acquired, ``away`` its distance in days from the
    day of the visit (that of ``pet_visits``, else the protocol's); both NaN where unknown.
    """

    patient_id: str
    visit: str
    reason: str
    warnings: tuple[str, ...]
    day: float = math.nan
    away: float = math.nan


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
    """Patient and visit of each series, by the first of these that decides.

    1. Clinical Trial Subject ID (0012,0040) and Time Point ID (0012,0050), or its description (0012,0051).
    2. Patient ID (0010,0020) and the scan's date: the day of ``pet_visits``, then the protocol's windows around the
       start of treatment. Where dates were shifted, the distances between the patient's own scans, which survive it,
       tell the start.
    3. ``scans.csv``. A mapping that contradicts what the headers say is not followed, and says so.
    4. A date outside every window: the nearest visit, if it is near.

    A scan whose date lies outside the window of its visit is kept and says so.
    """
    found = [_by_header(entry, book) for entry in series]
    dates = [date_of(entry) for entry in series]
    for patient in {match.patient_id for match in found if match.patient_id}:
        mine = [i for i, match in enumerate(found) if match.patient_id == patient]
        days = book.scanned.get(patient, {})
        offset = _offset([(dates[i], found[i].visit) for i in mine], days, book.starts.get(patient))
        for i in mine:
            day = dates[i]
            if day is not None and offset is not None:
                found[i] = _by_date(replace(found[i], day=day.toordinal() - offset), days)
    mapped = [_by_mapping(entry, match, book) for entry, match in zip(series, found, strict=True)]
    return [_judged(match, book.scanned.get(match.patient_id, {})) for match in mapped]


def _by_mapping(series: Series, match: Match, book: VisitBook) -> Match:
    """The match with what its headers do not say taken from ``scans.csv``."""
    if series.series_uid not in book.mapping:
        return match
    patient, visit = book.mapping[series.series_uid]
    if patient not in book.patients:
        if match.patient_id:
            return match
        return Match("", visit, "scans.csv names a patient the study does not have", ())
    if (match.patient_id or patient, match.visit or visit) == (patient, visit):
        return replace(match, patient_id=patient, visit=visit, reason="")
    note = "scans.csv names another patient or visit than the headers, which count; correct the one that is wrong"
    return replace(match, warnings=(*match.warnings, note))


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
    texts = (series.attributes.get(f"ClinicalTrialTimePoint{part}", "") for part in ("ID", "Description"))
    visit = next((visit for text in texts if (visit := visit_of_text(text))), "")
    return Match(patient, visit, "", warnings)


def _by_date(match: Match, days: Mapping[str, float]) -> Match:
    """The visit of a dated series that names none: the day of ``pet_visits``, then the protocol's windows."""
    if match.visit:
        return match
    near = sorted((abs(planned - match.day), name) for name, planned in days.items())
    if near and near[0][0] <= _SAME_DAY:
        return replace(match, visit=near[0][1])
    inside = [name for name, visit in load_protocol().visits.items() if visit.contains(match.day)]
    return replace(match, visit=inside[0]) if inside else match


def _judged(match: Match, days: Mapping[str, float]) -> Match:
    """The match with what its day says about it."""
    windows = load_protocol().visits
    if not match.patient_id:
        return match
    if not match.visit:
        if math.isnan(match.day):
            return replace(match, reason="the visit is not told: no time point, and no date that fits")
        distance, nearest = min((_outside(match.day, visit), name) for name, visit in windows.items())
        if distance > float(load_protocol().value("series.days_outside_window")):
            return replace(match, reason=f"no visit of the study is near its day: day {match.day:.0f}")
        match = replace(match, visit=nearest)
    if math.isnan(match.day):
        return match
    notes = list(match.warnings)
    window, stated = windows.get(match.visit), days.get(match.visit)
    if stated is not None and abs(stated - match.day) > _SAME_DAY:
        notes.append(f"the header's date is {abs(stated - match.day):.0f} days from that of pet_visits")
    elif stated is None and days:
        notes.append("pet_visits does not have this scan; the visit follows from the headers")
    if window is not None and not window.contains(match.day):
        other = [name for name, visit in windows.items() if visit.contains(match.day)]
        notes.append(
            f"scanned on day {match.day:.0f}, outside the window of day {window.window[0]} to {window.window[1]}"
            + (f", in that of {other[0]}" if other else "")
        )
    planned = stated if stated is not None else window.day if window is not None else match.day
    return replace(match, warnings=tuple(notes), away=abs(match.day - planned))


def _outside(day: float, visit: Visit) -> float:
    return max(visit.window[0] - day, day - visit.window[1], 0)


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


def date_of(series: Series) -> date | None:
    """Day on which a series was acquired, as its headers say; None where they say nothing readable."""
    for keyword in ("AcquisitionDate", "SeriesDate", "StudyDate"):
        day = parse_date(series.attributes.get(keyword, ""))
        if day is not None:
            return day
    return None


def _treatment_starts(folder: Path) -> dict[str, date]:
    """Dates of day 0, which the loaded study has turned into days: of randomisation where the study has it."""
    file = folder / "patients.csv"
    if not file.is_file():
        return {}
    table = pd.read_csv(file, dtype="string")
    zero = "randomised" if {"randomised_date", "randomised_day"} & set(table.columns) else "treatment_start"
    if not {"patient_id", f"{zero}_date"} <= set(table.columns):
        return {}
    starts = {}
    for patient, text in zip(table["patient_id"], table[f"{zero}_date"], strict=True):
        day = parse_date(str(text)) if pd.notna(text) else None
        if day is not None and pd.notna(patient):
            starts[str(patient)] = day
    return starts
