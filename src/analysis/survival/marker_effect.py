"""What a continuous marker says about an end-point before anyone draws a cut-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.concordance import Concordance, concordance
from analysis.survival.continuous import SplineEffect, hazard_ratio_per, spline_effect
from analysis.survival.estimates import HazardRatio
from analysis.survival.groups import TimedMarker
from analysis.survival.landmark import LandmarkSet, landmark

FEWEST_FOR_SPLINE = 20
"""A spline of three knots spends two degrees of freedom; ten events for each are the least that it needs."""


@dataclass(frozen=True, eq=False)
class MarkerEffect:
    """A marker as it is: hazard ratio of a step, shape, discrimination.

    Parameters
    ----------
    landmark : LandmarkSet
        Patients with the marker, from the landmark; may be more than those with a group.
    values : numpy.ndarray of float, shape (landmark.n,)
        Their markers.
    hazard_ratio : HazardRatio
        Of one step more.
    spline : SplineEffect or None
        ``None`` where it cannot be estimated.
    spline_refusal : str
        Why not; empty where there is one.
    concordance : Concordance
        Harrell's C of the marker, higher values meaning an earlier event.
    concordance_uno : Concordance
        Uno's C, which does not depend on who was censored.
    """

    landmark: LandmarkSet
    values: NDArray[np.float64]
    hazard_ratio: HazardRatio
    spline: SplineEffect | None
    spline_refusal: str
    concordance: Concordance
    concordance_uno: Concordance


@logged("association", measure="hazard ratio", whole="hazard_ratio")
def marker_effect(
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    marker: TimedMarker,
    *,
    landmark_day: float,
    window_days: float,
    step: float,
    reference: float = 0.0,
) -> MarkerEffect:
    """Relate a marker to what comes after its landmark.

    Parameters
    ----------
    time, event : numpy.ndarray, shape (n,)
        Days since treatment start to event or censoring; event seen.
    marker : TimedMarker
        Unknown values leave the patient out.
    landmark_day, window_days : float
        As in :func:`~analysis.survival.landmark`.
    step : float
        What the hazard ratio is of, in units of the marker.
    reference : float
        Value with hazard ratio 1 in the spline.

    Raises
    ------
    DesignError
        If nobody is left, there is no event, or the marker does not vary.
    """
    known = marker.known
    if not known.any():
        raise DesignError(f"no patient has the {marker.name}", do="say that it cannot be answered")
    chosen = marker.take(known)
    left = landmark(time[known], event[known], day=landmark_day, grouping=chosen, window_days=window_days)
    values = chosen.values[left.kept]
    spline, refusal = None, ""
    if left.n_events < FEWEST_FOR_SPLINE:
        refusal = f"{left.n_events} events are too few for a spline; it needs {FEWEST_FOR_SPLINE}"
    else:
        grid = np.linspace(values.min(), values.max(), 101)
        try:
            spline = spline_effect(left.time, left.event, values, reference=reference, grid=grid)
        except DesignError as error:
            refusal = error.what
    return MarkerEffect(
        landmark=left,
        values=values,
        hazard_ratio=hazard_ratio_per(left.time, left.event, values, step=step, name=marker.name),
        spline=spline,
        spline_refusal=refusal,
        concordance=concordance(left.time, left.event, values),
        concordance_uno=concordance(left.time, left.event, values, kind="uno"),
    )
