"""Limits from the likelihood itself: where twice its drop, or its score, reaches the chi-square value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2

from analysis.survival.maximum import Maximum, Objective, maximise

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
    return _limits(
        lambda top: 2 * (highest - top.value), objective, estimate, j, std_error, float(chi2.ppf(level, 1))
    )


def score_interval(
    objective: Objective, estimate: NDArray[np.float64], j: int, std_error: float, *, level: float
) -> tuple[float, float]:
    """Limits of coefficient ``j``: the values that its score test does not reject.

    Parameters
    ----------
    objective, estimate, j, std_error, level
        As in :func:`profile_interval`.

    References
    ----------
    Rao 1948, doi 10.1017/S0305004100023987; the others are fitted anew at every value of ``j``.
    """

    def statistic(top: Maximum) -> float:
        return score_statistic(objective, top, j)

    return _limits(statistic, objective, estimate, j, std_error, float(chi2.ppf(level, 1)))


def score_statistic(objective: Objective, held: Maximum, j: int) -> float:
    """Score chi-square of coefficient ``j`` at a maximum found with it held fixed."""
    _, gradient, information = objective(held.at)
    try:
        return float(gradient[j] ** 2 * np.linalg.inv(information)[j, j])
    except np.linalg.LinAlgError:  # no information is left so far out
        return 0.0


def _limits(
    statistic: Callable[[Maximum], float],
    objective: Objective,
    estimate: NDArray[np.float64],
    j: int,
    std_error: float,
    cut: float,
) -> tuple[float, float]:
    """Where a statistic of the maximum with coefficient ``j`` held fixed first exceeds ``cut``, on both sides."""
    limits = []
    for side in (-1.0, 1.0):
        warm = np.array(estimate, dtype=float)

        def excess(value: float, warm: NDArray[np.float64] = warm) -> float:
            warm[j] = value
            top = maximise(objective, warm, fixed=(j,))
            warm[:] = top.at
            return statistic(top) - cut

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
