"""Contours of any kind as masks on a PET grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.dicom_file import read_header
from analysis.pet.grid import Grid
from analysis.pet.nifti import nifti_masks
from analysis.pet.rtstruct import rtstruct_masks
from analysis.pet.segmentation import segmentation_masks


def read_masks(file: Path, grid: Grid, *, roi: str | None = None) -> dict[str, np.ndarray]:
    """Mask of each region of a contour file, by name; never resampled.

    Parameters
    ----------
    file : Path
        DICOM SEG, RTSTRUCT, or NIfTI (``.nii``, ``.nii.gz``).
    grid : Grid
        Grid of the image the contours belong to.
    roi : str, optional
        Read this region only: SEG segment label, RTSTRUCT ROI name, NIfTI label value.

    Returns
    -------
    dict of str to ndarray of bool
        Each of the grid's shape; every one holds at least one voxel unless it is drawn empty.

    Raises
    ------
    ImageError
        If the file is of no known kind, unreadable, on another grid, or lacks the region; names are then listed.
    """
    if not file.is_file():
        raise ImageError(
            "there is no such mask file", where=file.name, expected="DICOM SEG, RTSTRUCT or NIfTI"
        )
    kind = contour_kind(file)
    read = {"SEG": segmentation_masks, "RTSTRUCT": rtstruct_masks, "NIFTI": nifti_masks}.get(kind)
    if read is None:
        raise ImageError(
            f"the mask is {kind or 'of no known kind'}",
            where=file.name,
            expected="DICOM SEG, RTSTRUCT or NIfTI",
        )
    masks = read(file, grid, wanted=roi)
    if roi is not None and roi not in masks:
        names = sorted(read(file, grid))
        raise ImageError(
            f"the mask file has no region named {roi!r}", where=file.name, expected="one of " + (", ".join(names) or "none"),
            do="correct the name", offenders=(roi,),
        )  # fmt: skip
    return masks


def contour_kind(file: Path) -> str:
    """What a contour file is: ``NIFTI`` or its DICOM modality; empty when it is neither."""
    if file.name.lower().endswith((".nii", ".nii.gz")):
        return "NIFTI"
    try:
        return read_header(file).get("Modality").upper()
    except ImageError:
        return ""
