"""Which of several series of one visit is measured: explicit rules, in a fixed order, the same for every patient.

What decides, first to last:

1. ``scans.csv`` names it.
2. Nothing speaks against it (:func:`analysis.pet.series.reason.doubtful`).
3. The scan nearest to the visit's day; of two equally near the earlier one.
4. The whole body, not a part of it (a bed or the head scanned once more).
5. Of several acquisitions of the day, the one whose uptake time is nearest to that of the patient's baseline (of the
   baseline itself: to the protocol's), because uptake goes on rising for hours.
6. Of several reconstructions of one acquisition, the one that the patient's other visits have as well: a change is
   comparable only within one reconstruction, which is worth more than any preference among them.
7. Among those that are equal in this: EARL-compliant by name; without resolution modelling (PSF raises SUVmax by an amount
   that depends on lesion size); more slices; the lower Series Number; the lower Series Instance UID, with a warning.

Series that together form one stack, but neither alone, are one scan split over two Series Instance UIDs: all are refused.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analysis.pet.headers.attributes import parse_time
from analysis.pet.series.index import Series
from analysis.pet.series.reason import doubtful
from analysis.study import load_protocol

_SAME_RECONSTRUCTION = (
    "Manufacturer", "ManufacturerModelName", "ReconstructionMethod", "ConvolutionKernel", "Rows", "Columns", "PixelSpacing",
    "SliceThickness", "SeriesDescription",
)  # fmt: skip
_TRACER = ("Radiopharmaceutical", "RadiopharmaceuticalCodeValue", "RadiopharmaceuticalCodeMeaning")
_EARL = re.compile(r"(?i)(?<![a-z])EARL")
_PSF = re.compile(r"(?i)PSF|true ?x|sharp ?ir|ultra ?hd|q\.? ?clear|qcfx|vp(fx|hd)[ -]?s(?![a-z])")
_BEYOND_MM = 100.0
SPLIT = "one scan split over several Series Instance UIDs (0020,000E)"


@dataclass(frozen=True)
class Candidate:
    """A series that could be the one of its visit; ``away`` is the distance in days from the visit's day."""

    series: Series
    visit: str
    away: float
    named: bool


@dataclass
class Verdict:
    """Why a candidate is left out (empty: it is measured), whether that is a fault, and what must be said."""

    reason: str = ""
    fault: bool = False
    warnings: list[str] = field(default_factory=list)


def choose(candidates: Sequence[Candidate]) -> list[Verdict]:
    """A verdict for each candidate of one patient; at most one a visit is kept, by the rules of this module."""
    verdicts = [Verdict() for _ in candidates]
    planned = {name: visit.day for name, visit in load_protocol().visits.items()}
    visits = sorted({c.visit for c in candidates}, key=lambda name: (planned.get(name, math.inf), name))
    left: dict[str, list[int]] = {}
    uptake = float(load_protocol().value("series.uptake_minutes"))
    for visit in visits:
        left[visit] = _scans(
            candidates, [i for i, c in enumerate(candidates) if c.visit == visit], verdicts, uptake
        )
        if visit == visits[0] and left[visit]:
            measured = uptake_minutes(candidates[left[visit][0]].series)
            uptake = measured if measured is not None else uptake
    _reconstructions(candidates, {visit: places for visit, places in left.items() if places}, verdicts)
    for candidate, verdict in zip(candidates, verdicts, strict=True):
        if not verdict.reason:
            rest = [c.series for c in candidates if c is not candidate and c.visit == candidate.visit]
            verdict.warnings += [*_doubts(candidate.series), *_beyond(candidate.series, rest)]
    return verdicts


def _beyond(series: Series, others: Sequence[Series]) -> list[str]:
    """What other series of the visit show of the body that this one does not: whole-body PET may come in two parts."""
    frame = series.attributes.get("FrameOfReferenceUID")
    if not frame or not series.positions:
        return []
    low, high = series.positions[0], series.positions[-1]
    longest = max(
        (
            max(low - other.positions[0], 0.0) + max(other.positions[-1] - high, 0.0)
            for other in others
            if other.positions and other.attributes.get("FrameOfReferenceUID") == frame
        ),
        default=0.0,
    )
    return (
        [
            f"another series of the visit shows {longest:.0f} mm more of the body, and what lies there is not measured"
        ]
        if longest > _BEYOND_MM
        else []
    )


