"""Restricted mean survival time: the comparison that needs no proportional hazards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import LEVEL, Estimate, Rmst, RmstDifference
from analysis.survival.kaplan_meier import kaplan_meier

METHOD = "area under the Kaplan-Meier curve, Greenwood-type variance"


def longest_tau(curve: SurvivalCurve) -> float:
    """Longest tau in days at which the curve still has an area: for ever once it has reached 0."""
    return float("inf") if curve.survival[-1] == 0 else float(curve.times[-1])


@logged("description", measure="restricted mean, days")
def restricted_mean(
    time: ArrayLike, event: ArrayLike, *, tau_days: float, label: str = "", level: float = LEVEL
) -> Rmst:
    """Mean event-free time of one group within the first ``tau_days``.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        As in :func:`~analysis.survival.kaplan_meier`.
    tau_days : float
        Horizon, in days.
    label : str
        Name of the group.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        If tau is not positive, or beyond the longest follow-up of a curve that has not reached 0.

    References
    ----------
    Klein and Moeschberger 2003, section 4.5; Uno et al. 2014, doi 10.1200/JCO.2014.55.2208.

    Examples
    --------
    >>> mean = restricted_mean([1, 2, 3], [1, 1, 1], tau_days=3)
    >>> round(mean.estimate, 10)
    2.0
    """
    curve = kaplan_meier(time, event, label=label)
    if not tau_days > 0:
        raise DesignError(f"tau is {tau_days} days", expected="a positive number of days")
    if tau_days > longest_tau(curve):
        raise DesignError(
            f"tau of {tau_days:g} days lies beyond the longest follow-up of {curve.times[-1]:g} days",
            where=f"group {label!r}" if label else None,
            expected="a tau inside the follow-up of every group",
            do="lower tau",
        )
    inside = curve.times < tau_days
    widths = np.diff(np.append(curve.times[inside], tau_days))
    slices = curve.survival[inside] * widths
    still = np.cumsum(slices[::-1])[::-1]  # area from each time to tau
    events, at_risk = curve.events[inside], curve.at_risk[inside].astype(float)
    alive = at_risk - events
    term = np.divide(events, at_risk * alive, out=np.zeros_like(at_risk), where=alive > 0)
    mean, std_error = float(slices.sum()), float(np.sqrt((still**2 * term).sum()))
    z = float(norm.ppf((1 + level) / 2))
    return Rmst(
        label=label,
        estimate=mean,
        low=max(0.0, mean - z * std_error),
        high=min(float(tau_days), mean + z * std_error),
        std_error=std_error,
        tau_days=float(tau_days),
        n=curve.n,
        events=curve.n_events,
        method=METHOD,
    )


@logged("comparison", measure="difference of restricted means, days", n="group.n")
def rmst_difference(group: Rmst, reference: Rmst, *, level: float = LEVEL) -> RmstDifference:
    """Difference and ratios of two restricted means to the same tau.

    Ratios get their interval on the log scale (delta method). A group without any event before tau has
    lost no time: the ratio of times lost is then NaN, and a warning says so.

    Parameters
    ----------
    group, reference : Rmst
        Compared group and reference.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        If the two have different tau.
    """
    if group.tau_days != reference.tau_days:
        raise DesignError(
            f"restricted means to {group.tau_days:g} and {reference.tau_days:g} days", expected="one tau"
        )
    z = float(norm.ppf((1 + level) / 2))
    warnings: list[str] = []
    difference = group.estimate - reference.estimate
    spread = float(np.hypot(group.std_error, reference.std_error))
    if spread == 0:
        warnings.append("Neither group varies before tau: the difference has no standard error.")

    def ratio(top: float, bottom: float, name: str) -> Estimate:
        if top <= 0 or bottom <= 0:
            warnings.append(f"The {name} ratio has no value, because one group has none to divide by.")
            return Estimate(float("nan"), float("nan"), float("nan"), f"{name} ratio")
        logarithm = float(np.log(top / bottom))
        width = float(np.hypot(group.std_error / top, reference.std_error / bottom))
        low, high = np.exp([logarithm - z * width, logarithm + z * width])
        return Estimate(
            float(np.exp(logarithm)),
            float(low),
            float(high),
            f"{name} ratio, delta method",
            _p(logarithm, width),
        )

    tau = group.tau_days
    return RmstDifference(
        estimate=difference,
        low=difference - z * spread,
        high=difference + z * spread,
        p_value=_p(difference, spread),
        tau_days=tau,
        group=group,
        reference=reference,
        ratio=ratio(group.estimate, reference.estimate, "restricted mean survival time"),
        rmtl_ratio=ratio(tau - group.estimate, tau - reference.estimate, "restricted mean time lost"),
        method="difference of restricted mean survival times, normal approximation",
        warnings=tuple(warnings),
    )


def _p(value: float, std_error: float) -> float:
    return float(2 * norm.sf(abs(value / std_error))) if std_error > 0 else float("nan")
