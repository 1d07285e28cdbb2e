"""SUVpeak of many regions at once: the mean of a sphere of one millilitre, at the maximum and where it is highest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from analysis.pet.contours.region import Region
from analysis.pet.measures.peak_kernel import EXACT_RADIUS_MM, PeakKernel, peak_kernel

_PIECE = 8192
"""Centres whose sums are taken together."""
_MANY_PIECES, _MOST_THREADS = 4, 4


@dataclass(frozen=True)
class Peak:
    """Mean uptake of a 1 ml sphere.

    Parameters
    ----------
    at_max : float
        IBSI's sphere, voxel centres within 6.2 mm, centred on the region's hottest voxel (of several, the one whose
        sphere is hottest): IBSI's local peak.
    best : float
        The highest mean over the spheres centred on every voxel of the region: IBSI's global, PERCIST's peak.
    exact_at_max, exact_best : float
        The same with the sphere of exactly 1 ml, each voxel weighted by its part inside.
    kernel_ml : float
        Volume of the voxels of IBSI's whole sphere on this grid; the exact sphere has 1 ml on any.
    leaves_region, leaves_image : bool
        Whether the sphere of ``best`` holds voxels outside the region, and whether the image's border cuts it.
    """

    at_max: float
    best: float
    exact_at_max: float
    exact_best: float
    kernel_ml: float
    leaves_region: bool
    leaves_image: bool


def suv_peak(volume: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]) -> Peak:
    """Peak uptake of one region that is given as a mask of the volume's shape; see :func:`suv_peaks`."""
    return suv_peaks(volume, [Region.of_mask(mask)], spacing)[0]


def suv_peaks(
    volume: np.ndarray, regions: Sequence[Region], spacing: tuple[float, float, float]
) -> list[Peak]:
    """Peak uptake of each region.

    The region's border does not clip the sphere; the image's does, and the mean is then that of what is left.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        Uptake.
    regions : sequence of Region
        Each holds at least one voxel.
    spacing : tuple of float
        Voxel spacing in mm.

    References
    ----------
    IBSI reference manual, local and global intensity peak (VJGA, 0F91), doi 10.1148/radiol.2020191145;
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307.
    """
    if not regions:
        return []
    kernel = peak_kernel(spacing)
    each = [np.argwhere(region.inside) + region.low for region in regions]
    ends = np.cumsum([len(voxels) for voxels in each])
    centres = np.concatenate(each)
    ibsi, exact, cut = _sphere_means(np.ascontiguousarray(volume), centres, kernel)
    own = volume[tuple(centres.T)]
    found = []
    for region, start, end in zip(regions, [0, *ends[:-1]], ends, strict=True):
        part = slice(start, end)
        hottest = own[part] == own[part].max()
        best = start + int(ibsi[part].argmax())
        found.append(
            Peak(
                at_max=float(ibsi[part][hottest].max()),
                best=float(ibsi[best]),
                exact_at_max=float(exact[part][hottest].max()),
                exact_best=float(exact[part].max()),
                kernel_ml=kernel.ibsi_ml,
                leaves_region=not _holds(region, centres[best] + kernel.offsets[kernel.ibsi > 0]),
                leaves_image=bool(cut[best]),
            )
        )
    return found


def reach_of(spacing: tuple[float, float, float]) -> np.ndarray:
    """Number of voxels along each axis by which the sphere may reach beyond a region."""
    return np.ceil(EXACT_RADIUS_MM / np.array(spacing) + 0.5).astype(int)


def _sphere_means(
    volume: np.ndarray, centres: np.ndarray, kernel: PeakKernel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both means about each centre, and whether the border cuts IBSI's sphere; gathered from the centres only."""
    shape = np.array(volume.shape)
    reach = kernel.offsets.max(axis=0)
    inner = ((centres >= reach) & (centres < shape - reach)).all(axis=1)
    steps = np.array([shape[1] * shape[2], shape[2], 1])
    flat = volume.reshape(-1)
    jumps = kernel.offsets @ steps
    place = centres[inner] @ steps + jumps.min()
    jumps = jumps - jumps.min()
    sums = np.zeros((2, len(place)))
    # The sphere is symmetric: few different weights, so voxels are summed before they are weighted. Pieces stay in
    # the processor's cache.
    alike: dict[tuple[float, float], list[int]] = {}
    for jump, ibsi, exact in zip(jumps.tolist(), kernel.ibsi.tolist(), kernel.exact.tolist(), strict=True):
        alike.setdefault((ibsi, exact), []).append(jump)

    def add_up(start: int) -> None:
        piece = place[start : start + _PIECE]
        for (ibsi, exact), places in alike.items():
            total = np.zeros(len(piece))
            for jump in places:
                total += flat[jump:].take(piece)
            sums[1, start : start + _PIECE] += exact * total
            if ibsi:
                sums[0, start : start + _PIECE] += total

    pieces = range(0, len(place), _PIECE)
    # Most scans have one or two pieces, for which no thread is started.
    if len(pieces) < _MANY_PIECES:
        for start in pieces:
            add_up(start)
    else:
        with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
            list(pool.map(add_up, pieces))
    means = np.empty((2, len(centres)))
    means[:, inner] = sums / np.array([[kernel.ibsi.sum()], [kernel.exact.sum()]])
    cut = np.zeros(len(centres), bool)
    for one in np.flatnonzero(~inner):
        at = centres[one] + kernel.offsets
        inside = ((at >= 0) & (at < shape)).all(axis=1)
        taken = volume[tuple(at[inside].T)].astype(float)
        for row, weights in enumerate((kernel.ibsi, kernel.exact)):
            means[row, one] = weights[inside] @ taken / weights[inside].sum()
        cut[one] = bool(kernel.ibsi[~inside].any())
    return means[0], means[1], cut


def _holds(region: Region, voxels: np.ndarray) -> bool:
    """Whether all voxels belong to a region."""
    at = voxels - region.low
    within = ((at >= 0) & (at < region.inside.shape)).all(axis=1)
    return bool(within.all()) and bool(region.inside[tuple(at.T)].all())
