"""One marker, one end-point, one landmark: everything that may be said about them, in one result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import PredictiveValues, predictive_values
from analysis.survival.concordance import concordance
from analysis.survival.cox import cox
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import Rmst
from analysis.survival.groups import Grouping, TimedMarker, grouping, two_groups
from analysis.survival.hazard_ratio import FEWEST_EVENTS, hazard_ratio
from analysis.survival.kaplan_meier import follow_up, kaplan_meier
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.landmark_comparison import EarlyResponse, Rate
from analysis.survival.logrank import logrank, permutation_logrank
from analysis.survival.marker_effect import FEWEST_FOR_SPLINE, marker_effect
from analysis.survival.observations import observations
from analysis.survival.proportional_hazards import proportional_hazards
from analysis.survival.restricted_mean import longest_tau, restricted_mean, rmst_difference
from analysis.survival.sensitivity import sensitivity_analyses
from analysis.units import days, months

PROPORTIONAL_P = 0.05
"""Below this p of the proportional-hazards test the restricted mean leads, not the hazard ratio."""

FEW_AT_RISK = 5
"""An event-free proportion with fewer at risk rests on single patients, and is said so."""

RULES_OF_CHOICE = (
    f"Firth's penalised regression answers instead of Cox's where a group has fewer than {FEWEST_EVENTS} events or the "
    "groups' events separate.",
    f"The restricted mean leads instead of the hazard ratio where the test of proportional hazards gives p below "
    f"{PROPORTIONAL_P:g}.",
    "The log-rank test by permutation, which holds in samples of any size, stands beside the asymptotic one always.",
    f"A proportion with fewer than {FEW_AT_RISK} patients at risk is marked as resting on single patients.",
    f"A continuous marker has its shape estimated (spline) from {FEWEST_FOR_SPLINE} events on, and one slope below.",
)
"""What decides the method, fixed before any data are seen."""


@logged("comparison", measure="hazard ratio", whole="hazard_ratio")
def early_response(
    time_days: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    landmark_day: float,
    reference: object,
    end_point: str,
    tau_months: float,
    rates_at_months: Sequence[float],
    seed: int,
    labels: Mapping[object, str] | None = None,
    window_days: float = 0.0,
    permutations: int = 100_000,
    median_rule: str = "R",
    predict_at_months: Sequence[float] = (),
    marker: TimedMarker | None = None,
    marker_step: float = 10.0,
    marker_reference: float = 0.0,
    sensitivity: bool = False,
    visit_window: tuple[float, float] | None = None,
    intervals: tuple[ArrayLike, ArrayLike] | None = None,
) -> EarlyResponse:
    """Compare two groups known early in treatment, from the landmark on.

    The methods are chosen by :data:`RULES_OF_CHOICE`, never by the answer they give.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    group : array-like, shape (n,), or Grouping
        Two groups; a missing value (no assessable scan or sample) leaves the patient out, counted in
        ``without_group``. Plain values are taken as known on the landmark day; a
        :class:`~analysis.survival.Grouping` brings each patient's own day, which is checked.
    landmark_day : float
        Day from which survival is counted; 0 for what was known at the start.
    reference : hashable
        Value of the reference group.
    end_point : str
        Name of the end-point, for the text.
    tau_months : float
        Horizon of the restricted means, months from the landmark; lowered, with a warning, to what the
        follow-up of both groups allows.
    rates_at_months : sequence of float
        Months from the landmark at which event-free proportions are given.
    seed : int
        Seed of the permutation test.
    labels : mapping from value to str, optional
        Printed names of the two groups.
    window_days : float
        Lateness of the scan that the protocol's visit window allows; a late patient's clock starts at
        the scan.
    permutations : int
        Of the permutation log-rank test.
    median_rule : {"R", "SAS", "inf"}
        Rule for the median on a plateau.
    predict_at_months : sequence of float
        Months from the landmark at which predictive values are given.
    marker : TimedMarker, optional
        The continuous marker behind the groups, for its own effect.
    marker_step, marker_reference : float
        What its hazard ratio is of, and the value with hazard ratio 1, in its units.
    sensitivity : bool
        Whether the comparison is made in the other ways of :func:`~analysis.survival.sensitivity_analyses` too.
    visit_window, intervals
        For these, as described there.

    Raises
    ------
    DesignError
        For impossible data, a group known after the landmark, fewer than two groups left after it, or no
        event.

    Examples
    --------
    >>> found = early_response(
    ...     [20, 60, 90, 120, 200, 300, 310, 400, 410, 420, 430], [1] * 11, ["no"] * 5 + ["yes"] * 6,
    ...     landmark_day=14, reference="yes", end_point="PFS", tau_months=12, rates_at_months=[6],
    ...     seed=1, permutations=999)
    >>> found.labels, found.landmark.n
    (('no', 'yes'), 11)
    """
    seen = observations(time_days, event)
    known = group if isinstance(group, Grouping) else grouping(group, landmark_day, name="group")
    if len(known.values) != seen.n:
        raise DesignError(f"{len(known.values)} groups for {seen.n} patients", expected="one group a patient")
    everybody, classified = known, known.known
    if not classified.any():
        raise DesignError(
            "no patient has a group", expected="two groups", do="say that it cannot be answered"
        )
    known = known.take(classified)
    left = landmark(
        seen.time[classified],
        seen.event[classified],
        day=landmark_day,
        grouping=known,
        window_days=window_days,
    )
    values = list(known.take(left.kept).values)
    mine, name, base = two_groups(values, left.n, reference=reference, labels=labels)
    parts = ((name, mine), (base, ~mine))
    curves = tuple(
        kaplan_meier(left.time[part], left.event[part], label=label, median_rule=median_rule)
        for label, part in parts
    )
    ratio, wald = (
        hazard_ratio(left.time, left.event, values, reference=reference, labels=labels, interval=interval)
        for interval in ("profile", "wald")
    )
    fit = cox(left.time, left.event, mine.astype(float), terms=(f"{name} v {base}",))
    proportional = proportional_hazards(fit) if fit.finite else None
    tau = min(days(tau_months), *(longest_tau(curve) for curve in curves))
    means: list[Rmst] = [
        restricted_mean(left.time[part], left.event[part], tau_days=tau, label=label) for label, part in parts
    ]
    difference = rmst_difference(means[0], means[1])
    crossing = proportional is not None and proportional.overall.p_value < PROPORTIONAL_P
    rates = _rates(curves, rates_at_months)
    effect = others = None
    unrelated: list[str] = []
    if marker is not None:
        try:
            effect = marker_effect(
                seen.time, seen.event, marker, landmark_day=landmark_day, window_days=window_days,
                step=marker_step, reference=marker_reference,
            )  # fmt: skip
        except DesignError as error:  # the groups are an answer of their own
            unrelated = [f"The {marker.name} itself could not be related to {end_point}: {error.what}."]
    if sensitivity:
        others = sensitivity_analyses(
            seen.time, seen.event, everybody, reference=reference, labels=labels, landmark_day=landmark_day,
            window_days=window_days, visit_window=visit_window, intervals=intervals,
        )  # fmt: skip
    return EarlyResponse(
        end_point=end_point,
        landmark=left,
        in_group=mine,
        without_group=int((~classified).sum()),
        without_group_events=int(seen.event[~classified].sum()),
        labels=(name, base),
        curves=(curves[0], curves[1]),
        hazard_ratio=ratio,
        hazard_ratio_wald=wald,
        logrank=logrank(left.time, left.event, mine),
        logrank_permutation=permutation_logrank(
            left.time, left.event, mine, seed=seed, permutations=permutations
        ),
        proportional_hazards=proportional,
        rmst=difference,
        rates=rates,
        follow_up=follow_up(left.time, left.event, label="all"),
        leading="rmst" if crossing else "hazard ratio",
        warnings=(
            *ratio.warnings,
            *_warnings(left, tau, tau_months, crossing, proportional is None),
            *_thin(rates),
            *unrelated,
            *difference.warnings,
        ),
        concordance=concordance(left.time, left.event, mine.astype(float)),
        predictive=_predictive(left, mine, predict_at_months),
        marker=effect,
        sensitivity=others,
    )


def _predictive(
    left: LandmarkSet, mine: NDArray[np.bool_], at_months: Sequence[float]
) -> tuple[PredictiveValues, ...]:
    found = []
    for month in at_months:
        with contextlib.suppress(DesignError):  # nobody had the event by then, or nobody is still observed
            found.append(predictive_values(left.time, left.event, mine, day=days(month)))
    return tuple(found)


def _thin(rates: Sequence[Rate]) -> list[str]:
    thin = [
        f"{rate.months:g} months with {rate.label} ({rate.at_risk})"
        for rate in rates
        if rate.at_risk < FEW_AT_RISK
    ]
    return (
        [
            f"Fewer than {FEW_AT_RISK} are at risk at {', '.join(thin)}: the curve rests on single patients there."
        ]
        if thin
        else []
    )


def _rates(curves: Sequence[SurvivalCurve], at_months: Sequence[float]) -> tuple[Rate, ...]:
    return tuple(
        Rate(curve.label, float(month), int(curve.at_risk_at(days(month))), curve.survival_at(days(month)))
        for curve in curves
        for month in at_months
    )


def _warnings(left: LandmarkSet, tau: float, tau_months: float, crossing: bool, untested: bool) -> list[str]:
    found = []
    if left.late:
        found.append(
            f"{left.late} patients were classified after day {left.day:g}; their time counts from that day."
        )
    if tau < days(tau_months):
        found.append(
            f"The restricted mean ends at {months(tau):.1f} instead of {tau_months:g} months, "
            "where the follow-up of the shorter group ends."
        )
    if crossing:
        found.append(
            "The hazards are not proportional: the restricted mean leads, the hazard ratio is an average."
        )
    if untested:
        found.append(
            "Proportional hazards could not be tested, because the Cox model has no finite estimate."
        )
    return found
