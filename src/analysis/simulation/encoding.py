"""Slices as DICOM files: the header is encoded once, and what differs between slices is patched into it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from analysis.errors import ImageError

PLACEHOLDERS: dict[str, str | int | list[str]] = {
    "AcquisitionDate": "20000101",
    "AcquisitionTime": "120000.000000",
    "InstanceNumber": "1000",
    "ImagePositionPatient": ["1.000000000000", "1.000000000000", "1.00000000000000"],
    "SliceLocation": "1.00000000000000",
    "RescaleSlope": "1.00000000000000",
    "FrameReferenceTime": "1.00000000000000",
    "DecayFactor": "1.00000000000000",
    "ImageIndex": 1,
}
"""Fields that differ between slices, as wide as they may become; DICOM allows spaces after the value."""

PIXEL_DATA = b"\xe0\x7f\x10\x00"
ITEM = b"\xfe\xff\x00\xe0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def _pixel_element(frame: np.ndarray, transfer_syntax: str) -> bytes:
    """Pixel Data with its tag, in the encoding of the transfer syntax.

    References
    ----------
    DICOM PS3.5 sections 7.1 and A.4, annex G.
    """
    raw = frame.tobytes()
    if transfer_syntax == RLELossless:
        from rle.utils import encode_pixel_data  # imported here: only a few series are compressed

        rows, columns = frame.shape
        packed = encode_pixel_data(
            raw, byteorder="<", rows=rows, columns=columns, samples_per_pixel=1, bits_allocated=16
        )
        packed += b"\0" * (len(packed) % 2)
        empty_offset_table = ITEM + b"\0\0\0\0"
        item = ITEM + len(packed).to_bytes(4, "little") + packed
        return PIXEL_DATA + b"OB\0\0\xff\xff\xff\xff" + empty_offset_table + item + SEQUENCE_END
    representation = b"" if transfer_syntax == ImplicitVRLittleEndian else b"OW\0\0"
    return PIXEL_DATA + representation + len(raw).to_bytes(4, "little") + raw


def _template(header: Dataset, meta: FileMetaDataset) -> tuple[bytes, dict[str, tuple[int, int]]]:
    """Header encoded with placeholders, and where each of them starts and how long it is."""
    shared = Dataset()
    shared.update(header)
    shared.file_meta = meta
    shared.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    for keyword, placeholder in PLACEHOLDERS.items():
        setattr(shared, keyword, placeholder)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, shared, enforce_file_format=True)
    encoded = buffer.getvalue()
    read = pydicom.dcmread(io.BytesIO(encoded))
    places = {}
    for keyword in PLACEHOLDERS:
        element = cast(RawDataElement, read.get_item(Tag(keyword)))  # raw as long as nobody has looked at it
        places[keyword] = (element.value_tell, element.length)
    instance = meta.MediaStorageSOPInstanceUID.encode()
    first = encoded.index(instance)
    places["MediaStorageSOPInstanceUID"] = (first, len(instance))
    places["SOPInstanceUID"] = (encoded.index(instance, first + 1), len(instance))
    return encoded, places


def encode_slices(
    header: Dataset, meta: FileMetaDataset, *, fields: Sequence[Mapping[str, str | int]], stored: np.ndarray
) -> list[bytes]:
    """DICOM files of a series, one a slice.

    Parameters
    ----------
    header : Dataset
        What all slices share; it is not changed.
    meta : FileMetaDataset
        File meta information of the first slice, with the transfer syntax.
    fields : sequence of mapping
        For each slice the text of ``SOPInstanceUID``, and text or number of every field of :data:`PLACEHOLDERS`.
    stored : ndarray of int16, shape (slices, rows, columns)
        Stored values.

    Raises
    ------
    ImageError
        If a text is longer than its field.
    """
    encoded, places = _template(header, meta)
    files = []
    for values, frame in zip(fields, stored.astype("<i2", copy=False), strict=True):
        patched = bytearray(encoded)
        for keyword, text in {**values, "MediaStorageSOPInstanceUID": values["SOPInstanceUID"]}.items():
            start, width = places[keyword]
            if isinstance(text, int):
                patched[start : start + width] = text.to_bytes(width, "little")
                continue
            if len(text) > width:
                raise ImageError(
                    f"{keyword} {text!r} does not fit into its field", expected=f"at most {width} characters"
                )
            patched[start : start + width] = text.ljust(width).encode("ascii")
        files.append(bytes(patched) + _pixel_element(frame, meta.TransferSyntaxUID))
    return files
