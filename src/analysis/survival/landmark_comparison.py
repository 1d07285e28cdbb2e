"""The result of one comparison from a landmark, nested by what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.survival.accuracy import PredictiveValues
from analysis.survival.concordance import Concordance
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import Estimate, HazardRatio, RmstDifference, TestResult
from analysis.survival.landmark import LandmarkSet
from analysis.survival.marker_effect import MarkerEffect
from analysis.survival.proportional_hazards import ProportionalHazards
from analysis.survival.sensitivity import SensitivityAnalyses
from analysis.survival.wording import early_response_sentence


@dataclass(frozen=True)
class Rate:
    """Event-free proportion of one group, ``months`` after the landmark, and the number still at risk."""

    label: str
    months: float
    at_risk: int
    estimate: Estimate


@dataclass(frozen=True, eq=False)
class EarlyResponse:
    """Association of an early grouping with a time-to-event end-point, from the landmark.

    Parameters
    ----------
    end_point : str
        ``PFS``, ``OS`` ...
    landmark : LandmarkSet
        Who was analysed from which day, and who was left out.
    in_group : numpy.ndarray of bool, shape (landmark.n,)
        Analysed patients of the compared group.
    without_group, without_group_events : int
        Patients whose group is unknown, left out before the landmark, and their events.
    labels : tuple of str, length 2
        The compared group, then the reference.
    curves : tuple of SurvivalCurve
        In the order of ``labels``; time counts from the landmark, in days.
    hazard_ratio : HazardRatio
        Group against reference, profile-likelihood interval; Firth-penalised when events are few.
    hazard_ratio_wald : HazardRatio
        The same estimate with Wald interval and test, for comparison with published numbers.
    logrank, logrank_permutation : TestResult
        Asymptotic and permutation log-rank test.
    proportional_hazards : ProportionalHazards or None
        None when the Cox model has no finite estimate.
    rmst : RmstDifference
        Restricted mean survival times, their difference and ratios.
    rates : tuple of Rate
        Event-free proportions at the asked months, group by group.
    follow_up : SurvivalCurve
        Reverse Kaplan-Meier of all analysed patients; its median is the median follow-up.
    leading : str
        ``hazard ratio``, or ``rmst`` when the hazards are not proportional.
    warnings : tuple of str
        Whole sentences for the reader.
    concordance : Concordance
        Harrell's C of the grouping, its compared group counted as the higher risk.
    predictive : tuple of PredictiveValues
        What belonging to the compared group says about an event by the asked months; left out where nobody had the
        event by then or nobody is still observed.
    marker : MarkerEffect or None
        The continuous marker behind the grouping, where one was given.
    sensitivity : SensitivityAnalyses or None
        The same comparison in other ways, where asked for.
    """

    end_point: str
    landmark: LandmarkSet
    in_group: NDArray[np.bool_]
    without_group: int
    without_group_events: int
    labels: tuple[str, str]
    curves: tuple[SurvivalCurve, SurvivalCurve]
    hazard_ratio: HazardRatio
    hazard_ratio_wald: HazardRatio
    logrank: TestResult
    logrank_permutation: TestResult
    proportional_hazards: ProportionalHazards | None
    rmst: RmstDifference
    rates: tuple[Rate, ...]
    follow_up: SurvivalCurve
    leading: str
    warnings: tuple[str, ...]
    concordance: Concordance
    predictive: tuple[PredictiveValues, ...] = ()
    marker: MarkerEffect | None = None
    sensitivity: SensitivityAnalyses | None = None

    def sentence(self) -> str:
        """One sentence with every number of the comparison, whatever it shows."""
        return early_response_sentence(self)

    @property
    def further_findings(self) -> tuple[tuple[str, str, object], ...]:
        """What else was asked on the way, for the log of analyses: function, kind, what it found."""
        found: list[tuple[str, str, object]] = [
            ("survival.predictive_values", "prediction", at.npv) for at in self.predictive
        ]
        if found:
            found.append(("survival.concordance", "prediction", self.concordance))
        if self.marker is not None:
            found.append(("survival.hazard_ratio_per", "association", self.marker.hazard_ratio))
            found.append(("survival.concordance", "prediction", self.marker.concordance))
            if self.marker.spline is not None:
                found.append(("survival.spline_effect", "association", self.marker.spline.nonlinearity))
        return (*found, *(self.sensitivity.further_findings if self.sensitivity else ()))
