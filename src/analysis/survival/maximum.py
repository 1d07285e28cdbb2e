"""Newton's method with step halving, some coefficients held fixed if wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats, Floats]]
"""Coefficients to value, gradient and a positive definite curvature."""

Point = tuple[Floats, float, Floats, Floats]
"""Coefficients with value, gradient and curvature there."""

ITERATIONS = 200
LARGEST_STEP = 5.0


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the search ended, and whether it had converged there."""

    at: Floats
    value: float
    information: Floats
    converged: bool


def maximise(
    objective: Objective,
    start: Floats,
    *,
    fixed: tuple[int, ...] = (),
    known: tuple[float, Floats, Floats] | None = None,
) -> Maximum:
    """Find the maximum of a concave (or penalised) log likelihood.

    Parameters
    ----------
    objective : callable
        Gives value, gradient and curvature at a vector of coefficients.
    start : numpy.ndarray, shape (p,)
        First guess; holds the values of the fixed coefficients.
    fixed : tuple of int
        Coefficients that stay as they are.
    known : tuple, optional
        Value, gradient and curvature at ``start``, if they have been computed before.

    Returns
    -------
    Maximum
        ``converged`` is False when the likelihood keeps rising while its curvature vanishes.
    """
    at = np.array(start, dtype=float)
    free = np.setdiff1d(np.arange(at.size), fixed)
    value, gradient, curvature = objective(at) if known is None else known
    if free.size == 0:
        return Maximum(at, value, curvature, True)
    for _ in range(ITERATIONS):
        step, promise = _newton(curvature[np.ix_(free, free)], gradient[free])
        if not np.isfinite(promise):
            return Maximum(at, value, curvature, False)
        if promise <= 1e-26:
            return Maximum(at, value, curvature, True)
        step = step * min(1.0, LARGEST_STEP / np.sqrt(promise))
        for halving in range(40):
            tried = at.copy()
            tried[free] += step / 2**halving
            new = (tried, *objective(tried))
            usable = np.isfinite(new[1]) and np.isfinite(new[2]).all() and np.isfinite(new[3]).all()
            if usable and new[1] >= value - 1e-12 * max(1.0, abs(value)):
                break
        else:
            return Maximum(at, value, curvature, promise < 1e-10)
        at, value, gradient, curvature = _adjusted(objective, at, free, gradient, new)
        if promise < 1e-19:  # quadratic convergence: this step has reached rounding
            return Maximum(at, value, curvature, True)
    return Maximum(at, value, curvature, False)


def _newton(block: Floats, slope: Floats) -> tuple[Floats, float]:
    """Newton's step, and twice the gain that a quadratic would give; NaN where no curvature is left to divide by."""
    try:
        step = np.linalg.solve(block, slope)
        promise = float(slope @ step)
        if promise < -1e-20:  # no hill here but a saddle: a likelihood that is not concave everywhere
            lowest = float(np.linalg.eigvalsh(block)[0])
            step = np.linalg.solve(block - 2 * min(lowest, 0.0) * np.eye(slope.size), slope)
            promise = float(slope @ step)
    except np.linalg.LinAlgError:
        return np.zeros_like(slope), np.nan
    return step.astype(np.float64, copy=False), promise


def _adjusted(
    objective: Objective, at: Floats, free: NDArray[np.int64], gradient: Floats, new: Point
) -> Point:
    """Lengthen or shorten a step to where the slope along it vanishes (one secant step), if that is better.

    Exact curvature needs this far from the maximum only. Firth's search uses the unpenalised information,
    which can be half of the penalised one: full steps would then swing from side to side for ever.
    """
    taken = new[0] - at
    size = float(np.abs(taken[free]).max())
    start = float(gradient[free] @ taken[free])
    end = float(new[2][free] @ taken[free])
    if size == 0 or abs(end) < 0.05 * start or start - end <= 0:
        return new
    tried = at + taken * min(4.0, max(0.1, start / (start - end)))
    value, slope, curvature = objective(tried)
    usable = np.isfinite(value) and np.isfinite(slope).all() and np.isfinite(curvature).all()
    return (tried, value, slope, curvature) if usable and value >= new[1] else new
