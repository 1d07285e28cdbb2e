"""A PET series as a volume of SUV on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.multiframe import read_headers
from analysis.pet.suv.factors import SuvFactors
from analysis.pet.suv.grid import Grid, grid_of_slices
from analysis.pet.suv.overrides import Override, corrected_factors
from analysis.pet.suv.pixels import scaled_volume, stored_pixels
from analysis.pet.suv.rescale import rescale_slopes


@dataclass(frozen=True)
class SuvVolume:
    """SUVbw of a series, with its grid and the record of how it was computed.

    Parameters
    ----------
    suv : ndarray of float32, shape (slices, rows, columns)
        SUV by body weight in g/ml; slices ascend along the normal of the image plane.
    grid : Grid
        Where the voxels lie.
    factors : SuvFactors
        Factors, units, body size and reference time; its slices are in the order of ``suv``.
    series_uid : str
        Series Instance UID (0020,000E).
    frame_of_reference : str
        Frame of Reference UID (0020,0052); empty if the file has none.
    sop_instances : tuple of str
        SOP Instance UID of each slice, to which contours refer.
    warnings : tuple of str
        Everything a reader of the numbers must know.
    """

    suv: np.ndarray
    grid: Grid
    factors: SuvFactors
    series_uid: str
    frame_of_reference: str
    sop_instances: tuple[str, ...]
    warnings: tuple[str, ...]


def read_suv(
    files: Sequence[Path], *, lean_body_mass: str = "janmahasatian", overrides: Sequence[Override] = ()
) -> SuvVolume:
    """SUV volume of the PET series that some files form.

    Parameters
    ----------
    files : sequence of Path
        All files of one series, in any order.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    overrides : sequence of Override
        Header values of this series that a reader corrected.

    Raises
    ------
    ImageError
        If a file is unreadable or truncated, the slices form no volume, or SUV cannot be known.
    """
    if not files:
        raise ImageError("the series has no files", expected="at least one PET slice")
    headers = read_headers(files)
    uids = {header.get("SeriesInstanceUID") for header in headers}
    if len(uids) > 1:
        raise ImageError(
            f"the files belong to {len(uids)} series",
            expected="the files of one series",
            offenders=tuple(uids),
        )
    name = uids.pop() or files[0].parent.name
    factors = corrected_factors(headers, overrides, lean_body_mass=lean_body_mass)
    grid, order, notes = grid_of_slices(headers, series=name)
    slopes, slope_notes = rescale_slopes(headers)
    pixels = [stored_pixels(headers[index]) for index in order]
    ordered = _in_order(factors, order)
    return SuvVolume(
        suv=scaled_volume(pixels, (slopes * factors.factors)[order]),
        grid=grid,
        factors=ordered,
        series_uid=name,
        frame_of_reference=headers[0].get("FrameOfReferenceUID"),
        sop_instances=tuple(headers[i].get("SOPInstanceUID") for i in order),
        warnings=tuple(dict.fromkeys((*factors.warnings, *notes, *slope_notes))),
    )


def _in_order(factors: SuvFactors, order: np.ndarray) -> SuvFactors:
    return replace(factors, files=tuple(factors.files[i] for i in order), factors=factors.factors[order])
