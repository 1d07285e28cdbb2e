"""The one PET series of each patient and visit, and the reason every other series was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.pet.series.index import Series
from analysis.pet.series.reason import meant_as_image, reason_left_out
from analysis.pet.series.visits import VisitBook, match_series


@dataclass(frozen=True)
class SelectedSeries:
    """A series with its patient and visit, whether it is measured, and why not.

    ``fault`` tells a series that should have been measured, or cannot be read, from one of another kind (CT, NAC ...).
    """

    series: Series
    patient_id: str
    visit: str
    reason: str
    warnings: tuple[str, ...]
    fault: bool

    @property
    def kept(self) -> bool:
        """Whether the series is measured."""
        return not self.reason


def select_series(series: Sequence[Series], book: VisitBook) -> list[SelectedSeries]:
    """Decide about every series: the attenuation-corrected static FDG PET of each patient and visit is kept.

    Of several reconstructions of one scan the one that ``scans.csv`` names is kept, else the one with the most
    slices; if that does not decide, none is, because nobody can know which one the trial meant.
    """
    matches = match_series(series, book)
    selected = []
    for entry, match in zip(series, matches, strict=True):
        kind = reason_left_out(entry)
        fault = meant_as_image(entry) if entry.problem else not kind and bool(match.reason)
        selected.append(
            SelectedSeries(entry, match.patient_id, match.visit, kind or match.reason, match.warnings, fault)
        )
    groups: dict[tuple[str, str], list[int]] = {}
    for place, entry in enumerate(selected):
        if entry.kept:
            groups.setdefault((entry.patient_id, entry.visit), []).append(place)
    for places in groups.values():
        if len(places) > 1:
            _choose(selected, places, book)
    return selected


def _choose(selected: list[SelectedSeries], places: Sequence[int], book: VisitBook) -> None:
    named = [place for place in places if selected[place].series.series_uid in book.mapping]
    most = max(len(selected[place].series.files) for place in places)
    largest = [place for place in places if len(selected[place].series.files) == most]
    if len(named) == 1:
        chosen, why = named[0], "scans.csv names the other"
    elif len(largest) == 1:
        chosen, why = largest[0], "the other has more slices"
    else:
        chosen, why = -1, "several are equal: name the right one in scans.csv"
    for place in places:
        if place != chosen:
            reason = f"second reconstruction of the same visit; {why}"
            selected[place] = replace(selected[place], reason=reason, fault=chosen < 0)
