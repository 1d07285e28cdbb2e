"""Is the hazard ratio the same at all times? The score test and the residuals that show where not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.survival.estimates import TestResult


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """Test of proportional hazards of a Cox model, per term and together.

    Parameters
    ----------
    terms : tuple of str
        Model terms.
    statistic, p_values : numpy.ndarray of float, shape (terms,)
        Score chi-square on 1 degree of freedom and its p-value, per term.
    overall : TestResult
        All terms together.
    transform : str
        Transform of time: ``km``, ``rank``, ``identity`` or ``log``.
    times : numpy.ndarray of float, shape (events,)
        Event times in days, in order.
    transformed : numpy.ndarray of float, shape (events,)
        The same, transformed: the abscissa of the residual plot.
    residuals : numpy.ndarray of float, shape (events, terms)
        Scaled Schoenfeld residuals plus the coefficient: their smooth is the log hazard ratio over time.
    coefficients : numpy.ndarray of float, shape (terms,)
        Log hazard ratios of the model, the horizontal line of the plot.
    """

    terms: tuple[str, ...]
    statistic: NDArray[np.float64]
    p_values: NDArray[np.float64]
    overall: TestResult
    transform: str
    times: NDArray[np.float64]
    transformed: NDArray[np.float64]
    residuals: NDArray[np.float64]
    coefficients: NDArray[np.float64]
