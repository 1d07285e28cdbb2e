"""Contours of a DICOM RTSTRUCT as regions on the image's grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.dataset import contour_dataset
from analysis.pet.contours.lattice import resampling_note
from analysis.pet.contours.polygons import Outline, filled, outline_of, planes_of
from analysis.pet.contours.region import Regions
from analysis.pet.contours.region_names import distinct_names
from analysis.pet.headers.attributes import parse_number
from analysis.pet.suv.grid import Grid

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


def rtstruct_regions(file: Path, grid: Grid, *, wanted: str | None = None, resample: bool = False) -> Regions:
    """Each ROI of a structure set, by ROI name.

    A voxel belongs to a contour if its centre lies inside the polygon (even-odd rule); a contour belongs to the
    nearest slice. Contours of one ROI on one slice combine by exclusive or, so that an inner contour is a hole. Points
    and open lines enclose no volume: they are left out, with a warning.

    Parameters
    ----------
    file : Path
        RTSTRUCT file.
    grid : Grid
        Grid of the image the contours were drawn on.
    wanted : str, optional
        Read this ROI only.
    resample : bool
        Whether contours drawn on slices of another thickness are taken over, instead of refused: each slice of the
        image then takes the nearest plane of contours within half the distance of the planes.

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
        drawn, notes = _outlines(dataset, names, grid, file, wanted)
        regions = {}
        for name, outlines in drawn.items():
            where = f"{file.name}, ROI {name}"
            planes, doubts = planes_of(outlines, grid, where=where, resample=resample)
            regions[name], more = filled(planes, grid)
            notes += [f"ROI {name}: {doubt}" for doubt in (*doubts, *more)]
            if planes.resampled:
                after = regions[name].voxels * grid.voxel_ml
                notes.append(resampling_note(name, planes.volume_ml(grid), after))
        return Regions(regions, tuple(notes), frozenset(_automatic(dataset, names) & regions.keys()))


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
    for item in dataset.get("ROIContourSequence") or []:
        number = _whole(item.get("ReferencedROINumber"))
        if number is None:
            raise ImageError(
                "ReferencedROINumber (3006,0084) is missing or malformed", where=file.name,
                expected="the number of an ROI", do="export the structure set again",
            )  # fmt: skip
        labels.setdefault(number, "")  # contours that nobody named are still contours
    return distinct_names(labels, kind="ROI")


def _whole(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _automatic(dataset: Any, names: Mapping[int, str]) -> set[str]:
    return {
        names[int(item.ROINumber)]
        for item in dataset.get("StructureSetROISequence") or []
        if str(item.get("ROIGenerationAlgorithm", "") or "").upper() == "AUTOMATIC"
    }


def _outlines(
    dataset: Any, names: Mapping[int, str], grid: Grid, file: Path, wanted: str | None
) -> tuple[dict[str, list[Outline]], list[str]]:
    """Closed contours of each ROI in the image's indices, and what was left out."""
    drawn: dict[str, list[Outline]] = {name: [] for name in names.values() if wanted in (None, name)}
    other: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, bytes]] = set()
    for roi in dataset.get("ROIContourSequence") or []:
        name = names[int(roi.ReferencedROINumber)]
        if name not in drawn:
            continue
        where = f"{file.name}, ROI {name}"
        for contour in roi.get("ContourSequence") or []:
            kind = str(contour.get("ContourGeometricType", "") or "CLOSED_PLANAR").upper()
            if kind not in _CLOSED:
                other[name, kind] += 1
                continue
            points = _points(contour, file)
            if (name, points.tobytes()) in seen:
                # By exclusive or it would erase itself.
                raise ImageError(
                    "the same contour is stored twice", where=where, expected="each contour once",
                    do="export the structure set again",
                )  # fmt: skip
            seen.add((name, points.tobytes()))
            drawn[name].append(outline_of(points, grid, where=where))
    return drawn, [
        f"ROI {name}: {count} contour(s) of type {kind[:20]} enclose no volume and are left out"
        for (name, kind), count in other.items()
    ]


def _points(contour: Any, file: Path) -> np.ndarray:
    try:
        text: Sequence[Any] = contour.get("ContourData") or []
        values = [parse_number(str(value)) for value in text]
    except (TypeError, ValueError) as problem:
        raise ImageError("ContourData (3006,0050) is malformed", where=file.name) from problem
    if len(values) < 9 or len(values) % 3 or any(value is None for value in values):
        raise ImageError(
            "ContourData (3006,0050) is malformed",
            where=file.name,
            expected="at least three points of three numbers",
        )
    return np.array(values, float).reshape(-1, 3)
