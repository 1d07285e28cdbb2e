"""How sure a measured change is, given how much an unchanged lesion varies between two scans.

Of an unchanged lesion, ln(second / first) is normal around 0 with variance 2 s², s² = ln(1 + wCV²). Everything here
follows in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.errors import DesignError
from analysis.study import load_protocol


@dataclass(frozen=True)
class RepeatabilityLimits:
    """Limits, in percent, within which an unchanged lesion's change lies with the given probability."""

    low_percent: float
    high_percent: float
    probability: float


def within_subject_cv(metric: str) -> float:
    """Within-subject coefficient of variation of a lesion measure in percent, from the protocol.

    Raises
    ------
    ParameterError
        If the protocol has none for this measure.
    """
    return float(load_protocol().value(f"repeatability.{metric}"))


def log_sd(wcv_percent: float) -> float:
    """Standard deviation of ln(second / first) of an unchanged lesion.

    Raises
    ------
    DesignError
        If the coefficient of variation is not above 0.

    >>> round(log_sd(10), 4)
    0.1411
    """
    if not wcv_percent > 0:
        raise DesignError(f"a within-subject variation of {wcv_percent} %", expected="a percentage above 0")
    return math.sqrt(2 * math.log1p((wcv_percent / 100) ** 2))


def repeatability_limits(wcv_percent: float, *, probability: float = 0.95) -> RepeatabilityLimits:
    """Limits of the change of an unchanged lesion.

    >>> limits = repeatability_limits(10)
    >>> round(limits.low_percent, 1), round(limits.high_percent, 1)
    (-24.2, 31.8)
    """
    reach = float(ndtri(0.5 + probability / 2)) * log_sd(wcv_percent)
    return RepeatabilityLimits(100 * math.expm1(-reach), 100 * math.expm1(reach), probability)


def probability_of_chance(change_percent: ArrayLike, wcv_percent: float) -> NDArray[np.float64]:
    """Probability that an unchanged lesion shows a change at least as large in the same direction.

    A change of -100 % (disappeared) has probability 0; a missing one is missing.

    >>> probability_of_chance(np.array([-15.0, -25.0]), 10).round(3)
    array([0.125, 0.021])
    """
    return ndtr(-np.abs(_log_ratio(change_percent)) / log_sd(wcv_percent))


def probability_real(change_percent: ArrayLike, wcv_percent: float) -> NDArray[np.float64]:
    """Probability that the true change has the measured direction, with no prior opinion about its size.

    One half for a measured change of 0.
    """
    return 1 - probability_of_chance(change_percent, wcv_percent)


def probability_of_response(
    change_percent: ArrayLike, wcv_percent: float, *, cutoff_percent: float
) -> NDArray[np.float64]:
    """Probability that the true decrease reaches a cut-off, given the measured change and no prior opinion.

    >>> float(probability_of_response(np.array([-25.0]), 10, cutoff_percent=25)[0])
    0.5
    """
    return ndtr((math.log1p(-cutoff_percent / 100) - _log_ratio(change_percent)) / log_sd(wcv_percent))


def with_probabilities(changes: pd.DataFrame, *, metric: str, cutoff_percent: float) -> pd.DataFrame:
    """The changes with columns ``probability_real`` and ``probability_responding``.

    Parameters
    ----------
    changes : DataFrame
        With ``change_percent``; a missing change has missing probabilities.
    metric : str
        Measure the changes are of; the protocol gives its repeatability.
    cutoff_percent : float
        Decrease that counts as response.
    """
    wcv = within_subject_cv(metric)
    change = np.asarray(changes["change_percent"], np.float64)
    table = changes.copy()
    table["probability_real"] = probability_real(change, wcv).tolist()
    responding = probability_of_response(change, wcv, cutoff_percent=cutoff_percent)
    table["probability_responding"] = responding.tolist()
    return table


def _log_ratio(change_percent: ArrayLike) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.log1p(np.asarray(change_percent, float) / 100)
