"""Stored values of slices: straight from the file where they lie in it as they are, decoded by pydicom elsewhere."""

from __future__ import annotations

import functools
import logging
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.attributes import malformed, whole
from analysis.pet.headers.dicom_file import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.jpeg_lossless import is_available

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import Decoder

_ORDER = {IMPLICIT: "<", EXPLICIT: "<", BIG_ENDIAN: ">"}
_ALLOCATED = (8, 16, 32)
_MOST_THREADS = 4
"""Reading and multiplying wait for memory; more threads than that only wait for each other."""


@dataclass(frozen=True)
class StoredPixels:
    """Where and how one slice's stored values lie in its file.

    Parameters
    ----------
    header : SliceHeader
        The slice.
    shape : tuple of int
        Rows, columns.
    dtype : str or None
        NumPy's name of the values as they lie in the file; ``None`` if pydicom must decode them.
    unused_bits : int
        High bits of each value that do not belong to it (bits allocated, not stored).
    """

    header: SliceHeader
    shape: tuple[int, int]
    dtype: str | None
    unused_bits: int


def stored_pixels(header: SliceHeader) -> StoredPixels:
    """Where a slice's stored values lie, after checks that need its header only.

    Raises
    ------
    ImageError
        If the file ends before its pixels do, holds several frames, colours or no integers, or contradicts itself.

    References
    ----------
    DICOM PS3.3 C.7.6.3.1 (image pixel), PS3.5 sections 8.1.1 (packing) and 8.2 (native and encapsulated format).
    """
    name = header.path.name
    if header.get("NumberOfFrames") not in ("", "1"):
        raise ImageError(
            f"{tag_text('NumberOfFrames')} is {header.get('NumberOfFrames')[:10]}: multi-frame PET is not read",
            where=name, expected="one file a slice", do="convert the series to single-frame PET",
            offenders=("NumberOfFrames",),
        )  # fmt: skip
    if header.truncated:
        raise ImageError(
            "the file ends before its pixel data do: it is truncated", where=name,
            expected="a complete DICOM file", do="transfer the file again",
        )  # fmt: skip
    if header.get("FloatPixelData"):
        raise ImageError(
            "the file holds Float Pixel Data (7FE0,0008) or its double, which a PET image does not have",
            where=name, expected="Pixel Data (7FE0,0010)", offenders=("FloatPixelData",),
        )  # fmt: skip
    shape = whole(header, "Rows", low=1, high=20000), whole(header, "Columns", low=1, high=20000)
    if whole(header, "SamplesPerPixel", low=1, high=4) != 1:
        raise malformed(header, "SamplesPerPixel", expected="1: PET is a grey-scale image")
    allocated = whole(header, "BitsAllocated", low=1, high=64)
    if allocated not in _ALLOCATED:
        raise malformed(header, "BitsAllocated", expected="8, 16 or 32")
    bits = whole(header, "BitsStored", low=1, high=allocated)
    if whole(header, "HighBit", low=0, high=allocated - 1) != bits - 1:
        raise malformed(header, "HighBit", expected=f"{bits - 1}, one less than Bits Stored")
    kind = "ui"[whole(header, "PixelRepresentation", low=0, high=1)]
    order = _ORDER.get(header.syntax)
    if order is None:
        return StoredPixels(header, shape, None, 0)
    if header.pixel_length < 0:
        raise ImageError(
            "the pixel data have no stated length, as if compressed", where=name, do="transfer the file again",
            expected=f"a length, in the uncompressed transfer syntax {header.syntax}",
        )  # fmt: skip
    needed = shape[0] * shape[1] * allocated // 8
    if not needed <= header.pixel_length <= needed + 1:  # an odd length is padded to an even one
        raise ImageError(
            f"the pixel data hold {header.pixel_length} bytes", where=name,
            expected=f"{needed}: Rows {shape[0]} × Columns {shape[1]} of BitsAllocated {allocated}",
            do="transfer the file again",
            offenders=("Rows", "Columns", "BitsAllocated"),
        )  # fmt: skip
    return StoredPixels(header, shape, f"{order}{kind}{allocated // 8}", allocated - bits)


