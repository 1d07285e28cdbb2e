"""Contours of any kind as masks on a PET grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.nifti import label_names, nifti_regions
from analysis.pet.contours.region import Regions
from analysis.pet.contours.region_names import find_name
from analysis.pet.contours.rtstruct import roi_names, rtstruct_regions
from analysis.pet.contours.segmentation import segment_names, segmentation_regions
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.grid import Grid

_LISTED = 30


def read_regions(file: Path, grid: Grid, *, roi: str | None = None, resample: bool = False) -> Regions:
    """Each region of a contour file on the grid of an image, with what was decided on reading it.

    Parameters
    ----------
    file : Path
        DICOM SEG, RTSTRUCT, or NIfTI (``.nii``, ``.nii.gz``).
    grid : Grid
        Grid of the image the contours belong to.
    roi : str, optional
        Read this region only: SEG segment label, RTSTRUCT ROI name, NIfTI label value; case and blanks may differ
        where that leaves one. Regions of one name are told apart by their number, as in ``Lesion (segment 2)``.
    resample : bool
        Whether a mask on another grid is resampled by nearest neighbour, with a warning that states the volumes before
        and after, instead of refused.

    Raises
    ------
    ImageError
        If the file is of no known kind, unreadable, on another grid, or lacks the region; names are then listed.
    """
    read = {"SEG": segmentation_regions, "RTSTRUCT": rtstruct_regions, "NIFTI": nifti_regions}[
        _known_kind(file)
    ]
    return read(file, grid, wanted=None if roi is None else choose_region(file, roi), resample=resample)


def read_masks(
    file: Path, grid: Grid, *, roi: str | None = None, resample: bool = False
) -> dict[str, np.ndarray]:
    """Mask of each region of a contour file, by name: :func:`read_regions` as arrays of the grid's shape.

    Returns
    -------
    dict of str to ndarray of bool
        Each of the grid's shape; every one holds at least one voxel unless it is drawn empty.
    """
    found = read_regions(file, grid, roi=roi, resample=resample)
    return {name: region.full() for name, region in found.by_name.items()}


def region_names(file: Path) -> list[str]:
    """Name of each region of a contour file, without reading the regions.

    Raises
    ------
    ImageError
        If the file is of no known kind or unreadable.
    """
    read = {"SEG": segment_names, "RTSTRUCT": roi_names, "NIFTI": label_names}[_known_kind(file)]
    return read(file)


def choose_region(file: Path, roi: str | None) -> str:
    """The file's own name of one region; without a name, that of its only region.

    Raises
    ------
    ImageError
        If the file has no region of that name, or several and none is named; names are then listed.
    """
    names = region_names(file)
    if roi is None and len(names) == 1:
        return names[0]
    found = find_name(roi, names) if roi is not None else None
    if found is not None:
        return found
    listed = ", ".join(sorted(names)[:_LISTED]) + (
        f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    )
    if not names:
        raise ImageError("the mask file holds no region", where=file.name, expected="at least one")
    if roi is None:
        raise ImageError(
            f"the mask file holds {len(names)} regions", where=file.name, expected="one, or the name of one",
            do=f"choose with --roi one of {listed}", offenders=tuple(sorted(names)),
        )  # fmt: skip
    raise ImageError(
        f"the mask file has no region named {roi!r}", where=file.name, expected=f"one of {listed}",
        do="correct the name", offenders=(roi,),
    )  # fmt: skip


def _known_kind(file: Path) -> str:
    if not file.is_file():
        raise ImageError(
            "there is no such mask file", where=file.name, expected="DICOM SEG, RTSTRUCT or NIfTI"
        )
    kind = contour_kind(file)
    if kind not in ("SEG", "RTSTRUCT", "NIFTI"):
        raise ImageError(
            f"the mask is {kind or 'of no known kind'}",
            where=file.name,
            expected="DICOM SEG, RTSTRUCT or NIfTI",
        )
    return kind


def contour_kind(file: Path) -> str:
    """What a contour file is: ``NIFTI`` or its DICOM modality; empty when it is neither."""
    if file.name.lower().endswith((".nii", ".nii.gz")):
        return "NIFTI"
    try:
        return read_header(file).get("Modality").upper()
    except ImageError:
        return ""
