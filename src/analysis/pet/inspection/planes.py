"""Axial, coronal and sagittal planes through a lesion, with the outlines of what is contoured there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import ImageError
from analysis.pet.inspection.scan_images import ScanImage, ScanImages
from analysis.pet.suv.grid import Grid

_PLANES = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "H", "F"), "sagittal": ("A", "P", "H", "F")}
_SMALLEST_FIELD_MM, _MARGIN_MM = 100.0, 30.0


@dataclass(frozen=True)
class Plane:
    """One plane through a lesion, as it is looked at.

    Parameters
    ----------
    name : {"axial", "coronal", "sagittal"}
        Which plane.
    edges : tuple of str
        What lies at its left, right, top and bottom: R, L, A(nterior), P(osterior), H(ead), F(eet).
    suv : ndarray of float32, shape (rows, columns)
        SUV; NaN beyond the image.
    lesion, others : ndarray of bool, same shape
        The lesion, and all other contoured lesions.
    spacing : tuple of float
        Distance of rows and of columns in mm.
    cross : tuple of float
        Row and column of the point through which the planes go.
    """

    name: str
    edges: tuple[str, ...]
    suv: NDArray[np.float32]
    lesion: NDArray[np.bool_]
    others: NDArray[np.bool_]
    spacing: tuple[float, float]
    cross: tuple[float, float]


@dataclass(frozen=True)
class LesionPlanes:
    """The three planes through one lesion at one visit.

    Parameters
    ----------
    visit, lesion : str
        Which.
    planes : tuple of Plane
        Axial, coronal and sagittal; empty if the place lies outside the scan.
    contoured : bool
        Whether the lesion is contoured at this visit; otherwise the planes go through the place where it lay
        in scanner coordinates, which are not registered between visits.
    notes : tuple of str
        What is written beside the planes: the lesion's measures.
    """

    visit: str
    lesion: str
    planes: tuple[Plane, ...]
    contoured: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Turned:
    """A grid's axes in the order and direction of the patient: to the head, to the back, to the left."""

    axes: tuple[int, ...]
    flipped: tuple[bool, ...]
    spacing: tuple[float, ...]

    def array(self, volume: np.ndarray) -> np.ndarray:
        """Return the volume so turned; a view."""
        turned = volume.transpose(self.axes)
        return turned[tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)]

    def index(self, index: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
        """Return where a voxel of the grid lies in the turned volume."""
        size = np.array(shape)[list(self.axes)]
        moved = np.asarray(index, float)[list(self.axes)]
        return np.where(self.flipped, size - 1 - moved, moved)


def _turned(grid: Grid) -> _Turned:
    """How a grid is turned so that its axes go to the head, the back and the left, as nearly as they can."""
    along = np.array(grid.directions)[:, [2, 1, 0]]  # rows: axes of the grid; columns: head, back, left
    best = max(
        itertools.permutations(range(3)),
        key=lambda axes: sum(abs(along[axis, patient]) for patient, axis in enumerate(axes)),
    )
    flipped = tuple(bool(along[axis, patient] < 0) for patient, axis in enumerate(best))
    return _Turned(best, flipped, tuple(grid.spacing[axis] for axis in best))


def hottest_point(image: ScanImage, lesion: str) -> NDArray[np.float64]:
    """Place of a lesion's hottest voxel in patient coordinates, mm; the first of several.

    Raises
    ------
    ImageError
        If the scan has no such lesion, or its mask is empty.
    """
    mask = image.lesions.get(lesion)
    if mask is None or not mask.any():
        raise ImageError(
            f"the scan has no lesion {lesion!r}",
            where=image.visit,
            expected="one of " + ", ".join(image.lesions),
            offenders=(lesion,),
        )
    voxels = np.argwhere(mask)
    return image.volume.grid.points(voxels[np.argmax(image.volume.suv[mask])])


def lesion_planes(
    image: ScanImage,
    lesion: str,
    *,
    at: NDArray[np.float64] | None = None,
    field_mm: float = _SMALLEST_FIELD_MM,
    notes: Sequence[str] = (),
) -> LesionPlanes:
    """Planes through one lesion of a scan, a square field around it, as a radiologist looks at them.

    Axial and coronal planes have the patient's right on the left, the coronal and sagittal ones the head up,
    the sagittal one the front on the left. An oblique grid is shown along its own axes nearest to these.

    Parameters
    ----------
    image : ScanImage
        The scan.
    lesion : str
        The lesion; need not be contoured if ``at`` is given.
    at : ndarray of float, shape (3,), optional
        Point in patient coordinates, mm; the lesion's hottest voxel when not given.
    field_mm : float
        Width and height of the field.
    notes : sequence of str
        What is written beside the planes.

    Raises
    ------
    ImageError
        If the lesion is not contoured and no point is given.
    """
    point = hottest_point(image, lesion) if at is None else np.asarray(at, float)
    grid, turned = image.volume.grid, _turned(image.volume.grid)
    mask = image.lesions.get(lesion)
    contoured = mask is not None and bool(mask.any())
    centre = turned.index(grid.index(point), grid.shape)
    nearest = np.rint(centre).astype(int)
    suv = turned.array(image.volume.suv)
    if ((nearest < 0) | (nearest >= suv.shape)).any():
        return LesionPlanes(image.visit, lesion, (), contoured, tuple(notes))
    rest = [other for name, other in image.lesions.items() if name != lesion]
    nothing = np.broadcast_to(np.False_, suv.shape)
    own = nothing if mask is None else turned.array(mask)
    others = [turned.array(other) for other in rest]
    half = [max(1, round(field_mm / 2 / step)) for step in turned.spacing]
    planes = []
    for normal, (name, edges) in enumerate(_PLANES.items()):
        rows, columns = (axis for axis in range(3) if axis != normal)
        # slices ascend to the head, pictures descend to the feet
        down = -1 if rows == 0 else 1
        cuts = [
            _window(
                layer.take(nearest[normal], axis=normal),
                nearest[[rows, columns]],
                (half[rows], half[columns]),
            )[::down]
            for layer in (suv, own, *others)
        ]
        planes.append(
            Plane(
                name=name,
                edges=edges,
                suv=cuts[0],
                lesion=cuts[1],
                others=np.logical_or.reduce([np.zeros_like(cuts[1]), *cuts[2:]]),
                spacing=(turned.spacing[rows], turned.spacing[columns]),
                cross=(float(half[rows]), float(half[columns])),
            )
        )
    return LesionPlanes(image.visit, lesion, tuple(planes), contoured, tuple(notes))


def lesion_at_visits(
    images: ScanImages, patient_id: str, lesion: str, *, notes: dict[str, Sequence[str]] | None = None
) -> tuple[LesionPlanes, ...]:
    """Planes through one lesion at each visit of a patient, all of one field that holds the lesion.

    Where the lesion is not contoured the planes go through its place at the last visit that has it (the first
    such visit, for visits before it).

    Parameters
    ----------
    images : ScanImages
        Scans of the study; one is read at a time.
    patient_id, lesion : str
        Which lesion.
    notes : dict, optional
        What is written beside the planes, by visit.

    Raises
    ------
    ImageError
        If no visit has the lesion.
    """
    visits = images.visits(patient_id)
    points: dict[str, NDArray[np.float64]] = {}
    field = _SMALLEST_FIELD_MM
    for visit in visits:
        image = images.open(patient_id, visit)
        mask = image.lesions.get(lesion)
        if mask is not None and mask.any():
            points[visit] = hottest_point(image, lesion)
            field = max(field, _extent_mm(mask, image.volume.grid) + 2 * _MARGIN_MM)
    if not points:
        raise ImageError("no visit has this lesion", where=lesion, expected="a lesion with contours")
    shown, last = [], next(iter(points.values()))
    for visit in visits:
        last = points.get(visit, last)
        beside = (notes or {}).get(visit, ())
        image = images.open(patient_id, visit)
        shown.append(lesion_planes(image, lesion, at=last, field_mm=field, notes=beside))
    return tuple(shown)


def _extent_mm(mask: NDArray[np.bool_], grid: Grid) -> float:
    """Return the longest edge of a mask's box, mm."""
    voxels = np.argwhere(mask)
    return float(((voxels.max(axis=0) - voxels.min(axis=0) + 1) * np.array(grid.spacing)).max())


def _window(plane: np.ndarray, centre: np.ndarray, half: tuple[int, int]) -> np.ndarray:
    """Part of a plane around a pixel, of odd size; NaN (or no) beyond the plane."""
    blank = np.nan if plane.dtype.kind == "f" else False
    part = np.full((2 * half[0] + 1, 2 * half[1] + 1), blank, plane.dtype)
    start = centre - np.array(half)
    low, high = np.maximum(start, 0), np.minimum(centre + np.array(half) + 1, plane.shape)
    here = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    there = tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))
    part[there] = plane[here]
    return part
