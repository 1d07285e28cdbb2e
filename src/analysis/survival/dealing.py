"""Re-dealing patients to groups: the scores of a permutation test in as many random orders as wanted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError

Floats = NDArray[np.float64]
BATCH_CELLS = 1_000_000
"""Permuted scores held in memory at once."""


def deal_indices(n: int, *, permutations: int, seed: int | np.random.SeedSequence) -> NDArray[np.int64]:
    """Orders of n patients, shape (permutations, n), for tests of many data sets of one size.

    Examples
    --------
    >>> deal_indices(3, permutations=2, seed=1).shape
    (2, 3)
    """
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return np.random.default_rng(root).permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)


def dealt(
    scores: Floats, *, permutations: int, seed: int, deals: NDArray[np.int64] | None = None
) -> Iterator[Floats]:
    """The scores in random orders, a batch of rows at a time.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n,)
        One score a patient.
    permutations, seed : int
        How many orders, and where they start.
    deals : numpy.ndarray of int, shape (permutations, n), optional
        The orders themselves, from :func:`deal_indices`; replaces ``permutations`` and ``seed``.

    Raises
    ------
    DesignError
        If the orders are not of as many patients.
    """
    if deals is not None:
        if deals.ndim != 2 or deals.shape[1] != scores.size:
            raise DesignError(
                f"orders of shape {deals.shape} for {scores.size} patients", expected="one place a patient"
            )
        yield scores[deals]
        return
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    left = permutations
    while left:
        rows = min(left, max(1, BATCH_CELLS // scores.size))
        yield generator.permuted(np.tile(scores, (rows, 1)), axis=1)
        left -= rows
