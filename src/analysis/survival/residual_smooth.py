"""The log hazard ratio over time: a smooth curve through scaled Schoenfeld residuals, with its band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.continuous import spline_basis
from analysis.survival.estimates import LEVEL
from analysis.survival.proportional_hazards import ProportionalHazards

Floats = NDArray[np.float64]
POINTS = 40
"""Points of the curve, as in R's plot.cox.zph."""


@dataclass(frozen=True, eq=False)
class ResidualSmooth:
    """Smoothed log hazard ratio of one term over time.

    Parameters
    ----------
    term : str
        Model term.
    transformed, days : numpy.ndarray of float, shape (k,)
        Abscissa on the transformed scale of the test, and the same in days.
    log_hazard_ratio, low, high : numpy.ndarray of float, shape (k,)
        The curve and its pointwise band. A horizontal line inside the band speaks for proportional hazards.
    n, events : int
        Patients and events of the model.
    level : float
        Confidence level of the band.
    method : str
        Printed beside it.
    """

    term: str
    transformed: Floats
    days: Floats
    log_hazard_ratio: Floats
    low: Floats
    high: Floats
    n: int
    events: int
    level: float
    method: str


@logged("diagnostic", measure="smoothed residuals")
def smooth_residuals(
    tested: ProportionalHazards, term: str, *, df: int = 4, level: float = LEVEL
) -> ResidualSmooth:
    """Natural cubic spline through the scaled Schoenfeld residuals of one term.

    Inner knots at the quantiles of curve points and event times together, as R's plot.cox.zph places them; its band
    is ours at ``level = 2 * norm.cdf(2) - 1``, plus and minus two standard errors.

    Parameters
    ----------
    tested : ProportionalHazards
        From :func:`~analysis.survival.proportional_hazards`.
    term : str
        One of its terms.
    df : int
        Degrees of freedom of the spline, its constant included; 2 is a straight line.
    level : float
        Confidence level of the pointwise band.

    Raises
    ------
    DesignError
        For an unknown term, fewer than 2 degrees of freedom, or too few different event times for them.

    References
    ----------
    Grambsch and Therneau 1994, doi 10.1093/biomet/81.3.515; Therneau and Grambsch 2000, section 6.4.
    """
    if term not in tested.terms:
        raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(tested.terms))
    if df < 2:
        raise DesignError(f"a curve with {df} degrees of freedom", expected="at least 2")
    j, x = tested.terms.index(term), tested.transformed
    along = np.linspace(x.min(), x.max(), POINTS)
    inner = np.quantile(np.concatenate([along, x]), np.linspace(0, 1, df)[1:-1])
    knots = np.concatenate([[x.min()], inner, [x.max()]])

    def basis(values: Floats) -> Floats:
        if df == 2:
            return np.column_stack([np.ones_like(values), values])
        return np.column_stack([np.ones_like(values), spline_basis(values, knots)])

    # On 0 to 1, so that cubes of days do not swamp the constant.
    span = x.max() - x.min()
    if np.unique(x).size < df or not span > 0:
        raise DesignError(
            f"{np.unique(x).size} different event times for a curve with {df} degrees of freedom",
            expected="more event times than degrees of freedom",
            do="show the residuals without a curve, or lower df",
        )
    knots = (knots - x.min()) / span
    rows, wanted = basis((x - x.min()) / span), basis((along - x.min()) / span)
    if np.linalg.matrix_rank(rows) < df:
        raise DesignError(
            "the residuals' curve is singular: too many events share a time",
            expected="event times spread over the follow-up",
            do="lower df",
        )
    q, r = np.linalg.qr(rows)
    reach = np.linalg.solve(r.T, wanted.T)  # of wanted @ inverse(r)
    curve = reach.T @ (q.T @ tested.residuals[:, j])
    scale = tested.residual_covariance[j, j]
    width = float(norm.ppf((1 + level) / 2)) * np.sqrt(scale * (reach**2).sum(axis=0))
    distinct, place = np.unique(x, return_index=True)
    return ResidualSmooth(
        term=term,
        transformed=along,
        days=np.interp(along, distinct, tested.times[place]),
        log_hazard_ratio=curve,
        low=curve - width,
        high=curve + width,
        n=tested.n,
        events=x.size,
        level=level,
        method=f"natural cubic spline through scaled Schoenfeld residuals, {df} degrees of freedom",
    )
