"""Does a predicted risk come true? Observed against predicted risk by a day, in groups and as a smooth curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import with_marker
from analysis.survival.brier import refuse_no_probability
from analysis.survival.continuous import knot_places, spline_basis
from analysis.survival.cox import cox
from analysis.survival.estimates import LEVEL, Estimate
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.observations import Observations
from analysis.survival.prediction import predicted_survival

Floats = NDArray[np.float64]
_POINTS = 50


@dataclass(frozen=True, eq=False)
class Calibration:
    """Observed against predicted risk of the event by ``day``.

    Parameters
    ----------
    day : float
        Horizon, days.
    predicted, observed, low, high : numpy.ndarray of float, shape (groups,)
        Mean predicted risk of each group of patients, rising, and 1 − S(day) of its Kaplan-Meier curve with log-log
        limits; NaN where a group is not followed to the day.
    patients : numpy.ndarray of int, shape (groups,)
        Patients of each group.
    curve_predicted, curve_observed, curve_low, curve_high : numpy.ndarray of float, shape (k,)
        Smooth curve over the range of predicted risks, with pointwise limits; empty where it could not be fitted,
        which ``warnings`` then says.
    mean_error, median_error, error_90 : float
        Mean, median and 90th percentile over patients of the distance between curve and prediction (ICI, E50, E90);
        NaN without a curve.
    slope : Estimate
        Change of the log hazard per unit of log cumulative hazard predicted: 1 for predictions as spread as the
        truth, below 1 for predictions too extreme.
    ratio : Estimate
        Observed over mean predicted risk of all patients, the prediction taken as known; 1 is right on average.
    n, events : int
        Patients, and events by the day.
    method : str
        Printed beside it.
    warnings : tuple of str
        Whole sentences for the reader.
    """

    day: float
    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    patients: NDArray[np.int64]
    curve_predicted: Floats
    curve_observed: Floats
    curve_low: Floats
    curve_high: Floats
    mean_error: float
    median_error: float
    error_90: float
    slope: Estimate
    ratio: Estimate
    n: int
    events: int
    method: str
    warnings: tuple[str, ...] = ()


@logged("prediction", measure="calibration slope", whole="slope")
def calibration(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, day: float, groups: int = 3, level: float = LEVEL
) -> Calibration:
    """Compare predicted risks with what happened.

    The curve is a Cox model with a restricted cubic spline (3 knots) of log(−log(1 − risk)), read at the day; with
    predictions of too few different values it is a straight line in that scale.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which the risk was known, days.
    risk : array-like of float, shape (n,)
        Predicted probability of the event by ``day``, between 0 and 1, both excluded. Predictions fitted to the same
        patients look better calibrated than they are.
    day : float
        Horizon, days, within the follow-up.
    groups : int
        Groups of about equal size by rising risk; patients of one risk stay together, so there may be fewer.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, a risk that is no probability or is 0 or 1, no event, risks that are all equal, or a day
        beyond the follow-up.

    References
    ----------
    Austin, Harrell and van Klaveren 2020, doi 10.1002/sim.8570 (curve, ICI, E50, E90).
    """
    seen, chance = with_marker(time, event, risk)
    refuse_no_probability(chance)
    if ((chance == 0) | (chance == 1)).any():
        raise DesignError(
            f"{int(((chance == 0) | (chance == 1)).sum())} predicted risks are exactly 0 or 1",
            expected="risks between 0 and 1, both excluded",
            do="take the model's own predictions, not rounded ones",
        )
    if groups < 1:
        raise DesignError(f"{groups} groups", expected="at least one")
    whole, whole_low, whole_high = _observed(seen, np.ones(seen.n, dtype=bool), day, level)
    if not day > 0 or np.isnan(whole):
        raise DesignError(
            f"nobody is followed to day {day:g}; the longest time is {seen.time.max():g}",
            expected="a day above 0 within the follow-up",
            do="choose an earlier day",
        )
    # each patient's place by the share of patients with a lower risk, so that equal risks share a group
    lower = np.searchsorted(np.sort(chance), chance, side="left")
    codes = np.unique(lower * groups // seen.n, return_inverse=True)[1]
    members = [codes == code for code in range(codes.max() + 1)]
    observed = np.array([_observed(seen, mine, day, level) for mine in members])
    warnings = []
    if np.isnan(observed[:, 0]).any():
        warnings.append(f"A group of patients is not followed to day {day:g} and has no observed risk.")
    scale = np.log(-np.log1p(-chance))
    straight = cox(seen.time, seen.event, scale, terms=("log cumulative hazard",))
    if straight.finite:
        found = straight.hazard_ratio("log cumulative hazard", level=level)
        with np.errstate(divide="ignore"):  # no limit is 0 or infinite on the scale of ratios
            centre, lowest, highest = np.log([found.estimate, found.low, found.high])
        slope = Estimate(
            float(centre),
            float(lowest),
            float(highest),
            "calibration slope, Cox regression, profile likelihood",
        )
    else:
        slope = Estimate(np.nan, np.nan, np.nan, "calibration slope, no finite estimate (separation)")
        warnings.append("The calibration slope has no finite estimate: risks separate the events.")
    along, curve, distance, trouble = _curve(seen, chance, scale, day, level)
    warnings += [trouble] if trouble else []
    expected = float(chance.mean())
    return Calibration(
        day=float(day),
        predicted=np.array([chance[mine].mean() for mine in members]),
        observed=observed[:, 0],
        low=observed[:, 1],
        high=observed[:, 2],
        patients=np.bincount(codes),
        curve_predicted=along,
        curve_observed=curve[0],
        curve_low=curve[1],
        curve_high=curve[2],
        mean_error=float(distance.mean()) if distance.size else np.nan,
        median_error=float(np.median(distance)) if distance.size else np.nan,
        error_90=float(np.quantile(distance, 0.9)) if distance.size else np.nan,
        slope=slope,
        ratio=Estimate(
            whole / expected,
            whole_low / expected,
            whole_high / expected,
            "observed (Kaplan-Meier) over mean predicted risk",
        ),
        n=seen.n,
        events=int((seen.event & (seen.time <= day)).sum()),
        method="calibration by a day: Kaplan-Meier in groups; Cox regression on a spline of the predicted risk",
        warnings=tuple(warnings),
    )


def _observed(
    seen: Observations, mine: NDArray[np.bool_], day: float, level: float
) -> tuple[float, float, float]:
    """Risk by the day of some patients with its limits; NaN when they are not followed to it."""
    curve = kaplan_meier(seen.time[mine], seen.event[mine], level=level)
    if not day >= 0 or (curve.times[-1] < day and curve.survival[-1] > 0):
        return np.nan, np.nan, np.nan
    free = curve.survival_at(day)
    return 1 - free.estimate, 1 - free.high, 1 - free.low


def _curve(
    seen: Observations, chance: Floats, scale: Floats, day: float, level: float
) -> tuple[Floats, Floats, Floats, str]:
    """Grid of risks, observed risk there with its limits, each patient's distance, and what went wrong."""
    grid = np.linspace(chance.min(), chance.max(), _POINTS)
    wanted = np.log(-np.log1p(-grid))
    trouble = ""
    try:
        knots = knot_places(scale, 3)
        fit = cox(seen.time, seen.event, spline_basis(scale, knots))
        rows, points = spline_basis(scale, knots), spline_basis(wanted, knots)
    except DesignError:
        trouble = "Predictions have too few different values for a spline: their curve is a straight line."
        fit = cox(seen.time, seen.event, scale)
        rows, points = scale[:, None], wanted[:, None]
    if not fit.finite:
        none = np.zeros(0)
        return none, np.zeros((3, 0)), none, "The calibration curve has no finite estimate."
    at_grid = predicted_survival(fit, points, [day], level=level)
    observed = predicted_survival(fit, rows, [day], level=level).risk[:, 0]
    limits = (at_grid.risk[:, 0], 1 - at_grid.high[:, 0], 1 - at_grid.low[:, 0])
    return grid, np.array(limits), np.abs(observed - chance), trouble
