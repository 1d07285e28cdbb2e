"""The voxel grid of a simulated scanner, and where it lies in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float, float]
"""A point of the patient lying supine: x to the patient's left, y to the back, depth below the vertex, in mm."""

Box = tuple[slice, slice, slice]

ABOVE_HEAD_MM = 8.0
"""Air above the vertex that is still inside the field of view."""


@dataclass(frozen=True)
class Grid:
    """Axial slices from above the head downwards, each of rows (front to back) and columns (right to left).

    Parameters
    ----------
    slices, rows, columns : int
        Shape of the array.
    spacing_mm : tuple of float
        Distance between slices, between rows and between columns.

    Examples
    --------
    The first voxel is the patient's right front corner, above the head; DICOM's z points to the head.

    >>> Grid(2, 3, 5, (4.0, 2.0, 1.0)).position(1)
    (-2.0, -2.0, 2.0)
    """

    slices: int
    rows: int
    columns: int
    spacing_mm: tuple[float, float, float]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows and columns."""
        return self.slices, self.rows, self.columns

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Depth of the slices, y of the rows and x of the columns: voxel centres in mm, float32."""
        step, row, column = self.spacing_mm
        depth = np.arange(self.slices) * step - ABOVE_HEAD_MM + step / 2
        y = (np.arange(self.rows) - (self.rows - 1) / 2) * row
        x = (np.arange(self.columns) - (self.columns - 1) / 2) * column
        return depth.astype(np.float32), y.astype(np.float32), x.astype(np.float32)

    def position(self, index: int) -> Point:
        """Image Position (Patient) of a slice: DICOM's x, y and z of its first voxel, in mm.

        References
        ----------
        DICOM PS3.3 C.7.6.2.1.1.
        """
        step, row, column = self.spacing_mm
        x, y = -(self.columns - 1) / 2 * column, -(self.rows - 1) / 2 * row
        return x, y, ABOVE_HEAD_MM - (index + 0.5) * step

    def box(self, centre: Point, half: Sequence[float]) -> Box:
        """Voxels that hold the cuboid ``centre ± half`` (x, y, depth in mm), cut at the edge of the grid."""
        found = []
        for axis, middle, width in zip(self.axes, centre[::-1], tuple(half)[::-1], strict=True):
            low, high = np.searchsorted(axis, (middle - width, middle + width))
            found.append(slice(int(max(low - 1, 0)), int(min(high + 1, axis.size))))
        return found[0], found[1], found[2]

    def open_axes(self, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Depth, y and x of the voxels of a box, shaped to broadcast against each other."""
        depth, y, x = self.axes
        return depth[box[0], None, None], y[None, box[1], None], x[None, None, box[2]]
