"""Which second scan tells more about the outcome: everything side by side, on the patients that both days share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, binomtest

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import (
    PredictiveValues,
    TimeDependentAuc,
    auc_difference,
    predictive_values,
    time_dependent_auc,
)
from analysis.survival.concordance import ConcordanceDifference, concordance_difference
from analysis.survival.estimates import LEVEL, Estimate
from analysis.survival.groups import Grouping, TimedMarker
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.observations import observations
from analysis.survival.resampled import resampled_concordance, resampled_survival
from analysis.units import days

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DayHorizon:
    """The two days at one horizon after the common landmark.

    Parameters
    ----------
    months : float
        The horizon.
    auc : tuple of TimeDependentAuc, or None
        Of the change at the earlier and the later day; ``None`` where nobody had the event by then or nobody is
        still observed.
    auc_difference : Estimate or None
        Earlier minus later, influence functions.
    predictive : tuple of PredictiveValues, or None
        Of the calls of both days.
    npv_difference, ppv_difference : Estimate or None
        Earlier minus later, bootstrap percentile interval.
    refusal : str
        Why there is nothing; empty where there is something.
    """

    months: float
    auc: tuple[TimeDependentAuc, TimeDependentAuc] | None
    auc_difference: Estimate | None
    predictive: tuple[PredictiveValues, PredictiveValues] | None
    npv_difference: Estimate | None
    ppv_difference: Estimate | None
    refusal: str = ""


@dataclass(frozen=True)
class PairedClassification:
    """Who is classified rightly by each day, for an event by a fixed time from treatment start.

    Parameters
    ----------
    day : float
        The fixed time, days since treatment start.
    both, first_only, second_only, neither : int
        Patients classified rightly by both, by one only, by none.
    unknown : int
        Patients censored before that day, of whom nobody knows: left out.
    p_value, mid_p : float
        McNemar's exact test and its mid-p value; NaN without a discordant pair.
    """

    day: float
    both: int
    first_only: int
    second_only: int
    neither: int
    unknown: int
    p_value: float
    mid_p: float


@dataclass(frozen=True, eq=False)
class DayComparison:
    """Two days on one landmark set.

    Parameters
    ----------
    labels : tuple of str
        The earlier and the later day.
    landmark : LandmarkSet
        Patients with change and call at both days, from the later.
    incomplete : int
        Patients left out because something is missing at one of the days.
    concordance : ConcordanceDifference
        Harrell's C of the two changes and their paired difference.
    concordance_bootstrap : Estimate
        The same difference with a bootstrap percentile interval.
    horizons : tuple of DayHorizon
        One an asked horizon.
    classification : PairedClassification
        Calls against early progression.
    resamples : int
        Of the bootstrap.
    """

    labels: tuple[str, str]
    landmark: LandmarkSet
    incomplete: int
    concordance: ConcordanceDifference
    concordance_bootstrap: Estimate
    horizons: tuple[DayHorizon, ...]
    classification: PairedClassification
    resamples: int


@logged("comparison", measure="difference of C", whole="concordance")
def compare_days(
    time_days: ArrayLike,
    event: ArrayLike,
    changes: tuple[TimedMarker, TimedMarker],
    calls: tuple[Grouping, Grouping],
    *,
    positive: object,
    landmark_day: float,
    horizon_months: Sequence[float],
    early_days: float,
    labels: tuple[str, str],
    seed: int,
    resamples: int = 2000,
    level: float = LEVEL,
) -> DayComparison:
    """Compare what two days of scanning say about the same patients from the later day on.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    changes : tuple of TimedMarker
        Change at the earlier and the later day, higher for an earlier event (a decrease is negative).
    calls : tuple of Grouping
        Two groups each day.
    positive : hashable
        The call that predicts an event: the non-responders.
    landmark_day : float
        Common landmark, on or after every scan of both days.
    horizon_months : sequence of float
        Months from the landmark for AUC and predictive values.
    early_days : float
        Days from treatment start: an event up to then is an early one.
    labels : tuple of str
        Names of the two days.
    seed : int
        Of the bootstrap.
    resamples : int
        Number of bootstrap samples of patients.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, a scan after the landmark, or fewer than two patients with both scans.

    References
    ----------
    Paired C: R's concordance(fit1, fit2). Paired AUC: Blanche 2013, doi 10.1002/sim.5958. McNemar 1947,
    doi 10.1007/BF02295996; mid-p: Fagerland 2013, doi 10.1186/1471-2288-13-91. Bootstrap: Efron 1981,
    doi 10.1080/01621459.1981.10477650 (patients are drawn whole, so that the pairing holds).
    """
    seen = observations(time_days, event)
    parts = (*changes, *calls)
    if any(part.known.size != seen.n for part in parts):
        raise DesignError("the changes or calls are not of these patients", expected="one a patient")
    whole = np.logical_and.reduce([part.known for part in parts])
    if whole.sum() < 2:
        raise DesignError(
            f"{int(whole.sum())} patients have both scans",
            expected="at least two",
            do="say that it cannot be answered",
        )
    for part in parts:
        part.take(whole).refuse_before(landmark_day)
    left = landmark(seen.time[whole], seen.event[whole], day=landmark_day)
    one, two = (part.values[whole][left.kept] for part in changes)
    hits = tuple(
        np.array([value == positive for value in call.take(whole).take(left.kept).values]) for call in calls
    )
    weights = np.random.default_rng(np.random.SeedSequence(seed)).multinomial(
        left.n, np.full(left.n, 1 / left.n), size=resamples
    )
    difference = concordance_difference(left.time, left.event, one, two, level=level)
    drawn = [resampled_concordance(left.time, left.event, score, weights) for score in (one, two)]
    return DayComparison(
        labels=labels,
        landmark=left,
        incomplete=int((~whole).sum()),
        concordance=difference,
        concordance_bootstrap=_percentile(difference.estimate, drawn[0] - drawn[1], level),
        horizons=tuple(
            _horizon(left, (one, two), (hits[0], hits[1]), float(month), weights, level)
            for month in horizon_months
        ),
        classification=_classified(left, (hits[0], hits[1]), early_days),
        resamples=resamples,
    )


def _percentile(estimate: float, drawn: Floats, level: float) -> Estimate:
    usable = drawn[np.isfinite(drawn)]
    if usable.size < 0.9 * drawn.size:
        low = high = float("nan")
    else:
        low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(estimate, float(low), float(high), f"bootstrap percentile interval, {drawn.size} samples")


def _horizon(
    left: LandmarkSet,
    scores: tuple[Floats, Floats],
    hits: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    month: float,
    weights: NDArray[np.int64],
    level: float,
) -> DayHorizon:
    day = days(month)
    try:
        auc = tuple(
            time_dependent_auc(left.time, left.event, score, day=day, level=level) for score in scores
        )
        values = tuple(predictive_values(left.time, left.event, hit, day=day) for hit in hits)
    except DesignError as error:
        return DayHorizon(month, None, None, None, None, None, error.what)
    gaps = {}
    for name, chosen in (("npv", [~hit for hit in hits]), ("ppv", list(hits))):
        alive = [resampled_survival(left.time, left.event, part, weights, day) for part in chosen]
        drawn = alive[0] - alive[1] if name == "npv" else alive[1] - alive[0]
        seen = getattr(values[0], name).estimate - getattr(values[1], name).estimate
        gaps[name] = _percentile(seen, drawn, level)
    return DayHorizon(
        month,
        (auc[0], auc[1]),
        auc_difference(auc[0], auc[1], level=level),
        (values[0], values[1]),
        gaps["npv"],
        gaps["ppv"],
    )


def _classified(
    left: LandmarkSet, hits: tuple[NDArray[np.bool_], NDArray[np.bool_]], early_days: float
) -> PairedClassification:
    time = left.time + left.day
    early, known = (time <= early_days) & left.event, (time > early_days) | left.event
    right = [(hit == early)[known] for hit in hits]
    first, second = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    pairs = first + second
    p_value = mid_p = float("nan")
    if pairs:
        less = min(first, second)
        p_value = float(binomtest(first, pairs).pvalue)
        mid_p = min(1.0, float(2 * binom.cdf(less, pairs, 0.5) - binom.pmf(less, pairs, 0.5)))
    return PairedClassification(
        float(early_days), int((right[0] & right[1]).sum()), first, second,
        int((~right[0] & ~right[1]).sum()), int((~known).sum()), p_value, mid_p,
    )  # fmt: skip
