"""Many markers, one end-point: a Firth-penalised hazard ratio a marker, each by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import HazardRatio
from analysis.survival.firth import firth_cox
from analysis.survival.observations import numbers, observations


@dataclass(frozen=True)
class MarkerHazard:
    """One marker and its hazard ratio.

    ``ratio`` is None where there is none, with the ``reason``; ``n`` and ``events`` count patients with the marker
    known, ``positive`` those with a yes/no marker (None on a scale), ``step`` is what the ratio is per.
    """

    name: str
    ratio: HazardRatio | None
    n: int
    events: int
    positive: int | None
    step: str
    reason: str = ""


@logged("comparison", measure="hazard ratio", whole="ratio")
def marker_hazards(
    time: ArrayLike, event: ArrayLike, markers: Mapping[str, ArrayLike]
) -> tuple[MarkerHazard, ...]:
    """Hazard ratio of each marker, profile-likelihood interval and penalised likelihood-ratio test.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark.
    markers : mapping of str to array of float, shape (n,)
        Value of each patient by the marker's name; NaN where it is not known, these patients are left out for that
        marker. A marker of 0 and 1 alone is yes/no; any other is taken per standard deviation.

    Returns
    -------
    tuple of MarkerHazard
        In the order given; none is left out.

    Examples
    --------
    >>> found = marker_hazards([1, 2, 3, 4], [1, 1, 1, 1], {"a": [1, 1, 0, 0], "b": [1, 1, 1, np.nan]})
    >>> [(one.name, one.n, one.reason) for one in found]
    [('a', 4, ''), ('b', 3, 'every patient has the same value')]
    """
    seen = observations(time, event)
    return tuple(_one(name, seen.time, seen.event, numbers(values, name)) for name, values in markers.items())


def _one(name: str, time: np.ndarray, event: np.ndarray, values: np.ndarray) -> MarkerHazard:
    if values.size != time.size:
        raise DesignError(
            f"{values.size} values for {time.size} patients", where=name, expected="one a patient"
        )
    known = np.isfinite(values)
    time, event, values = time[known], event[known], values[known]
    yes_no = bool(np.isin(values, (0, 1)).all())
    positive = int(values.sum()) if yes_no else None
    shared = {"name": name, "n": int(known.sum()), "events": int(event.sum()), "positive": positive}
    step = "yes against no" if yes_no else "one standard deviation"
    reason = ""
    if not values.size or values.min() == values.max():
        reason = "every patient has the same value" if values.size else "no patient has a value"
    elif not event.any():
        reason = "no event"
    if reason:
        return MarkerHazard(**shared, ratio=None, step=step, reason=reason)
    spread = 1.0 if yes_no else float(values.std(ddof=1))
    try:
        ratio = firth_cox(time, event, values / spread, terms=(name,)).hazard_ratio(name)
    except DesignError as error:
        return MarkerHazard(**shared, ratio=None, step=step, reason=str(error))
    step = step if yes_no else f"one standard deviation ({spread:.3g})"
    return MarkerHazard(**shared, ratio=ratio if math.isfinite(ratio.estimate) else None, step=step)
