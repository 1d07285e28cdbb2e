"""How sure the class of one lesion is: in closed form, from the repeatability of its measure."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from analysis.errors import DesignError
from analysis.pet.response.change_prior import Prior, chosen_prior
from analysis.pet.response.lesion_rules import LesionRule
from analysis.pet.response.repeatability import Repeatability
from analysis.pet.response.true_values import true_value_moments

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)


def with_certainty(
    changes: pd.DataFrame, rule: LesionRule, repeatability: Repeatability, *, prior: Prior = "study"
) -> pd.DataFrame:
    """The changes with the probability that each is real, and of each class the lesion may truly have.

    The true values are log-normal: around the measured ones with a flat prior, drawn towards the patient's other lesions
    and the other patients with that of the study, each visit by itself. A lesion that has disappeared has no value to be
    unsure of: it responds with certainty if the rule counts it, and nothing is known of it otherwise. Nor is there a
    probability for a new lesion or one without contours.

    Parameters
    ----------
    changes : DataFrame
        From :func:`analysis.pet.lesion_changes`, of the rule's measure.
    rule : LesionRule
        What makes a lesion respond or progress.
    repeatability : Repeatability
        Of the rule's measure.
    prior : {"study", "flat"}
        Of the true change; the study's falls back to the flat one with fewer than ten patients at a visit.

    Returns
    -------
    DataFrame
        With ``probability_real``: that the true change has the measured direction; ``probability_responding``,
        ``probability_stable``, ``probability_progressing``: they add to 1; the 95 % interval of the true change,
        ``low_percent, high_percent``; and ``prior``, the one that was used.

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
    moments, used = _moments(changes, repeatability, prior)
    first, second, first_variance, second_variance, covariance = moments
    ratio = second - first
    spread = np.sqrt(first_variance + second_variance - 2 * covariance)
    rise = np.asarray(changes["change_percent"] > 0, bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        real = ndtr(np.where(rise, ratio, -ratio) / spread)
        low, high = (100 * np.expm1(ratio + side * float(ndtri(0.975)) * spread) for side in (-1, 1))
        if rule.smallest_change:
            responding, progressing = _with_smallest_change(moments, rule)
        else:
            responding = ndtr((_level(-rule.response_percent) - ratio) / spread)
            progressing = ndtr((ratio - _level(rule.progression_percent)) / spread)
    gone = np.asarray(changes["change_percent"] == -100, bool) & changes["follow_up"].isna().to_numpy()
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
    table["prior"] = pd.array(used.tolist(), dtype="string")
    return table


def _moments(
    changes: pd.DataFrame, repeatability: Repeatability, prior: Prior
) -> tuple[tuple[NDArray[np.float64], ...], NDArray[np.object_]]:
    """Moments of the true log values of each row, missing without both values, and the prior that was used."""
    found = tuple(np.full(len(changes), np.nan) for _ in range(5))
    used = np.full(len(changes), "flat", dtype=object)
    visits, names = (changes[column].to_numpy(dtype=str) for column in ("visit", "patient_id"))
    for visit in np.unique(visits):
        here = np.flatnonzero(visits == visit)
        patients, row = np.unique(names[here], return_inverse=True)
        column = pd.Series(row).groupby(row).cumcount().to_numpy()
        before, after = (np.full((len(patients), int(column.max()) + 1), np.nan) for _ in range(2))
        before[row, column] = changes["baseline"].to_numpy(dtype=float)[here]
        after[row, column] = changes["follow_up"].to_numpy(dtype=float)[here]
        chosen = chosen_prior(prior, before, after[:, None], repeatability)
        for values, moment in zip(
            found, true_value_moments(before, after, repeatability, prior=chosen), strict=True
        ):
            values[here] = moment[row, column]
        used[here] = "flat" if chosen is None else "study"
    return found, used


def _level(percent: float) -> float:
    return -math.inf if percent <= -100 else math.log1p(percent / 100)


def _with_smallest_change(
    moments: tuple[NDArray[np.float64], ...], rule: LesionRule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of responding and progressing where the change must also be large in the measure's unit.

    Given the true baseline both conditions are limits of the true follow-up; Gauss-Hermite quadrature over the former.
    """
    first, second, first_variance, second_variance, covariance = (values[:, None] for values in moments)
    step = _NODES * np.sqrt(first_variance)
    truth = np.exp(first + step)
    fallen = np.minimum(truth * (1 - rule.response_percent / 100), truth - rule.smallest_change)
    risen = np.maximum(truth * (1 + rule.progression_percent / 100), truth + rule.smallest_change)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = second + covariance / np.sqrt(first_variance) * _NODES
        spread = np.sqrt(second_variance - covariance**2 / first_variance)
        lower = np.where(fallen > 0, np.log(np.fmax(fallen, 1e-300)) - expected, -np.inf)
        upper = np.log(risen) - expected
    weights = _WEIGHTS / _WEIGHTS.sum()
    return ndtr(lower / spread) @ weights, ndtr(-upper / spread) @ weights