def scaled_volume(pixels: Sequence[StoredPixels], scale: np.ndarray) -> np.ndarray:
    """Stored values times one factor a slice.

    Parameters
    ----------
    pixels : sequence of StoredPixels
        Slices of one shape, in the order of the volume.
    scale : ndarray of float, shape (slices,)
        Factor of each slice; rounded to float32, in which the product is formed.

    Returns
    -------
    ndarray of float32, shape (slices, rows, columns)

    Raises
    ------
    ImageError
        If a file has changed since its header was read, cannot be decoded, or its values exceed float32.
    """
    factors = np.asarray(scale, np.float64)
    with np.errstate(over="ignore", under="ignore"):
        rounded = factors.astype(np.float32)
    # The bounds are those of any integers; an image near them is none of a human being anyway.
    wrong = ~((factors * 2.0**32 < np.finfo(np.float32).max) & (rounded >= np.finfo(np.float32).tiny))
    if wrong.any():
        raise ImageError(
            "the volume holds values that are no numbers", where=pixels[int(wrong.argmax())].header.path.name,
            expected="values that a float32 can hold", offenders=("RescaleSlope",),
        )  # fmt: skip
    volume = np.empty((len(pixels), *pixels[0].shape), np.float32)
    threads = min(os.cpu_count() or 1, _MOST_THREADS)

    def fill(places: np.ndarray) -> None:
        buffer, kept = bytearray(), {}
        for place in places:
            stored = pixels[place]
            if stored.dtype is None:
                values = _decode(stored, kept)
            else:
                values, buffer = _read(stored, buffer)
            np.multiply(values, rounded[place], out=volume[place], casting="same_kind")

    with warnings.catch_warnings(), ThreadPoolExecutor(threads) as pool:
        warnings.simplefilter("ignore")  # of decoders; here, since a thread would set it for all the others
        list(pool.map(fill, np.array_split(np.arange(len(pixels)), threads)))
    return volume


def _read(stored: StoredPixels, buffer: bytearray) -> tuple[np.ndarray, bytearray]:
    """Values of a slice in a buffer that is used again for the next."""
    values = np.frombuffer(buffer, stored.dtype)
    count = stored.shape[0] * stored.shape[1]
    if values.size != count:
        buffer = bytearray(count * np.dtype(stored.dtype).itemsize)
        values = np.frombuffer(buffer, stored.dtype)
    path = stored.header.path
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(stored.header.pixel_start)
            found = file.readinto(buffer)
    except OSError as problem:
        raise ImageError(f"file cannot be read: {problem.strerror or problem}", where=path.name) from problem
    if found != len(buffer):
        raise ImageError(
            "the file has changed while it was read", where=path.name, do="wait until its transfer has ended"
        )
    if stored.unused_bits:
        values <<= stored.unused_bits
        values >>= stored.unused_bits  # restores the sign of signed values
    return values.reshape(stored.shape), buffer


@functools.cache
def _decoder(syntax: str) -> Decoder:
    from pydicom.pixels import get_decoder

    # It would print the traceback of what becomes an error of ours.
    logging.getLogger("pydicom.pixels.decoders.base").disabled = True
    decoder = get_decoder(syntax)
    if is_available(syntax):
        decoder.add_plugin("imagecodecs", (is_available.__module__, "decode_frame"))
    return decoder


def _decode(stored: StoredPixels, kept: dict[Path, Any]) -> np.ndarray:
    """Values of a slice that is compressed, by pydicom's decoder; the header is not parsed again for it.

    ``kept`` holds the content of the last file, since all frames of a multi-frame image lie in one.
    """
    import pydicom

    header = stored.header
    frame, count = int(header.get("FrameNumber") or 1), int(header.get("FrameCount") or 1)
    options: dict[str, Any] = {
        "rows": stored.shape[0], "columns": stored.shape[1], "samples_per_pixel": 1, "number_of_frames": count,
        "bits_allocated": int(header.get("BitsAllocated")), "bits_stored": int(header.get("BitsStored")),
        "pixel_representation": int(header.get("PixelRepresentation")), "pixel_keyword": "PixelData",
        "photometric_interpretation": "MONOCHROME2",
    }  # fmt: skip
    try:
        if header.path not in kept:
            kept.clear()
            if header.syntax == DEFLATED:
                kept[header.path] = pydicom.dcmread(header.path, force=True).pixel_array
            else:
                kept[header.path] = header.path.read_bytes()[header.pixel_start :]
        values = kept[header.path]
        if header.syntax != DEFLATED:
            values, _meta = _decoder(header.syntax).as_array(values, index=frame - 1, **options)
        elif count > 1:
            values = values[frame - 1]
    except Exception as problem:
        # Decoders raise whatever they like; whatever it is, these pixels are unreadable.
        raise ImageError(
            f"the pixel data cannot be decoded ({str(problem).strip().splitlines()[-1].strip()[:120] if str(problem).strip() else type(problem).__name__})", where=header.path.name,
            expected=f"pixels in transfer syntax {header.syntax}", do="transfer the file again, uncompressed",
        ) from problem  # fmt: skip
    if values.shape != stored.shape:
        raise ImageError(
            f"the pixel data are {values.shape}", where=header.path.name, expected=f"{stored.shape}",
            offenders=("Rows", "Columns"),
        )  # fmt: skip
    return values
