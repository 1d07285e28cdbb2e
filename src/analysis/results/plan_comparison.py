"""A logged analysis beside the plan: what it is, and in what it differs from what was planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.logbook import Analysis
from analysis.study import Parameters, PlannedAnalysis, Protocol
from analysis.study.plan import RESPONSE_CHOICES

TESTING = ("comparison", "association", "prediction", "agreement", "search")
"""Kinds of analyses that ask a question a plan could name; the others describe or check."""
STATUSES = (
    "primary",
    "secondary",
    "exploratory",
    "sensitivity",
    "not pre-specified",
    "not planned",
    "post hoc",
    "descriptive",
    "diagnostic",
)


@dataclass(frozen=True)
class Standing:
    """What an analysis is: its status, the planned analysis it belongs to (or nothing), and what differs from it."""

    status: str
    planned: str = ""
    difference: str = ""


def split_marker(variable: str) -> tuple[str, str]:
    """Marker and visit of a variable's name; what follows a comma is how it was used.

    >>> split_marker("metabolic response at day14"), split_marker("change, per 10 points")
    (('metabolic response', 'day14'), ('change', ''))
    """
    marker, _, visit = variable.partition(",")[0].partition(" at ")
    return marker.strip(), visit.strip()


def with_question(analysis: Analysis) -> Analysis:
    """The same analysis, with outcome and marker from its question where the arguments had no names.

    >>> asked = Analysis(cell="", question="PFS by age, women", function="survival.cox", kind="association")
    >>> with_question(asked).outcome, with_question(asked).variables
    ('PFS', ('age',))
    """
    outcome, by, marker = analysis.question.partition(",")[0].partition(" by ")
    return replace(
        analysis,
        outcome=analysis.outcome or outcome if by else analysis.outcome,
        variables=analysis.variables or ((marker,) if by else ()),
    )


def standing(analysis: Analysis, protocol: Protocol, parameters: Parameters) -> Standing:
    """Status of one analysis of a run.

    It is what the plan says only if method, outcome, marker, visit, landmark and, where it rests on who is a responder,
    the run's choices are those planned; and only in a run that was fixed before the data were seen.

    Parameters
    ----------
    analysis : Analysis
        From the log.
    protocol : Protocol
        With the plan.
    parameters : Parameters
        Of the run.
    """
    asked = with_question(analysis)
    if asked.kind == "search":
        return Standing("post hoc", _nearest(asked, protocol), "the cut-off was searched for in these data")
    same = [
        planned
        for planned in protocol.plan.values()
        if _same_question(asked, planned) and asked.function in (planned.method, *planned.sensitivity)
    ]
    if same:
        there = [planned for planned in same if planned.visit in _visits(asked, planned)]
        return _as_planned(asked, (there or same)[0], protocol, parameters)
    if asked.kind not in TESTING:
        return Standing("diagnostic" if asked.kind == "diagnostic" else "descriptive")
    near = _nearest(asked, protocol)
    method = f"by {_words(asked.function)} instead of {_words(protocol.plan[near].method)}" if near else ""
    after = parameters.pre_specified is False
    return Standing("post hoc" if after else "not planned", near, method)


def _words(function: str) -> str:
    """Name of a logged function as words: ``survival.early_response`` is "early response"."""
    return function.partition(".")[2].replace("_", " ")


def _as_planned(
    asked: Analysis, planned: PlannedAnalysis, protocol: Protocol, parameters: Parameters
) -> Standing:
    changed = _choices(asked, planned, protocol, parameters)
    if changed:
        return Standing("post hoc", planned.name, "; ".join(changed))
    differing = _differing(asked, planned, protocol)
    variant = asked.question.partition(",")[2].strip()
    if asked.function != planned.method:
        return Standing("sensitivity", planned.name, "; ".join([f"by {_words(asked.function)}", *differing]))
    if asked.kind == "classification" and differing:
        return Standing("sensitivity", planned.name, "; ".join(differing))
    if differing:
        return Standing("not planned", planned.name, "; ".join(differing))
    if variant:
        return Standing("sensitivity", planned.name, variant)
    return Standing(planned.status if parameters.pre_specified else "not pre-specified", planned.name)


def _same_question(asked: Analysis, planned: PlannedAnalysis) -> bool:
    markers = {split_marker(variable)[0].lower() for variable in asked.variables}
    return (
        (
            not planned.outcome
            or asked.outcome.lower() == planned.outcome.lower()
            or not (asked.outcome or planned.marker)
        )
        and (not planned.marker or planned.marker.lower() in markers)
        and (not planned.tests or asked.declared == planned.tests or bool(asked.refused))
    )


def _visits(asked: Analysis, planned: PlannedAnalysis) -> set[str]:
    named = (split_marker(variable) for variable in asked.variables)
    return {visit for marker, visit in named if marker.lower() == planned.marker.lower()}


def _differing(asked: Analysis, planned: PlannedAnalysis, protocol: Protocol) -> list[str]:
    """Visit, landmark and rules that are other than planned."""
    found = []
    visits = _visits(asked, planned) if planned.marker else {str(asked.settings.get("visit", planned.visit))}
    visits -= {""}
    if planned.visit and visits and planned.visit not in visits:
        found.append(f"at {', '.join(sorted(visits))} instead of {planned.visit}")
    if planned.visit in protocol.visits and planned.marker and asked.landmark_day is not None:
        day = protocol.visits[planned.visit].day
        if asked.landmark_day != day:
            found.append(f"from day {asked.landmark_day:g} instead of day {day}")
    if asked.kind == "classification":
        rule = protocol.value("response.patient_rule")
        metric, cutoff = protocol.value("response.metric"), protocol.value("response.cutoff_percent")
        used = str(asked.settings.get("patient_rule", rule))
        lesion = str(asked.settings.get("lesion_rule", ""))
        if used != rule:
            found.append(f"patient rule {used} instead of {rule}".replace("_", " "))
        if lesion and lesion != f"{metric} {cutoff:g} %":
            found.append(f"{lesion} instead of {metric} {cutoff:g} %".replace("_", ""))
    return found


def _choices(
    asked: Analysis, planned: PlannedAnalysis, protocol: Protocol, parameters: Parameters
) -> list[str]:
    """The run's choices that make other responders than those planned."""
    if not planned.by_response or asked.kind == "classification":
        return []
    pairs = (
        (name, getattr(parameters, name), protocol.value(fact)) for name, fact in RESPONSE_CHOICES.items()
    )
    return [
        f"{name.replace('_', ' ')} {now} instead of {then}".replace("_", " ")
        for name, now, then in pairs
        if now != then
    ]


def _nearest(asked: Analysis, protocol: Protocol) -> str:
    """The planned analysis of the same outcome and marker, whatever the method, if possible at the same visit."""
    same = [
        planned
        for planned in protocol.plan.values()
        if planned.outcome and planned.marker and _same_question(asked, planned)
    ]
    there = [planned for planned in same if planned.visit in _visits(asked, planned)]
    return next((planned.name for planned in (*there, *same)), "")


def family_of(planned: str, families: Mapping[str, tuple[str, ...]]) -> str:
    """Family in which a planned analysis is corrected; nothing where it stands alone."""
    return next((family for family, names in families.items() if planned in names), "")
