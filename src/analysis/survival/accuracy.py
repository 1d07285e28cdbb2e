"""How well a marker tells who has had the event by a day: AUC, sensitivity, predictive values.

Patients censored before the day are neither cases nor controls; the others stand for them by inverse probability of
not being censored: cases 1/G(T−), controls 1/G(t).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.censoring import Censoring
from analysis.survival.estimates import LEVEL, Estimate
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.observations import Observations, numbers, observations, refuse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CensoringWeights:
    """Weights of cases and controls at one day, and how they change with each patient's weight.

    Parameters
    ----------
    case, control : numpy.ndarray of float, shape (n,)
        Inverse probability of not being censored; 0 for everyone who is not one.
    case_slope : numpy.ndarray of float, shape (n, n)
        Derivative of the log weight of a case (row) with respect to the weight of a patient (column).
    control_slope : numpy.ndarray of float, shape (n,)
        The same for the controls, who share one weight.
    """

    case: Floats
    control: Floats
    case_slope: Floats
    control_slope: Floats


@dataclass(frozen=True, eq=False)
class TimeDependentAuc:
    """Area under the curve of sensitivity against 1 − specificity at one day, with each patient's influence."""

    estimate: float
    low: float
    high: float
    std_error: float
    day: float
    cases: int
    controls: int
    influence: Floats
    n: int
    events: int
    method: str = (
        "cumulative/dynamic AUC, inverse probability of censoring, influence-function standard error"
    )


@dataclass(frozen=True)
class PredictiveValues:
    """What a positive and a negative call say about the event by ``day``.

    ``ppv`` = 1 − S(day | positive) and ``npv`` = S(day | negative), both with the Kaplan-Meier log-log interval;
    ``sensitivity`` and ``specificity`` by inverse probability of censoring. NaN where nobody is called so.
    """

    day: float
    positive: int
    negative: int
    ppv: Estimate
    npv: Estimate
    sensitivity: float
    specificity: float
    events: int
    method: str = (
        "predictive values by Kaplan-Meier, sensitivity and specificity by inverse probability of censoring"
    )

    @property
    def n(self) -> int:
        """Patients called either way."""
        return self.positive + self.negative


def censoring_weights(seen: Observations, day: float) -> CensoringWeights:
    """Inverse-probability weights of cases and controls at ``day``.

    Raises
    ------
    DesignError
        If ``day`` is not positive, or nobody is a case or nobody a control.

    References
    ----------
    Uno 2007, doi 10.1198/016214507000000149; Blanche 2013, doi 10.1002/sim.5958.
    """
    case = (seen.time <= day) & seen.event
    control = seen.time > day
    if not day > 0 or not case.any() or not control.any():
        raise DesignError(
            f"at day {day:g} there are {case.sum()} patients with the event and {control.sum()} still observed without",
            expected="at least one of each", do="choose a day within the follow-up",
        )  # fmt: skip
    censoring = Censoring.of(seen)
    lost, at_risk, place = censoring.lost, censoring.at_risk, censoring.place
    # log G falls by 1/(Y−C) for each patient censored at a time, and rises by C/(Y(Y−C)) for each at risk then.
    stays = np.where(at_risk > lost, at_risk - lost, np.inf)
    ever = np.concatenate([[0.0], np.cumsum(lost / (np.maximum(at_risk, 1) * stays))])
    exposed = place + ~seen.event  # a patient is at risk of being censored before its own event

    def slope(upto: NDArray[np.int64]) -> Floats:
        """Derivative of log G over the first ``upto`` times, one row an entry, one column a patient."""
        rises = ever[np.minimum(upto[:, None], exposed[None, :])]
        own = (~seen.event)[None, :] & (place[None, :] < upto[:, None])
        return rises - np.where(own, 1 / stays[place], 0.0)

    upto_day = int(np.searchsorted(censoring.times, day, side="right"))
    return CensoringWeights(
        case=np.where(case, 1 / np.where(case, censoring.before_own_time(), 1.0), 0.0),
        control=np.where(control, 1 / censoring.uncensored[upto_day], 0.0),
        case_slope=-slope(place),
        control_slope=-slope(np.array([upto_day]))[0],
    )


