"""A search for the best cut-off done again and again: how far the cut-off moves, and what is left of its effect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.survival.estimates import HazardRatio
from analysis.survival.many_fits import bootstrap_indices, cox_many
from analysis.survival.observations import Observations

Floats = NDArray[np.float64]


def best_cutoffs(time: Floats, event: NDArray[np.bool_], marker: Floats, smallest_share: float) -> Floats:
    """Cut-off with the largest log-rank statistic in each data set.

    Parameters
    ----------
    time, event, marker : numpy.ndarray, shape (b, m)
        Checked times, events and markers, one data set a row.
    smallest_share : float
        Cut-offs leave at least this share of patients on either side.

    Returns
    -------
    numpy.ndarray of float, shape (b,)
        As :func:`~analysis.survival.search_cutoff` finds it in each row alone; NaN where no cut-off can be tried.
    """
    m = time.shape[1]
    scores = _hothorn_lausen(time, event)
    order = np.argsort(marker, axis=1, kind="stable")
    values = np.take_along_axis(marker, order, 1)
    below = np.arange(1, m)
    sums = np.cumsum(np.take_along_axis(scores, order, 1), axis=1)
    squares = m * (scores**2).sum(axis=1) - sums[:, -1] ** 2
    spread = np.sqrt(below * (m - below) / (m**2 * (m - 1)) * np.maximum(squares, 0)[:, None])
    away = np.abs(sums[:, :-1] - below * sums[:, -1:] / m)
    statistic = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    tried = (below >= max(1, int(m * smallest_share))) & (below <= min(m - 1, int(m * (1 - smallest_share))))
    usable = tried & (values[:, 1:] > values[:, :-1])
    best = np.argmax(np.where(usable, statistic, -1.0), axis=1)
    found = np.take_along_axis(values, best[:, None], 1)[:, 0]
    return np.where(usable.any(axis=1) & (squares > 1e-12), found, np.nan)


def _hothorn_lausen(time: Floats, event: NDArray[np.bool_]) -> Floats:
    """Log-rank scores of each row, as ``hothorn_lausen_scores`` gives them for one."""
    m = time.shape[1]
    order = np.argsort(time, axis=1, kind="stable")
    sorted_time = np.take_along_axis(time, order, 1)
    places = np.arange(1, m + 1)
    last = np.ones(time.shape, bool)
    last[:, :-1] = sorted_time[:, 1:] != sorted_time[:, :-1]
    up_to = np.minimum.accumulate(np.where(last, places, m)[:, ::-1], axis=1)[:, ::-1]
    dead = np.take_along_axis(event, order, 1)
    hazard = np.cumsum(dead / (m - up_to + 1), axis=1)
    scores = np.empty(time.shape)
    np.put_along_axis(scores, order, dead - np.take_along_axis(hazard, up_to - 1, 1), 1)
    return scores


def bootstrap_cutoffs(
    seen: Observations, marker: Floats, *, smallest_share: float, samples: int, seed: int
) -> Floats:
    """Cut-off found in each bootstrap sample, shape (samples,); NaN where none could be tried."""
    drawn = bootstrap_indices(seen.n, samples=samples, seed=seed)
    return best_cutoffs(seen.time[drawn], seen.event[drawn], marker[drawn], smallest_share)


def cross_validated_ratio(
    seen: Observations,
    marker: Floats,
    *,
    smallest_share: float,
    folds: int,
    repeats: int,
    seed: int,
    level: float,
) -> HazardRatio:
    """Hazard ratio of patients above the cut-off that was searched without them.

    The patients are divided into ``folds`` parts at random; each part is cut where the search in the others says. A
    Cox model of the groups so made gives one log hazard ratio, without the optimism of the search; it is averaged over
    the ``repeats`` divisions. The interval takes the mean of their standard errors: it describes one division and
    knows nothing of the search. There is no p-value: the search's corrected one is the test.

    References
    ----------
    Faraggi and Simon 1996, doi 10.1002/(SICI)1097-0258(19961030)15:20<2203::AID-SIM357>3.0.CO;2-G, who found two
    folds to be nearly unbiased.
    """
    shape = (repeats, seen.n)
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    part = np.empty(shape, dtype=np.int64)
    order = np.argsort(generator.random(shape), axis=1)
    np.put_along_axis(part, order, np.broadcast_to(np.arange(seen.n) % folds, shape), 1)
    cuts = np.full(shape, np.nan)
    for fold in range(folds):
        out = part == fold
        rest = np.argsort(out, axis=1, kind="stable")[:, : seen.n - int(out[0].sum())]
        cut = best_cutoffs(seen.time[rest], seen.event[rest], marker[rest], smallest_share)
        cuts = np.where(out, cut[:, None], cuts)
    usable = np.isfinite(cuts).all(axis=1)
    high = (marker[None, :] > cuts[usable]).astype(float)
    again = np.broadcast_to(seen.time, high.shape), np.broadcast_to(seen.event, high.shape)
    fits = cox_many(*again, high[:, :, None])
    kept = fits.finite
    warnings = []
    if kept.sum() < repeats:
        warnings.append(
            f"In {repeats - kept.sum()} of {repeats} divisions the cross-validated groups have no finite hazard ratio."
        )
    centre, se = np.nan, np.nan
    if kept.any():
        centre, se = float(fits.coefficients[kept].mean()), float(fits.std_errors[kept].mean())
    width = float(ndtri((1 + level) / 2)) * se
    with np.errstate(over="ignore"):
        estimate, low, high = (float(np.exp(centre + side * width)) for side in (0, -1, 1))
    if low == 0 or np.isinf(high):
        warnings.append("The data set no limit to the cross-validated hazard ratio.")
    return HazardRatio(
        estimate=estimate,
        low=low,
        high=high,
        p_value=np.nan,
        n=seen.n,
        events=seen.n_events,
        method=f"post hoc cut-off, cross-validated hazard ratio, {folds} folds, mean of {repeats} divisions",
        interval="wald",
        warnings=tuple(warnings),
        comparison="above v up to the cut-off that was searched without the patient",
        level=level,
    )
