"""Bands that hold the whole survival curve at once, wider than pointwise limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.survival.curve import SurvivalCurve

Floats = NDArray[np.float64]
KINDS = ("hall-wellner", "equal-precision")


@dataclass(frozen=True, eq=False)
class Band:
    """Simultaneous confidence band over the times at which the curve has a standard error, shape (k,)."""

    times: Floats
    low: Floats
    high: Floats
    critical_value: float
    method: str
    n: int
    events: int


def confidence_band(curve: SurvivalCurve, *, kind: str = "equal-precision", log_scale: bool = True) -> Band:
    """Band from the first event to the last time before the curve reaches 0.

    Parameters
    ----------
    curve : SurvivalCurve
        From :func:`analysis.survival.kaplan_meier`; its level is the band's.
    kind : {"equal-precision", "hall-wellner"}
        Equal precision is proportional to the pointwise limits; Hall-Wellner is narrower in the tail.
    log_scale : bool
        Whether limits are formed on the log-log scale, which keeps them inside 0 and 1.

    Raises
    ------
    DesignError
        For an unknown kind, or a curve without an event before its end.

    References
    ----------
    Hall and Wellner 1980, doi 10.1093/biomet/67.1.133; Nair 1984, doi 10.1080/00401706.1984.10487964;
    Klein and Moeschberger 2003, section 4.4.
    """
    if kind not in KINDS:
        raise DesignError(f"band {kind!r} is unknown", expected="one of " + ", ".join(KINDS))
    inside = (curve.survival < 1) & (curve.survival > 0)
    if not inside.any():
        raise DesignError(
            "the curve has no event before its end",
            expected="a curve between 0 and 1",
            do="show it without a band",
        )
    survival = curve.survival[inside]
    relative = curve.std_error[inside] / survival  # standard error of log S
    spread = curve.n * relative**2
    share = spread / (1 + spread)
    if kind == "hall-wellner":
        critical = hall_wellner_value(float(share.max()), level=curve.level)
        width = critical * (1 + spread) / np.sqrt(curve.n)
    else:
        critical = equal_precision_value(float(share.min()), float(share.max()), level=curve.level)
        width = critical * relative
    if log_scale:
        power = np.exp(width / np.log(survival))
        low, high = survival ** (1 / power), survival**power
    else:
        low, high = np.maximum(survival * (1 - width), 0), np.minimum(survival * (1 + width), 1)
    scale = "log-log" if log_scale else "plain"
    return Band(
        curve.times[inside], low, high, critical, f"{kind} band, {scale} scale", curve.n, curve.n_events
    )


def root(excess: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising or falling function crosses zero."""
    found, _ = brentq(excess, low, high, xtol=1e-12, full_output=True)
    return float(found)


def hall_wellner_value(upper: float, *, level: float = 0.95) -> float:
    """Value that |Brownian bridge| exceeds somewhere on (0, upper) with probability 1 − level.

    >>> round(hall_wellner_value(1.0), 4)
    1.3581
    """
    upper = min(upper, 1 - 1e-9)
    k = np.arange(1, 60)

    def excess(value: float) -> float:
        r, d = value * np.sqrt((1 - upper) / upper), 1 / (1 - upper)
        terms = (
            (-1.0) ** k
            * np.exp(-2 * k**2 * value**2)
            * (norm.cdf(r * (2 * k + d)) - norm.cdf(r * (2 * k - d)))
        )
        return float(1 - 2 * norm.sf(value / np.sqrt(upper * (1 - upper))) + 2 * terms.sum() - level)

    return root(excess, 0.05, 4.0)


def equal_precision_value(lower: float, upper: float, *, level: float = 0.95) -> float:
    """Value that a Brownian bridge over its standard deviation exceeds on (lower, upper), by Nair's approximation.

    With a single point the value is the normal's own.

    >>> round(equal_precision_value(0.1, 0.9), 3)
    3.054
    """
    if upper - lower < 1e-12:
        return float(norm.ppf((1 + level) / 2))
    ratio = np.log(upper * (1 - lower) / (lower * (1 - upper)))

    def excess(value: float) -> float:
        return float(norm.pdf(value) * (4 / value + (value - 1 / value) * ratio) - (1 - level))

    return max(root(excess, 1.0, 8.0), float(norm.ppf((1 + level) / 2)))
