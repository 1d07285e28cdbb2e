"""The map of FDG uptake of one patient, before the scanner blurs it."""

from __future__ import annotations

import numpy as np

from analysis.simulation.anatomy import FAT, LEG_GAP, MUSCLE, Anatomy
from analysis.simulation.grid import Box, Grid, Point

SKIN_TO_MUSCLE = 0.9
"""Muscle begins at this fraction of the outline's radius; fat lies outside it."""

RIBS = (140.0, 97.0)
"""Semi-axes of the cage of ribs in the reference woman, x and y, mm."""
RIB_DEPTHS = (265.0, 440.0)
RIB_EVERY = 27.0


def ellipsoid(grid: Grid, *, centre: Point, semi_axes: Point, blunt: bool = False) -> tuple[Box, np.ndarray]:
    """How much of each voxel an ellipsoid fills, and the box of voxels concerned.

    Parameters
    ----------
    grid : Grid
        Voxels.
    centre, semi_axes : tuple of float
        x, y and depth, mm.
    blunt : bool
        A column along the body with flat ends.

    Returns
    -------
    tuple of (box, ndarray of float32)
        0 outside, 1 inside, between the two in the voxels that the surface crosses.
    """
    margin = max(grid.spacing_mm)
    box = grid.box(centre, [half + margin for half in semi_axes])
    depth, y, x = grid.open_axes(box)
    along = (depth - np.float32(centre[2])) / np.float32(semi_axes[2])
    across = np.square((x - np.float32(centre[0])) / np.float32(semi_axes[0])) + np.square(
        (y - np.float32(centre[1])) / np.float32(semi_axes[1])
    )
    radius = np.sqrt(across + (along**8 if blunt else along**2))
    sharpness = min(semi_axes) / np.mean(grid.spacing_mm)
    return box, np.clip(0.5 + (1 - radius) * np.float32(sharpness), 0, 1)


def outline_radius(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    """Distance from the body's axis, 1 at the skin; below the crotch, from the nearer leg's axis.

    Returns
    -------
    ndarray of float32, shape of the grid
        Above 1 outside the body.
    """
    depth, y, x = grid.axes
    table = anatomy.outline
    width = np.interp(depth, table[:, 0], table[:, 1], left=1, right=table[-1, 1]).astype(np.float32)
    thick = np.interp(depth, table[:, 0], table[:, 2], left=1, right=table[-1, 2]).astype(np.float32)
    legs = depth > anatomy.crotch_depth
    x_all = np.where(legs[:, None], np.abs(x)[None, :] - np.float32(LEG_GAP * anatomy.scale[0]), x[None, :])
    width = np.where(legs, width - np.float32(LEG_GAP * anatomy.scale[0]), width)
    squared = (
        np.square(x_all / width[:, None])[:, None, :] + np.square(y[None, :] / thick[:, None])[:, :, None]
    )
    radius = np.sqrt(squared)
    radius[depth < 0] = 2
    return radius


def _paint_ribs(volume: np.ndarray, body: np.ndarray, anatomy: Anatomy, grid: Grid, suv: float) -> None:
    """Thin slanting rings around the lungs: faint on a projection, as they are in a patient."""
    scale = anatomy.scale
    low, high = RIB_DEPTHS[0] * scale[2], RIB_DEPTHS[1] * scale[2]
    half = (RIBS[0] * scale[0] + 8, RIBS[1] * scale[1] + 8, (high - low) / 2)
    box = grid.box((0.0, 0.0, (low + high) / 2), half)
    depth, y, x = grid.open_axes(box)
    radius = np.sqrt(
        np.square(x / np.float32(RIBS[0] * scale[0])) + np.square(y / np.float32(RIBS[1] * scale[1]))
    )
    phase = (depth + np.float32(0.35) * y) * np.float32(2 * np.pi / (RIB_EVERY * scale[2]))
    ring = (np.abs(radius - 1) < 0.045) & (np.cos(phase) > 0.25)
    volume[box][ring & (body[box] < SKIN_TO_MUSCLE)] = suv


def uptake_map(anatomy: Anatomy, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """SUV of the patient without lesions and without blur, and the distance from the body's axis.

    Returns
    -------
    tuple of ndarray of float32, both of the grid's shape
        SUV (0 in air), and what :func:`outline_radius` returns.
    """
    radius = outline_radius(anatomy, grid)
    volume = np.where(
        radius < SKIN_TO_MUSCLE, np.float32(MUSCLE), np.where(radius < 1, np.float32(FAT), np.float32(0))
    )
    ribs = False
    for organ in anatomy.organs:
        if organ.name == "vertebra" and not ribs:
            _paint_ribs(volume, radius, anatomy, grid, 0.75 * organ.suv)
            ribs = True
        box, filled = ellipsoid(grid, centre=organ.centre, semi_axes=organ.semi_axes, blunt=organ.blunt)
        part = volume[box]
        part += filled * (np.float32(organ.suv) - part)
    return volume, radius
