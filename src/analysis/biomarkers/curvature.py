"""Slope and curvature of a smooth function by central differences, extrapolated once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEP = 2e-3
"""Of parameters that are of the order of 1, as logarithms and standardised deviations are."""


def gradient(
    function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, *, step: float = STEP
) -> np.ndarray:
    """Derivatives of a function of k parameters; the last axis of what it gives back is the parameter.

    Errors of the second order are taken out by Richardson's extrapolation from two steps.

    >>> gradient(lambda x: np.array(x[0] ** 3 + x[1]), np.array([1.0, 5.0])).round(9).tolist()
    [3.0, 1.0]
    """
    point = np.asarray(at, dtype=float)
    directions = np.eye(point.size)

    def slope(h: float) -> np.ndarray:
        return np.stack(
            [(function(point + h * d) - function(point - h * d)) / (2 * h) for d in directions], axis=-1
        )

    return (4 * slope(step) - slope(2 * step)) / 3


def hessian(function: Callable[[np.ndarray], float], at: np.ndarray, *, step: float = STEP) -> np.ndarray:
    """Second derivatives of a scalar function, shape (k, k), extrapolated in the same way.

    >>> hessian(lambda x: x[0] ** 2 * x[1], np.array([1.0, 3.0])).round(6).tolist()
    [[6.0, 2.0], [2.0, 0.0]]
    """
    point = np.asarray(at, dtype=float)
    k = point.size
    directions = np.eye(k)

    def curve(h: float) -> np.ndarray:
        found = np.empty((k, k))
        for i in range(k):
            for j in range(i + 1):
                plus, minus = directions[i] + directions[j], directions[i] - directions[j]
                apart = function(point + h * minus) + function(point - h * minus)
                together = function(point + h * plus) + function(point - h * plus)
                found[i, j] = found[j, i] = (together - apart) / (4 * h * h)
        return found

    return (4 * curve(step) - curve(2 * step)) / 3
