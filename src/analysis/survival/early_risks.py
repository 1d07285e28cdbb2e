"""Risk of an event by a day, as an early grouping and the marker behind it predict it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import cox
from analysis.survival.landmark_comparison import EarlyResponse
from analysis.survival.prediction import predicted_survival

Floats = NDArray[np.float64]


@logged("prediction", measure="predicted risk")
def early_risks(found: EarlyResponse, *, day: float, names: tuple[str, str]) -> Mapping[str, Floats]:
    """Predicted probability of the event by ``day`` for each analysed patient, by the groups and by the marker.

    The risks are apparent: they are predicted in the patients from whom they were learnt, and look better than they
    would in others.

    Parameters
    ----------
    found : EarlyResponse
        A comparison; with its marker, both are given.
    day : float
        Days after the landmark.
    names : tuple of str
        Names of the two in the result: the groups, the marker.

    Returns
    -------
    mapping of str to numpy.ndarray, shape (n,)
        The groups by the Kaplan-Meier estimate of each, the marker by a Cox model. The marker is left out where it is
        known of other patients than the groups, or has no finite estimate.

    Raises
    ------
    DesignError
        If ``day`` is not positive.
    """
    if not day > 0:
        raise DesignError(f"risks were asked by day {day}", expected="a day after the landmark")
    mine, base = (1 - curve.survival_at(day).estimate for curve in found.curves)
    risks = {names[0]: np.where(found.in_group, mine, base)}
    marker, left = found.marker, found.landmark
    if marker is not None and marker.landmark.n == left.n and np.array_equal(marker.landmark.time, left.time):
        fit = cox(left.time, left.event, marker.values, terms=(names[1],))
        if fit.finite:
            risks[names[1]] = predicted_survival(fit, marker.values[:, None], [day]).risk[:, 0]
    return risks
