"""Profile likelihood: limits where twice the drop of the maximised log likelihood reaches its chi-square."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2

from analysis.survival.maximum import Objective, maximise

FURTHEST = 60.0
"""Standard errors after which a limit that has not been met does not exist."""


def profile_interval(
    objective: Objective,
    estimate: NDArray[np.float64],
    highest: float,
    j: int,
    std_error: float,
    *,
    level: float,
) -> tuple[float, float]:
    """Profile-likelihood limits of coefficient ``j``.

    Parameters
    ----------
    objective : callable
        Log likelihood, plain or penalised, with gradient and curvature.
    estimate : numpy.ndarray, shape (p,)
        Where it is highest.
    highest : float
        Its value there.
    j : int
        The coefficient.
    std_error : float
        Its standard error, the scale of the search.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Low and high; minus or plus infinity where the likelihood sets no limit.

    References
    ----------
    Venzon and Moolgavkar 1988, doi 10.2307/2347496.
    """
    cut = float(chi2.ppf(level, 1))
    limits = []
    for side in (-1.0, 1.0):
        warm = np.array(estimate, dtype=float)

        def excess(value: float, warm: NDArray[np.float64] = warm) -> float:
            warm[j] = value
            top = maximise(objective, warm, fixed=(j,))
            warm[:] = top.at
            return float(2 * (highest - top.value) - cut)

        inner, outer = float(estimate[j]), float(estimate[j]) + side * 2 * std_error
        while excess(outer) < 0 and abs(outer - estimate[j]) < FURTHEST * std_error:
            inner, outer = outer, 2 * outer - float(estimate[j])
        if excess(outer) < 0:
            limits.append(side * np.inf)
        else:
            limits.append(_root(excess, inner, outer))
    return limits[0], limits[1]


def dropped(objective: Objective, estimate: NDArray[np.float64], highest: float, j: int) -> float:
    """Likelihood-ratio chi-square of coefficient ``j``: twice the drop when it is held at 0.

    The objective keeps all its columns, so that a penalty keeps them too.
    """
    start = np.array(estimate, dtype=float)
    start[j] = 0.0
    return max(0.0, 2 * (highest - maximise(objective, start, fixed=(j,)).value))


def _root(excess: Callable[[float], float], inner: float, outer: float) -> float:
    found = brentq(excess, inner, outer, xtol=1e-11, rtol=1e-13, full_output=True)
    return float(found[0])  # type: ignore[arg-type]
