"""How far predicted risks lie from what happened: Brier score by a day, integrated over time, and the null model's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import censoring_weights, with_marker
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.observations import Observations, numbers, observations, refuse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class IntegratedBrier:
    """Brier scores over time beside those of a model that gives everybody the same risk.

    Parameters
    ----------
    days : numpy.ndarray of float, shape (k,)
        Horizons, rising.
    score, null : numpy.ndarray of float, shape (k,)
        Brier score of the predictions, and of 1 − S(day) of the Kaplan-Meier curve for everybody.
    integrated, integrated_null : float
        Mean of each over the days from the first to the last (trapezium rule).
    explained : float
        1 − integrated / integrated_null: share of the null model's error that the predictions take away; negative
        when they are worse.
    n, events : int
        Patients and events.
    method : str
        Printed beside it.
    """

    days: Floats
    score: Floats
    null: Floats
    integrated: float
    integrated_null: float
    explained: float
    n: int
    events: int
    method: str = "Brier score, inverse probability of censoring weights"


@logged("prediction", measure="Brier score")
def brier_score(time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, day: float) -> float:
    """Mean squared distance between predicted risk of the event by ``day`` and what happened.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events.
    risk : array-like of float, shape (n,)
        Predicted probability of the event by ``day``; for the null model 1 − S(day) of the Kaplan-Meier curve.
    day : float
        Horizon in days.

    Raises
    ------
    DesignError
        For impossible data, a risk outside 0 to 1, or a day without cases or controls.

    References
    ----------
    Graf 1999, doi 10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5.
    """
    seen, predicted = with_marker(time, event, risk)
    refuse_no_probability(predicted)
    return _score(seen, predicted, day)


@logged("prediction", measure="integrated Brier score", estimate="integrated")
def integrated_brier(
    time: ArrayLike, event: ArrayLike, risks: ArrayLike, *, days: ArrayLike
) -> IntegratedBrier:
    """Brier scores at several days, their mean over time, and the null model's.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events.
    risks : array-like of float, shape (n, k)
        Predicted probability of the event by each day.
    days : array-like of float, shape (k,)
        At least two horizons, rising, each with patients who had the event and patients still without.

    Raises
    ------
    DesignError
        For impossible data, risks outside 0 to 1, or a day without cases or controls.

    References
    ----------
    Graf 1999, as in :func:`brier_score`.
    """
    seen, at = observations(time, event), numbers(days, "days")
    predicted = np.asarray(risks, dtype=float)
    if predicted.shape != (seen.n, at.size):
        raise DesignError(
            f"risks of shape {predicted.shape} for {seen.n} patients and {at.size} days",
            expected="one row a patient, one column a day",
        )
    if at.size < 2 or not (np.diff(at) > 0).all():
        raise DesignError("the days do not rise", expected="at least two rising days")
    refuse_no_probability(predicted)
    curve = kaplan_meier(seen.time, seen.event)
    score = np.array([_score(seen, predicted[:, i], day) for i, day in enumerate(at)])
    null = np.array([_score(seen, np.full(seen.n, 1 - curve.survival_at(day).estimate), day) for day in at])
    span = at[-1] - at[0]
    whole, none = (float(np.trapezoid(values, at) / span) for values in (score, null))
    return IntegratedBrier(at, score, null, whole, none, 1 - whole / none, seen.n, seen.n_events)


def refuse_no_probability(risk: Floats) -> None:
    """Refuse predicted risks outside 0 to 1, naming the patients."""
    inside = (risk >= 0) & (risk <= 1)
    refuse(
        "A predicted risk is missing or outside 0 to 1",
        ~np.asarray(inside if risk.ndim == 1 else inside.all(axis=1)),
        expected="a probability",
    )


def _score(seen: Observations, risk: Floats, day: float) -> float:
    weights = censoring_weights(seen, day)
    return float((weights.case * (1 - risk) ** 2 + weights.control * risk**2).sum() / seen.n)
