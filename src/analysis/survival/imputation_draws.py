"""One step of chained equations, for all chains at once: draw what is missing of one variable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DONORS = 5
RIDGE = 1e-5
"""Share of the diagonal added to cross-products, as R's mice does, against collinear predictors."""
STEPS = 25


def draw_matched(known: Floats, values: Floats, wanted: Floats, generator: np.random.Generator) -> Floats:
    """Draw by predictive mean matching: the value of one of the five patients with the nearest prediction.

    Parameters
    ----------
    known : numpy.ndarray, shape (m, seen, q)
        Predictors, with a column of ones, where the variable was seen.
    values : numpy.ndarray, shape (seen,)
        The variable there.
    wanted : numpy.ndarray, shape (m, gaps, q)
        Predictors where it is missing.
    generator : numpy.random.Generator
        Of the draws.

    Returns
    -------
    numpy.ndarray, shape (m, gaps)

    References
    ----------
    Type 1 matching: Morris, White & Royston 2014, doi 10.1186/1471-2288-14-75.
    """
    m, seen, q = known.shape
    cross = np.einsum("mij,mik->mjk", known, known)
    cross += RIDGE * np.einsum("mjj->mj", cross)[:, :, None] * np.eye(q)
    inverse = np.linalg.inv(cross)
    fitted = np.einsum("mjk,mik,i->mj", inverse, known, values)
    left = values - np.einsum("mij,mj->mi", known, fitted)
    spare = max(seen - q, 1)
    sigma = np.sqrt((left**2).sum(axis=1) / generator.chisquare(spare, size=m))
    root = np.linalg.cholesky((inverse + inverse.transpose(0, 2, 1)) / 2)
    drawn = fitted + sigma[:, None] * np.einsum("mjk,mk->mj", root, generator.standard_normal((m, q)))
    near = np.einsum("mij,mj->mi", known, fitted)
    far = np.einsum("mij,mj->mi", wanted, drawn)
    donors = min(DONORS, seen)
    distance = np.abs(far[:, :, None] - near[:, None, :])
    nearest = np.argpartition(distance, donors - 1, axis=2)[:, :, :donors]
    chosen = generator.integers(donors, size=far.shape)
    return values[np.take_along_axis(nearest, chosen[:, :, None], axis=2)[:, :, 0]]


def draw_binary(known: Floats, values: Floats, wanted: Floats, generator: np.random.Generator) -> Floats:
    """Draw 0 or 1 from a logistic model whose coefficients are drawn from their approximate posterior.

    A few weighted pseudo-patients, half of each kind, keep the coefficients finite where a predictor separates.

    Parameters
    ----------
    known, wanted, generator
        As in :func:`draw_matched`.
    values : numpy.ndarray of 0 and 1, shape (seen,)
        The variable where it was seen.

    References
    ----------
    White, Daniel & Royston 2010, doi 10.1016/j.csda.2010.04.005 (augmentation).
    """
    design, target, weight = _augmented(known, values)
    m, _, q = design.shape
    at = np.zeros((m, q))
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(np.einsum("mij,mj->mi", design, at), -30, 30)))
        gradient = np.einsum("mij,mi->mj", design, weight * (target - chance))
        information = np.einsum("mij,mi,mik->mjk", design, weight * chance * (1 - chance), design)
        information += RIDGE * np.eye(q)
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        at += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    root = np.linalg.cholesky(np.linalg.inv(information))
    drawn = at + np.einsum("mjk,mk->mj", root, generator.standard_normal((m, q)))
    chance = 1 / (1 + np.exp(-np.clip(np.einsum("mij,mj->mi", wanted, drawn), -30, 30)))
    return (generator.random(chance.shape) < chance).astype(float)


def _augmented(known: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Add, for each predictor, its mean one deviation up and down with both outcomes; together they weigh q patients."""
    m, seen, q = known.shape
    centre, spread = known.mean(axis=1), known.std(axis=1)
    added = np.repeat(centre[:, None, :], 4 * (q - 1), axis=1)
    for column in range(1, q):
        rows = slice(4 * (column - 1), 4 * column)
        added[:, rows, column] += spread[:, column, None] * np.array([1.0, 1.0, -1.0, -1.0])
    extra = added.shape[1]
    target = np.concatenate([values, np.tile([0.0, 1.0], extra // 2)])
    weight = np.concatenate([np.ones(seen), np.full(extra, q / max(extra, 1))])
    design = np.concatenate([known, added], axis=1)
    return design, np.broadcast_to(target, (m, seen + extra)), np.broadcast_to(weight, (m, seen + extra))
