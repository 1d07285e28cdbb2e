"""Words for the choices of a run and for what a landmark left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.survival import EarlyResponse

METRIC_NAMES = {"suv_max": "SUVmax", "suv_mean": "SUVmean", "suv_peak": "SUVpeak", "sul_peak": "SULpeak"}
RULE_NAMES = {
    "any_resistant": "any resistant lesion makes a non-responder",
    "all_resistant": "only resistance of every lesion makes a non-responder",
    "majority": "the majority of lesions decides",
    "hottest": "the hottest lesion of each visit decides",
    "mean": "the mean change of the lesions decides",
    "sum": "the change of the lesions' sum decides",
}


def landmark_note(found: EarlyResponse) -> str:
    """Small print of a curve from the landmark: who is not under it."""
    left = found.landmark
    parts = [f"Landmark day {left.day:g}: {left.excluded} left out before it ({left.excluded_events} events)"]
    if found.without_group:
        parts.append(f"{found.without_group} not classified ({found.without_group_events} events)")
    if left.late:
        parts.append(f"{left.late} classified later in the window, with a clock that starts then")
    return "; ".join(parts) + "."
