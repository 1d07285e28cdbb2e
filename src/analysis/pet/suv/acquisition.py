"""When each slice was acquired, and what follows from it about the moment of decay correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from analysis.errors import ImageError
from analysis.pet.headers.attributes import number, parse_date, parse_date_time, parse_time
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.nuclides import average_time

_DAY_MS, _LONGEST_FRAME_MS = 86_400_000.0, 7_200_000.0
_AGREEMENT_SECONDS = 5.0
"""How far the slices' back-computed reference times may lie apart and still be one time."""


@dataclass(frozen=True)
class Timing:
    """Start of each slice's frame and the facts that relate it to the series' reference time.

    Parameters
    ----------
    starts : tuple of datetime or None
        Start of acquisition of each slice, in the order of the headers.
    frame_reference : tuple of float or None
        Frame Reference Time (0054,1300) of each slice in s.
    duration : tuple of float or None
        Actual Frame Duration (0018,1242) of each slice in s.
    decay_factor : tuple of float or None
        Decay Factor (0054,1321) of each slice.
    warnings : tuple of str
        Malformed values and repaired dates.
    """

    starts: tuple[datetime | None, ...]
    frame_reference: tuple[float | None, ...]
    duration: tuple[float | None, ...]
    decay_factor: tuple[float | None, ...]
    warnings: tuple[str, ...]

    @property
    def earliest(self) -> datetime | None:
        """Start of the first frame; ``None`` when no slice says when it was acquired."""
        return min((start for start in self.starts if start is not None), default=None)


def timing(headers: Sequence[SliceHeader]) -> Timing:
    """Acquisition times of all slices; never of the first file alone, since beds differ."""
    warnings: list[str] = []
    fallback = day_without_dates(headers)
    if fallback is not None:
        warnings.append(
            f"no slice holds a date: all times are taken as those of one day, written as {fallback.isoformat()}"
        )
    starts = _after_midnight([_start(header, fallback) for header in headers], warnings)
    for keyword in ("AcquisitionTime", "AcquisitionDate"):
        parse = parse_time if keyword == "AcquisitionTime" else parse_date
        bad = [header for header in headers if header.get(keyword) and parse(header.get(keyword)) is None]
        if bad:
            warnings.append(
                f"{tag_text(keyword)} is malformed in {len(bad)} slices, e.g. {bad[0].get(keyword)[:20]!r}"
            )
    lacking = sum(start is None for start in starts)
    if 0 < lacking < len(starts):
        warnings.append(f"{lacking} of {len(starts)} slices do not say when they were acquired")
    return Timing(
        tuple(starts),
        tuple(_milliseconds(headers, "FrameReferenceTime", warnings, low=-_DAY_MS, high=_DAY_MS)),
        tuple(_milliseconds(headers, "ActualFrameDuration", warnings, low=1000.0, high=_LONGEST_FRAME_MS)),
        tuple(_tolerant(headers, "DecayFactor", warnings, low=1e-6, high=1e6)),
        tuple(warnings),
    )


def back_computed(times: Timing, *, half_life: float, manufacturer: str) -> tuple[datetime | None, str]:
    """Reference time that the acquisition and frame reference times imply, or ``None`` and why not.

    By the standard, a frame reference time is the offset of the moment at which the pixel's activity equals the
    frame's mean; GE writes the offset of the frame's start.

    References
    ----------
    DICOM PS3.3 C.8.9.4.1.5.
    """
    if manufacturer.upper().startswith("PHILIPS"):
        return None, "Philips' frame reference time has another origin"
    found, by_start = [], {}
    averages = [average_time(d, half_life) if d else None for d in times.duration]
    starts_of_bed = _frame_reference_is_start(times, manufacturer)
    for start, offset, average in zip(times.starts, times.frame_reference, averages, strict=True):
        if start is None or offset is None or average is None:
            return None, "acquisition time, frame reference time or frame duration is missing"
        by_start.setdefault(start, set()).add(round(offset, 1))
        found.append(start + timedelta(seconds=(0 if starts_of_bed else average) - offset))
    if any(len(offsets) > 1 for offsets in by_start.values()):
        return None, "one acquisition time stands for several frame reference times"
    return _one(found)


def _frame_reference_is_start(times: Timing, manufacturer: str) -> bool:
    """Whether frame reference times count from the start of the bed, as GE writes them; the first one is then 0."""
    return manufacturer.upper().startswith("GE") or 0.0 in times.frame_reference


