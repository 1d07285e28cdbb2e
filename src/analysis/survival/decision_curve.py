"""Would acting on a predicted risk do more good than harm? Net benefit over the thresholds of acting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import with_marker
from analysis.survival.brier import refuse_no_probability
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.observations import Observations, numbers, observations

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit of acting on predicted risks, of acting for everybody, and (0) of acting for nobody.

    Parameters
    ----------
    day : float
        Horizon of the event, days.
    thresholds : numpy.ndarray of float, shape (k,)
        Risk from which on one would act: its odds are the harm of acting in vain over the good of acting in time.
    net_benefit : mapping of str to numpy.ndarray of float, shape (k,)
        By model: true positives less false positives at those odds, per patient. NaN where the patients above the
        threshold are not followed to the day.
    treat_all : numpy.ndarray of float, shape (k,)
        The same when one acts for everybody.
    above : mapping of str to numpy.ndarray of int, shape (k,)
        Patients whose risk reaches the threshold.
    n, events : int
        Patients, and events by the day.
    method : str
        Printed beside it.
    warnings : tuple of str
        Whole sentences for the reader.
    """

    day: float
    thresholds: Floats
    net_benefit: Mapping[str, Floats]
    treat_all: Floats
    above: Mapping[str, NDArray[np.int64]]
    n: int
    events: int
    method: str = "decision curve, event probability by Kaplan-Meier"
    warnings: tuple[str, ...] = ()


@logged("prediction", measure="net benefit")
def decision_curve(
    time: ArrayLike, event: ArrayLike, risks: Mapping[str, ArrayLike], *, day: float, thresholds: ArrayLike
) -> DecisionCurve:
    """Net benefit of one or more predictions of the event by ``day``.

    A patient counts as positive when the risk reaches the threshold p. Net benefit is
    ``(1 − S₊(day)) · share₊ − S₊(day) · share₊ · p / (1 − p)``, with the Kaplan-Meier curve S₊ of the positive
    patients, so that censored ones count as long as they are seen.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which the risk was known, days.
    risks : mapping of str to array-like of float, shape (n,)
        By name, the predicted probability of the event by ``day``. A risk fitted to the same patients flatters itself:
        give cross-validated ones, or say so.
    day : float
        Horizon, days, within the follow-up.
    thresholds : array-like of float, shape (k,)
        Between 0 and 1, both excluded.

    Raises
    ------
    DesignError
        For impossible data, a risk or threshold that is no probability, or a day beyond the follow-up.

    References
    ----------
    Vickers and Elkin 2006, doi 10.1177/0272989X06295361; with censoring Vickers et al. 2008,
    doi 10.1186/1472-6947-8-53.

    Examples
    --------
    >>> risks = {"model": [0.9, 0.3, 0.6, 0.1]}
    >>> found = decision_curve([10, 20, 30, 40], [1, 1, 0, 0], risks, day=25, thresholds=[0.25])
    >>> found.net_benefit["model"].round(4).tolist(), found.treat_all.round(4).tolist()
    ([0.4167], [0.3333])
    """
    seen, at = observations(time, event), numbers(thresholds, "thresholds")
    if at.size == 0 or not ((at > 0) & (at < 1)).all():
        raise DesignError(
            "a threshold is missing or no probability", expected="thresholds between 0 and 1, both excluded"
        )
    if not risks:
        raise DesignError("there is no prediction", expected="at least one named list of risks")
    everybody = _survival(seen, np.ones(seen.n, dtype=bool), day)
    if not day > 0 or np.isnan(everybody):
        raise DesignError(
            f"nobody is followed to day {day:g}; the longest time is {seen.time.max():g}",
            expected="a day above 0 within the follow-up",
            do="choose an earlier day",
        )
    odds = at / (1 - at)
    benefit, above, unknown = {}, {}, []
    for name, given in risks.items():
        _, risk = with_marker(seen.time, seen.event, given)
        refuse_no_probability(risk)
        positive = risk[None, :] >= at[:, None]
        found = np.zeros(at.size)
        for i, chosen in enumerate(positive):
            if chosen.any():
                free = _survival(seen, chosen, day)
                found[i] = chosen.mean() * ((1 - free) - free * odds[i])
        if np.isnan(found).any():
            unknown.append(
                f"{name}: at {int(np.isnan(found).sum())} of {at.size} thresholds nobody with a risk above it is "
                f"followed to day {day:g}, and there is no net benefit."
            )
        benefit[name], above[name] = found, positive.sum(axis=1)
    return DecisionCurve(
        day=float(day),
        thresholds=at,
        net_benefit=benefit,
        treat_all=(1 - everybody) - everybody * odds,
        above=above,
        n=seen.n,
        events=int((seen.event & (seen.time <= day)).sum()),
        warnings=tuple(unknown),
    )


def _survival(seen: Observations, chosen: NDArray[np.bool_], day: float) -> float:
    """Survival of the chosen at ``day``; NaN when all of them left before it and the curve has not reached 0."""
    curve = kaplan_meier(seen.time[chosen], seen.event[chosen])
    if curve.times[-1] < day and curve.survival[-1] > 0:
        return float("nan")
    return curve.survival_at(day).estimate if day >= 0 else float("nan")
