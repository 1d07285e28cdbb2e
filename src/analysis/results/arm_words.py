"""Sentences about two arms and a subgroup, that claim no more than the test of interaction allows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis.results.arm_tables import ratio_text
from analysis.results.value import limit, number, p_text

if TYPE_CHECKING:
    from analysis.study import PlannedAnalysis
    from analysis.survival import ArmComparison, Interaction

INTERACTION_P = 0.05
"""Below this p of the interaction test an effect is said to differ; above, nothing is said of a difference."""
TOO_FEW = "too few events to be shown"


def arm_sentence(found: ArmComparison, *, smallest: int = 0) -> str:
    """The line beside two curves: the ratio, and the test within strata where there are strata.

    Where an arm has events, but fewer than ``smallest``, neither is said.
    """
    compared = f"Hazard ratio, {found.labels[0]} v {found.labels[1]}"
    if _few((curve.n_events for curve in found.curves), smallest):
        return f"{compared}: {TOO_FEW}"
    test = "stratified log-rank p" if found.logrank_stratified else "log-rank p"
    return f"{compared}: {ratio_text(found.hazard_ratio)}, {test} {p_text(found.p_value)}"


def effect_sentence(found: ArmComparison, patients: str, *, smallest: int = 0) -> str:
    """What is seen of one end-point in the named patients: fewer, more, or no evidence either way.

    Where an arm has events, but fewer than ``smallest``, that is all that is said.
    """
    if _few((curve.n_events for curve in found.curves), smallest):
        return (
            f"In {patients} ({found.n} patients) an arm has too few events of {found.end_point} to be shown."
        )
    ratio = found.hazard_ratio
    seen = "there is no evidence of a difference, which is not evidence of none"
    if ratio.high < 1:
        seen = f"there were fewer events with {found.labels[0]}"
    elif ratio.low > 1:
        seen = f"there were more events with {found.labels[0]}"
    return (
        f"In {patients} ({found.n} patients, {found.events} events of {found.end_point}) the hazard ratio is "
        f"{ratio_text(ratio)}: {seen}."
    )


def subgroup_sentence(
    found: Interaction, subgroup: str, *, exploratory: bool = False, smallest: int = 0
) -> str:
    """What may be said of the subgroup against the others, decided by the interaction alone.

    Never that the effect is larger, smaller or present "only" in the subgroup unless the interaction test says so; that it goes in
    another direction only if both intervals lie wholly on their own side of 1; and never that it is the same: the interval of the ratio
    says what cannot be excluded.

    Parameters
    ----------
    found : Interaction
        The test.
    subgroup : str
        Its name, "first line".
    exploratory : bool
        Whether the test is one of many, and its p value is not corrected; a difference that is claimed then says so.
    smallest : int
        Fewest events on either side of which anything is said; 0: any.
    """
    if _few((found.inside.events, found.outside.events), smallest):
        return f"The effect in {subgroup} beside that in the other patients: {TOO_FEW}."
    ratio = f"ratio of hazard ratios {number(found.estimate, 2)} ({limit(found.low, 2)}–{limit(found.high, 2)}), interaction p {p_text(found.p_value)}"
    if found.p_value < INTERACTION_P:
        mark = " (exploratory, p not corrected)" if exploratory else ""
        return (
            f"The effect differs between {subgroup} and the other patients ({ratio}){mark}: {_how(found, subgroup)}. A difference "
            "found in one subgroup of one trial needs another trial."
        )
    return (
        f"There is no evidence that the effect in {subgroup} is another than in the other patients ({ratio}), which is no "
        f"evidence that it is the same: the interval says what cannot be excluded. The whole trial's estimate is the more "
        f"precise one; whether it holds in {subgroup} is not settled."
    )


def is_exploratory(plan: Iterable[PlannedAnalysis], method: str, outcome: str) -> bool:
    """Whether an analysis is planned as neither primary nor secondary; one that is not planned at all is exploratory."""
    return not any(
        one.method == method and one.outcome == outcome and one.status in ("primary", "secondary")
        for one in plan
    )


def _few(events: Iterable[int], smallest: int) -> bool:
    return any(0 < one < smallest for one in events)


def _how(found: Interaction, subgroup: str) -> str:
    """Larger, smaller, in another direction, or, where the intervals do not settle the direction, both estimates."""
    inside, outside = found.inside, found.outside
    if (inside.estimate < 1) == (outside.estimate < 1):
        larger = _abs_log(inside.estimate) > _abs_log(outside.estimate)
        return f"it is {'larger' if larger else 'smaller'} in {subgroup}"
    if (inside.high < 1 < outside.low) or (outside.high < 1 < inside.low):
        return f"it is in another direction in {subgroup}"
    return f"the estimates are {ratio_text(inside)} in {subgroup} and {ratio_text(outside)} in the others"


def _abs_log(ratio: float) -> float:
    """Distance of a ratio from 1, on the log scale."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf
