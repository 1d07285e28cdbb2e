"""A continuous marker as it is: hazard ratio a step, and the shape of its effect as a spline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import cox
from analysis.survival.estimates import LEVEL, HazardRatio, TestResult
from analysis.survival.firth import firth_cox
from analysis.survival.hazard_ratio import FEWEST_EVENTS, with_open_limits
from analysis.survival.observations import numbers, observations

KNOT_QUANTILES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
}
"""Quantiles of the knots, Harrell, Regression Modeling Strategies, table 2.3."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SplineEffect:
    """Hazard ratio along a continuous marker, against its reference value.

    Parameters
    ----------
    grid : numpy.ndarray, shape (k,)
        Values of the marker.
    hazard_ratio, low, high : numpy.ndarray, shape (k,)
        Against ``reference``, with pointwise Wald limits; 1 without width at the reference itself.
    reference : float
        Value whose hazard is 1.
    knots : numpy.ndarray
        Where the pieces join; linear beyond the outer ones.
    overall, nonlinearity : TestResult
        Likelihood-ratio tests of any effect, and of a departure from a straight line.
    n, events : int
        Patients and events.
    """

    grid: Floats
    hazard_ratio: Floats
    low: Floats
    high: Floats
    reference: float
    knots: Floats
    overall: TestResult
    nonlinearity: TestResult
    n: int
    events: int
    method: str = "Cox regression on a restricted cubic spline, pointwise Wald limits"


@logged("association", measure="hazard ratio")
def hazard_ratio_per(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    step: float,
    name: str,
    interval: str = "profile",
    level: float = LEVEL,
) -> HazardRatio:
    """Hazard ratio of ``step`` units more of a continuous marker.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark on which the marker is known.
    marker : array-like of float, shape (n,)
        Missing values are refused.
    step : float
        For instance 10 percentage points of change.
    name : str
        Printed beside the ratio: "change of SUVmax, per 10 points".
    interval : {"profile", "wald"}
        Kind of interval.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, no event, or a marker that does not vary among the patients at risk.
    """
    seen = observations(time, event)
    values = numbers(marker, "marker")
    fit = cox(seen.time, seen.event, values, terms=(name,))
    if fit.finite and seen.n_events >= FEWEST_EVENTS:
        return with_open_limits(fit.hazard_ratio(name, interval=interval, per=step, level=level))
    why = f"only {seen.n_events} events" if fit.finite else "complete separation"
    penalised = firth_cox(seen.time, seen.event, values, terms=(name,))
    found = penalised.hazard_ratio(name, interval=interval, per=step, level=level)
    return with_open_limits(
        replace(found, warnings=(f"Firth's penalised regression was used because of {why}.",))
    )


def spline_basis(values: Floats, knots: Floats) -> Floats:
    """Restricted cubic spline basis: the value itself, then one column for each knot but two.

    Scaled by the squared distance of the outer knots, as ``rcspline.eval(norm = 2)`` in R's Hmisc.
    """
    last, before, span = knots[-1], knots[-2], (knots[-1] - knots[0]) ** 2
    cubes = np.maximum(values[:, None] - knots[None, :], 0) ** 3
    columns = [values]
    for j, knot in enumerate(knots[:-2]):
        outer = cubes[:, -2] * (last - knot) - cubes[:, -1] * (before - knot)
        columns.append((cubes[:, j] - outer / (last - before)) / span)
    return np.column_stack(columns)


@logged("association", measure="spline", whole="overall")
def spline_effect(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    reference: float,
    grid: ArrayLike,
    knots: int = 3,
    level: float = LEVEL,
) -> SplineEffect:
    """Hazard ratio along a continuous marker by a restricted cubic spline in a Cox model.

    Parameters
    ----------
    time, event, marker : array-like, shape (n,)
        As in :func:`hazard_ratio_per`.
    reference : float
        Value of the marker with hazard ratio 1.
    grid : array-like of float
        Values at which the effect is wanted.
    knots : {3, 4, 5}
        Number of knots, at Harrell's quantiles; three are enough for 46 patients.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, or a marker with too few different values for the knots.

    References
    ----------
    Harrell 2015, Regression Modeling Strategies, section 2.4.5, doi 10.1007/978-3-319-19425-7.
    """
    if knots not in KNOT_QUANTILES:
        raise DesignError(f"a spline with {knots} knots is not offered", expected="3, 4 or 5 knots")
    seen = observations(time, event)
    values, wanted = numbers(marker, "marker"), numbers(grid, "grid")
    at = knot_places(values, knots)
    fit = cox(seen.time, seen.event, spline_basis(values, at))
    straight = cox(seen.time, seen.event, values)
    if not fit.finite:
        raise DesignError(
            "the spline has no finite estimate", do="use fewer knots or the linear effect, hazard_ratio_per"
        )
    away = spline_basis(wanted, at) - spline_basis(np.array([reference]), at)
    effect = away @ fit.coefficients
    spread = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", away, fit.covariance, away), 0))
    z = float(norm.ppf((1 + level) / 2))
    bend = 2 * (fit.log_likelihood - straight.log_likelihood)
    return SplineEffect(
        grid=wanted,
        hazard_ratio=np.exp(effect),
        low=np.exp(effect - z * spread),
        high=np.exp(effect + z * spread),
        reference=float(reference),
        knots=at,
        overall=fit.likelihood_ratio,
        nonlinearity=TestResult(
            bend,
            knots - 2,
            float(chi2.sf(bend, knots - 2)),
            "likelihood-ratio test of non-linearity",
            fit.n,
            fit.events,
        ),
        n=fit.n,
        events=fit.events,
    )


def knot_places(values: Floats, knots: int) -> Floats:
    """Knots at Harrell's quantiles; the outer two at the fifth smallest and largest value below n = 100.

    Raises
    ------
    DesignError
        If two knots fall on one value, or a value is missing.
    """
    if values.size < 10 or not np.isfinite(values).all():
        raise DesignError("a spline needs at least 10 patients with a value", expected="no missing value")
    places = np.quantile(values, KNOT_QUANTILES[knots])
    if values.size < 100:
        ordered = np.sort(values)
        places[0], places[-1] = ordered[4], ordered[-5]
    if np.any(np.diff(places) <= 0):
        raise DesignError(
            "two knots fall on the same value of the marker",
            expected="a marker with more different values",
            do="use the linear effect, hazard_ratio_per",
        )
    return places
