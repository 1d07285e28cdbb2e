"""Which visit a time point's wording names."""

from __future__ import annotations

import re

from analysis.study import load_protocol

_BESIDE = re.compile(r"(fdg|pet|ct|scan|imaging|visit|timepoint|time point|study)(?![a-z])")
_BASELINE = frozenset(
    [
        "baseline",
        "baselin",
        "base",
        "bl",
        "pre",
        "pretreatment",
        "pretherapy",
        "pretx",
        "screening",
        "beforetreatment",
        "t0",
    ]
)
_PROGRESSION = frozenset(["progression", "progressivedisease", "atprogression", "pd"])
_NUMBERED = re.compile(r"(?:(day|d|week|wk|w)0*(\d+)|0*(\d+)(days?|d|weeks?|wks?|w))")


def visit_of_text(text: str) -> str:
    """Visit that a Time Point ID names; empty if it names none.

    Days and weeks count from the start of treatment and must be a visit's own day. What only counts scans ("PET 2",
    "T1") names no visit, because nobody knows where the counting began; neither does "D-14", which may lie before the
    start. Those are matched by their date.

    >>> visit_of_text("Day 14"), visit_of_text("BASELINE"), visit_of_text("PET W2"), visit_of_text("week 3")
    ('day14', 'baseline', 'day14', '')
    """
    lower = text.lower()
    if re.search(r"[-−–]\s*\d", lower):
        return ""
    plain = re.sub(r"[^a-z0-9]", "", _BESIDE.sub(" ", lower))
    visits = load_protocol().visits
    if plain in visits:
        return plain
    if plain in _BASELINE:
        return "baseline"
    if plain in _PROGRESSION:
        return "progression"
    match = _NUMBERED.fullmatch(plain)
    if not match:
        return ""
    unit, count = match[1] or match[4], int(match[2] or match[3])
    day = count * (7 if unit.startswith("w") else 1)
    return next((name for name, visit in visits.items() if visit.day == day), "")
