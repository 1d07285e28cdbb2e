"""The voxels that make up a sphere of one millilitre on a grid, by both conventions."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

PEAK_RADIUS_MM = 6.2
"""Radius of a sphere of 1 ml, as IBSI rounds it."""

EXACT_RADIUS_MM = float((1000 * 3 / (4 * np.pi)) ** (1 / 3))
"""Radius of a sphere of exactly 1 ml: 6.2035 mm."""

_SAMPLES = 100
"""Per voxel along two axes; along the third the sphere's height is exact. Errors of a weight are below 1e-3."""


@dataclass(frozen=True)
class PeakKernel:
    """Weights of the voxels about a centre.

    Parameters
    ----------
    offsets : ndarray of int, shape (n, 3)
        Voxels that touch the sphere of 1 ml, relative to its centre.
    ibsi : ndarray of float, shape (n,)
        1 where the voxel's centre lies within 6.2 mm, else 0.
    exact : ndarray of float, shape (n,)
        Fraction of the voxel inside the sphere of 1 ml.
    ibsi_ml : float
        Volume of the voxels of IBSI's sphere, in ml: what the sphere of "1 ml" really is on this grid.
    """

    offsets: np.ndarray
    ibsi: np.ndarray
    exact: np.ndarray
    ibsi_ml: float


@functools.lru_cache(maxsize=64)
def peak_kernel(spacing: tuple[float, float, float]) -> PeakKernel:
    """Kernel of a grid with this voxel spacing in mm.

    References
    ----------
    IBSI reference manual, local intensity peak (VJGA): voxel centres within 6.2 mm; Wahl 2009 (PERCIST 1.0),
    doi 10.2967/jnumed.108.057307: a sphere of 1 cm³.

    >>> round(peak_kernel((4.0, 4.0, 4.0)).ibsi_ml, 3), round(peak_kernel((3.27, 5.47, 5.47)).ibsi_ml, 3)
    (1.216, 0.685)
    """
    steps = np.array(spacing, float)
    reach = np.ceil(EXACT_RADIUS_MM / steps - 0.5).astype(int)
    octant = _octant_fractions(steps, reach)
    offsets = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(
        -1, 3
    )
    exact = octant[tuple(np.abs(offsets).T)]
    ibsi = ((offsets * steps) ** 2).sum(axis=1) <= PEAK_RADIUS_MM**2 + 1e-9
    touched = (exact > 0) | ibsi
    # Sampling leaves the sum a little off 1 ml, which the normalisation of the mean takes out.
    return PeakKernel(
        offsets[touched], ibsi[touched].astype(float), exact[touched], int(ibsi.sum()) * float(np.prod(steps)) / 1000
    )  # fmt: skip


def _octant_fractions(steps: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Fraction of each voxel inside the sphere, for voxels at 0 or more steps from its centre along each axis."""
    within = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    down, across = (((np.arange(reach[axis] + 1)[:, None] + within) * steps[axis]).ravel() for axis in (1, 2))
    height = np.sqrt(np.maximum(EXACT_RADIUS_MM**2 - down[:, None] ** 2 - across[None, :] ** 2, 0))
    layers = []
    for place in range(reach[0] + 1):
        low, high = (place - 0.5) * steps[0], (place + 0.5) * steps[0]
        # The middle layer lies on both sides of the centre.
        part = 2 * np.minimum(height, high) if place == 0 else np.clip(height, low, high) - low
        blocks = part.reshape(reach[1] + 1, _SAMPLES, reach[2] + 1, _SAMPLES).mean(axis=(1, 3))
        layers.append(blocks / steps[0])
    return np.stack(layers)
