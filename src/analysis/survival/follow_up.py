"""How long patients were followed, and how much of what could have been observed was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.curve import SurvivalCurve
from analysis.survival.kaplan_meier import follow_up
from analysis.survival.observations import numbers, observations, refuse
from analysis.survival.quantile import curve_quantile


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Duration and completeness of follow-up.

    Parameters
    ----------
    curve : SurvivalCurve
        Reverse Kaplan-Meier curve; its median with interval is the median follow-up, days.
    lower_quartile, upper_quartile : float
        Days after which a quarter and three quarters of the follow-up times have ended; NaN where not reached.
    completeness : float
        Observed over potential time, 0 to 1; NaN where the potential time is not known.
    """

    curve: SurvivalCurve
    lower_quartile: float
    upper_quartile: float
    completeness: float


@logged("description", measure="median follow-up, days", whole="curve")
def follow_up_of(
    time: ArrayLike, event: ArrayLike, *, potential_days: ArrayLike | None = None, label: str = "all patients"
) -> FollowUp:
    """Follow-up of these patients.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Days to event or censoring.
    potential_days : array-like of float, shape (n,), optional
        For how long each patient could have been observed had nothing been missed (for progression: the time known
        to be alive; for death: to the data cut-off). After an event it is the event's own time, whatever stands here.
        Missing values are refused.
    label : str
        Name of the curve.

    Raises
    ------
    DesignError
        For impossible times, or a potential time shorter than the observed one (positions named).

    References
    ----------
    Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X; completeness index: Clark, Altman and De Stavola 2002,
    doi 10.1016/S0140-6736(02)08272-7.

    Examples
    --------
    >>> found = follow_up_of([10, 20, 30], [1, 0, 0], potential_days=[99, 40, 30])
    >>> found.completeness, found.curve.median
    (0.75, 25.0)
    """
    seen = observations(time, event)
    curve = follow_up(seen.time, seen.event, label=label)
    lower, upper = (curve_quantile(curve.times[1:], curve.survival[1:], height) for height in (0.75, 0.25))
    completeness = float("nan")
    if potential_days is not None:
        given = numbers(potential_days, "potential_days")
        if given.size != seen.n:
            raise DesignError(f"{given.size} potential times for {seen.n} patients", expected="one a patient")
        potential = np.where(seen.event, seen.time, given)
        refuse(
            "The potential follow-up is missing, or shorter than what was observed",
            ~(potential >= seen.time - 1),
            expected="at least the observed time",
            do="correct whichever of the two is wrong",
        )
        total = np.maximum(potential, seen.time).sum()
        completeness = float(seen.time.sum() / total) if total > 0 else float("nan")
    return FollowUp(curve, lower, upper, completeness)
