"""What ends progression-free survival, as named sets of rules, each with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CensoringRules:
    """What counts as an event of progression-free survival, and what ends observation before it.

    Parameters
    ----------
    name, meaning, source : str
        Printed above the result.
    new_therapy : {"censor", "ignore", "event"}
        What starting another anticancer treatment before progression does.
    missed_visits : int or None
        An event after more missed visits than this is not counted, and the patient is censored before them;
        ``None``: it always counts.
    clinical_progression : bool
        Whether ending treatment for progression without a progressive assessment is an event.
    at_planned_visits : bool
        Whether progression counts on the planned day of the visit that showed it, or of the next visit where it was
        seen between two, and censoring on the planned day of the last one. Deaths keep their day.
    """

    name: str
    meaning: str
    source: str
    new_therapy: str
    missed_visits: int | None
    clinical_progression: bool
    at_planned_visits: bool = False


_FDA = "FDA, Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics, 2018; example tables in the appendix"
_RECALLED = f"{_FDA} (recalled, not verified)"
_EMA = "EMA 2012, EMA/CHMP/27994/2008/Rev.1, appendix 1 to the guideline on anticancer medicinal products"

RULES = {
    rules.name: rules
    for rules in (
        CensoringRules("documented", "progression seen on imaging, or death; censored at new therapy and before two or more missed visits", _FDA, "censor", 1, False),
        CensoringRules("all events", "progression seen on imaging, or death, whenever it came", _EMA, "ignore", None, False),
        CensoringRules("planned visits", "as documented, but progression and censoring count on planned days of assessment", _RECALLED, "censor", 1, False, at_planned_visits=True),
        CensoringRules("clinical", "as documented, and treatment ended for progression counts", _RECALLED, "censor", 1, True),
        CensoringRules("new therapy", "as all events; treatment ended for progression and another treatment count", _RECALLED, "event", None, True),
    )
}  # fmt: skip
"""Rule sets side by side; the first is the primary one.

The first is the guidance's analysis of documented progression only: clinical progression is none, the first
assessment that shows progression dates it, deaths after two or more missed visits are censored at the last visit.
"""
