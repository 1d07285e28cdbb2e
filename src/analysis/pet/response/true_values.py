"""The true values that could lie behind the measured ones: their joint distribution, and draws from it.

On the log scale a baseline is ``b = B + e0`` and a follow-up ``f = B + c + e``, errors normal with known variance, part of
it common to the lesions of a scan. No opinion is held of the true baseline B; of the true change c either none, or that
of the study. With ``y = f − b = c + e − e0`` everything is normal: c and e0 given y follow from one small linear system a
patient, and with them the true values B = b − e0 and B + c.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.pet.response.change_prior import ChangePrior, log_changes
from analysis.pet.response.repeatability import Repeatability

Floats = NDArray[np.float64]


def draw_true_values(
    before: Floats,
    after: Floats,
    repeatability: Repeatability,
    *,
    prior: ChangePrior | None,
    draws: int,
    seed: np.random.SeedSequence,
) -> tuple[Floats, Floats]:
    """True values of all lesions, shapes (draws, patients, lesions) and (draws, visits, patients, lesions).

    Parameters
    ----------
    before, after : array of float, shapes (patients, lesions) and (patients, visits, lesions)
        Measured; 0 stays 0, a missing value stays missing.
    repeatability : Repeatability
        Of the measure.
    prior : ChangePrior or None
        Of the true changes; without one they are what was measured and its error.
    draws : int
        How many.
    seed : SeedSequence
        Of these draws alone.

    References
    ----------
    Drawn by conditioning draws of the prior (Matheron's rule): Wilson 2021, arXiv 2011.04026.
    """
    patients, visits, lesions = after.shape
    seeds = seed.spawn(visits + 2)
    first_error = _errors(before, repeatability, draws, seeds[0])
    errors = np.stack(
        [_errors(after[:, v], repeatability, draws, seeds[1 + v]) for v in range(visits)], axis=2
    )
    if prior is None:
        return before * np.exp(-first_error), np.moveaxis(after * np.exp(-errors), 2, 1)
    rng = np.random.default_rng(seeds[-1])
    change = np.broadcast_to(prior.mean[:, None], (draws, patients, visits, lesions)).copy()
    change += (rng.standard_normal((draws, patients, visits)) @ _root(prior.between_patients).T)[..., None]
    normal = rng.standard_normal((draws, patients, lesions, visits))
    change += np.swapaxes(normal @ _root(prior.between_lesions).T, 2, 3)
    measured = log_changes(before, after)
    missing = np.isnan(measured)
    surprise = np.where(missing, 0.0, measured - (change + errors - first_error[:, :, None]))
    surprise = surprise.reshape(draws, patients, visits * lesions).swapaxes(0, 1)
    of_change, of_first, _ = _gains(before, after, repeatability, prior)
    change += np.swapaxes(surprise @ of_change.swapaxes(1, 2), 0, 1).reshape(change.shape)
    first_error += np.swapaxes(surprise @ of_first.swapaxes(1, 2), 0, 1)
    first = before * np.exp(-first_error)
    second = np.where(missing, after, first[:, :, None] * np.exp(change))
    return first, np.moveaxis(second, 2, 1)


def true_value_moments(
    before: Floats, after: Floats, repeatability: Repeatability, *, prior: ChangePrior | None
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Closed form for each lesion at one visit: means of the true log baseline and follow-up, variances, covariance.

    Parameters
    ----------
    before, after : array of float, shape (patients, lesions)
        Measured; the results are missing or infinite where one of them is missing or 0.
    repeatability, prior
        As for :func:`draw_true_values`.
    """
    with np.errstate(divide="ignore"):
        first, second = np.log(before), np.log(after)
    own_first, own_second = repeatability.log_sd_at(before) ** 2, repeatability.log_sd_at(after) ** 2
    if prior is None:
        return first, second, own_first, own_second, np.zeros_like(first)
    later = after[:, None]
    measured = log_changes(before, later)[:, 0]
    missing = np.isnan(measured)
    of_change, of_first, with_measured = _gains(before, later, repeatability, prior)
    surprise = np.where(missing, 0.0, measured - prior.mean[0])[..., None]
    change = prior.mean[0] + (of_change @ surprise)[..., 0]
    error = (of_first @ surprise)[..., 0]
    change_with, error_with = with_measured
    spread = prior.between_patients[0, 0] + prior.between_lesions[0, 0]
    change_variance = spread - np.einsum("ijk,ijk->ij", of_change, change_with)
    error_variance = own_first - np.einsum("ijk,ijk->ij", of_first, error_with)
    both = -np.einsum("ijk,ijk->ij", of_change, error_with)  # of the change and the baseline's error
    mean_first = first - error
    values = (
        mean_first,
        mean_first + change,
        error_variance,
        error_variance + change_variance - 2 * both,
        error_variance - both,
    )
    return tuple(np.where(missing, np.nan, value) for value in values)  # pyrefly: ignore[bad-return]


def _errors(values: Floats, repeatability: Repeatability, draws: int, seed: np.random.SeedSequence) -> Floats:
    """Errors of the logarithms of one scan's values, shape (draws, patients, lesions); 0 where there is no value."""
    rng = np.random.default_rng(seed)
    present = ~np.isnan(values)  # most places are empty: few patients have the most lesions
    common = repeatability.common_variance
    error = rng.standard_normal((draws, int(present.sum())))
    error *= np.sqrt(repeatability.log_sd_at(values[present]) ** 2 - common)
    if common:
        error += np.sqrt(common) * rng.standard_normal((draws, len(values)))[:, np.nonzero(present)[0]]
    placed = np.zeros((draws, *values.shape))
    placed[:, present] = error
    return placed


def _gains(
    before: Floats, after: Floats, repeatability: Repeatability, prior: ChangePrior
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """How far a measured change moves the true changes and the baselines' errors, and their covariances with it."""
    patients, visits, lesions = after.shape
    size = visits * lesions
    common = repeatability.common_variance
    own_first, own = (
        np.nan_to_num(repeatability.log_sd_at(values) ** 2 - common, posinf=0.0) for values in (before, after)
    )
    one, day = np.eye(lesions), np.eye(visits)
    truth = prior.between_patients[:, None, :, None] + np.einsum("vw,jk->vjwk", prior.between_lesions, one)
    first = np.broadcast_to(
        (own_first[:, :, None] * one + common)[:, :, None], (patients, lesions, visits, lesions)
    )
    total = (
        truth + first[:, None] + np.einsum("ivj,jk,vw->ivjwk", own, one, day) + common * day[:, None, :, None]
    )
    there = ~np.isnan(log_changes(before, after)).reshape(patients, size)
    square = there[:, :, None] & there[:, None, :]
    total = np.where(square, total.reshape(patients, size, size), np.eye(size))
    change_with = np.where(there[:, None], truth.reshape(size, size), 0.0)
    error_with = np.where(there[:, None], -first.reshape(patients, lesions, size), 0.0)
    inverse = np.linalg.inv(total)
    return change_with @ inverse, error_with @ inverse, (change_with, error_with)


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
