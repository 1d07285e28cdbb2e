"""C and survival in many resamples of the same patients at once, by weights and matrix products."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def resampled_concordance(
    time: Floats, event: NDArray[np.bool_], risk: Floats, weights: NDArray[np.int64]
) -> Floats:
    """Harrell's C in each resample, shape (resamples,); NaN where no pair can be ordered.

    Parameters
    ----------
    time, event, risk : numpy.ndarray, shape (n,)
        As in :func:`~analysis.survival.concordance`.
    weights : numpy.ndarray of int, shape (resamples, n)
        How often each patient was drawn.

    Examples
    --------
    >>> whole = np.ones((1, 3), dtype=int)
    >>> resampled_concordance(np.array([1.0, 2, 3]), np.ones(3, bool), np.array([3.0, 2, 1]), whole).tolist()
    [1.0]
    """
    same = time[:, None] == time[None, :]
    earlier = (time[:, None] < time[None, :]) | (same & ~event[None, :])
    usable = (event[:, None] & earlier).astype(float)
    agrees = usable * 0.5 * (1 + np.sign(risk[:, None] - risk[None, :]))
    drawn = weights.astype(float)
    pairs = np.einsum("bi,bi->b", drawn @ usable, drawn)
    agreed = np.einsum("bi,bi->b", drawn @ agrees, drawn)
    return np.divide(agreed, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)


def resampled_survival(
    time: Floats, event: NDArray[np.bool_], chosen: NDArray[np.bool_], weights: NDArray[np.int64], day: float
) -> Floats:
    """Kaplan-Meier survival of the chosen patients at ``day`` in each resample; NaN where none of them was drawn.

    Parameters
    ----------
    time, event, chosen : numpy.ndarray, shape (n,)
        Times, events, and who belongs to the group.
    weights : numpy.ndarray of int, shape (resamples, n)
        How often each patient was drawn.
    day : float
        Day of the survival, in the unit of ``time``.
    """
    drawn = weights[:, chosen].astype(float)
    at = np.unique(time[chosen & event & (time <= day)])
    dead = drawn @ ((time[chosen, None] == at) & event[chosen, None])
    under = drawn @ (time[chosen, None] >= at)
    survival = np.prod(1 - np.divide(dead, under, out=np.zeros_like(dead), where=under > 0), axis=1)
    return np.where(drawn.sum(axis=1) > 0, survival, np.nan)
