"""How the true changes of a study's lesions are spread: what the trial itself says of a change before it is measured.

Measured changes are spread wider than true ones, by the error of measurement. Where that error is known, the spread of
the truth follows, and with it a prior for each lesion: most patients of a trial change alike, so a measured change far
from the others is partly noise. This is the normal-normal model of empirical Bayes with patients and lesions as levels.
The log changes are supposed normal; where they are skewed as in the simulated trial (normal in percent), the numbers
expected from it come out about a twentieth too high, those without a prior a fifth to a third too low.

References
----------
Efron and Morris 1973, doi 10.1080/01621459.1973.10481350.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.pet.response.repeatability import Repeatability

FEWEST_PATIENTS = 10
"""With a measured change; with fewer the spread of the truth is not estimated and no prior is used."""

Prior = Literal["flat", "study"]
"""``flat``: what the measurement alone says. ``study``: in a trial like this one."""


@dataclass(frozen=True, eq=False)
class ChangePrior:
    """Normal distribution of the true log changes of one measure at one or more visits.

    The log change of lesion j of patient i is ``mean + patient i + lesion j``, each a vector over visits.

    Parameters
    ----------
    mean : array of float, shape (visits,)
        Of the patients, each counting once.
    between_patients, between_lesions : array of float, shape (visits, visits)
        Covariances of the two effects, without the error of measurement.
    patients : int
        With a measured change at every visit.
    """

    mean: NDArray[np.float64]
    between_patients: NDArray[np.float64]
    between_lesions: NDArray[np.float64]
    patients: int


def log_changes(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measured log changes, shape (patients, visits, lesions); missing where a value is missing or 0.

    Parameters
    ----------
    before, after : array of float, shapes (patients, lesions) and (patients, visits, lesions)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(after) - np.log(before)[:, None]
    return np.where(np.isfinite(change), change, np.nan)


def change_prior(
    before: NDArray[np.float64], after: NDArray[np.float64], repeatability: Repeatability
) -> ChangePrior | None:
    """The prior that a study's measured changes give; none with fewer than ``FEWEST_PATIENTS`` patients.

    By moments: products of the lesions' deviations from their patient's mean give the covariance between lesions, those
    of the patients' means the covariance between patients, each less what the known errors add. A covariance that comes
    out negative is none. A lesion that has disappeared or has no value takes no part.

    Parameters
    ----------
    before, after : array of float, shapes (patients, lesions) and (patients, visits, lesions)
        Measured at baseline and at each visit, missing where there is none.
    repeatability : Repeatability
        Of the measure.
    """
    change = log_changes(before, after)
    there = ~np.isnan(change.sum(axis=1))  # lesions with a change at every visit
    known = there.any(axis=1)
    patients = int(known.sum())
    if patients < FEWEST_PATIENTS:
        return None
    there, change = there[known], np.where(there[known][:, None], change[known], 0.0)
    visits = change.shape[1]
    lesions = there.sum(axis=1)
    means = change.sum(axis=2) / lesions[:, None]
    deviation = np.where(there[:, None], change - means[..., None], 0.0)
    # Error of a change: that of the baseline, common to all visits, and that of the visit itself.
    common = repeatability.common_variance
    first = np.where(there, repeatability.log_sd_at(before[known]) ** 2 - common, 0.0).sum(axis=1) / lesions
    later = repeatability.log_sd_at(after[known]) ** 2 - common
    later = np.where(there[:, None], later, 0.0).sum(axis=2) / lesions[:, None]
    own = first[:, None, None] + later[:, :, None] * np.eye(visits)
    pairs = int((lesions - 1).sum())
    within = np.zeros((visits, visits))
    if pairs:
        products = np.einsum("ivl,iwl->vw", deviation, deviation)
        within = _covariance((products - ((lesions - 1)[:, None, None] * own).sum(axis=0)) / pairs)
    centred = means - means.mean(axis=0)
    spread = centred.T @ centred / (patients - 1)
    noise = ((own + within) / lesions[:, None, None]).mean(axis=0) + common * (1 + np.eye(visits))
    return ChangePrior(means.mean(axis=0), _covariance(spread - noise), within, patients)


def chosen_prior(
    prior: Prior, before: NDArray[np.float64], after: NDArray[np.float64], repeatability: Repeatability
) -> ChangePrior | None:
    """The prior of this name; none where it is ``flat``, or where the study is too small for its own.

    Raises
    ------
    DesignError
        If the name is unknown.
    """
    if prior not in ("flat", "study"):
        raise DesignError(f"a prior {prior!r}", expected="flat or study")
    return change_prior(before, after, repeatability) if prior == "study" else None


def _covariance(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest covariance: negative directions are none."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T