def shared_start_is_reference(times: Timing, *, half_life: float, manufacturer: str) -> bool:
    """Whether one acquisition time stands for all beds and is shown to be the moment of decay correction.

    Decay factors and frame reference times must tell the same offset of each bed, and 0 for the first bed: the image
    is then corrected to the start of that bed, which is what the shared time is.
    """
    if len(set(times.starts)) != 1 or times.earliest is None or len(set(times.frame_reference)) < 2:
        return False
    at_start = _frame_reference_is_start(times, manufacturer)
    by_factor = []
    for offset, factor, duration in zip(
        times.frame_reference, times.decay_factor, times.duration, strict=True
    ):
        if offset is None or factor is None or duration is None or factor <= 1:
            return False
        average = average_time(duration, half_life)
        by_factor.append(math.log2(factor) * half_life - average)
        if abs(by_factor[-1] - (offset if at_start else offset - average)) > _AGREEMENT_SECONDS:
            return False
    return abs(min(by_factor)) < _AGREEMENT_SECONDS


def shared_start(times: Timing) -> bool:
    """Whether slices of several beds (by frame reference time) have one and the same acquisition time."""
    return len(set(times.starts)) == 1 and len({f for f in times.frame_reference if f is not None}) > 1


def from_decay_factor(times: Timing, *, half_life: float) -> tuple[datetime | None, str]:
    """Reference time that the slices' decay factors imply, or ``None`` and why not.

    Siemens and GE write 2^((T_ave + offset of the bed) / half-life); Philips writes 1.
    """
    found = []
    for start, factor, duration in zip(times.starts, times.decay_factor, times.duration, strict=True):
        if start is None or factor is None or duration is None:
            return None, "acquisition time, decay factor or frame duration is missing"
        if factor <= 1:
            return None, "the decay factor is 1"
        decayed = math.log2(factor) * half_life
        found.append(start + timedelta(seconds=average_time(duration, half_life) - decayed))
    return _one(found)


def _one(found: Sequence[datetime]) -> tuple[datetime | None, str]:
    spread = (max(found) - min(found)).total_seconds()
    if spread > _AGREEMENT_SECONDS:
        return None, f"the slices' values lie {spread:.0f} s apart"
    middle = sorted(found)[len(found) // 2]
    return middle, ""


def day_without_dates(headers: Sequence[SliceHeader]) -> date | None:
    """A day to stand for the scan's where de-identification removed every date; ``None`` if there is any.

    SUV depends on the difference of times only, and an injection lies hours before its scan.
    """
    known = any(
        header.get(keyword)
        for header in headers
        for keyword in ("AcquisitionDate", "SeriesDate", "StudyDate", "AcquisitionDateTime")
    )
    return None if known else date(1900, 1, 1)


def _start(header: SliceHeader, fallback: date | None) -> datetime | None:
    clock = parse_time(header.get("AcquisitionTime"))
    day = (
        parse_date(header.get("AcquisitionDate"))
        or parse_date(header.get("SeriesDate"))
        or parse_date(header.get("StudyDate"))
        or fallback
    )
    if clock is not None and day is not None:
        return datetime.combine(day, clock)
    return parse_date_time(header.get("AcquisitionDateTime"), zone=header.get("TimezoneOffsetFromUTC"))


def _after_midnight(starts: list[datetime | None], warnings: list[str]) -> list[datetime | None]:
    """Move the times after midnight to the next day where one date was written on all of them."""
    known = [start for start in starts if start is not None]
    if not known or len({start.date() for start in known}) > 1:
        return starts
    if (max(known) - min(known)).total_seconds() <= 12 * 3600:
        return starts
    warnings.append(
        "acquisition passes midnight under one date; times before noon are taken as the next day's"
    )
    return [s + timedelta(days=1) if s is not None and s.hour < 12 else s for s in starts]


def _milliseconds(
    headers: Sequence[SliceHeader], keyword: str, warnings: list[str], *, low: float, high: float
) -> list[float | None]:
    return [
        None if v is None else v / 1000 for v in _tolerant(headers, keyword, warnings, low=low, high=high)
    ]


def _tolerant(
    headers: Sequence[SliceHeader], keyword: str, warnings: list[str], *, low: float, high: float
) -> list[float | None]:
    """Each slice's number; malformed ones are ``None`` with one warning, since other attributes can stand in."""
    values: list[float | None] = []
    bad = 0
    for header in headers:
        try:
            value = number(header, keyword)
        except ImageError:
            value, bad = None, bad + 1
        if value is not None and not low <= value <= high:
            value, bad = None, bad + 1
        values.append(value)
    if bad:
        warnings.append(
            f"{tag_text(keyword)} is malformed in {bad} of {len(headers)} slices and not used there"
        )
    return values
