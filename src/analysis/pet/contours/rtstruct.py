"""Contours of a DICOM RTSTRUCT as masks on the image's grid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.dataset import contour_dataset
from analysis.pet.contours.region_names import distinct_names
from analysis.pet.headers.attributes import parse_number
from analysis.pet.suv.grid import Grid


def rtstruct_masks(file: Path, grid: Grid, *, wanted: str | None = None) -> dict[str, np.ndarray]:
    """Mask of each ROI of a structure set, by ROI name.

    A voxel belongs to a contour if its centre lies inside the polygon (even-odd rule). Contours of one ROI on one
    slice combine by exclusive or, so that an inner contour is a hole.

    Parameters
    ----------
    file : Path
        RTSTRUCT file.
    grid : Grid
        Grid of the image the contours were drawn on.
    wanted : str, optional
        Read this ROI only.

    Raises
    ------
    ImageError
        If a contour lies outside the grid or across its slices, is malformed or stored twice, if contours of two
        planes fall into one slice, or if they leave out slices all along.

    References
    ----------
    DICOM PS3.3 C.8.8.6 (ROI Contour).
    """
    with contour_dataset(file) as dataset:
        names = _names(dataset, file)
        masks: dict[str, np.ndarray] = {
            name: np.zeros(grid.shape, bool) for name in names.values() if wanted in (None, name)
        }
        for roi in dataset.get("ROIContourSequence") or []:
            number = _whole(roi.get("ReferencedROINumber"))
            name = names.get(number) if number is not None else None
            if name is None or name not in masks:
                continue
            where = f"{file.name}, ROI {name}"
            depths: dict[int, float] = {}
            for points in _different(_contours(roi, file), where):
                _add(masks[name], points, grid, depths, where=where)
            _no_gaps(sorted(depths.values()), grid, where)
    return masks


def roi_names(file: Path) -> list[str]:
    """Names of the ROIs of a structure set, each once."""
    with contour_dataset(file) as dataset:
        return list(_names(dataset, file).values())


def _names(dataset: Any, file: Path) -> dict[int, str]:
    labels: dict[int, str] = {}
    for item in dataset.get("StructureSetROISequence") or []:
        number = _whole(item.get("ROINumber"))
        if number is None or number in labels:
            raise ImageError(
                "ROINumber (3006,0022) is missing, malformed or used twice",
                where=file.name,
                expected="a number of its own for each ROI",
                do="export the structure set again",
            )
        labels[number] = str(item.get("ROIName", "") or "").strip()
    return distinct_names(labels, kind="ROI")


def _whole(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _contours(roi: Any, file: Path) -> Iterator[np.ndarray]:
    for contour in roi.get("ContourSequence") or []:
        kind = str(contour.get("ContourGeometricType", "CLOSED_PLANAR"))
        if kind not in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR"):
            continue  # points and open lines enclose no volume
        try:
            text = contour.get("ContourData") or []
            values = [parse_number(str(value)) for value in text]
        except (TypeError, ValueError) as problem:
            raise ImageError("ContourData (3006,0050) is malformed", where=file.name) from problem
        if len(values) < 9 or len(values) % 3 or any(value is None for value in values):
            raise ImageError(
                "ContourData (3006,0050) is malformed",
                where=file.name,
                expected="at least three points of three numbers",
            )
        yield np.array(values, float).reshape(-1, 3)


def _different(contours: Iterator[np.ndarray], where: str) -> Iterator[np.ndarray]:
    """The contours; one that is stored twice is refused, since by exclusive or it would erase itself."""
    seen: set[bytes] = set()
    for points in contours:
        key = points.tobytes()
        if key in seen:
            raise ImageError(
                "the same contour is stored twice",
                where=where,
                expected="each contour once",
                do="export the structure set again",
            )
        seen.add(key)
        yield points


def _no_gaps(places: list[float], grid: Grid, where: str) -> None:
    """Refuse a region of three planes or more that leaves out slices all along: it was drawn on thicker slices."""
    if len(places) < 3:
        return
    step = float(np.median(np.diff(places)))
    if step > 1.25:
        raise ImageError(
            f"the contours lie {step:.1f} slices apart, with none between: they were drawn on thicker slices",
            where=where,
            expected=f"contours on the grid {grid}",
            do="use the contours of this image",
        )


def _add(mask: np.ndarray, points: np.ndarray, grid: Grid, depths: dict[int, float], *, where: str) -> None:
    from skimage.draw import polygon2mask

    index = grid.index(points)
    plane = index[:, 0]
    if np.ptp(plane) > 0.1:
        raise ImageError(
            "a contour does not lie in the plane of a slice",
            where=where,
            expected=f"contours on the grid {grid}",
        )
    place = float(np.median(plane))
    nearest = round(place)
    if not 0 <= nearest < grid.shape[0] or abs(place - nearest) > 0.5 + 1e-6:
        raise ImageError(
            f"a contour lies at slice {place:.1f}, outside the image", where=where, expected=f"contours on the grid {grid}",
            do="use the contours of this image",
        )  # fmt: skip
    if abs(depths.setdefault(nearest, place) - place) > 0.1:
        # Their exclusive or would erase the lesion: they were drawn on an image with thinner slices.
        raise ImageError(
            f"contours of two planes fall into slice {nearest}: they were drawn on another grid",
            where=where,
            expected=f"contours on the grid {grid}",
            do="use the contours of this image",
        )
    inplane = index[:, 1:]
    limits = np.array(grid.shape[1:])
    if (inplane < -0.5 - 1e-6).any() or (inplane > limits - 0.5 + 1e-6).any():
        raise ImageError(
            "a contour leaves the image",
            where=where,
            expected=f"contours on the grid {grid}",
            do="use the contours of this image",
        )
    # Only the polygon's bounding box is tested, which is exact and fast for small lesions in large slices.
    low = np.floor(inplane.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(inplane.max(axis=0)).astype(int) + 1, limits)
    inside = polygon2mask(tuple(high - low), inplane - low)
    mask[nearest, low[0] : high[0], low[1] : high[1]] ^= inside
