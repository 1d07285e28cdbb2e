"""The participant flow without small numbers: who they are many, why they left is not said of a few."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.results.small_cells import SmallCells

if TYPE_CHECKING:
    from analysis.cohort import Flow

OTHER = "for other reasons"
"""What stands for the reasons that only few patients have, taken together."""


def shown_flow(flow: Flow, rule: SmallCells) -> Flow:
    """The flow as it may leave ``data/``.

    The sizes of the populations stay: every analysis states its own, so the number lost at a step can be had by subtraction.
    What is sensitive is why. Reasons of few patients are therefore joined into one, together with the next smallest
    reason where they are fewer than the smallest number shown all the same; a step that loses only few has no reason printed. Sizes by phase
    of the trial are left out of a step where one is small.

    Examples
    --------
    >>> from analysis.cohort import Flow, FlowStep
    >>> lost = (("toxicity", 2), ("refused", 1), ("not planned", 16), ("logistics", 7))
    >>> rule = SmallCells(5, zeros_shown=True, applies=True)
    >>> shown_flow(Flow((FlowStep("PET", 20, lost),)), rule).steps[0].excluded
    (('not planned', 16), ('for other reasons', 10))
    """
    if not rule.applies:
        return flow
    return replace(
        flow,
        steps=tuple(
            replace(
                step,
                excluded=_joined(step.excluded, rule),
                groups=() if any(rule.small(n) for _, n in step.groups) else step.groups,
            )
            for step in flow.steps
        ),
    )


def _joined(reasons: tuple[tuple[str, int], ...], rule: SmallCells) -> tuple[tuple[str, int], ...]:
    joined = [(reason, n) for reason, n in reasons if rule.small(n)]
    if not joined:
        return reasons
    kept = [entry for entry in reasons if entry not in joined]
    while kept and rule.small(sum(n for _, n in joined)):
        smallest = min((entry for entry in kept if entry[1]), key=lambda entry: entry[1], default=None)
        if smallest is None:
            break
        kept.remove(smallest)
        joined.append(smallest)
    lost = sum(n for _, n in joined)
    return (*kept, (OTHER if len(joined) > 1 else "for a reason that is not shown", lost))
