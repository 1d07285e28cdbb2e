"""The longest dimension of a region: the greatest distance between the centres of two of its voxels."""

from __future__ import annotations

import numpy as np


def max_diameter(inside: np.ndarray, spacing: tuple[float, float, float]) -> float:
    """Greatest distance in mm between the centres of two voxels of a region, in any direction.

    Between centres, not outer faces: a region of one voxel has 0 mm, and a row of n voxels (n - 1) times the spacing.

    Parameters
    ----------
    inside : ndarray of bool, shape (slices, rows, columns)
        Region; at least one voxel. It need not be connected.
    spacing : tuple of float
        Voxel spacing in mm.

    Examples
    --------
    >>> max_diameter(np.ones((1, 4, 5), bool), (3.0, 1.0, 1.0))
    5.0
    """
    # The two farthest voxels are corners of the convex hull, and no corner lies between two voxels of the region: few
    # voxels are left, and a flat region needs no exception.
    corners = inside.copy()
    corners[1:-1] &= ~(inside[:-2] & inside[2:])
    corners[:, 1:-1] &= ~(inside[:, :-2] & inside[:, 2:])
    corners[:, :, 1:-1] &= ~(inside[:, :, :-2] & inside[:, :, 2:])
    points = np.argwhere(corners)
    if len(points) > _MANY:
        points = _ends_of_lines(points)
    return longest_distance(points * np.array(spacing))


_MANY = 1000
"""Points above which those inside a ragged region are sorted out before all distances are taken."""


def _ends_of_lines(points: np.ndarray) -> np.ndarray:
    """Points that are first or last on all three grid lines through them, as corners of a convex hull are."""
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        order = np.lexsort((points[:, axis], points[:, others[0]], points[:, others[1]]))
        points = points[order]
        new_line = (np.diff(points[:, others], axis=0) != 0).any(axis=1)
        points = points[np.r_[True, new_line] | np.r_[new_line, True]]
    return points


def longest_distance(points: np.ndarray) -> float:
    """Greatest distance of two points; shape (n, 3), at least one."""
    from scipy.spatial.distance import cdist

    return max(
        float(cdist(points[start : start + 500], points).max()) for start in range(0, len(points), 500)
    )
