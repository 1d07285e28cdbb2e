"""A PET series as a volume of SUV on its grid."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.attributes import malformed, missing, number, whole
from analysis.pet.headers.dicom_file import SliceHeader, read_header
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.factors import SuvFactors, suv_factors
from analysis.pet.suv.grid import Grid, grid_of_slices

_NATIVE_TYPES = {(8, 0): "u1", (8, 1): "i1", (16, 0): "u2", (16, 1): "i2", (32, 0): "u4", (32, 1): "i4"}
_BIG_ENDIAN = "1.2.840.10008.1.2.2"


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


def read_suv(files: Sequence[Path], *, lean_body_mass: str = "janmahasatian") -> SuvVolume:
    """SUV volume of the PET series that some files form.

    Parameters
    ----------
    files : sequence of Path
        All files of one series, in any order.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.

    Raises
    ------
    ImageError
        If a file is unreadable or truncated, the slices form no volume, or SUV cannot be known.
    """
    if not files:
        raise ImageError("the series has no files", expected="at least one PET slice")
    # One file at a time: its bytes are converted and let go, so that memory holds one float32 volume.
    headers, stored = [], []
    for file in files:
        header, pixels = _read(file)
        headers.append(header)
        stored.append(pixels)
    uids = {header.get("SeriesInstanceUID") for header in headers}
    if len(uids) > 1:
        raise ImageError(
            f"the files belong to {len(uids)} series",
            expected="the files of one series",
            offenders=tuple(uids),
        )
    name = uids.pop() or files[0].parent.name
    factors = suv_factors(headers, lean_body_mass=lean_body_mass)
    grid, order, notes = grid_of_slices(headers, series=name)
    volume = np.empty(grid.shape, np.float32)
    slopes, slope_notes = _slopes(headers)
    scale = slopes * factors.factors
    with np.errstate(over="ignore"):  # what overflows is refused below
        for place, index in enumerate(order):
            np.multiply(stored[index], scale[index], out=volume[place], casting="unsafe")
            stored[index] = None
    if not np.isfinite(volume).all():
        raise ImageError("the volume holds values that are no numbers", where=f"series {name}")
    ordered = _in_order(factors, order)
    return SuvVolume(
        suv=volume,
        grid=grid,
        factors=ordered,
        series_uid=name,
        frame_of_reference=headers[0].get("FrameOfReferenceUID"),
        sop_instances=tuple(headers[i].get("SOPInstanceUID") for i in order),
        warnings=tuple(dict.fromkeys((*factors.warnings, *notes, *slope_notes))),
    )


def _read(file: Path) -> tuple[SliceHeader, np.ndarray | None]:
    try:
        data = file.read_bytes()
    except OSError as problem:
        raise ImageError(f"file cannot be read: {problem.strerror or problem}", where=file.name) from problem
    header = read_header(file, whole=data)
    if header.get("NumberOfFrames") not in ("", "1"):
        raise ImageError(
            f"{tag_text('NumberOfFrames')} is {header.get('NumberOfFrames')[:10]}: multi-frame PET is not read",
            where=file.name, expected="one file a slice", do="convert the series to single-frame PET",
            offenders=("NumberOfFrames",),
        )  # fmt: skip
    if header.truncated:
        raise ImageError(
            "the file ends before its pixel data do: it is truncated", where=file.name,
            expected="a complete DICOM file", do="transfer the file again",
        )  # fmt: skip
    return header, _pixels(header, data)


def _pixels(header: SliceHeader, data: bytes) -> np.ndarray:
    rows, columns = (whole(header, k, low=1, high=20000) for k in ("Rows", "Columns"))
    if whole(header, "SamplesPerPixel", low=1, high=4) != 1:
        raise malformed(header, "SamplesPerPixel", expected="1: PET is a grey-scale image")
    allocated = whole(header, "BitsAllocated", low=1, high=64)
    bits = whole(header, "BitsStored", low=1, high=allocated)
    high = whole(header, "HighBit", low=0, high=allocated - 1)
    signed = whole(header, "PixelRepresentation", low=0, high=1)
    code = _NATIVE_TYPES.get((allocated, signed))
    if header.pixel_length < 0 or code is None or bits != allocated or high != bits - 1:
        return _decoded(header, (rows, columns))
    count = rows * columns
    needed = count * allocated // 8
    if header.pixel_length < needed or header.pixel_length > needed + 1:
        raise ImageError(
            f"the pixel data hold {header.pixel_length} bytes", where=header.path.name,
            expected=f"{needed} for {rows} × {columns} pixels of {allocated} bits", do="transfer the file again",
            offenders=("Rows", "Columns", "BitsAllocated"),
        )  # fmt: skip
    order = ">" if header.syntax == _BIG_ENDIAN else "<"
    return np.frombuffer(data, order + code, count, header.pixel_start).reshape(rows, columns)


def _decoded(header: SliceHeader, shape: tuple[int, int]) -> np.ndarray:
    """Pixels that are compressed or oddly packed, decoded by pydicom."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = pydicom.dcmread(header.path, force=True).pixel_array
        except Exception as problem:
            # Decoders raise whatever they like; whatever it is, these pixels are unreadable.
            raise ImageError(
                f"the pixel data cannot be decoded ({str(problem)[:120]})", where=header.path.name,
                expected=f"pixels in transfer syntax {header.syntax}", do="transfer the file again, uncompressed",
            ) from problem  # fmt: skip
    if pixels.shape != shape:
        raise ImageError(f"the pixels decode to {pixels.shape}", where=header.path.name, expected=f"{shape}")
    return pixels


def _slopes(headers: Sequence[SliceHeader]) -> tuple[np.ndarray, list[str]]:
    """Rescale slope of each slice: half of all series have one per slice."""
    slopes, without = [], 0
    for header in headers:
        slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
        if slope is None:
            raise missing(header, "RescaleSlope", needed_for="activity from stored values")
        if slope <= 0:
            raise malformed(header, "RescaleSlope", expected="a slope above 0")
        without += intercept is None
        if intercept:
            raise malformed(
                header, "RescaleIntercept", expected="0, as the PET image requires (PS3.3 C.8.9.4)"
            )
        slopes.append(slope)
    notes = (
        [f"{tag_text('RescaleIntercept')} is missing in {without} slices and taken as 0"] if without else []
    )
    return np.array(slopes), notes


def _in_order(factors: SuvFactors, order: np.ndarray) -> SuvFactors:
    return replace(factors, files=tuple(factors.files[i] for i in order), factors=factors.factors[order])
