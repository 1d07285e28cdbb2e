"""Sentences about two arms and a subgroup, that claim no more than the test of interaction allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.results.arm_tables import ratio_text
from analysis.results.value import limit, number, p_text

if TYPE_CHECKING:
    from analysis.survival import ArmComparison, Interaction

INTERACTION_P = 0.05
"""Below this p of the interaction test an effect is said to differ; above, nothing is said of a difference."""


def arm_sentence(found: ArmComparison) -> str:
    """The line beside two curves: the ratio, and the test within strata where there are strata."""
    test = "stratified log-rank p" if found.logrank_stratified else "log-rank p"
    return (
        f"Hazard ratio, {found.labels[0]} v {found.labels[1]}: {ratio_text(found.hazard_ratio)}, {test} "
        f"{p_text(found.p_value)}"
    )


def effect_sentence(found: ArmComparison, patients: str) -> str:
    """What is seen of one end-point in the named patients: fewer, more, or no evidence either way."""
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


def subgroup_sentence(found: Interaction, subgroup: str) -> str:
    """What may be said of the subgroup against the others, decided by the interaction alone.

    Never that the effect is larger, smaller or present "only" in the subgroup unless the interaction test says so; and never
    that it is the same: the interval of the ratio says what cannot be excluded.

    Parameters
    ----------
    found : Interaction
        The test.
    subgroup : str
        Its name, "first line".
    """
    ratio = f"ratio of hazard ratios {number(found.estimate, 2)} ({limit(found.low, 2)}–{limit(found.high, 2)}), interaction p {p_text(found.p_value)}"
    if found.p_value < INTERACTION_P:
        direction = (
            "larger" if abs_log(found.inside.estimate) > abs_log(found.outside.estimate) else "smaller"
        )
        turned = (found.inside.estimate < 1) != (found.outside.estimate < 1)
        how = "in another direction" if turned else direction
        return (
            f"The effect differs between {subgroup} and the other patients ({ratio}): it is {how} in {subgroup}. A difference "
            "found in one subgroup of one trial needs another trial."
        )
    return (
        f"There is no evidence that the effect in {subgroup} is another than in the other patients ({ratio}), which is no "
        f"evidence that it is the same: the interval says what cannot be excluded. The estimate of the whole trial is the "
        f"better one for {subgroup} too."
    )


def abs_log(ratio: float) -> float:
    """Distance of a ratio from 1, on the log scale.

    >>> abs_log(0.5) == abs_log(2.0)
    True
    """
    import math

    return abs(math.log(ratio)) if ratio > 0 else math.inf
