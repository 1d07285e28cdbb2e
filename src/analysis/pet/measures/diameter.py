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
    # The two farthest voxels are corners of the convex hull, and a corner is first or last on all three grid lines
    # through it: few voxels are, and a flat region needs no exception.
    corners = inside.copy()
    for axis in range(3):
        index = np.expand_dims(np.arange(inside.shape[axis]), [other for other in range(3) if other != axis])
        first = inside.argmax(axis=axis, keepdims=True)
        last = inside.shape[axis] - 1 - np.flip(inside, axis).argmax(axis=axis, keepdims=True)
        corners &= (index == first) | (index == last)
    return longest_distance(np.argwhere(corners) * np.array(spacing))


def longest_distance(points: np.ndarray) -> float:
    """Greatest distance of two points; shape (n, 3), at least one."""
    from scipy.spatial.distance import cdist

    return max(
        float(cdist(points[start : start + 500], points).max()) for start in range(0, len(points), 500)
    )
