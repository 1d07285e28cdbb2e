"""Two randomised arms, one end-point: curves, hazard ratio, stratified and unstratified tests, restricted means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import cox
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import HazardRatio, RmstDifference, TestResult
from analysis.survival.groups import Grouping, cells, coded, grouping, two_groups, values_at_start
from analysis.survival.hazard_ratio import ratios_of_one_fit
from analysis.survival.kaplan_meier import follow_up, kaplan_meier
from analysis.survival.landmark_comparison import Rate
from analysis.survival.logrank import logrank
from analysis.survival.observations import observations
from analysis.survival.proportional_hazards import ProportionalHazards, proportional_hazards
from analysis.survival.restricted_mean import longest_tau, restricted_mean, rmst_difference
from analysis.units import days, months

PROPORTIONAL_P = 0.05
"""Below this p of the proportional-hazards test the hazard ratio is said to be an average."""


@dataclass(frozen=True, eq=False)
class ArmComparison:
    """Everything that may be said of two arms and one end-point.

    Parameters
    ----------
    end_point : str
        Its name.
    labels : tuple of str
        The compared arm and the control.
    curves : tuple of SurvivalCurve
        In that order.
    hazard_ratio, hazard_ratio_wald : HazardRatio
        Of the arm against the control, by profile likelihood and by standard errors.
    hazard_ratio_stratified : HazardRatio or None
        The same within strata; None without strata, or where the model has no finite estimate.
    logrank, logrank_stratified : TestResult
        The second is None without strata.
    proportional_hazards : ProportionalHazards or None
        None where the hazard ratio is not finite.
    rmst : RmstDifference
        Of restricted means, in days.
    rates : tuple of Rate
        Event-free proportions.
    follow_up : SurvivalCurve
        Reverse Kaplan-Meier of both arms.
    n, events, without_stratum : int
        Patients compared, events among them, and patients whom the stratified analyses leave out.
    warnings : tuple of str
        Whole sentences.
    """

    end_point: str
    labels: tuple[str, str]
    curves: tuple[SurvivalCurve, SurvivalCurve]
    hazard_ratio: HazardRatio
    hazard_ratio_wald: HazardRatio
    hazard_ratio_stratified: HazardRatio | None
    logrank: TestResult
    logrank_stratified: TestResult | None
    proportional_hazards: ProportionalHazards | None
    rmst: RmstDifference
    rates: tuple[Rate, ...]
    follow_up: SurvivalCurve
    n: int
    events: int
    without_stratum: int
    warnings: tuple[str, ...]

    @property
    def p_value(self) -> float:
        """Of the stratified log-rank test, or of the plain one where there are no strata."""
        return (self.logrank_stratified or self.logrank).p_value


@logged("comparison", measure="hazard ratio", whole="hazard_ratio")
def compare_arms(
    time_days: ArrayLike,
    event: ArrayLike,
    arm: Iterable[Any] | Grouping,
    *,
    control: object,
    end_point: str,
    tau_months: float,
    rates_at_months: Sequence[float],
    labels: Mapping[object, str] | None = None,
    strata: Sequence[Any] | None = None,
) -> ArmComparison:
    """Compare two arms from randomisation, every patient in the arm that chance gave.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since randomisation to event or censoring, and whether the event was seen. Nobody is left out: who was
        censored at once counts as randomised, and is never at risk.
    arm : array-like, shape (n,), or Grouping
        Two arms. A :class:`~analysis.survival.Grouping` known after randomisation is refused.
    control : hashable
        Value of the control arm: a ratio below 1 means fewer events than there.
    end_point : str
        Its name, for text and log.
    tau_months : float
        Horizon of the restricted means; lowered, with a warning, to what the follow-up of both arms allows.
    rates_at_months : sequence of float
        Months at which event-free proportions are given.
    labels : mapping from value to str, optional
        Printed names of the arms.
    strata : sequence, length n, optional
        Stratum of each patient; a patient without one (None, NaN, pandas NA) is left out of the stratified analyses only.

    Raises
    ------
    DesignError
        For impossible data, not exactly two arms of which one is the control, no event, or strata of another number of
        patients.

    Examples
    --------
    >>> found = compare_arms([30, 60, 90, 120, 90, 150, 200, 260], [1] * 8, list("ccccaaaa"), control="c",
    ...                      end_point="PFS", tau_months=3, rates_at_months=[2])
    >>> found.labels, found.n, found.hazard_ratio.estimate < 1
    (('a', 'c'), 8, True)
    """
    seen = observations(time_days, event)
    known = arm if isinstance(arm, Grouping) else grouping(arm, 0.0, name="arm")
    known.refuse_before(0.0)
    if len(known.values) != seen.n or not known.known.all():
        raise DesignError(
            f"{int(known.known.sum())} patients with an arm for {seen.n} patients",
            expected="the arm of every patient",
            do="analyse everybody as randomised",
        )
    mine, name, base = two_groups(list(known.values), seen.n, reference=control, labels=labels)
    parts = ((name, mine), (base, ~mine))
    curves = [kaplan_meier(seen.time[part], seen.event[part], label=label) for label, part in parts]
    fit, (ratio, wald) = ratios_of_one_fit(seen, mine, (name, base), intervals=("profile", "wald"))
    column = mine.astype(float)
    proportional = proportional_hazards(fit) if fit.finite else None
    tau = min(days(tau_months), *(longest_tau(curve) for curve in curves))
    means = [
        restricted_mean(seen.time[part], seen.event[part], tau_days=tau, label=label) for label, part in parts
    ]
    difference = rmst_difference(means[0], means[1])
    stratified = stratified_test = None
    without = 0
    if strata is not None:
        given = cells(values_at_start(strata))
        if len(given) != seen.n:
            raise DesignError(
                f"{len(given)} strata stand beside {seen.n} patients",
                expected="one stratum a patient, missing where it is not known",
                do="take times and strata from one table",
            )
        inside = np.array([value is not None for value in given])
        without = int((~inside).sum())
        layers = [value for value in given if value is not None]
        coded(layers, int(inside.sum()), least=1)
        left = (seen.time[inside], seen.event[inside])
        stratified_test = logrank(*left, column[inside], strata=layers)
        within = cox(*left, column[inside], terms=("arm",), strata=layers)
        if within.finite:
            stratified = within.hazard_ratio("arm", comparison=f"{name} v {base}, within strata")
    return ArmComparison(
        end_point=end_point,
        labels=(name, base),
        curves=(curves[0], curves[1]),
        hazard_ratio=ratio,
        hazard_ratio_wald=wald,
        hazard_ratio_stratified=stratified,
        logrank=logrank(seen.time, seen.event, mine),
        logrank_stratified=stratified_test,
        proportional_hazards=proportional,
        rmst=difference,
        rates=tuple(
            Rate(
                curve.label, float(month), int(curve.at_risk_at(days(month))), curve.survival_at(days(month))
            )
            for curve in curves
            for month in rates_at_months
        ),
        follow_up=follow_up(seen.time, seen.event, label="both arms"),
        n=seen.n,
        events=seen.n_events,
        without_stratum=without,
        warnings=(*ratio.warnings, *_warnings(tau, tau_months, proportional, without), *difference.warnings),
    )


def _warnings(tau: float, wanted: float, proportional: ProportionalHazards | None, without: int) -> list[str]:
    found = []
    if tau < days(wanted):
        found.append(
            f"The restricted mean ends at {months(tau):.1f} instead of {wanted:g} months, where the follow-up of the "
            "shorter arm ends."
        )
    if proportional is not None and proportional.overall.p_value < PROPORTIONAL_P:
        found.append(
            "The hazards are not proportional: the hazard ratio is an average over the time observed."
        )
    if without:
        found.append(f"{without} patients without a known stratum are left out of the stratified analyses.")
    return found
