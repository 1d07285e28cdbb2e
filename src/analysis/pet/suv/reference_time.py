"""The moment to which a series was decay-corrected: every candidate, and a rule that chooses.

This is where most errors in SUV arise: a minute costs 0.633 % for F-18, and no single attribute is right on every
scanner and after every de-identification. So all candidates are computed, the choice follows a fixed order, and the
record keeps them all with the spread in SUV between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from analysis.errors import ImageError
from analysis.pet.headers.attributes import parse_date, parse_date_time, parse_time
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.acquisition import (
    Timing,
    back_computed,
    day_without_dates,
    from_decay_factor,
    shared_start_is_reference,
    timing,
)
from analysis.pet.suv.injection import injection_time

_TOLERANCE_SECONDS = 1.5
_WARN_SPREAD_PERCENT = 1.0
_LONGEST_BEFORE_SCAN_HOURS = 8


@dataclass(frozen=True)
class Candidate:
    """One possible reference time: where it comes from, the time, and why it cannot be used (empty: it can)."""

    source: str
    time: datetime | None
    objection: str


@dataclass(frozen=True)
class Reference:
    """How the moment of decay correction was found.

    Parameters
    ----------
    time : datetime or None
        Chosen reference time; ``None`` when SUV needs none (stored SUV, decay corrected to administration).
    source : str
        Where it comes from.
    injection : datetime or None
        Injection time; ``None`` when neither needed nor known.
    uptake_minutes : float or None
        From injection to the first frame, or to the reference time when no frame says when it was acquired.
    candidates : tuple of Candidate
        Every candidate, in the order of preference.
    spread_percent : float
        How far the candidates lie apart, in percent of SUV.
    warnings : tuple of str
        Repairs and doubts.
    """

    time: datetime | None
    source: str
    injection: datetime | None
    uptake_minutes: float | None
    candidates: tuple[Candidate, ...]
    spread_percent: float
    warnings: tuple[str, ...]


def decay_reference(headers: Sequence[SliceHeader], *, half_life: float) -> Reference:
    """Reference time of a series that was decay-corrected to its start (Decay Correction START).

    Order: private (GE, Siemens) or Decay Correction DateTime; series time if not later than the earliest
    acquisition; back-computed from the frame reference times if it agrees over the slices; earliest acquisition.
    A candidate that no injection time can precede is passed over, with a warning.

    Raises
    ------
    ImageError
        If there is no candidate, or none that lies after the injection.

    References
    ----------
    DICOM PS3.3 C.8.9.1 (PET Series: Series Time is the reference of decay correction).
    """
    times = timing(headers)
    warnings = list(times.warnings)
    candidates = _candidates(headers, times, half_life, warnings)
    usable = [c for c in candidates if c.time is not None and not c.objection]
    if not usable:
        raise ImageError(
            f"the time of decay correction is not known: {tag_text('SeriesTime')} and {tag_text('AcquisitionTime')} are missing or unusable",
            where=headers[0].path.name,
            expected="a series or acquisition time",
            do="ask the site for the start of the scan",
            offenders=("SeriesTime", "AcquisitionTime"),
        )
    usable = _consensus_first(headers, times, usable, candidates, half_life, warnings)
    chosen, time, injected, notes = _first_after_injection(headers, usable, half_life)
    warnings += notes
    if chosen.source in ("back-computed", "earliest acquisition"):
        series = next(c for c in candidates if c.source == "series")
        reason = series.objection or "contradicted by frame reference times and decay factors"
        warnings.append(f"the series time is not used ({reason}); reference time: {chosen.source}")
    known = [c.time for c in candidates if c.time is not None]
    spread = spread_percent(known, half_life=half_life)
    if spread > _WARN_SPREAD_PERCENT:
        shown = ", ".join(f"{c.source} {c.time:%H:%M:%S}" for c in candidates if c.time is not None)
        warnings.append(
            f"reference-time candidates differ by {_percent(spread)} of SUV ({shown}); used: {chosen.source}"
        )
    first_frame = times.earliest if times.earliest is not None and times.earliest >= injected else time
    return Reference(
        chosen.time, chosen.source, injected, (first_frame - injected).total_seconds() / 60,
        tuple(candidates), spread, tuple(warnings),
    )  # fmt: skip


def spread_percent(times: Sequence[datetime], *, half_life: float) -> float:
    """Spread of SUV, in percent, between the earliest and the latest of some reference times.

    >>> round(spread_percent([datetime(2000, 1, 1, 11, 0), datetime(2000, 1, 1, 11, 1)], half_life=6586.2), 3)
    0.633
    """
    if len(times) < 2:
        return 0.0
    exponent = (max(times) - min(times)).total_seconds() / half_life
    return (2 ** min(exponent, 60.0) - 1) * 100


def _percent(value: float) -> str:
    return f"{value:.1f} %" if value < 1000 else "more than 1000 %"


def _candidates(
    headers: Sequence[SliceHeader], times: Timing, half_life: float, warnings: list[str]
) -> list[Candidate]:
    earliest = times.earliest
    manufacturer = headers[0].get("Manufacturer")
    found = [
        _stated(headers, keyword, source, earliest, warnings)
        for keyword, source in (
            ("GeScanDateTime", "GE private scan date-time"),
            ("SiemensDecayCorrectionDateTime", "Siemens private decay correction date-time"),
            ("DecayCorrectionDateTime", "decay correction date-time"),
        )
        if any(header.get(keyword) for header in headers)
    ]
    found.append(_series(headers, earliest, warnings))
    time, reason = back_computed(times, half_life=half_life, manufacturer=manufacturer)
    if time is not None and earliest is not None and time > earliest + timedelta(seconds=5):
        reason = "later than the earliest acquisition"
    found.append(Candidate("back-computed", time, reason))
    factor_time, factor_reason = from_decay_factor(times, half_life=half_life)
    found.append(Candidate("decay factor", factor_time, factor_reason or "serves as a check only"))
    missing_start = "" if earliest is not None else "no slice says when it was acquired"
    found.append(Candidate("earliest acquisition", earliest, missing_start))
    return found


def _stated(
    headers: Sequence[SliceHeader], keyword: str, source: str, earliest: datetime | None, warnings: list[str]
) -> Candidate:
    texts = {header.get(keyword) for header in headers} - {""}
    if len(texts) > 1:
        warnings.append(f"{tag_text(keyword)} differs between slices and is not used")
        return Candidate(source, None, "differs between slices")
    text = next(iter(texts))
    moment = parse_date_time(text, zone=headers[0].get("TimezoneOffsetFromUTC"))
    if moment is None and earliest is not None and len(text) >= len("HHMMSS"):
        clock = parse_time(text)  # some exports keep the clock time only
        moment = None if clock is None else _on_day_of_scan(clock, earliest)
    if moment is None:
        warnings.append(f"{tag_text(keyword)} is malformed and not used")
        return Candidate(source, None, "malformed")
    if earliest is None:
        return Candidate(source, moment, "")
    before = (earliest - moment).total_seconds()
    if not -86400 / 2 < before < 86400 / 2:
        # Private date-times keep the true date where de-identification shifts the others.
        warnings.append(
            f"the date of {tag_text(keyword)} is not that of the scan (dates were shifted); its clock time is used"
        )
        moment = _on_day_of_scan(moment.time(), earliest)
        before = (earliest - moment).total_seconds()
    if before > _LONGEST_BEFORE_SCAN_HOURS * 3600:
        return Candidate(source, moment, f"{before / 3600:.0f} h before the earliest acquisition")
    return Candidate(source, moment, "")


def _on_day_of_scan(clock: time, earliest: datetime) -> datetime:
    """A clock time on the day of the first acquisition, or on the day before if the scan passed midnight."""
    moment = datetime.combine(earliest.date(), clock)
    if moment > earliest + timedelta(seconds=_TOLERANCE_SECONDS):
        day_before = moment - timedelta(days=1)
        if (earliest - day_before).total_seconds() < _LONGEST_BEFORE_SCAN_HOURS * 3600:
            return day_before
    return moment


def _series(headers: Sequence[SliceHeader], earliest: datetime | None, warnings: list[str]) -> Candidate:
    texts = {(header.get("SeriesDate"), header.get("SeriesTime")) for header in headers}
    moments = set()
    for date_text, time_text in texts:
        clock = parse_time(time_text)
        day = parse_date(date_text)
        if time_text and clock is None:
            warnings.append(f"{tag_text('SeriesTime')} is malformed: {time_text[:20]!r}")
        if day is None and earliest is not None:
            if clock is not None:
                day = _on_day_of_scan(clock, earliest).date()
                warnings.append(
                    f"{tag_text('SeriesDate')} is missing or malformed; the day of acquisition is used"
                )
        elif day is None:
            day = parse_date(headers[0].get("StudyDate")) or day_without_dates(headers)
        if clock is not None and day is not None:
            moments.add(datetime.combine(day, clock))
    if not moments:
        return Candidate("series", None, "missing or malformed")
    moment = min(moments)
    if (max(moments) - moment).total_seconds() > _TOLERANCE_SECONDS:
        warnings.append(f"{tag_text('SeriesTime')} differs between slices and is not used")
        return Candidate("series", None, "differs between slices")
    if earliest is None:
        warnings.append(
            f"{tag_text('AcquisitionTime')} is missing: the series time cannot be checked against it"
        )
        return Candidate("series", moment, "")
    before = (earliest - moment).total_seconds()
    if abs(before) > 12 * 3600:
        # A de-identifier shifted one date and not the other: SUV needs the clock times only.
        warnings.append(
            f"{tag_text('SeriesDate')} is not the day of acquisition (dates were shifted); its clock time is used"
        )
        moment = _on_day_of_scan(moment.time(), earliest)
        before = (earliest - moment).total_seconds()
    if before < -_TOLERANCE_SECONDS:
        return Candidate("series", moment, "later than the earliest acquisition")
    if before > _LONGEST_BEFORE_SCAN_HOURS * 3600:
        return Candidate("series", moment, f"{before / 3600:.0f} h before the earliest acquisition")
    return Candidate("series", moment, "")


def _consensus_first(
    headers: Sequence[SliceHeader],
    times: Timing,
    usable: list[Candidate],
    candidates: list[Candidate],
    half_life: float,
    warnings: list[str],
) -> list[Candidate]:
    """Prefer what frame reference times *and* decay factors say to a series time that contradicts both.

    Both are offsets that are added to the acquisition time. Where that is the time of the first bed, written into a
    slice of a later one (GE), they point before the true reference: so a moment before the series time is believed
    only if the slices' acquisition times differ from bed to bed.
    """
    by_source = {c.source: c for c in candidates}
    series, back, factor = by_source["series"], by_source["back-computed"], by_source["decay factor"]
    if usable[0] is not series or series.time is None or times.earliest is None:
        return usable
    better: Candidate | None = None
    if shared_start_is_reference(times, half_life=half_life, manufacturer=headers[0].get("Manufacturer")):
        better = by_source["earliest acquisition"]
    elif back in usable and back.time is not None and factor.time is not None:
        together = abs((back.time - factor.time).total_seconds()) < 10
        if together and (len(set(times.starts)) > 1 or back.time > series.time):
            better = back
    if (
        better is None
        or better.time is None
        or spread_percent([series.time, better.time], half_life=half_life) <= _WARN_SPREAD_PERCENT
    ):
        return usable
    warnings.append(
        "frame reference times and decay factors of all slices agree on one reference time and contradict the series time: "
        f"{better.source} is used"
    )
    return [better, *(c for c in usable if c is not better)]


def _first_after_injection(
    headers: Sequence[SliceHeader], usable: list[Candidate], half_life: float
) -> tuple[Candidate, datetime, datetime, list[str]]:
    refused: ImageError | None = None
    notes: list[str] = []
    for candidate in usable:
        if candidate.time is None:
            continue
        try:
            injected, warnings = injection_time(headers, candidate.time, half_life=half_life)
        except ImageError as problem:
            refused = refused or problem
            notes.append(f"reference time from {candidate.source} is not used: {problem.what}")
            continue
        return candidate, candidate.time, injected, notes + warnings
    raise refused or ImageError("no reference time", where=headers[0].path.name)
