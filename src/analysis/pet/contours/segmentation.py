"""Segments of a DICOM SEG as masks on the image's grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.dataset import contour_dataset
from analysis.pet.contours.region_names import distinct_names
from analysis.pet.suv.grid import Grid


def segmentation_masks(file: Path, grid: Grid, *, wanted: str | None = None) -> dict[str, np.ndarray]:
    """Mask of each segment, by segment label.

    Frames are placed by their own position in the patient, so that a SEG that stores only the slices it needs, or a
    part of each, comes out whole.

    Parameters
    ----------
    file : Path
        DICOM Segmentation: BINARY, FRACTIONAL (half and above is inside) or LABELMAP.
    grid : Grid
        Grid of the image.
    wanted : str, optional
        Read this segment only.

    Raises
    ------
    ImageError
        If a frame does not lie on the grid, or the file is malformed.

    References
    ----------
    DICOM PS3.3 A.51 and C.8.20.
    """
    with contour_dataset(file) as dataset:
        return _masks(dataset, grid, file, wanted)


def segment_names(file: Path) -> list[str]:
    """Names of the segments of a SEG, each once."""
    with contour_dataset(file) as dataset:
        return list(_labels(dataset).values())


def _labels(dataset: Any) -> dict[int, str]:
    """Name of each segment of a SEG data set, by number."""
    labels = {
        int(item.SegmentNumber): str(item.get("SegmentLabel", "") or "").strip()
        for item in dataset.SegmentSequence
    }
    return distinct_names(labels, kind="segment")


def _masks(dataset: Any, grid: Grid, file: Path, wanted: str | None) -> dict[str, np.ndarray]:
    labels = _labels(dataset)
    masks = {label: np.zeros(grid.shape, bool) for label in labels.values() if wanted in (None, label)}
    kind = str(dataset.get("SegmentationType", "BINARY"))
    frames = np.asarray(dataset.pixel_array)
    if frames.ndim == 2:
        frames = frames[None]
    if kind == "FRACTIONAL":
        frames = frames >= 0.5 * float(dataset.MaximumFractionalValue)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    # What all frames have in common, the segment of a file with one segment too, may stand in the shared groups.
    for frame, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        place = _place(_frame_grid(shared, group, frame.shape, grid), grid, file)
        if kind == "LABELMAP":
            inside = {label: frame == number for number, label in labels.items()}
        else:
            number = int(_group_item(shared, group, "SegmentIdentificationSequence").ReferencedSegmentNumber)
            inside = {labels[number]: frame > 0}
        for label, part in inside.items():
            if label in masks:
                masks[label][place] |= part
    return masks


def _group_item(shared: Any, group: Any, keyword: str) -> Any:
    return (group.get(keyword) or shared.get(keyword))[0]


def _frame_grid(shared: Any, group: Any, shape: tuple[int, ...], grid: Grid) -> Grid:
    position = [float(v) for v in _group_item(shared, group, "PlanePositionSequence").ImagePositionPatient]
    orientation = np.array(
        [float(v) for v in _group_item(shared, group, "PlaneOrientationSequence").ImageOrientationPatient]
    )
    measures = _group_item(shared, group, "PixelMeasuresSequence")
    spacing = [float(v) for v in measures.PixelSpacing]
    # Every second slice of a finer image would lie on this grid, and leave gaps.
    gap = float(measures.get("SpacingBetweenSlices") or grid.spacing[0])
    row, column = orientation[:3], orientation[3:]
    directions = tuple(tuple(float(v) for v in d) for d in (np.cross(row, column), column, row))
    return Grid((1, *shape), tuple(position), (gap, *spacing), directions)  # type: ignore[arg-type]


def _place(frame: Grid, grid: Grid, file: Path) -> tuple[slice | int, ...]:
    """Where a frame lies in the volume; it may be a part of a slice, but voxels must coincide."""
    corners = np.array([(0, 0, 0), (0, frame.shape[1] - 1, frame.shape[2] - 1)])
    index = grid.index(frame.points(corners))
    first = np.rint(index[0]).astype(int)
    last = first + np.array(frame.shape) - 1
    tolerance = np.maximum(0.02, 0.05 / np.array(grid.spacing))
    tolerance[0] = max(tolerance[0], 0.1 / grid.spacing[0])
    if (
        (np.abs(index - np.array([first, last])) > tolerance).any()
        or abs(frame.spacing[0] - grid.spacing[0]) > 0.1 * grid.spacing[0]
        or (first < 0).any()
        or (last >= np.array(grid.shape)).any()
    ):
        raise ImageError(
            f"the mask is on another grid than the image: {frame}", where=file.name, expected=f"the image's grid, {grid}",
            do="use the mask of this image, or resample it and say so",
        )  # fmt: skip
    return (first[0], slice(first[1], last[1] + 1), slice(first[2], last[2] + 1))
