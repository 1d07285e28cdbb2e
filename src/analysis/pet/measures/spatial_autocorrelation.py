"""Moran's I and Geary's C of the uptake in a region: sums over all pairs of voxels, exact at any size."""

from __future__ import annotations

import numpy as np

_LARGEST_PADDED = 60_000_000
"""Voxels of the transform's box, 0.5 GB in double precision; beyond it pairs are summed in chunks."""

_CHUNK = 256


def spatial_autocorrelation(
    values: np.ndarray, voxels: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[float, float]:
    """Moran's I (N365) and Geary's C (NPT7), each pair weighted by its inverse distance.

    The sum over pairs is a correlation on the grid, which the Fourier transform takes at once: a region of 100,000
    voxels has 5 × 10⁹ pairs. Both ways give the same number to rounding.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Uptake of the voxels.
    voxels : ndarray of int, shape (n, 3)
        Their indices, each once.
    spacing : tuple of float
        Voxel spacing in mm.

    Returns
    -------
    moran, geary : float
        nan for one voxel, or where all values are alike.

    References
    ----------
    IBSI reference manual, section 3.1; Moran 1950, doi 10.2307/2332142; Geary 1954, doi 10.2307/2986645.
    """
    values = np.asarray(values, float)
    count = len(values)
    deviation = values - values.mean()
    spread = float(deviation @ deviation)
    if count < 2 or np.ptp(values) == 0:
        return np.nan, np.nan
    voxels = voxels - voxels.min(axis=0)
    size = 2 * (voxels.max(axis=0) + 1) - 1
    padded = int(np.prod(size))
    small = count**2 <= 20 * padded or padded > _LARGEST_PADDED
    weight, own, products = (_over_pairs if small else _over_lags)(deviation, voxels, np.array(spacing), size)
    # Of w (a - b)² the squares are each voxel's own weight times its square, on both sides of the pair.
    differences = 2 * (float(own @ deviation**2) - products)
    return count / weight * products / spread, (count - 1) / (2 * weight) * differences / spread


def _over_pairs(
    deviation: np.ndarray, voxels: np.ndarray, spacing: np.ndarray, _size: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """Sum of weights, each voxel's sum of weights, and weighted sum of products; pair by pair, in chunks."""
    from scipy.spatial.distance import cdist

    places = voxels * spacing
    own, smoothed = np.empty(len(places)), np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(places)))
        distance = cdist(places[rows], places)
        distance[np.arange(len(rows)), rows] = np.inf
        weights = 1 / distance
        own[rows], smoothed[rows] = weights.sum(axis=1), weights @ deviation
    return float(own.sum()), own, float(smoothed @ deviation)


def _over_lags(
    deviation: np.ndarray, voxels: np.ndarray, spacing: np.ndarray, size: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """The same by convolution with the inverse distance over every lag that fits in the bounding box."""
    from scipy import fft

    shape = tuple(fft.next_fast_len(int(n), real=True) for n in size)
    squared = np.zeros(())
    for axis, (length, step, reach) in enumerate(zip(shape, spacing, size // 2, strict=True)):
        lag = np.arange(length)
        lag = np.where(lag <= reach, lag, lag - length) * step
        squared = squared + (lag**2).reshape([-1 if axis == place else 1 for place in range(3)])
    squared[0, 0, 0] = np.inf
    kernel = fft.rfftn(1 / np.sqrt(squared))
    at = tuple(voxels.T)

    def smooth(content: np.ndarray | float) -> np.ndarray:
        box = np.zeros(shape)
        box[at] = content
        return fft.irfftn(fft.rfftn(box) * kernel, shape)[at]

    own = smooth(1.0)
    return float(own.sum()), own, float(smooth(deviation) @ deviation)
