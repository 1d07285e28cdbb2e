"""Segments of a DICOM SEG as regions on the image's grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.dataset import contour_dataset
from analysis.pet.contours.lattice import (
    Lattice,
    common_lattice,
    other_grid,
    resampled,
    resampling_note,
    within,
)
from analysis.pet.contours.region import Region, Regions
from analysis.pet.contours.region_names import distinct_names
from analysis.pet.suv.grid import Grid

_BACKGROUND = "125040"
"""DCM code by which a label map describes what is no segment."""


@dataclass(frozen=True)
class _Frame:
    """One stored frame: its grid, its voxels with a value, and the segment of each."""

    grid: Grid
    pixels: np.ndarray
    segments: np.ndarray


def segmentation_regions(
    file: Path, grid: Grid, *, wanted: str | None = None, resample: bool = False
) -> Regions:
    """Each segment, by segment label.

    Frames are placed by their own position and orientation in the patient: their order, the slices that are left out,
    a part of a slice, and axes that run the other way make no difference.

    Parameters
    ----------
    file : Path
        DICOM Segmentation: BINARY, FRACTIONAL (half and above is inside, with a warning) or LABELMAP.
    grid : Grid
        Grid of the image.
    wanted : str, optional
        Read this segment only.
    resample : bool
        Whether a SEG on another grid is resampled instead of refused.

    Raises
    ------
    ImageError
        If a frame does not lie on the grid, or the file is malformed.

    References
    ----------
    DICOM PS3.3 A.51 and C.8.20 (LABELMAP: C.8.20.2, since 2024).
    """
    with contour_dataset(file) as dataset:
        labels = _labels(dataset)
        notes = _doubts(dataset)
        frames = list(_frames(dataset, labels, file))
        own, lattices = _lattices(frames, grid, resample, file)
        regions = {}
        for number, name in labels.items():
            if wanted in (None, name):
                regions[name] = _region(frames, lattices, number, own or grid, file)
                if own is not None:
                    before = regions[name].voxels * own.voxel_ml
                    regions[name] = resampled(regions[name], own, grid)
                    notes.append(resampling_note(name, before, regions[name].voxels * grid.voxel_ml))
        return Regions(regions, tuple(notes), frozenset(_automatic(dataset, labels) & regions.keys()))


def segment_names(file: Path) -> list[str]:
    """Names of the segments of a SEG, each once."""
    with contour_dataset(file) as dataset:
        return list(_labels(dataset).values())


def _labels(dataset: Any) -> dict[int, str]:
    """Name of each segment of a SEG data set, by number; the background that a label map may describe is none."""
    padding = dataset.get("PixelPaddingValue")
    is_map = _kind(dataset) == "LABELMAP"
    labels: dict[int, str] = {}
    for item in dataset.SegmentSequence:
        number = int(item.SegmentNumber)
        if is_map and (number == (0 if padding is None else int(padding)) or _type_code(item) == _BACKGROUND):
            continue
        if number in labels:
            raise ImageError(
                f"segment number {number} is used twice", expected="a number of its own for each segment"
            )
        labels[number] = str(item.get("SegmentLabel", "") or "").strip()
    return distinct_names(labels, kind="segment")


def _type_code(item: Any) -> str:
    found = item.get("SegmentedPropertyTypeCodeSequence")
    return str(found[0].get("CodeValue", "")) if found else ""


def _kind(dataset: Any) -> str:
    kind = str(dataset.get("SegmentationType", "BINARY")).upper()
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise ImageError(
            f"SegmentationType (0062,0001) is {kind[:20]}", expected="BINARY, FRACTIONAL or LABELMAP"
        )
    return kind


def _automatic(dataset: Any, labels: Mapping[int, str]) -> set[str]:
    return {
        labels[int(item.SegmentNumber)]
        for item in dataset.SegmentSequence
        if str(item.get("SegmentAlgorithmType", "")).upper() == "AUTOMATIC"
        and int(item.SegmentNumber) in labels
    }


def _doubts(dataset: Any) -> list[str]:
    if _kind(dataset) != "FRACTIONAL":
        return []
    meaning = str(dataset.get("SegmentationFractionalType", "") or "of unknown meaning").lower()
    return [f"the SEG is fractional ({meaning}): voxels of one half and above are taken as inside"]


def _frames(dataset: Any, labels: Mapping[int, str], file: Path) -> Iterator[_Frame]:
    kind = _kind(dataset)
    pixels = np.asarray(dataset.pixel_array)
    if pixels.ndim == 2:
        pixels = pixels[None]
    least = 0.5 * float(dataset.MaximumFractionalValue) if kind == "FRACTIONAL" else 0.0
    background = int(dataset.get("PixelPaddingValue") or 0) if kind == "LABELMAP" else 0
    # What all frames have in common, the segment of a file with one segment too, may stand in the shared groups.
    shared = dataset.SharedFunctionalGroupsSequence[0]
    for frame, group in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        inside = frame >= least if kind == "FRACTIONAL" else frame != background
        places = np.flatnonzero(inside)
        if kind == "LABELMAP":
            segments = frame.reshape(-1)[places].astype(int)
        else:
            number = _group_item(shared, group, "SegmentIdentificationSequence", file).ReferencedSegmentNumber
            segments = np.full(len(places), int(number))
        strange = set(np.unique(segments).tolist()) - labels.keys()
        if kind == "LABELMAP":
            strange -= {int(i.SegmentNumber) for i in dataset.SegmentSequence}
        if strange:
            raise ImageError(
                f"pixels belong to segment {min(strange)}, which the file does not describe",
                where=file.name, expected="one of " + ", ".join(map(str, labels)), do="export the contours again",
            )  # fmt: skip
        row, column = np.divmod(places, frame.shape[1])
        voxels = np.stack([np.zeros_like(row), row, column], axis=1)
        yield _Frame(_frame_grid(shared, group, frame.shape, file), voxels, segments)


def _group_item(shared: Any, group: Any, keyword: str, file: Path) -> Any:
    found = group.get(keyword) or shared.get(keyword)
    if not found:
        raise ImageError(
            f"a frame has no {keyword}", where=file.name,
            expected="position, orientation, spacing and segment of each frame", do="export the contours again",
            offenders=(keyword,),
        )  # fmt: skip
    return found[0]


def _frame_grid(shared: Any, group: Any, shape: tuple[int, ...], file: Path) -> Grid:
    position = _group_item(shared, group, "PlanePositionSequence", file).ImagePositionPatient
    orientation = np.array(
        [
            float(v)
            for v in _group_item(shared, group, "PlaneOrientationSequence", file).ImageOrientationPatient
        ]
    )
    measures = _group_item(shared, group, "PixelMeasuresSequence", file)
    spacing = [float(v) for v in measures.PixelSpacing]
    gap = float(measures.get("SpacingBetweenSlices") or 0)
    row, column = orientation[:3], orientation[3:]
    directions = tuple(tuple(float(v) for v in d) for d in (np.cross(row, column), column, row))
    return Grid((1, *shape), tuple(float(v) for v in position), (gap, *spacing), directions)  # type: ignore[arg-type]


def _lattices(
    frames: list[_Frame], grid: Grid, resample: bool, file: Path
) -> tuple[Grid | None, list[Lattice]]:
    """Where each frame lies: on the image's grid, or, if that is asked for, on one of the file's own."""
    lattices = []
    for frame in frames:
        # The distance of slices need not be written; every second slice of a finer image would leave gaps.
        normal = np.abs(np.array(grid.directions) @ np.array(frame.grid.directions[0])).argmax()
        whole = _with_gap(frame.grid, frame.grid.spacing[0] or grid.spacing[normal])
        lattice = common_lattice(whole, grid)
        if lattice is None and resample:
            own = _own_grid(frames, file)
            found = [common_lattice(_with_gap(each.grid, own.spacing[0]), own) for each in frames]
            if any(each is None for each in found):
                break
            return own, [each for each in found if each is not None]
        if lattice is None:
            raise other_grid(whole, grid, where=file.name)
        lattices.append(lattice)
    else:
        return None, lattices
    raise ImageError(
        "the frames form no grid of their own", where=file.name, expected="evenly spaced parallel frames",
        do="export the contours again, on the PET",
    )  # fmt: skip


def _with_gap(frame: Grid, gap: float) -> Grid:
    return Grid(frame.shape, frame.origin, (gap, *frame.spacing[1:]), frame.directions)


def _own_grid(frames: list[_Frame], file: Path) -> Grid:
    first = frames[0].grid
    normal = np.array(first.directions[0])
    along = np.array([normal @ np.array(frame.grid.origin) for frame in frames])
    gap = first.spacing[0]
    if not gap:
        steps = np.diff(np.unique(np.round(along, 3)))
        if not len(steps):
            raise ImageError(
                "the distance of slices is not told: SpacingBetweenSlices (0018,0088) is missing", where=file.name,
                do="export the contours again", offenders=("SpacingBetweenSlices",),
            )  # fmt: skip
        gap = float(steps.min())
    lowest = frames[int(along.argmin())].grid
    count = round(float(np.ptp(along)) / gap) + 1
    return Grid((count, *first.shape[1:]), lowest.origin, (gap, *first.spacing[1:]), first.directions)


def _region(frames: list[_Frame], lattices: list[Lattice], number: int, grid: Grid, file: Path) -> Region:
    found = [
        lattice.place(frame.pixels[frame.segments == number])
        for frame, lattice in zip(frames, lattices, strict=True)
        if (frame.segments == number).any()
    ]
    voxels = np.concatenate(found) if found else np.zeros((0, 3), int)
    if not within(voxels, grid):
        raise ImageError(
            "the mask reaches beyond the image", where=file.name, expected=f"the image's grid, {grid}",
            do="use the mask of this image",
        )  # fmt: skip
    return Region.of_voxels(voxels, grid.shape)
