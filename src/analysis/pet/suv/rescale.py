"""Rescale slope and intercept: half of all series have one slope per slice, and the intercept of PET is 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.attributes import malformed, missing, number
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text


def rescale_slopes(headers: Sequence[SliceHeader]) -> tuple[np.ndarray, list[str]]:
    """Rescale slope of each slice, and warnings.

    Raises
    ------
    ImageError
        If a slope is missing, malformed or not above 0, or an intercept is not 0.

    References
    ----------
    DICOM PS3.3 C.8.9.4 (PET Image).
    """
    slopes, without = [], 0
    for header in headers:
        slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
        if slope is None:
            raise missing(header, "RescaleSlope", needed_for="activity from stored values")
        if slope <= 0:
            raise malformed(header, "RescaleSlope", expected="a slope above 0")
        without += intercept is None
        if intercept:
            raise ImageError(
                f"{tag_text('RescaleIntercept')} is {intercept:g}", where=header.path.name,
                expected="0, as the PET image requires (PS3.3 C.8.9.4)", do="correct the header, or leave the series out",
                offenders=("RescaleIntercept",),
            )  # fmt: skip
        slopes.append(slope)
    notes = (
        [f"{tag_text('RescaleIntercept')} is missing in {without} slices and taken as 0"] if without else []
    )
    return np.array(slopes), notes