def _doubts(series: Series) -> list[str]:
    against = doubtful(series)
    whole = float(load_protocol().value("series.whole_body_extent_mm"))
    notes = [f"measured although something speaks against it: {against}"] if against else []
    if not any(series.attributes.get(name) for name in _TRACER):
        notes.append("the headers do not name the tracer: it is taken to be FDG")
    if 0 < series.extent_mm < whole:
        notes.append(f"not a whole-body scan: it covers {series.extent_mm:.0f} mm along the body")
    return notes


def _scans(
    candidates: Sequence[Candidate], places: list[int], verdicts: list[Verdict], uptake: float
) -> list[int]:
    """The candidates of a visit that show the one scan of it: rules 1 to 5."""

    def only(keep: Sequence[int], reason: str) -> list[int]:
        for place in places:
            if place not in keep:
                verdicts[place].reason = reason
        return list(keep)

    if named := [p for p in places if candidates[p].named]:
        places = only(named, "another series of the visit is measured: scans.csv names it")
    if clean := [p for p in places if not doubtful(candidates[p].series)]:
        for place in set(places) - set(clean):
            verdicts[place].reason = doubtful(candidates[place].series)
        places = clean
    if len(places) > 1:
        distance = {p: 0.0 if math.isnan(candidates[p].away) else candidates[p].away for p in places}
        nearest = min((distance[p], candidates[p].series.started[:8]) for p in places)
        keep = [p for p in places if (distance[p], candidates[p].series.started[:8]) == nearest]
        places = only(
            keep, "another scan of the visit is measured: it is nearer to the visit's day, or the earlier one"
        )
    split = set() if named else _split([candidates[p].series for p in places])
    for place in [p for p in places if candidates[p].series.series_uid in split]:
        verdicts[place] = Verdict(f"{SPLIT}: put them together, or name one in scans.csv", fault=True)
    places = [p for p in places if candidates[p].series.series_uid not in split]
    share = float(load_protocol().value("series.part_percent")) / 100
    longest = max((candidates[p].series.extent_mm for p in places), default=0.0)
    keep = [p for p in places if not 0 < candidates[p].series.extent_mm < share * longest]
    places = only(
        keep, "a part of the body: the series that is measured has more slices and covers more of it"
    )
    return _acquisition(candidates, places, verdicts, uptake)


def _acquisition(
    candidates: Sequence[Candidate], places: list[int], verdicts: list[Verdict], uptake: float
) -> list[int]:
    apart = 60 * float(load_protocol().value("series.same_acquisition_minutes"))
    groups: list[list[int]] = []
    for place in sorted(places, key=lambda p: candidates[p].series.started):
        start, before = (
            _moment(candidates[place].series),
            _moment(candidates[groups[-1][-1]].series) if groups else None,
        )
        if groups and (start is None or before is None or (start - before).total_seconds() <= apart):
            groups[-1].append(place)
        else:
            groups.append([place])
    if len(groups) < 2:
        return places

    def difference(group: Sequence[int]) -> float:
        minutes = uptake_minutes(candidates[group[0]].series)
        return math.inf if minutes is None else abs(minutes - uptake)

    kept = min(groups, key=difference)  # the first of equal ones: the earliest
    for group in groups:
        later = groups.index(group) > groups.index(kept)
        for place in group if group is not kept else ():
            verdicts[place].reason = (
                f"{'a later' if later else 'an earlier'} acquisition of the same day: the uptake time of the other is nearer to "
                f"{uptake:.0f} min"
            )
    return kept


def _reconstructions(
    candidates: Sequence[Candidate], left: Mapping[str, list[int]], verdicts: Sequence[Verdict]
) -> None:
    """Rules 6 and 7: the reconstruction of the first visit that agrees best with all others, then the others by it."""
    if not left:
        return
    first, *others = left

    def agreement(a: int, b: int) -> int:
        mine, theirs = candidates[a].series.attributes, candidates[b].series.attributes
        return sum(mine.get(k, "").strip() == theirs.get(k, "").strip() for k in _SAME_RECONSTRUCTION)

    def with_others(place: int) -> int:
        return sum(max(agreement(place, other) for other in left[visit]) for visit in others)

    reference = min(left[first], key=lambda p: (-with_others(p), *_preference(candidates[p].series)))
    _settle(candidates, left[first], reference, with_others, verdicts)
    for visit in others:

        def with_first(place: int) -> int:
            return agreement(place, reference)

        chosen = min(left[visit], key=lambda p: (-with_first(p), *_preference(candidates[p].series)))
        _settle(candidates, left[visit], chosen, with_first, verdicts)


def _preference(series: Series) -> tuple[bool, bool, int, float, str]:
    """Rule 7 as a key: the lowest comes first."""
    words = f"{series.attributes.get('ReconstructionMethod', '')} {series.attributes.get('SeriesDescription', '')}"
    number = series.attributes.get("SeriesNumber", "")
    order = float(number) if number.isdigit() and number.isascii() else math.inf
    return (
        not _EARL.search(words),
        bool(_PSF.search(words)),
        -(len(series.positions) or len(series.files)),
        order,
        series.series_uid,
    )


_RULES = (
    "it is EARL-compliant by its name", "it has no resolution modelling (PSF)", "it has more slices",
    "its Series Number is lower", "all else is equal and its Series Instance UID is lower",
)  # fmt: skip


def _settle(
    candidates: Sequence[Candidate],
    places: Sequence[int],
    chosen: int,
    agreement: Callable[[int], int],
    verdicts: Sequence[Verdict],
) -> None:
    for place in places:
        if place == chosen:
            continue
        mine, theirs = _preference(candidates[chosen].series), _preference(candidates[place].series)
        rule = next(rule for rule, a, b in zip(_RULES, mine, theirs, strict=True) if a != b)
        if agreement(chosen) > agreement(place):
            rule = "the patient's other visits have it as well"
        elif rule is _RULES[-1]:
            verdicts[chosen].warnings.append(
                "a series that is equal in all that is known is left out: name the right one in scans.csv"
            )
        verdicts[
            place
        ].reason = f"second reconstruction of the same scan: {_name(candidates[chosen].series)} is measured, because {rule}"


def _name(series: Series) -> str:
    parts = (series.attributes.get(name, "") for name in ("SeriesDescription", "ReconstructionMethod"))
    number = series.attributes.get("SeriesNumber", "")
    return ", ".join(filter(None, (*parts, f"series number {number}" if number else ""))) or "the other"


def _split(series: Sequence[Series]) -> set[str]:
    """UIDs of series that are slices of one scan: together an even stack, in one frame, reconstructed alike."""
    found: set[str] = set()
    for i, one in enumerate(series):
        for other in series[i + 1 :]:
            alike = (*_SAME_RECONSTRUCTION, "FrameOfReferenceUID", "StudyInstanceUID")
            same = all(one.attributes.get(k, "") == other.attributes.get(k, "") for k in alike)
            if same and one.attributes.get("FrameOfReferenceUID") and _one_stack(one, other):
                found |= {one.series_uid, other.series_uid}
    return found


def _one_stack(one: Series, other: Series) -> bool:
    lower, upper = sorted((one.positions, other.positions))
    if len(lower) < 2 or len(upper) < 2 or set(lower) & set(upper):
        return False
    if upper[0] < lower[-1] and one.started != other.started:
        return False  # scanned again with the bed elsewhere, not every second slice of one scan
    gaps = [b - a for a, b in itertools.pairwise(sorted((*lower, *upper)))]
    return max(gaps) - min(gaps) < 0.1 * max(gaps)


def _moment(series: Series) -> datetime | None:
    return datetime.strptime(series.started, "%Y%m%d%H%M%S") if series.started else None


def uptake_minutes(series: Series) -> float | None:
    """Minutes from the injection's clock time to the start of the acquisition; ``None`` if the headers do not say.

    Only to tell acquisitions of a day apart: what is printed as uptake time is computed with SUV.
    """
    start = _moment(series)
    time = series.attributes.get("RadiopharmaceuticalStartTime", "")
    injected = parse_time(time) or parse_time(
        series.attributes.get("RadiopharmaceuticalStartDateTime", "")[8:14]
    )
    if start is None or injected is None:
        return None
    seconds = (start - datetime.combine(start.date(), injected)).total_seconds()
    return (seconds % 86400) / 60
