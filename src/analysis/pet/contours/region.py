"""A region of interest, kept as the part of the grid it covers: a hundred lesions cost no hundred volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.pet.suv.grid import Grid

_BLOCK = 8
"""Voxels along an edge of the blocks in which the parts of a mask are looked for."""


@dataclass(frozen=True)
class Region:
    """Mask of one region, cut to its bounding box.

    Parameters
    ----------
    shape : tuple of int
        Shape of the grid: slices, rows, columns.
    low : tuple of int
        Index of the box's first voxel.
    inside : ndarray of bool
        The mask within the box; of size 0 when the region holds no voxel.
    """

    shape: tuple[int, int, int]
    low: tuple[int, int, int] = (0, 0, 0)
    inside: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), bool))

    @classmethod
    def of_voxels(cls, voxels: np.ndarray, shape: tuple[int, int, int]) -> Region:
        """Region of the voxels with these indices; shape (n, 3), a voxel may be named twice."""
        if not len(voxels):
            return cls(shape)
        low = voxels.min(axis=0)
        inside = np.zeros(voxels.max(axis=0) - low + 1, bool)
        inside[tuple((voxels - low).T)] = True
        return cls(shape, (int(low[0]), int(low[1]), int(low[2])), inside)

    @classmethod
    def of_mask(cls, mask: np.ndarray) -> Region:
        """Region of a mask of the whole grid."""
        box = []
        part = mask
        for axis in range(3):
            line = np.flatnonzero(part.any(axis=tuple(a for a in range(3) if a != axis)))
            if not len(line):
                return cls(mask.shape)  # type: ignore[arg-type]
            box.append(int(line[0]))
            part = part[(slice(None),) * axis + (slice(int(line[0]), int(line[-1]) + 1),)]
        return cls(mask.shape, tuple(box), part.copy())  # type: ignore[arg-type]

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        return int(np.count_nonzero(self.inside))

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Where the bounding box lies in the grid."""
        first, second, third = (slice(a, a + n) for a, n in zip(self.low, self.inside.shape, strict=True))
        return first, second, third

    def centre(self, grid: Grid) -> tuple[float, float, float]:
        """Centre of its voxels in patient coordinates, mm: the same however the patient lay; nan if it holds none."""
        if not self.voxels:
            return np.nan, np.nan, np.nan
        index = np.argwhere(self.inside).mean(axis=0) + self.low
        x, y, z = grid.points(index[None])[0]
        return float(x), float(y), float(z)

    def overlaps(self, other: Region) -> bool:
        """Whether a voxel lies in both; of one grid."""
        low = np.maximum(self.low, other.low)
        high = np.minimum(np.add(self.low, self.inside.shape), np.add(other.low, other.inside.shape))
        if (low >= high).any():
            return False
        parts = [
            region.inside[
                tuple(slice(a, b) for a, b in zip(low - region.low, high - region.low, strict=True))
            ]
            for region in (self, other)
        ]
        return bool((parts[0] & parts[1]).any())

    def full(self) -> np.ndarray:
        """Mask of the whole grid."""
        mask = np.zeros(self.shape, bool)
        mask[self.box] = self.inside
        return mask

    def surroundings(self, reach: np.ndarray) -> tuple[tuple[slice, ...], np.ndarray]:
        """Box enlarged by a number of voxels along each axis, as far as the grid goes, and the mask within it.

        >>> region = Region.of_voxels(np.array([[1, 5, 5]]), (3, 9, 9))
        >>> [(part.start, part.stop) for part in region.surroundings(np.array([2, 1, 0]))[0]]
        [(0, 3), (4, 7), (5, 6)]
        """
        low = np.maximum(np.array(self.low) - reach, 0)
        high = np.minimum(np.array(self.low) + self.inside.shape + reach, self.shape)
        part = np.zeros(high - low, bool)
        start = np.array(self.low) - low
        part[tuple(slice(a, a + n) for a, n in zip(start, self.inside.shape, strict=True))] = self.inside
        return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True)), part


@dataclass(frozen=True)
class Regions:
    """The regions of one contour file on the image's grid.

    Parameters
    ----------
    by_name : mapping of str to Region
        Each region by its own name.
    warnings : tuple of str
        What was decided or left out on reading.
    proposals : frozenset of str
        Regions that no person drew or checked, as the file says: SegmentAlgorithmType (0062,0008) or ROI Generation
        Algorithm (3006,0036) is AUTOMATIC.
    """

    by_name: Mapping[str, Region]
    warnings: tuple[str, ...] = ()
    proposals: frozenset[str] = frozenset()

    def named(self, names: Mapping[str, str], grid: Grid) -> Regions:
        """The regions under other names; several that are given one name become one region.

        >>> grid = Grid((1, 1, 4), (0, 0, 0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)), (1, 1, 1))
        >>> each = {name: Region.of_voxels(np.array([[0, 0, i]]), grid.shape) for i, name in enumerate("abc")}
        >>> {name: region.voxels for name, region in Regions(each).named({"a": "L1", "b": "L1"}, grid).by_name.items()}
        {'L1': 2, 'c': 1}
        """
        parts: dict[str, dict[str, Region]] = {}
        for name, region in self.by_name.items():
            parts.setdefault(names.get(name, name), {})[name] = region
        whole = {
            lesion: next(iter(mine.values())) if len(mine) == 1 else Region.of_mask(union(mine, grid))
            for lesion, mine in parts.items()
        }
        return Regions(whole, self.warnings, frozenset(names.get(name, name) for name in self.proposals))


def connected_regions(mask: np.ndarray) -> list[Region]:
    """The parts of a mask whose voxels touch by a face, an edge or a corner; none of an empty mask.

    Blocks that hold voxels are joined first, and only what lies in joined blocks is looked at voxel by voxel: the empty
    rest of the grid costs one pass.

    >>> two = np.zeros((1, 3, 5), bool)
    >>> two[0, 0, :2] = two[0, 2, 4] = True
    >>> [(region.low, region.voxels) for region in connected_regions(two)]
    [((0, 0, 0), 2), ((0, 2, 4), 1)]
    """
    from scipy import ndimage

    touching = np.ones((3, 3, 3), bool)
    voxels = np.stack(np.unravel_index(np.flatnonzero(mask), mask.shape), axis=1)
    if not len(voxels):
        return []
    # Voxels that touch lie in one block or in two that touch.
    blocks = np.zeros(np.array(mask.shape) // _BLOCK + 1, bool)
    within = tuple((voxels // _BLOCK).T)
    blocks[within] = True
    group = ndimage.label(blocks, touching)[0][within]  # type: ignore[index]
    order = np.argsort(group, kind="stable")
    found = []
    for part in np.split(voxels[order], np.flatnonzero(np.diff(group[order])) + 1):
        joined = Region.of_voxels(part, mask.shape)  # type: ignore[arg-type]
        labels, count = ndimage.label(joined.inside, touching)  # type: ignore[misc]
        if count == 1:
            found.append(joined)
            continue
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            low = [piece.start + first for piece, first in zip(place, joined.low, strict=True)]
            found.append(Region(joined.shape, (low[0], low[1], low[2]), labels[place] == number))
    return sorted(found, key=lambda region: region.low)


def union(regions: Mapping[str, Region], grid: Grid) -> np.ndarray:
    """Voxels of any region, as a mask of the whole grid."""
    mask = np.zeros(grid.shape, bool)
    for region in regions.values():
        mask[region.box] |= region.inside
    return mask
