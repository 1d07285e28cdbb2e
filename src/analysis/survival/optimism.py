"""How much of a model's discrimination is its own making: the optimism bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.many_fits import bootstrap_cox, bootstrap_indices, cox_many
from analysis.survival.observations import Observations, observations

Floats = NDArray[np.float64]
_LEAST_SHARE = 0.5
_TOGETHER = 200


@dataclass(frozen=True)
class CorrectedDiscrimination:
    """Harrell's C of a Cox model as it appears and as it would be in new patients.

    Parameters
    ----------
    apparent, corrected : float
        C on the patients who made the model, and the same less the optimism.
    optimism : float
        Mean of C in a bootstrap sample minus C of that sample's model in the original patients.
    slope : float
        Calibration slope: by how much predictions must be shrunken; below 1 when the model is overfitted.
    samples, without_estimate : int
        Bootstrap samples drawn, and those whose model has no finite estimate; they are left out, and counted here.
    n, events : int
        Patients and events.
    method : str
        Printed beside it.
    """

    apparent: float
    corrected: float
    optimism: float
    slope: float
    samples: int
    without_estimate: int
    n: int
    events: int
    method: str


@logged("prediction", measure="optimism-corrected C", estimate="corrected")
def corrected_discrimination(
    time: ArrayLike,
    event: ArrayLike,
    design: ArrayLike,
    *,
    samples: int = 500,
    seed: int = 0,
    indices: NDArray[np.int64] | None = None,
) -> CorrectedDiscrimination:
    """Optimism-corrected C and calibration slope of a Cox model with these terms.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events.
    design : array-like of float, shape (n, p)
        All terms that were considered: leaving out the ones tried and dropped makes the correction too small.
    samples, seed : int
        Bootstrap samples and where they start.
    indices : numpy.ndarray of int, shape (samples, n), optional
        The samples themselves, counted from 0; replaces ``samples`` and ``seed``.

    Raises
    ------
    DesignError
        For impossible data, or if fewer than half of the samples have a finite estimate.

    References
    ----------
    Harrell et al. 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4, section 5.
    """
    seen = observations(time, event)
    columns = np.asarray(design, float).reshape(seen.n, -1)
    drawn = bootstrap_indices(seen.n, samples=samples, seed=seed) if indices is None else indices
    fits = bootstrap_cox(seen.time, seen.event, columns, indices=drawn)
    whole = cox_many(seen.time[None], seen.event[None], columns[None])
    kept = fits.finite
    if not whole.finite.all() or kept.mean() < _LEAST_SHARE:
        raise DesignError(
            f"the model has a finite estimate in {kept.sum()} of {kept.size} bootstrap samples",
            expected="at least half of them, and in the patients themselves",
            do="use fewer terms",
        )
    coefficients, drawn = fits.coefficients[kept], drawn[kept]
    linear = coefficients @ columns.T
    usable = _usable(seen)
    in_patients = _concordances(usable, linear, np.broadcast_to(np.arange(seen.n), linear.shape))
    in_samples = _concordances(usable, linear, drawn)
    ordered = np.isfinite(in_samples)  # a sample can lack two patients that can be put in order
    if not ordered.any() or not usable.any():
        raise DesignError(
            "no two patients can be put in order", expected="an event before another patient's time"
        )
    again = np.broadcast_to(seen.time, linear.shape), np.broadcast_to(seen.event, linear.shape)
    slopes = cox_many(*again, linear[:, :, None]).coefficients
    own = _concordances(usable, whole.coefficients @ columns.T, np.arange(seen.n)[None])
    optimism = float((in_samples - in_patients)[ordered].mean())
    return CorrectedDiscrimination(
        apparent=float(own[0]),
        corrected=float(own[0]) - optimism,
        optimism=optimism,
        slope=float(np.nanmean(slopes)),
        samples=kept.size,
        without_estimate=int((~kept).sum() + (~ordered).sum()),
        n=seen.n,
        events=seen.n_events,
        method=f"Harrell's C, optimism bootstrap with {kept.size} samples",
    )


def _usable(seen: Observations) -> NDArray[np.bool_]:
    """Whether the first of two patients is known to have had the event before the second."""
    first, second = seen.time[:, None], seen.time[None, :]
    return seen.event[:, None] & ((first < second) | ((first == second) & ~seen.event[None, :]))


def _concordances(usable: NDArray[np.bool_], linear: Floats, chosen: NDArray[np.int64]) -> Floats:
    """Harrell's C of each row's linear predictor among that row's patients, who may be drawn more than once."""
    found = np.empty(linear.shape[0])
    for start in range(0, linear.shape[0], _TOGETHER):
        part = slice(start, start + _TOGETHER)
        rows = chosen[part]
        pairs = usable[rows[:, :, None], rows[:, None, :]]
        score = np.take_along_axis(linear[part], rows, 1)
        wins = 0.5 * (1 + np.sign(score[:, :, None] - score[:, None, :]))
        count = pairs.sum(axis=(1, 2))
        won = (pairs * wins).sum(axis=(1, 2))
        found[part] = np.divide(won, count, out=np.full(won.shape, np.nan), where=count > 0)
    return found
