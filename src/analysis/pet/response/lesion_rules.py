"""What makes a lesion respond or progress: rules as objects, each with its definition and source in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.study import load_protocol

ROUNDING_PERCENT = 1e-9
"""Changes computed from decimals that are exactly the cut-off differ from it in the last digits."""


@dataclass(frozen=True, kw_only=True)
class LesionRule:
    """A measure, two cut-offs, and what becomes of a change too small, a lesion gone and a lesion new.

    Parameters
    ----------
    name : str
        By which it is printed.
    metric : str
        Column of the lesions that is compared, e.g. ``suv_max``.
    response_percent : float
        Decrease from which a lesion responds; above 0, at most 100.
    response_if_equal : bool
        Whether a decrease of exactly this counts.
    progression_percent : float
        Increase from which a lesion progresses.
    progression_if_equal : bool
        Whether an increase of exactly this counts.
    smallest_change : float
        A smaller change, in the measure's unit, is no change; one of exactly this counts.
    disappeared : {"responds", "unknown"}
        A lesion without contour on a scan that has contours: counts as −100 %, or as not measured.
    new : {"progresses", "ignored"}
        A lesion without contour at baseline. One that the reader calls uncertain (possible flare) never counts.
    source : str
        Where it comes from, and how far that can be trusted.
    """

    name: str
    metric: str
    response_percent: float
    progression_percent: float
    response_if_equal: bool = True
    progression_if_equal: bool = False
    smallest_change: float = 0.0
    disappeared: Literal["responds", "unknown"] = "responds"
    new: Literal["progresses", "ignored"] = "progresses"
    source: str = ""

    def __post_init__(self) -> None:
        if (
            not 0 < self.response_percent <= 100
            or not self.progression_percent > 0
            or not self.smallest_change >= 0
        ):
            raise DesignError(
                f"lesion rule {self.name!r}: decrease {self.response_percent} %, increase {self.progression_percent} %, "
                f"smallest change {self.smallest_change}",
                expected="a decrease above 0 and at most 100 %, an increase above 0 %, no negative smallest change",
            )

    @property
    def definition(self) -> str:
        """The rule in one sentence, boundaries included."""
        response = f"responds at {'−'}{self.response_percent:g} % ({'included' if self.response_if_equal else 'not included'})"
        progression = f"progresses at +{self.progression_percent:g} % ({'included' if self.progression_if_equal else 'not included'})"
        small = (
            f"; a change of less than {self.smallest_change:g} is none (exactly that counts)"
            if self.smallest_change
            else ""
        )
        gone = {"responds": "counts as −100 %", "unknown": "is not measured"}[self.disappeared]
        new = {"progresses": "is progression", "ignored": "does not count"}[self.new]
        return f"{self.metric} {response}, {progression}{small}; a lesion gone {gone}; a new lesion {new}"

    def responds(self, change_percent: ArrayLike) -> NDArray[np.bool_]:
        """Whether each change is a decrease that counts; a missing one does not."""
        margin = ROUNDING_PERCENT if self.response_if_equal else -ROUNDING_PERCENT
        with np.errstate(invalid="ignore"):
            return np.asarray(change_percent) <= -self.response_percent + margin

    def progresses(self, change_percent: ArrayLike) -> NDArray[np.bool_]:
        """Whether each change is an increase that counts; a missing one does not."""
        margin = ROUNDING_PERCENT if self.progression_if_equal else -ROUNDING_PERCENT
        with np.errstate(invalid="ignore"):
            return np.asarray(change_percent) >= self.progression_percent - margin

    def changes(self, baseline: ArrayLike, follow_up: ArrayLike) -> NDArray[np.float64]:
        """Change in percent of baseline, 0 where it is smaller than the smallest that counts; missing stays missing."""
        before, after = np.asarray(baseline, float), np.asarray(follow_up, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = (after / before - 1) * 100
            if self.smallest_change:
                change = np.where(np.abs(after - before) < self.smallest_change - 1e-9, 0.0, change)
        return change


def trial_rule(metric: str, cutoff_percent: float) -> LesionRule:
    """The trial's kind of rule for any measure and cut-off; what it does not say, the protocol does."""
    protocol = load_protocol()
    known = {
        ("suv_max", protocol.value("response.cutoff_percent")): "the trial's, pre-specified",
        ("suv_max", protocol.value("response.post_hoc_cutoff_percent")): "the trial's, post hoc",
    }
    return LesionRule(
        name=f"{metric} {cutoff_percent:g} %",
        metric=metric,
        response_percent=float(cutoff_percent),
        response_if_equal=bool(protocol.value("response.responder_if_equal")),
        progression_percent=float(protocol.value("response.lesion_progression_percent")),
        source=known.get((metric, cutoff_percent), "a variant"),
    )


_EORTC = LesionRule(
    name="EORTC 1999, after one cycle",
    metric="suv_max",
    response_percent=15.0,
    progression_percent=25.0,
    source="Young 1999, doi 10.1016/S0959-8049(99)00229-4: 15 to 25 % after one cycle",
)


def lesion_rules() -> dict[str, LesionRule]:
    """The named rules: the trial's own two, EORTC 1999 after one and after more cycles, PERCIST 1.0.

    >>> print(lesion_rules()["percist"].definition)
    sul_peak responds at −30 % (included), progresses at +30 % (not included); a change of less than 0.8 is none (exactly that counts); a lesion gone counts as −100 %; a new lesion is progression
    """
    protocol = load_protocol()
    metric = protocol.value("response.metric")
    return {
        "pre_specified": replace(
            trial_rule(metric, protocol.value("response.cutoff_percent")), name="pre-specified"
        ),
        "post_hoc": replace(
            trial_rule(metric, protocol.value("response.post_hoc_cutoff_percent")), name="post hoc"
        ),
        "eortc_one_cycle": _EORTC,
        "eortc_more_cycles": replace(
            _EORTC,
            name="EORTC 1999, after more cycles",
            response_percent=25.0,
            response_if_equal=False,
            source="Young 1999, doi 10.1016/S0959-8049(99)00229-4: more than 25 % after more than one cycle",
        ),
        "percist": LesionRule(
            name="PERCIST 1.0",
            metric="sul_peak",
            response_percent=30.0,
            progression_percent=30.0,
            smallest_change=0.8,
            source="Wahl 2009, doi 10.2967/jnumed.108.057307; which boundaries count is this project's reading",
        ),
    }
