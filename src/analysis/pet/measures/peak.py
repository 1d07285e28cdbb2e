"""SUVpeak: the mean of a sphere of one millilitre, at the hottest voxel and where it is highest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PEAK_RADIUS_MM = 6.2
"""Radius of a sphere of 1 ml, as IBSI rounds it."""


@dataclass(frozen=True)
class Peak:
    """Mean uptake of a 1 ml sphere.

    Parameters
    ----------
    at_max : float
        Sphere centred on the region's hottest voxel (of several, the one whose sphere is hottest).
    best : float
        Highest mean over spheres centred on every voxel of the region: PERCIST's peak.
    kernel_ml : float
        Volume of the voxels that make up a whole sphere on this grid.
    leaves_region : bool
        Whether the best sphere holds voxels outside the region.
    """

    at_max: float
    best: float
    kernel_ml: float
    leaves_region: bool


def suv_peak(volume: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]) -> Peak:
    """Peak uptake of a region.

    The sphere takes every voxel whose centre lies within 6.2 mm of its own centre; the region's border does not
    clip it, the image's border does.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        Uptake.
    mask : ndarray of bool, same shape
        Region; at least one voxel.
    spacing : tuple of float
        Voxel spacing in mm.

    References
    ----------
    IBSI reference manual, local and global intensity peak (VJGA, 0F91), doi 10.1148/radiol.2020191145;
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307.
    """
    offsets = _sphere(spacing)
    centres = np.argwhere(mask)
    shape = np.array(volume.shape)
    totals = np.zeros(len(centres))
    counts = np.zeros(len(centres))
    outside = np.zeros(len(centres), bool)
    for offset in offsets:
        places = centres + offset
        inside = ((places >= 0) & (places < shape)).all(axis=1)
        at = places[inside].T
        totals[inside] += volume[at[0], at[1], at[2]]
        counts[inside] += 1
        outside[inside] |= ~mask[at[0], at[1], at[2]]
        outside[~inside] = True
    means = totals / counts
    values = volume[mask]
    best = int(means.argmax())
    at_max = float(means[values == values.max()].max())
    return Peak(
        at_max, float(means[best]), len(offsets) * float(np.prod(spacing)) / 1000, bool(outside[best])
    )


def reach_of(spacing: tuple[float, float, float]) -> np.ndarray:
    """Number of voxels along each axis by which the sphere may reach beyond a region."""
    return np.array([int(np.ceil((PEAK_RADIUS_MM + 0.1) / step)) for step in spacing])


def _sphere(spacing: tuple[float, float, float]) -> np.ndarray:
    reach = [int(PEAK_RADIUS_MM // step) for step in spacing]
    offsets = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(
        -1, 3
    )
    distance = ((offsets * np.array(spacing)) ** 2).sum(axis=1)
    return offsets[distance <= PEAK_RADIUS_MM**2 + 1e-9]
