"""What was injected and when: dose, half-life and injection time, repaired where only one repair is possible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from analysis.errors import ImageError
from analysis.pet.headers.attributes import (
    common_number,
    common_text,
    malformed,
    missing,
    parse_date_time,
    parse_time,
    partly_missing,
)
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.nuclides import Nuclide, lives_like_single_photon, nuclide_of

_LEAST_BQ, _MOST_BQ = 3.7e7, 1.5e9
_LONGEST_UPTAKE_HALF_LIVES = 8 * 3600 / 6586.2
"""Eight hours for F-18: beyond it a time is more likely wrong than the protocol unusual."""


@dataclass(frozen=True)
class Dose:
    """Injected activity in Bq, half-life in s, radionuclide (``None``: not named), and warnings."""

    activity: float
    half_life: float
    nuclide: str | None
    warnings: tuple[str, ...]


def half_life_of(headers: Sequence[SliceHeader]) -> tuple[float, Nuclide | None, list[str]]:
    """Half-life in s by which to correct, the radionuclide if it is named, and warnings.

    The header's own half-life is used; the radionuclide's code replaces a missing or malformed one.

    Raises
    ------
    ImageError
        If neither is known, or they contradict each other.
    """
    warnings = partly_missing(headers, ("RadionuclideHalfLife",))
    nuclide = nuclide_of(
        common_text(headers, "RadionuclideValue"), common_text(headers, "RadionuclideMeaning")
    )
    first = headers[0]
    problem: ImageError | None = None
    stated: float | None = None
    try:
        stated = common_number(headers, "RadionuclideHalfLife")
        if stated is not None and stated <= 0:
            raise malformed(first, "RadionuclideHalfLife", expected="a half-life above 0 s")
    except ImageError as found:
        if "differs" in found.what:
            raise
        problem, stated = found, None
    if stated is None:
        if nuclide is None:
            raise problem or missing(first, "RadionuclideHalfLife", needed_for="decay correction")
        reason = problem.what if problem else f"{tag_text('RadionuclideHalfLife')} is missing"
        warnings.append(
            f"{reason}; {nuclide.half_life:g} s of {nuclide.name} is used, from the radionuclide's code"
        )
        return nuclide.half_life, nuclide, warnings
    if nuclide is None:
        if lives_like_single_photon(stated):
            raise ImageError(
                f"{tag_text('RadionuclideHalfLife')} is {stated:g} s, that of an emitter of single photons: SPECT stored as PT",
                where=first.path.name, expected="the half-life of a positron emitter",
                offenders=("RadionuclideHalfLife", "RadionuclideCodeSequence"),
            )  # fmt: skip
        if abs(stated * 60 / 6586.2 - 1) < 0.02:
            warnings.append(
                f"RadionuclideHalfLife {stated:g} is taken as minutes of F-18, though no radionuclide is named"
            )
            return stated * 60, None, warnings
        if not 6500 <= stated <= 6670:
            warnings.append(
                f"no radionuclide is named; the half-life is {stated:g} s, which is not that of F-18"
            )
        return stated, None, warnings
    if abs(stated / nuclide.half_life - 1) > 0.02:
        if abs(stated * 60 / nuclide.half_life - 1) < 0.02:
            warnings.append(f"RadionuclideHalfLife {stated:g} is taken as minutes: {stated * 60:g} s")
            return stated * 60, nuclide, warnings
        raise ImageError(
            f"{tag_text('RadionuclideHalfLife')} is {stated:g} s, but the radionuclide is {nuclide.name}",
            where=first.path.name,
            expected=f"about {nuclide.half_life:g} s",
            do="correct the half-life or the radionuclide's code",
            offenders=("RadionuclideHalfLife", "RadionuclideCodeSequence"),
        )
    return stated, nuclide, warnings


def injected_dose(headers: Sequence[SliceHeader]) -> Dose:
    """Injected activity and half-life of a series.

    The activity is in Bq in the PET image; Enhanced PET and some sites write MBq. Below 1e4 it can only be MBq.

    Raises
    ------
    ImageError
        If the sequence, the activity or the half-life is missing, malformed, not above zero, or contradictory.
    """
    first = headers[0]
    items = common_text(headers, "RadiopharmaceuticalInformationSequence")
    if items in ("", "0"):
        raise missing(first, "RadiopharmaceuticalInformationSequence", needed_for="the injected activity")
    if items != "1":
        raise ImageError(
            f"{tag_text('RadiopharmaceuticalInformationSequence')} has {items} items",
            where=first.path.name,
            expected="one injection",
            do="say which injection the image belongs to",
            offenders=("RadiopharmaceuticalInformationSequence",),
        )
    half_life, nuclide, warnings = half_life_of(headers)
    warnings += partly_missing(headers, ("RadionuclideTotalDose",))
    activity = common_number(headers, "RadionuclideTotalDose")
    if activity is None:
        raise missing(first, "RadionuclideTotalDose", needed_for="SUV")
    if activity <= 0:
        raise malformed(first, "RadionuclideTotalDose", expected="an activity above 0 Bq")
    if activity < 1e4:
        warnings.append(f"RadionuclideTotalDose {activity:g} is taken as MBq")
        activity *= 1e6
    elif activity < 1e6:
        raise malformed(first, "RadionuclideTotalDose", expected="an activity in Bq (or, by mistake, in MBq)")
    if not _LEAST_BQ <= activity <= _MOST_BQ:
        warnings.append(
            f"the injected activity, {activity / 1e6:g} MBq, is outside 37 to 1500 MBq: check its unit"
        )
    return Dose(activity, half_life, nuclide.name if nuclide else None, tuple(warnings))


def injection_time(
    headers: Sequence[SliceHeader], reference: datetime, *, half_life: float
) -> tuple[datetime, list[str]]:
    """When the tracer was injected, and warnings.

    Parameters
    ----------
    headers : sequence of SliceHeader
        All slices of one series.
    reference : datetime
        Moment to which the image is decay-corrected; the injection lies before it.
    half_life : float
        Half-life in s: how long before is still believed.

    Raises
    ------
    ImageError
        If no time is given, none is readable, or the one given cannot be true.

    Notes
    -----
    The date inside Start DateTime (0018,1078) survives de-identification that shifts all others, so it is believed
    only if the injection then lies within 24 h before the reference (or within the longest believable uptake, where
    the nuclide's half-life makes that longer: Zr-89 is imaged after days); otherwise its clock time is used. A time
    alone belongs to the same day, or to the day before if it is later than the reference (a scan after midnight).
    """
    first, warnings = (
        headers[0],
        partly_missing(headers, ("RadiopharmaceuticalStartTime", "RadiopharmaceuticalStartDateTime")),
    )
    date_time_text = common_text(headers, "RadiopharmaceuticalStartDateTime")
    time_text = common_text_time(headers)
    zone = common_text(headers, "TimezoneOffsetFromUTC")
    stated = parse_date_time(date_time_text, zone=zone) if date_time_text else None
    clock = parse_time(time_text) if time_text else None
    if date_time_text and stated is None:
        if clock is None:
            raise malformed(first, "RadiopharmaceuticalStartDateTime", expected="YYYYMMDDHHMMSS")
        warnings.append(
            f"{tag_text('RadiopharmaceuticalStartDateTime')} is malformed; the start time alone is used"
        )
    if time_text and clock is None:
        if stated is None:
            raise malformed(first, "RadiopharmaceuticalStartTime", expected="HHMMSS")
        warnings.append(
            f"{tag_text('RadiopharmaceuticalStartTime')} is malformed; the start date-time is used"
        )
    if stated is not None and clock and _removed(stated, clock, reference):
        stated = None
        warnings.append(
            f"{tag_text('RadiopharmaceuticalStartDateTime')} is midnight of another day, which stands for a moment that was "
            "removed; the start time alone is used"
        )
    if stated is None and clock is None:
        stated = _private_administration(headers, warnings)
        if stated is None:
            raise missing(first, "RadiopharmaceuticalStartTime", needed_for="decay correction")
    if stated is not None:
        stated = _in_local_time(stated, clock, date_time_text, warnings)
        injected = _with_date(first, stated, reference, half_life, warnings)
        if clock is not None:
            apart = abs((datetime.combine(injected.date(), clock) - injected).total_seconds())
            apart = min(apart, 86400 - apart)
            if apart > 60:
                warnings.append(
                    f"RadiopharmaceuticalStartTime and RadiopharmaceuticalStartDateTime are {apart / 60:.0f} min apart, "
                    f"{(2 ** (apart / half_life) - 1) * 100:.1f} % of SUV; the date-time is used"
                )
    else:
        injected = _day_of_clock(datetime.combine(reference.date(), clock), reference)  # type: ignore[arg-type]
        _warn_of_days(half_life, warnings)
    uptake = (reference - injected).total_seconds()
    if uptake == 0 and reference.time() == time(0):
        raise ImageError(
            "injection and reference time are both 00:00:00, which stands for times that were removed",
            where=first.path.name,
            expected="the times of injection and scan",
            do="ask the site for them; they cannot be guessed",
            offenders=("RadiopharmaceuticalStartTime", "SeriesTime"),
        )
    if uptake > _LONGEST_UPTAKE_HALF_LIVES * half_life:
        raise ImageError(
            f"the injection at {injected:%H:%M:%S} lies {uptake / 3600:.1f} h before the image's reference time {reference:%H:%M:%S}",
            where=first.path.name,
            expected=f"at most {_LONGEST_UPTAKE_HALF_LIVES * half_life / 3600:.0f} h",
            do=f"correct {tag_text('RadiopharmaceuticalStartTime')} or {tag_text('SeriesTime')}",
            offenders=("RadiopharmaceuticalStartTime", "SeriesTime"),
        )
    return injected, warnings


def _removed(stated: datetime, clock: time, reference: datetime) -> bool:
    """Whether a date-time was overwritten: to the second midnight, of a day on which nobody was injected for this scan."""
    days = (reference.date() - stated.date()).days
    return stated.time() == time(0) and clock != time(0) and days not in (0, 1)


def common_text_time(headers: Sequence[SliceHeader]) -> str:
    """The injection's clock time all slices share; times that mean the same need not be spelt the same."""
    spelt = {header.get("RadiopharmaceuticalStartTime") for header in headers} - {""}
    meant = {parse_time(text) for text in spelt}
    if len(spelt) > 1 and len(meant) == 1 and None not in meant:
        return min(spelt)
    return common_text(headers, "RadiopharmaceuticalStartTime")


def _private_administration(headers: Sequence[SliceHeader], warnings: list[str]) -> datetime | None:
    text = common_text(headers, "GeAdministrationDateTime")
    moment = parse_date_time(text) if text else None
    if moment is not None:
        warnings.append(
            "the injection time is GE's private administration date-time; the standard attributes are empty"
        )
    return moment


def _in_local_time(stated: datetime, clock: time | None, text: str, warnings: list[str]) -> datetime:
    """The date-time, moved by whole quarters of an hour to the start time where an offset from UTC parts them.

    The start time is written by the same clock as the series and acquisition times; the offset of a date-time, or of
    the image, is often wrong or lacking, and then the two differ by a difference of time zones.
    """
    if clock is None or not re.search(r"[+-]\d{4}$", text.strip()):
        return stated
    apart = (datetime.combine(stated.date(), clock) - stated).total_seconds()
    apart = (apart + 43200) % 86400 - 43200
    if abs(apart) < 60 or abs(apart - 900 * round(apart / 900)) > 1:
        return stated
    warnings.append(
        f"{tag_text('RadiopharmaceuticalStartDateTime')} and its offset from UTC differ from the start time by {apart / 3600:+.2f} h, "
        "a difference of time zones: the start time is used"
    )
    return stated + timedelta(seconds=apart)


def _with_date(
    first: SliceHeader, stated: datetime, reference: datetime, half_life: float, warnings: list[str]
) -> datetime:
    since = (reference - stated).total_seconds()
    if 0 <= since < 86400:
        return stated
    if 86400 <= since <= _LONGEST_UPTAKE_HALF_LIVES * half_life:
        warnings.append(
            f"the injection lies {since / 3600:.1f} h before the scan, which the half-life of {half_life:g} s allows: the date of "
            f"{tag_text('RadiopharmaceuticalStartDateTime')} is believed"
        )
        return stated
    if stated.date() == reference.date():
        raise ImageError(
            f"the injection at {stated:%H:%M:%S} is later than the image's reference time {reference:%H:%M:%S} of the same day",
            where=first.path.name,
            expected="an injection before the scan",
            do=f"correct {tag_text('RadiopharmaceuticalStartDateTime')} or {tag_text('SeriesTime')}",
            offenders=("RadiopharmaceuticalStartDateTime", "SeriesTime"),
        )
    warnings.append(
        "the date of RadiopharmaceuticalStartDateTime is not that of the scan (dates were shifted); its clock time is used"
    )
    _warn_of_days(half_life, warnings)
    return _day_of_clock(datetime.combine(reference.date(), stated.time()), reference)


def _warn_of_days(half_life: float, warnings: list[str]) -> None:
    """A warning where a clock time does not tell the day: activity of a long-lived nuclide is left the next day."""
    if half_life * _LONGEST_UPTAKE_HALF_LIVES >= 86400:
        warnings.append(
            f"only the clock time of the injection is known; its day is taken as the scan's, and each day earlier would be "
            f"{(2 ** (86400 / half_life) - 1) * 100:.0f} % of SUV"
        )


def _day_of_clock(same_day: datetime, reference: datetime) -> datetime:
    return same_day if same_day <= reference else same_day - timedelta(days=1)
