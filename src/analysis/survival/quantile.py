"""Quantiles of a survival curve, with a stated rule for the plateau that small even samples produce."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEDIAN_RULES = ("R", "SAS", "inf")
"""What a quantile is when the curve is flat at exactly the wanted height."""

TOLERANCE = float(np.sqrt(np.finfo(float).eps))
"""Heights closer than this are equal: the tolerance of R's quantile.survfit."""


def curve_quantile(
    times: NDArray[np.float64], heights: NDArray[np.float64], height: float, *, rule: str = "R"
) -> float:
    """First time at which a falling step function is at or below ``height``.

    With 46 patients a curve is often flat at exactly one half. ``R`` then takes the midpoint between the
    start of the plateau and the next fall, or the last observed time when there is none; ``SAS`` takes the
    same midpoint but calls the quantile not estimable when the curve never falls below; ``inf`` takes the
    start of the plateau.

    Parameters
    ----------
    times : numpy.ndarray, shape (k,)
        Observed times, rising, the last of them the longest follow-up.
    heights : numpy.ndarray, shape (k,)
        Curve or limit just after each time; NaN (no limit there) is passed over.
    height : float
        One half for the median.
    rule : {"R", "SAS", "inf"}
        Rule for the plateau.

    Returns
    -------
    float
        In the unit of ``times``; NaN when the height is not reached.

    Examples
    --------
    >>> steps = np.array([0.75, 0.5, 0.25])
    >>> [curve_quantile(np.array([1.0, 2, 3]), steps, 0.5, rule=rule) for rule in ("R", "SAS", "inf")]
    [2.5, 2.5, 2.0]
    """
    reached = np.flatnonzero(heights <= height + TOLERANCE)
    if reached.size == 0:
        return float("nan")
    # the first of them, but where a limit rises again (the upper one on the log scale can) R's choice: the
    # height nearest below the wanted one
    first = reached[np.argmax(heights[reached])]
    if rule == "inf" or abs(heights[first] - height) > TOLERANCE:
        return float(times[first])
    below = np.flatnonzero(
        (heights < height - TOLERANCE) | (np.isnan(heights) & (np.arange(times.size) > first))
    )
    if below.size == 0:
        return float("nan") if rule == "SAS" else float((times[first] + times[-1]) / 2)
    return float((times[first] + times[below[0]]) / 2)
