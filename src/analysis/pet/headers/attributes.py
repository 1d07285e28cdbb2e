"""What the text of a DICOM attribute means: numbers, dates and times, or an error that names the attribute.

Nothing here guesses. An absent or empty attribute is ``None``; a malformed one is an :class:`ImageError`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text

# ASCII only: \d would take the digits of every script, and DICOM has one.
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,6}\d*)?)?)?$", re.ASCII)
_DATE = re.compile(r"(\d{4})([.\-]?)(\d{2})\2(\d{2})$", re.ASCII)
_DATE_TIME = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d+)?)?)?)([+-]\d{4})?$", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$", re.ASCII)
_ZONE = re.compile(r"[+-]\d{4}$", re.ASCII)


def malformed(header: SliceHeader, keyword: str, *, expected: str) -> ImageError:
    """The error for an attribute whose text cannot be what it should be."""
    return ImageError(
        f"{tag_text(keyword)} is malformed: {header.get(keyword)[:60]!r}",
        where=header.path.name,
        expected=expected,
        do="correct the header, or leave the series out",
        offenders=(keyword,),
    )


def missing(header: SliceHeader, keyword: str, *, needed_for: str) -> ImageError:
    """The error for an attribute that is absent or empty and cannot be done without."""
    return ImageError(
        f"{tag_text(keyword)} is missing",
        where=header.path.name,
        expected=f"a value, needed for {needed_for}",
        do="ask the site for it; it cannot be guessed",
        offenders=(keyword,),
    )


@functools.lru_cache(maxsize=4096)  # slices of a series share most values
def parse_number(text: str) -> float | None:
    """Finite number written in decimal, or ``None`` if the text is none.

    >>> parse_number("3.88777472E8")
    388777472.0
    >>> parse_number("70,5") is None, parse_number("70\\x1c") is None
    (True, True)
    """
    bare = text.strip(" ")
    if not _NUMBER.fullmatch(bare):
        return None
    value = float(bare)
    return value if math.isfinite(value) else None


def number(header: SliceHeader, keyword: str) -> float | None:
    """One finite number, or ``None`` when the attribute is absent or empty.

    Raises
    ------
    ImageError
        If the text is no number, or several.
    """
    text = header.get(keyword)
    if not text:
        return None
    value = parse_number(text)
    if value is None:
        raise malformed(header, keyword, expected="one decimal number")
    return value


def numbers(header: SliceHeader, keyword: str, count: int) -> tuple[float, ...]:
    """Exactly ``count`` finite numbers.

    Raises
    ------
    ImageError
        If the attribute is absent, or does not hold that many numbers.
    """
    text = header.get(keyword)
    if not text:
        raise missing(header, keyword, needed_for="the image's geometry")
    values = [parse_number(part) for part in text.split("\\")]
    if len(values) != count or any(value is None for value in values):
        raise malformed(header, keyword, expected=f"{count} decimal numbers")
    return tuple(value for value in values if value is not None)


def whole(header: SliceHeader, keyword: str, *, low: int, high: int) -> int:
    """One whole number within a range, both ends included.

    Raises
    ------
    ImageError
        If the attribute is absent, no whole number, or out of range.
    """
    value = number(header, keyword)
    if value is None:
        raise missing(header, keyword, needed_for="reading the pixels")
    if value != int(value) or not low <= value <= high:
        raise malformed(header, keyword, expected=f"a whole number from {low} to {high}")
    return int(value)


@functools.lru_cache(maxsize=4096)
def parse_time(text: str) -> time | None:
    """Clock time of a TM value, or ``None`` if it is none.

    TM may stop after the hour or the minute, and fractions keep their leading zeros (PS3.5 section 6.2).

    >>> parse_time("1000"), parse_time("112011.05")
    (datetime.time(10, 0), datetime.time(11, 20, 11, 50000))
    """
    match = _TIME.match(text.strip())
    if not match:
        return None
    hour, minute, second = (int(match[i] or 0) for i in (1, 2, 3))
    fraction = round(float("0" + match[4]) * 1e6) if match[4] else 0
    if second == 60:  # a leap second may be written; the second before it is near enough
        second = 59
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second, min(fraction, 999_999))


@functools.lru_cache(maxsize=4096)
def parse_date(text: str) -> date | None:
    """Calendar day of a DA value, or ``None`` if it is none.

    >>> parse_date("20000907")
    datetime.date(2000, 9, 7)
    """
    match = _DATE.match(text.strip())
    if not match:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def parse_date_time(text: str, *, zone: str = "") -> datetime | None:
    """Local moment of a DT value, or ``None`` if it is none or has no clock time.

    A DT may end in an offset from UTC ("+0100"). The image's own times carry none: the offset is applied only when
    ``zone``, Timezone Offset From UTC (0008,0201), says in which zone they are; otherwise both are local time.

    >>> parse_date_time("20000907103500.00+0100")
    datetime.datetime(2000, 9, 7, 10, 35)
    """
    match = _DATE_TIME.match(text.strip())
    if not match:
        return None
    day, clock = parse_date(match[1]), parse_time(match[2])
    if day is None or clock is None:
        return None
    moment = datetime.combine(day, clock)
    if match[3] and _ZONE.match(zone):
        try:
            moment += timedelta(minutes=_offset_minutes(zone) - _offset_minutes(match[3]))
        except OverflowError:
            return None
    return moment


def _offset_minutes(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    return sign * (int(text[1:3]) * 60 + int(text[3:5]))


def common_text(headers: Sequence[SliceHeader], keyword: str, *, absence_means: str | None = None) -> str:
    """The value all slices share; empty when none has one.

    ``absence_means`` is what an absent value stands for; without it, a slice that lacks the value agrees with any.

    Raises
    ------
    ImageError
        If two slices differ: one series must agree with itself.
    """
    found: dict[str, SliceHeader] = {}
    for header in headers:
        found.setdefault(header.get(keyword), header)
    values = [value for value in found if value]
    if len(values) > 1 or (values and "" in found and absence_means not in (None, values[0])):
        raise _disagreement(headers, keyword, list(found))
    return values[0] if values else ""


def common_number(headers: Sequence[SliceHeader], keyword: str) -> float | None:
    """The number all slices share ("71" and "71.0" are the same); ``None`` when no slice has one.

    Raises
    ------
    ImageError
        If a value is malformed, or two slices differ.
    """
    seen: dict[str, SliceHeader] = {}
    for header in headers:
        seen.setdefault(header.get(keyword), header)
    found = [value for value in (number(header, keyword) for header in seen.values()) if value is not None]
    if not found:
        return None
    if max(found) - min(found) > 1e-6 * abs(max(found)):
        raise _disagreement(headers, keyword, [f"{value:g}" for value in found])
    return found[0]


def _disagreement(headers: Sequence[SliceHeader], keyword: str, values: Sequence[str]) -> ImageError:
    return ImageError(
        f"{tag_text(keyword)} differs between the slices of one series: "
        + ", ".join(value or "absent" for value in sorted(values)[:5]),
        where=f"{headers[0].path.name} and others",
        expected="one value in the whole series",
        do="separate the series that were merged, or correct the header",
        offenders=(keyword,),
    )


def partly_missing(headers: Sequence[SliceHeader], keywords: Sequence[str]) -> list[str]:
    """A warning for each attribute that some slices have and others lack."""
    warnings = []
    for keyword in keywords:
        lacking = sum(not header.get(keyword) for header in headers)
        if 0 < lacking < len(headers):
            warnings.append(
                f"{tag_text(keyword)} is missing in {lacking} of {len(headers)} slices; the others' value is used"
            )
    return warnings
