"""How sure the class of one lesion is: in closed form, from the repeatability of its measure."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from analysis.errors import DesignError
from analysis.pet.response.lesion_rules import LesionRule
from analysis.pet.response.repeatability import Repeatability

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)


def with_certainty(changes: pd.DataFrame, rule: LesionRule, repeatability: Repeatability) -> pd.DataFrame:
    """The changes with the probability that each is real, and of each class the lesion may truly have.

    The true values are log-normal around the measured ones, with no prior opinion. A lesion that has disappeared has no
    value to be unsure of: it responds with certainty if the rule counts it, and nothing is known of it otherwise. Nor
    is there a probability for a new lesion or one without contours.

    Parameters
    ----------
    changes : DataFrame
        From :func:`analysis.pet.lesion_changes`, of the rule's measure.
    rule : LesionRule
        What makes a lesion respond or progress.
    repeatability : Repeatability
        Of the rule's measure.

    Returns
    -------
    DataFrame
        With ``probability_real``: that the true change has the measured direction; ``probability_responding``,
        ``probability_stable``, ``probability_progressing``: they add to 1; and the 95 % interval of the true change,
        ``low_percent, high_percent``.

    Raises
    ------
    DesignError
        If the repeatability is that of another measure.
    """
    if repeatability.metric != rule.metric:
        raise DesignError(
            f"the repeatability is that of {repeatability.metric}, the rule compares {rule.metric}",
            expected="one measure",
        )
    before = changes["baseline"].to_numpy(dtype=float)
    after = changes["follow_up"].to_numpy(dtype=float)
    spread = repeatability.log_sd_of_change(before, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(after / before)
        real = ndtr(np.abs(ratio) / spread)
        low, high = (100 * np.expm1(ratio + side * float(ndtri(0.975)) * spread) for side in (-1, 1))
        if rule.smallest_change:
            responding, progressing = _with_smallest_change(before, after, rule, repeatability)
        else:
            responding = ndtr((_level(-rule.response_percent) - ratio) / spread)
            progressing = ndtr((ratio - _level(rule.progression_percent)) / spread)
    gone = np.asarray(changes["change_percent"] == -100, bool) & np.isnan(after)
    certain = 1.0 if rule.disappeared == "responds" else np.nan
    table = changes.copy()
    columns = {
        "probability_real": (real, certain),
        "probability_responding": (responding, certain),
        "probability_stable": (1 - responding - progressing, 1 - certain),
        "probability_progressing": (progressing, 1 - certain),
        "low_percent": (low, -100 * certain),
        "high_percent": (high, -100 * certain),
    }
    for name, (values, when_gone) in columns.items():
        table[name] = np.where(gone, when_gone, values).tolist()
    return table


def _level(percent: float) -> float:
    return -math.inf if percent <= -100 else math.log1p(percent / 100)


def _with_smallest_change(
    before: NDArray[np.float64], after: NDArray[np.float64], rule: LesionRule, repeatability: Repeatability
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of responding and progressing where the change must also be large in the measure's unit.

    Given the true baseline both conditions are limits of the true follow-up; Gauss-Hermite quadrature over the former.
    """
    truth = before[:, None] * np.exp(_NODES * repeatability.log_sd_at(before)[:, None])
    fallen = np.minimum(truth * (1 - rule.response_percent / 100), truth - rule.smallest_change)
    risen = np.maximum(truth * (1 + rule.progression_percent / 100), truth + rule.smallest_change)
    spread = repeatability.log_sd_at(after)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(fallen > 0, np.log(np.fmax(fallen, 1e-300) / after[:, None]), -np.inf)
        upper = np.log(risen / after[:, None])
    weights = _WEIGHTS / _WEIGHTS.sum()
    return ndtr(lower / spread) @ weights, ndtr(-upper / spread) @ weights
