"""The value of an element as text, whatever its representation and character set."""

from __future__ import annotations

import functools
import struct
import warnings

_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d"}
_BINARY_KIND = {vr.decode(): code for vr, code in _BINARY.items()}
_PADDING = " \0\t\r\n"


def uncached_text_of(value: bytes, vr: bytes, kind: str, order: str, charset: str) -> str:
    """Text of a value; several values are separated by a backslash, binary numbers are written in decimal.

    Parameters
    ----------
    value : bytes
        As in the file.
    vr : bytes
        Value representation as the file states it; empty if it states none.
    kind : str
        What the attribute is by the standard: ``text``, or the VR of a binary number.
    order : str
        ``"<"`` or ``">"``.
    charset : str
        Specific Character Set (0008,0005); empty if the file states none.

    References
    ----------
    DICOM PS3.5 section 6 (value encoding), PS3.3 C.12.1.1.2 (Specific Character Set).
    """
    code = _BINARY_KIND.get(kind) if vr in (b"", b"UN") else _BINARY.get(vr)
    if code is not None and value:
        count, rest = divmod(len(value), struct.calcsize(code))
        if rest:
            return "malformed binary value"
        return "\\".join(map(str, struct.unpack(f"{order}{count}{code}", value)))
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    if charset and (not text.isascii() or "\x1b" in text):
        text = _in_charset(value, charset, otherwise=text)
    return text.strip(_PADDING)


text_of = functools.lru_cache(maxsize=4096)(uncached_text_of)
"""The same, remembered: slices of a series share most values."""


def _in_charset(value: bytes, charset: str, *, otherwise: str) -> str:
    from pydicom.charset import convert_encodings, decode_bytes
    from pydicom.valuerep import TEXT_VR_DELIMS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode_bytes(value, convert_encodings(charset.split("\\")), TEXT_VR_DELIMS)
        except (LookupError, ValueError):
            return otherwise
