"""Whether a mask's voxels are the image's voxels; and if they are not, and it was asked for, where they fall."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.region import Region
from analysis.pet.suv.grid import Grid

_TOLERANCE_MM, _TOLERANCE_VOXELS = 0.1, 0.02
"""Positions are often written to a tenth of a millimetre."""

_FARTHEST = 1e6
"""Voxels from the image at which a header is damaged rather than a mask elsewhere."""


@dataclass(frozen=True)
class Lattice:
    """Index of a mask's voxel → index of the image's voxel: axes exchanged, turned round and moved, nothing else."""

    turn: np.ndarray
    move: np.ndarray

    def place(self, voxels: np.ndarray) -> np.ndarray:
        """Image indices of voxels of the mask; shape (n, 3) both."""
        return voxels @ self.turn.T + self.move


def common_lattice(own: Grid, grid: Grid) -> Lattice | None:
    """How a mask's voxels coincide with the image's; ``None`` if they do not.

    Axes may be stored in any order and direction, and the mask may cover a part of the image; every voxel must lie on
    one of the image's within 0.1 mm or 2 % of its edge.
    """
    matrix = np.linalg.inv(grid.affine) @ own.affine
    if not np.abs(matrix).max() < _FARTHEST:
        return None
    turn, move = np.rint(matrix[:3, :3]), np.rint(matrix[:3, 3])
    if (np.abs(turn).sum(axis=0) != 1).any() or (np.abs(turn).sum(axis=1) != 1).any():
        return None
    if np.abs(matrix[:3, :3] - turn).max() > 0.1:
        return None
    corners = np.array(list(itertools.product(*((0, n - 1) for n in own.shape))), float)
    apart = np.abs(corners @ (matrix[:3, :3] - turn).T + matrix[:3, 3] - move)
    spacing = np.array(grid.spacing)
    if (apart > np.maximum(_TOLERANCE_MM / spacing, _TOLERANCE_VOXELS)).any():
        return None
    return Lattice(turn.astype(int), move.astype(int))


def within(voxels: np.ndarray, grid: Grid) -> bool:
    """Whether all indices are voxels of the grid."""
    return not len(voxels) or bool((voxels >= 0).all() and (voxels < np.array(grid.shape)).all())


def resampled(region: Region, own: Grid, grid: Grid) -> Region:
    """A region of one grid on another: an image voxel belongs to it if its centre lies in one of the mask's voxels.

    This is the nearest neighbour, and the same rule by which polygons become masks; no voxel is made up by
    interpolation, and overlapping regions stay what they are.
    """
    if not region.voxels:
        return Region(grid.shape)
    first = np.array(region.low) - 0.5
    last = first + region.inside.shape
    corners = own.points(np.array(list(itertools.product(*zip(first, last, strict=True)))))
    reach = grid.index(corners)
    low = np.maximum(np.ceil(reach.min(axis=0) - 1e-6), 0).astype(int)
    high = np.minimum(np.floor(reach.max(axis=0) + 1e-6), np.array(grid.shape) - 1).astype(int)
    if (high < low).any():
        return Region(grid.shape)
    step = np.linalg.inv(own.affine) @ grid.affine
    found = []
    # Slice by slice, so that memory holds one slice's coordinates whatever the region's size.
    rows, columns = np.meshgrid(np.arange(low[1], high[1] + 1), np.arange(low[2], high[2] + 1), indexing="ij")
    for place in range(low[0], high[0] + 1):
        index = np.stack([np.full(rows.size, place), rows.ravel(), columns.ravel()], axis=1)
        # A centre on the border of two voxels belongs to the upper one; 1e-6 keeps rounding from deciding.
        at = np.floor(index @ step[:3, :3].T + step[:3, 3] + 0.5 + 1e-6).astype(int) - np.array(region.low)
        near = np.flatnonzero(((at >= 0) & (at < region.inside.shape)).all(axis=1))
        found.append(index[near[region.inside[tuple(at[near].T)]]])
    return Region.of_voxels(np.concatenate(found), grid.shape)


def resampling_note(name: str, before_ml: float, after_ml: float) -> str:
    """What a reader of the numbers is told about a resampled region."""
    return (
        f"region {name} was resampled to the PET's grid by nearest neighbour: {before_ml:.2f} ml before, "
        f"{after_ml:.2f} ml after"
    )


def other_grid(own: Grid, grid: Grid, *, where: str) -> ImageError:
    """The error of a mask whose voxels are not the image's."""
    order = np.abs(np.array(grid.directions) @ np.array(own.directions).T).argmax(axis=1)
    if sorted(order) == [0, 1, 2]:  # told in the image's order of axes, so that the two can be compared
        shape, spacing, directions = (
            [axis[i] for i in order] for axis in (own.shape, own.spacing, own.directions)
        )
        own = Grid(tuple(shape), own.origin, tuple(spacing), tuple(directions))  # type: ignore[arg-type]
    return ImageError(
        f"the mask is on another grid than the image: {own}", where=where, expected=f"the image's grid, {grid}",
        do="use the mask of this image; or ask for resampling (quantify --resample; resample_contours: yes in study.yml)",
    )  # fmt: skip
