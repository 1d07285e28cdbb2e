"""Progression-free survival under every set of censoring rules and every reader, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.study import AssessmentSchedule
from analysis.survival.censoring_rules import RULES, CensoringRules
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import HazardRatio
from analysis.survival.groups import Grouping
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.landmark import landmark
from analysis.survival.study_endpoints import study_end_points


@dataclass(frozen=True, eq=False)
class RuleSetResult:
    """What one set of rules and one reader make of the same patients.

    Parameters
    ----------
    rules : CensoringRules
        The set.
    reader : str
        ``local`` or ``central``.
    curve : SurvivalCurve
        All patients from treatment start.
    hazard_ratio : HazardRatio or None
        Group against reference from the landmark; ``None`` where it cannot be estimated or nothing was compared.
    refusal : str
        Why there is none; empty where there is one, or nothing was to be compared.
    """

    rules: CensoringRules
    reader: str
    curve: SurvivalCurve
    hazard_ratio: HazardRatio | None
    refusal: str


@logged(
    "comparison",
    measure="hazard ratio",
    whole="hazard_ratio",
    name="rules.name reader",
    n="hazard_ratio.n curve.n",
    events="hazard_ratio.events curve.n_events",
    refused="refusal",
)
def compare_rule_sets(
    outcomes: pd.DataFrame,
    assessments: pd.DataFrame,
    schedule: AssessmentSchedule,
    *,
    group: Grouping | None = None,
    reference: object = None,
    labels: Mapping[object, str] | None = None,
    landmark_day: float = 0.0,
    window_days: float = 0.0,
    sets: Iterable[CensoringRules] = tuple(RULES.values()),
) -> tuple[RuleSetResult, ...]:
    """Events, median and hazard ratio under each set of rules, for each reader who read anything.

    Parameters
    ----------
    outcomes, assessments, schedule
        As in :func:`~analysis.survival.study_endpoints.study_end_points`.
    group : Grouping, optional
        Groups of the patients in the order of ``outcomes``, with the day each was known.
    reference, labels, landmark_day, window_days
        As in :func:`~analysis.survival.early_response`.
    sets : iterable of CensoringRules
        In the order wanted.
    """
    readers = [name for name in ("local", "central") if assessments["reader"].eq(name).any()]
    results = []
    for reader in readers:
        for rules in sets:
            table = study_end_points(outcomes, assessments, schedule, rules=rules, reader=reader).pfs.table
            time, event = table["time"].to_numpy(float), table["event"].to_numpy(bool)
            ratio, refusal = None, ""
            if group is not None:
                try:
                    ratio = _ratio(time, event, group, reference, labels, landmark_day, window_days)
                except DesignError as error:
                    refusal = error.what
            curve = kaplan_meier(time, event, label=rules.name)
            results.append(RuleSetResult(rules, reader, curve, ratio, refusal))
    return tuple(results)


def _ratio(
    time: np.ndarray,
    event: np.ndarray,
    group: Grouping,
    reference: object,
    labels: Mapping[object, str] | None,
    day: float,
    window: float,
) -> HazardRatio:
    known = group.known
    of_known = group.take(known)
    left = landmark(time[known], event[known], day=day, grouping=of_known, window_days=window)
    values = of_known.take(left.kept).values
    return hazard_ratio(left.time, left.event, values, reference=reference, labels=labels)