@logged("prediction", measure="AUC")
def time_dependent_auc(
    time: ArrayLike, event: ArrayLike, marker: ArrayLike, *, day: float, level: float = LEVEL
) -> TimeDependentAuc:
    """Probability that a patient with the event by ``day`` has the higher marker than one still without it.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which the marker was known.
    marker : array-like of float, shape (n,)
        Higher means an earlier event; ties count one half. Missing values are refused.
    day : float
        Horizon in days after the landmark.
    level : float
        Confidence level of the Wald interval, cut at 0 and 1.

    Raises
    ------
    DesignError
        For impossible data, or a day without cases or controls.

    References
    ----------
    Blanche 2013, doi 10.1002/sim.5958; equals R's riskRegression::Score with Kaplan-Meier censoring weights.
    """
    seen, score = with_marker(time, event, marker)
    weights = censoring_weights(seen, day)
    wins = 0.5 * (1 + np.sign(score[:, None] - score[None, :]))
    case, control = weights.case, weights.control
    beaten, won = wins @ control, case @ wins
    top, bottom = float(case @ beaten), float(case.sum() * control.sum())
    estimate = top / bottom
    own = case * beaten + control * won - estimate * (case * control.sum() + control * case.sum())
    through = (case * (beaten - estimate * control.sum())) @ weights.case_slope
    through += (control @ (won - estimate * case.sum())) * weights.control_slope
    influence = (own + through) / bottom
    std_error = float(np.sqrt((influence**2).sum() * seen.n / (seen.n - 1)))
    z = float(norm.ppf((1 + level) / 2))
    return TimeDependentAuc(
        estimate, max(0.0, estimate - z * std_error), min(1.0, estimate + z * std_error), std_error, float(day),
        int((case > 0).sum()), int((control > 0).sum()), influence, seen.n, seen.n_events,
    )  # fmt: skip


@logged("prediction", measure="difference of AUC")
def auc_difference(first: TimeDependentAuc, second: TimeDependentAuc, *, level: float = LEVEL) -> Estimate:
    """Difference of two AUC at one day on the same patients, ``first`` minus ``second``, with the test of none.

    Raises
    ------
    DesignError
        If the two are of different days or numbers of patients.
    """
    if first.day != second.day or first.influence.size != second.influence.size:
        raise DesignError(
            "two AUC of different days or patients cannot be compared",
            expected="one day and the same patients",
        )
    difference = first.estimate - second.estimate
    n = first.influence.size
    std_error = float(np.sqrt(((first.influence - second.influence) ** 2).sum() * n / (n - 1)))
    z = float(norm.ppf((1 + level) / 2))
    p_value = float(2 * norm.sf(abs(difference) / std_error)) if std_error > 0 else 1.0
    return Estimate(
        difference, difference - z * std_error, difference + z * std_error,
        "paired difference of time-dependent AUC, influence functions", p_value,
    )  # fmt: skip


@logged("prediction", measure="negative predictive value", whole="npv")
def predictive_values(
    time: ArrayLike, event: ArrayLike, positive: ArrayLike, *, day: float
) -> PredictiveValues:
    """Predictive values, sensitivity and specificity of a yes/no call for the event by ``day``.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which the call was known.
    positive : array-like of bool, shape (n,)
        Whether the event was predicted (for a metabolic response: the non-responders).
    day : float
        Horizon in days after the landmark.
    """
    seen, score = with_marker(time, event, positive)
    refuse("A call is neither yes nor no", ~np.isin(score, (0, 1)), expected="True or False")
    call = score.astype(bool)
    weights = censoring_weights(seen, day)
    none = Estimate(np.nan, np.nan, np.nan, "nobody is called so")

    def still_free(chosen: NDArray[np.bool_]) -> Estimate:
        return kaplan_meier(seen.time[chosen], seen.event[chosen]).survival_at(day) if chosen.any() else none

    with_event, without = still_free(call), still_free(~call)
    return PredictiveValues(
        day=float(day),
        positive=int(call.sum()),
        negative=int((~call).sum()),
        ppv=Estimate(1 - with_event.estimate, 1 - with_event.high, 1 - with_event.low, with_event.method),
        npv=without,
        sensitivity=float(weights.case[call].sum() / weights.case.sum()),
        specificity=float(weights.control[~call].sum() / weights.control.sum()),
        events=int((seen.event & (seen.time <= day)).sum()),
    )


def with_marker(time: ArrayLike, event: ArrayLike, marker: ArrayLike) -> tuple[Observations, Floats]:
    """Check times, events and one number a patient together; a missing one is refused."""
    seen, score = observations(time, event), numbers(marker, "marker")
    if score.size != seen.n:
        raise DesignError(f"{score.size} values stand beside {seen.n} patients", expected="one a patient")
    refuse("The marker is missing", ~np.isfinite(score), expected="a value for every patient compared")
    return seen, score
