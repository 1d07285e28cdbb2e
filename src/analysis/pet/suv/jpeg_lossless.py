"""JPEG lossless (process 14), as many archives compress: a decoder for pydicom, which has none without the GPL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.uid import JPEGLossless, JPEGLosslessSV1

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

SYNTAXES = (JPEGLossless, JPEGLosslessSV1)
_END_OF_IMAGE = b"\xff\xd9"


def is_available(uid: str) -> bool:
    """Whether frames of a transfer syntax can be decoded here, as pydicom asks of a plug-in."""
    return uid in SYNTAXES


def decode_frame(src: bytes, runner: DecodeRunner) -> bytearray:
    """Values of one compressed frame, as pydicom wants them: little endian, in the bits that the header allocates.

    Parameters
    ----------
    src : bytes
        One JPEG image.
    runner : DecodeRunner
        pydicom's record of the header.

    Raises
    ------
    ValueError
        If the image is cut off or does not have the size and depth that the header says. libjpeg alone would fill
        what is missing with grey.

    References
    ----------
    DICOM PS3.5 section 8.2.1 and annex A.4.1; ISO/IEC 10918-1.
    """
    import imagecodecs

    if not src.rstrip(b"\0").endswith(_END_OF_IMAGE):
        raise ValueError("the JPEG image has no end: it is truncated")
    values = np.atleast_2d(imagecodecs.jpeg_decode(src))
    allocated = np.dtype(f"<u{runner.bits_allocated // 8}")
    if values.shape != (runner.rows, runner.columns) or values.dtype.itemsize > allocated.itemsize:
        raise ValueError(f"the JPEG image holds {values.shape} values of {8 * values.dtype.itemsize} bits")
    return bytearray(values.astype(allocated).tobytes())
