"""What the scanner makes of the patient: blur, lesions of the wanted SUVmax, noise, and the reader's contours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from analysis.errors import DesignError
from analysis.simulation.anatomy import LIVER_SUV, anatomy_of
from analysis.simulation.grid import Box, Grid
from analysis.simulation.phantom import ellipsoid, uptake_map
from analysis.simulation.placement import PlacedLesion, place_lesions
from analysis.simulation.scans import SimulatedScan

FWHM_MM = 6.5
"""Resolution of the reconstructed image."""

REACH = 3.0
"""The blur is cut at this many standard deviations."""

LIVER_COV = 0.09
"""Coefficient of variation between voxels of the liver at the reference number of counts."""

REFERENCE_COUNTS = 250.0 * 2.0 ** (-60.0 / 109.77) / 70.0
"""MBq per kg left in the patient at the start: 250 MBq, 60 minutes, 70 kg."""

QUIET = 0.75
"""Share of the noise taken out of the middle of a lesion: the test-retest variation is already in its SUVmax."""

CONTOUR_FRACTION = 0.45
"""A reader's contour holds the voxels above this fraction of the lesion's maximum."""

FEWEST_VOXELS = 6


@dataclass(frozen=True)
class PetImage:
    """One simulated PET.

    Parameters
    ----------
    grid : Grid
        Its voxels.
    suv : ndarray of float32, shape of the grid
        SUV by body weight.
    contours : mapping of str to ndarray of int
        For each lesion the flat indices of its voxels.
    radius : ndarray of float32, shape of the grid
        Distance from the body's axis, 1 at the skin.
    """

    grid: Grid
    suv: np.ndarray
    contours: Mapping[str, np.ndarray]
    radius: np.ndarray


def _blur(volume: np.ndarray, grid: Grid) -> np.ndarray:
    sigma = [FWHM_MM / 2.3548 / spacing for spacing in grid.spacing_mm]
    return ndimage.gaussian_filter(volume, sigma, mode="nearest", truncate=REACH)


def _blurred_lesion(placed: PlacedLesion, grid: Grid) -> tuple[Box, np.ndarray, np.ndarray]:
    """Box of voxels a lesion reaches, its blurred share of each, and which voxels are the lesion's own."""
    reach = REACH * FWHM_MM / 2.3548 + 2 * max(grid.spacing_mm)
    box = grid.box(placed.centre, [half + reach for half in placed.semi_axes])
    sharp = np.zeros([part.stop - part.start for part in box], dtype=np.float32)
    inner, filled = ellipsoid(grid, centre=placed.centre, semi_axes=placed.semi_axes)
    local = tuple(
        slice(small.start - large.start, small.stop - large.start)
        for small, large in zip(inner, box, strict=True)
    )
    sharp[local] = filled
    return box, _blur(sharp, grid), sharp > 0


def _contour(values: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Which of the lesion's own voxels a reader would draw; at least a handful."""
    inside = np.where(own, values, -np.inf)
    drawn = inside >= CONTOUR_FRACTION * inside.max()
    if drawn.sum() < FEWEST_VOXELS:
        hottest = np.sort(inside, axis=None)[-min(FEWEST_VOXELS, int(own.sum()))]
        drawn = inside >= hottest
    return drawn


def _noise(suv: np.ndarray, quiet: np.ndarray, grid: Grid, scan: SimulatedScan) -> np.ndarray:
    """Correlated noise whose variance grows with the activity and falls with the counts.

    In a reconstruction by OSEM the noise rises with the local activity and is correlated over the width of
    the post-filter.
    """
    left = scan.dose_mbq * 2.0 ** (-scan.uptake_minutes / 109.77) / scan.weight_kg
    strength = LIVER_COV * np.sqrt(LIVER_SUV * REFERENCE_COUNTS / left)
    rng = np.random.default_rng(np.random.SeedSequence([scan.noise_seed, 2]))
    white = _blur(rng.standard_normal(suv.shape, dtype=np.float32), grid)
    white *= np.float32(strength) / white.std()
    white *= np.sqrt(suv)
    white *= quiet
    return white


def simulate_image(scan: SimulatedScan, grid: Grid, *, noise: bool = True) -> PetImage:
    """PET of a simulated scan on a grid.

    In the image without noise each lesion's largest voxel is its ``suv_max``: the blurred patient is b and
    the blurred lesion p, so the amplitude min (suv_max - b) / p over the lesion's voxels lets exactly one
    of them reach it. Noise is added after that.

    Parameters
    ----------
    scan : SimulatedScan
        What to show.
    grid : Grid
        Voxels.
    noise : bool
        Without it, the image the contours were drawn on.

    Raises
    ------
    DesignError
        If the lesions do not fit into the patient, or one lies outside the field of view.
    """
    anatomy = anatomy_of(scan)
    sharp, radius = uptake_map(anatomy, grid)
    suv = _blur(sharp, grid)
    quiet = np.ones_like(suv)
    index = np.arange(suv.size).reshape(suv.shape)
    contours = {}
    for placed in place_lesions(scan.lesions, anatomy, seed=scan.lesion_seed):
        box, share, own = _blurred_lesion(placed, grid)
        if not own.any():
            raise DesignError(
                "a lesion lies outside the field of view",
                where=f"lesion {placed.lesion.lesion_id} of patient {scan.patient_id}",
            )
        part = suv[box]
        amplitude = np.min((np.float32(placed.lesion.suv_max) - part[own]) / share[own])
        np.maximum(part + amplitude * share, 0, out=part)
        contours[placed.lesion.lesion_id] = index[box][_contour(part, own)]
        quiet[box] *= 1 - np.float32(QUIET) * np.minimum(share / share.max() * 1.5, 1)
    if noise:
        suv = np.maximum(suv + _noise(suv, quiet, grid, scan), 0)
    return PetImage(grid, suv, contours, radius)
