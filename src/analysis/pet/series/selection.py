"""The one PET series of each patient and visit, and the reason every other series was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.pet.series.choice import Candidate, choose
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

    Of several series of one visit at most one is; the rules stand in :mod:`analysis.pet.series.choice`.
    """
    matches = match_series(series, book)
    selected, patients = [], {}
    for place, (entry, match) in enumerate(zip(series, matches, strict=True)):
        kind = reason_left_out(entry, doubtful_too=True)
        fault = meant_as_image(entry) if entry.problem else not kind and bool(match.reason)
        # What the visits say of a CT or a NAC twin is no concern of anybody.
        warnings = entry.warnings if kind else (*entry.warnings, *match.warnings)
        reason = kind or match.reason
        selected.append(SelectedSeries(entry, match.patient_id, match.visit, reason, warnings, fault))
        if not reason:
            patients.setdefault(match.patient_id, []).append(place)
    for places in patients.values():
        candidates = [
            Candidate(series[p], matches[p].visit, matches[p].away, series[p].series_uid in book.mapping)
            for p in places
        ]
        for place, verdict in zip(places, choose(candidates), strict=True):
            entry = selected[place]
            warnings = (*entry.warnings, *verdict.warnings)
            selected[place] = replace(entry, reason=verdict.reason, fault=verdict.fault, warnings=warnings)
    return selected
