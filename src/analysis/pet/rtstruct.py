"""Contours of a DICOM RTSTRUCT as masks on the image's grid."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.attributes import parse_number
from analysis.pet.grid import Grid


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
        If a contour lies outside the grid or across its slices, if contours of two planes fall into one slice, or if one
    is malformed.

    References
    ----------
    DICOM PS3.3 C.8.8.6 (ROI Contour).
    """
    dataset = read_dataset(file)
    names = {}
    for item in _sequence(dataset, "StructureSetROISequence"):
        names[str(item.get("ROINumber", ""))] = str(item.get("ROIName", "")).strip()
    masks: dict[str, np.ndarray] = {
        name: np.zeros(grid.shape, bool) for name in names.values() if wanted in (None, name)
    }
    for roi in _sequence(dataset, "ROIContourSequence"):
        name = names.get(str(roi.get("ReferencedROINumber", "")))
        if name is None or name not in masks:
            continue
        depths: dict[int, float] = {}
        for points in _contours(roi, file):
            _add(masks[name], points, grid, depths, where=f"{file.name}, ROI {name}")
    return masks


def roi_names(file: Path) -> list[str]:
    """Names of the ROIs of a structure set."""
    return [
        str(item.get("ROIName", "")).strip()
        for item in _sequence(read_dataset(file), "StructureSetROISequence")
    ]


def read_dataset(file: Path) -> Any:
    """Data set of a DICOM file of contours, read by pydicom.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(file)
        except Exception as problem:
            # pydicom raises many kinds; each means that this file is not what it should be.
            raise ImageError(
                f"the contour file cannot be read ({str(problem)[:120]})",
                where=file.name,
                expected="DICOM SEG or RTSTRUCT",
            ) from problem
    return dataset


def _sequence(dataset: Any, keyword: str) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(dataset.get(keyword) or [])
        except (TypeError, ValueError, KeyError, AttributeError):
            return []


def _contours(roi: Any, file: Path) -> Iterator[np.ndarray]:
    for contour in _sequence(roi, "ContourSequence"):
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
