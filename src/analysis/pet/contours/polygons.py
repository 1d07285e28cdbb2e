"""Closed planar contours as voxels: a voxel is inside if its centre is, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.region import Region
from analysis.pet.suv.grid import Grid

_SAME_PLANE = 0.1
"""Slices by which contours of one plane may differ: positions are often rounded to a tenth of a millimetre."""


@dataclass(frozen=True)
class Outline:
    """A closed contour in the image's indices: the slice it lies at, and its (row, column) corners."""

    place: float
    corners: np.ndarray


@dataclass(frozen=True)
class Planes:
    """The contours of each slice of one ROI.

    Parameters
    ----------
    slices : mapping of int to sequence of Outline
        Contours that fall into each slice.
    resampled : bool
        Whether slices took contours of planes that are not their own.
    step : float
        Distance of the planes, in slices.
    drawn : sequence of sequence of Outline
        Contours of each plane as they were drawn.
    """

    slices: Mapping[int, Sequence[Outline]]
    resampled: bool
    step: float
    drawn: Sequence[Sequence[Outline]]

    def volume_ml(self, grid: Grid) -> float:
        """Volume of the contours as drawn: enclosed area by exclusive or, times the distance of the planes."""
        area = sum(_area(plane) for plane in self.drawn)
        return area * self.step * grid.voxel_ml


def outline_of(points: np.ndarray, grid: Grid, *, where: str) -> Outline:
    """A contour in the image's indices.

    Raises
    ------
    ImageError
        If it does not lie in the plane of a slice.
    """
    # DS holds 16 characters: what differs less is rounding, and must not decide about centres on a contour.
    index = np.round(grid.index(points), 5)
    if np.ptp(index[:, 0]) > _SAME_PLANE:
        raise ImageError(
            "a contour does not lie in the plane of a slice",
            where=where,
            expected=f"contours on the grid {grid}",
        )
    return Outline(float(np.median(index[:, 0])), index[:, 1:])


def planes_of(
    outlines: Sequence[Outline], grid: Grid, *, where: str, resample: bool
) -> tuple[Planes, list[str]]:
    """Which contours fall into which slice, and doubts about it.

    Raises
    ------
    ImageError
        If contours leave the image; or, unless they may be resampled, if two planes fall into one slice or planes
        leave out slices all along.
    """
    planes = _by_plane(outlines)
    places = np.array(list(planes))
    step = float(np.median(np.diff(places))) if len(places) > 1 else 1.0
    problem = _outside(outlines, grid, where) or ("" if resample else _misfit(places, step))
    if isinstance(problem, ImageError):
        raise problem
    if problem:
        raise ImageError(
            problem, where=where, expected=f"contours on the grid {grid}",
            do="use the contours of this image; or ask for resampling (quantify --resample; resample_contours: yes in study.yml)",
        )  # fmt: skip
    if resample and _misfit(places, step):
        slices = {}
        for index in range(grid.shape[0]):
            nearest = int(np.abs(places - index).argmin())
            if abs(places[nearest] - index) <= step / 2 + 1e-6:
                slices[index] = planes[places[nearest]]
        return Planes(slices, True, step, tuple(planes.values())), []
    slices = {_nearest(place, grid): plane for place, plane in planes.items()}
    off = float(np.abs(places - np.rint(places)).max()) if len(places) else 0.0
    doubts = [f"contours lie up to {off:.2f} slices from the slice they are taken to"] if off > 0.25 else []
    return Planes(slices, False, 1.0, tuple(planes.values())), doubts


def filled(planes: Planes, grid: Grid) -> tuple[Region, list[str]]:
    """Voxels inside the contours of each slice, and doubts."""
    voxels, crossing = [np.zeros((0, 3), int)], 0
    for index, outlines in planes.slices.items():
        mask = np.zeros(grid.shape[1:], bool)
        for outline in outlines:
            box, inside = _inside(outline.corners, grid)
            common = np.count_nonzero(mask[box] & inside)
            # A hole lies in what is drawn, or the other way round; what does neither crosses it.
            crossing += 0 < common < min(np.count_nonzero(inside), np.count_nonzero(mask))
            mask[box] ^= inside
        rows, columns = np.nonzero(mask)
        voxels.append(np.stack([np.full_like(rows, index), rows, columns], axis=1))
    doubts = [f"{crossing} contour(s) cross another; what both enclose is outside"] if crossing else []
    return Region.of_voxels(np.concatenate(voxels), grid.shape), doubts


def _inside(corners: np.ndarray, grid: Grid) -> tuple[tuple[slice, slice], np.ndarray]:
    """Bounding box of a polygon, and which of its voxels' centres lie inside; those on the line are inside."""
    from skimage.draw import polygon2mask

    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, grid.shape[1:])
    return (slice(low[0], high[0]), slice(low[1], high[1])), polygon2mask(tuple(high - low), corners - low)


def _by_plane(outlines: Sequence[Outline]) -> dict[float, list[Outline]]:
    planes: dict[float, list[Outline]] = {}
    last = None
    for outline in sorted(outlines, key=lambda each: each.place):
        if last is None or outline.place - last > _SAME_PLANE:
            last = outline.place
        planes.setdefault(last, []).append(outline)
    return planes


def _outside(outlines: Sequence[Outline], grid: Grid, where: str) -> ImageError | None:
    limits = np.array(grid.shape[1:])
    for outline in outlines:
        what = ""
        if not -0.5 - 1e-4 <= outline.place <= grid.shape[0] - 0.5 + 1e-4:
            what = f"a contour lies at slice {outline.place:.1f}, outside the image"
        elif (outline.corners < -0.5 - 1e-4).any() or (outline.corners > limits - 0.5 + 1e-4).any():
            what = "a contour leaves the image"
        if what:
            return ImageError(
                what,
                where=where,
                expected=f"contours on the grid {grid}",
                do="use the contours of this image",
            )
    return None


def _misfit(places: np.ndarray, step: float) -> str:
    """Why contours were not drawn on this image's slices; empty if they may have been."""
    slices = np.floor(places + 0.5)
    shared = slices[1:][np.diff(slices) == 0]
    if len(shared):
        return f"contours of two planes fall into slice {shared[0]:.0f}: they were drawn on another grid"
    if len(places) > 2 and step > 1.25:
        return (
            f"the contours lie {step:.1f} slices apart, with none between: they were drawn on thicker slices"
        )
    return ""


def _nearest(place: float, grid: Grid) -> int:
    return int(min(max(np.floor(place + 0.5), 0), grid.shape[0] - 1))


def _area(plane: Sequence[Outline]) -> float:
    """Area in voxels that the contours of a plane enclose: each counts against those it lies in."""
    from skimage.measure import points_in_poly

    total = 0.0
    for outline in plane:
        r, c = outline.corners.T
        size = abs(float(r @ np.roll(c, 1) - c @ np.roll(r, 1))) / 2
        depth = sum(
            bool(points_in_poly(outline.corners[:1], other.corners)[0])
            for other in plane
            if other is not outline
        )
        total += size if depth % 2 == 0 else -size
    return total
