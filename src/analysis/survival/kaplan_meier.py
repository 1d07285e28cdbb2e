"""Kaplan-Meier estimate with Greenwood variance, three kinds of interval and three rules for the median."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import LEVEL
from analysis.survival.observations import observations
from analysis.survival.quantile import MEDIAN_RULES, curve_quantile

CONF_TYPES = ("log-log", "log", "plain")


@logged("description", measure="median, days")
def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    label: str = "",
    conf_type: str = "log-log",
    median_rule: str = "R",
    level: float = LEVEL,
) -> SurvivalCurve:
    """Survival curve of one group, with pointwise limits and the median.

    Events come before censorings at the same time. Variance by Greenwood; the median's interval by
    Brookmeyer and Crowley, read from the same limits as are drawn.

    Parameters
    ----------
    time : array-like of float, shape (n,)
        Days to event or censoring. Missing or negative values are refused.
    event : array-like of bool or 0/1, shape (n,)
        Whether the event was seen.
    label : str
        Name of the group on figures and in tables.
    conf_type : {"log-log", "log", "plain"}
        Scale of the interval. R's default is ``log``; ours is ``log-log``, which keeps its coverage in
        small groups and stays inside 0 and 1.
    median_rule : {"R", "SAS", "inf"}
        See :func:`analysis.survival.quantile.curve_quantile`.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible times or events (positions named), or an unknown option.

    References
    ----------
    Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452.
    Brookmeyer and Crowley 1982, doi 10.2307/2530286.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    >>> curve.survival.tolist(), curve.median
    ([1.0, 0.75, 0.5, 0.25, 0.0], 2.5)
    """
    if conf_type not in CONF_TYPES:
        raise DesignError(
            f"interval type {conf_type!r} is unknown", expected="one of " + ", ".join(CONF_TYPES)
        )
    if median_rule not in MEDIAN_RULES:
        raise DesignError(
            f"median rule {median_rule!r} is unknown", expected="one of " + ", ".join(MEDIAN_RULES)
        )
    seen = observations(time, event)
    distinct, place = np.unique(seen.time, return_inverse=True)
    events = np.bincount(place, weights=seen.event, minlength=distinct.size).astype(np.int64)
    ended = np.bincount(place, minlength=distinct.size)
    at_risk = (seen.n - np.concatenate([[0], np.cumsum(ended)[:-1]])).astype(np.int64)
    survival = np.cumprod(1 - events / at_risk).astype(np.float64)
    survival[at_risk == events] = 0.0  # exactly, whatever the rounding before it
    low, high = _limits(survival, _log_std_error(at_risk, events), conf_type, level)
    start = 1.0 if conf_type != "log-log" else np.nan
    median, median_low, median_high = (
        curve_quantile(distinct, band, 0.5, rule=median_rule) for band in (survival, low, high)
    )
    return SurvivalCurve(
        label=label,
        times=np.concatenate([[0.0], distinct]),
        survival=np.concatenate([[1.0], survival]),
        low=np.concatenate([[start], low]),
        high=np.concatenate([[start], high]),
        at_risk=np.concatenate([[seen.n], at_risk]),
        events=np.concatenate([[0], events]),
        censored=np.concatenate([[0], ended - events]),
        n=seen.n,
        n_events=seen.n_events,
        median=median,
        median_low=median_low,
        median_high=median_high,
        conf_type=conf_type,
        median_rule=median_rule,
        level=level,
    )


@logged("description", measure="median follow-up, days")
def follow_up(time: ArrayLike, event: ArrayLike, *, label: str = "") -> SurvivalCurve:
    """Reverse Kaplan-Meier curve: how long patients were followed, an event being what ends observation.

    Its median is the median follow-up.

    References
    ----------
    Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X.
    """
    seen = observations(time, event)
    return kaplan_meier(seen.time, ~seen.event, label=label)


def _log_std_error(at_risk: NDArray[np.int64], events: NDArray[np.int64]) -> NDArray[np.float64]:
    """Greenwood standard error of log S; infinite once S is 0."""
    remaining = (at_risk - events).astype(float)
    with np.errstate(divide="ignore"):
        return np.sqrt(np.cumsum(np.where(events > 0, events / at_risk / remaining, 0.0)))


def _limits(
    survival: NDArray[np.float64], log_se: NDArray[np.float64], conf_type: str, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pointwise limits as survfit defines them; NaN where the scale has no value."""
    z = float(norm.ppf((1 + level) / 2))
    alive = np.where(survival > 0, survival, np.nan)
    width = np.where(survival > 0, z * log_se, np.nan)
    if conf_type == "plain":
        return np.maximum(alive - alive * width, 0), np.minimum(alive + alive * width, 1)
    if conf_type == "log":
        return alive * np.exp(-width), np.minimum(alive * np.exp(width), 1)
    between = np.where(alive < 1, alive, np.nan)
    spread = np.exp(width / np.log(between))  # below 1, because log S is negative
    return between ** (1 / spread), between**spread
