"""The header of one DICOM file, as text, without decoding what is not needed.

A folder of PET holds hundreds of files with a hundred attributes each, of which SUV needs forty. Parsing them all
costs more than reading the pixels, and a strict parser fails on values that other attributes repair. So the elements
are walked here by tag and length (DICOM PS3.5, section 7), the wanted ones are kept as text, and what a text means is
decided where it is used (:mod:`analysis.pet.headers.attributes`). Every uncompressed, deflated or compressed encoding of
PS3.5 is walked alike; pixels that are compressed are decoded by pydicom.
"""

from __future__ import annotations

import functools
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ImageError
from analysis.pet.headers.elements import (
    ANYTHING,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_BIG,
    IMPLICIT_LITTLE,
    PIXEL_DATA,
    Encoding,
    Short,
)  # fmt: skip
from analysis.pet.headers.tags import CODE_ITEM, PRIVATE, RADIOPHARMACEUTICAL_ITEM, TOP_LEVEL
from analysis.pet.headers.text import text_of

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_SYNTAX = {IMPLICIT_LITTLE: IMPLICIT, EXPLICIT_LITTLE: EXPLICIT, EXPLICIT_BIG: BIG_ENDIAN}
_META_GROUP = b"\x02\x00"
"""Group 0002, always little endian (PS3.10 section 7.1)."""
_FIRST_BYTES = 32768
"""Enough for most headers; where it is not, more is read."""


@dataclass(frozen=True)
class SliceHeader:
    """One file's wanted attributes and where its pixels lie.

    Parameters
    ----------
    path : Path
        The file.
    attributes : dict of str to str
        Text of each attribute that is present, by keyword; several values are separated by a backslash.
        Numbers stored in binary are written as decimal text.
    syntax : str
        Transfer syntax UID; that of the encoding found if the file does not say.
    pixel_start, pixel_length : int
        Where the pixel data begin in the file, and their length in bytes; the length is -1 when they are
        compressed or deflated (the start then counts inflated bytes), the start is -1 when the file holds none.
    size : int
        Size of the file in bytes.
    """

    path: Path
    attributes: dict[str, str]
    syntax: str
    pixel_start: int
    pixel_length: int
    size: int

    def get(self, keyword: str) -> str:
        """Text of an attribute; empty when the attribute is absent or empty."""
        return self.attributes.get(keyword, "")

    @property
    def truncated(self) -> bool:
        """Whether the file ends before its pixel data do; of compressed ones only their decoder can tell."""
        return self.pixel_start < 0 or (
            self.pixel_length >= 0 and self.pixel_start + self.pixel_length > self.size
        )


_PRIVATE_TAGS = {
    group << 16 | block << 8 | element: ((group, block), [(owner.upper(), name) for owner, name in owners])
    for (group, element), owners in PRIVATE.items()
    for block in range(0x10, 0x100)
}
_CREATOR_TAGS = {group << 16 | block: (group, block) for group, _ in PRIVATE for block in range(0x10, 0x100)}
_WANTED = frozenset((*TOP_LEVEL, *PIXEL_DATA, *_PRIVATE_TAGS, *_CREATOR_TAGS))


def parse_header(path: Path, data: bytes, size: int) -> SliceHeader:
    """Header of a file of ``size`` bytes that begins with ``data``.

    Raises
    ------
    Short
        If the header does not end within ``data``.
    ValueError, struct.error, zlib.error, RecursionError
        If it is none.
    """
    syntax, body = file_meta(data)
    shown = size
    if syntax == DEFLATED:
        if len(data) < size:
            raise Short
        data = zlib.decompress(data[body:], -15)
        body, shown = 0, len(data)
    encoding = encoding_of(syntax, data[body : body + 6])
    syntax = syntax or _SYNTAX[encoding]
    attributes: dict[str, str] = {}
    creators: dict[tuple[int, int], str] = {}
    charset = ""
    end, order = len(data), encoding.order
    for tag, vr, start, length, following in encoding.walk(data, body, end, _WANTED):
        if tag in PIXEL_DATA:
            if tag != 0x7FE00010:
                attributes["FloatPixelData"] = "present"
            return SliceHeader(path, attributes, syntax, start, -1 if syntax == DEFLATED else length, size)
        if following > end:
            raise Short
        value = data[start : start + length]
        if tag in TOP_LEVEL:
            keyword, kind = TOP_LEVEL[tag]
            if kind == "SQ":
                inner = IMPLICIT_LITTLE if vr == b"UN" else encoding
                attributes.update(_items(keyword, value, inner, charset))
                continue
            attributes[keyword] = text_of(value, vr, kind, order, charset)
            if tag == 0x00080005:
                charset = attributes[keyword]
        elif tag in _CREATOR_TAGS:
            creators[_CREATOR_TAGS[tag]] = text_of(value, b"LO", "text", order, charset).upper()
        elif tag in _PRIVATE_TAGS:
            place, owners = _PRIVATE_TAGS[tag]
            owner = creators.get(place)
            for creator, keyword in owners:
                # De-identified files often keep the bare element without its creator, or empty it (block 10 by habit).
                if owner == creator or (not owner and place[1] == 0x10):
                    attributes[keyword] = text_of(value, vr, "text", order, charset)
                    if not owner:
                        attributes[keyword + "WithoutCreator"] = "yes"
    if end < shown:
        raise Short
    return SliceHeader(path, attributes, syntax, -1, 0, size)


def read_header(
    path: Path, *, parse: Callable[[Path, bytes, int], SliceHeader] = parse_header
) -> SliceHeader:
    """Header of a DICOM file.

    Parameters
    ----------
    path : Path
        The file; with or without the 128-byte preamble.
    parse : callable
        What turns the beginning of a file into its header.

    Raises
    ------
    ImageError
        If the file is not DICOM or its header cannot be walked to its end.

    References
    ----------
    DICOM PS3.5 section 7 (data set), PS3.10 section 7 (file format).
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(_FIRST_BYTES)
            while True:
                try:
                    return parse(path, data, size)
                except Short:
                    more = file.read(7 * len(data))
                    if not more:
                        raise
                    data += more
    except OSError as problem:
        raise ImageError(f"file cannot be read: {problem.strerror or problem}", where=path.name) from problem
    except Short:
        raise ImageError(
            "the file ends within its header: it is truncated",
            where=path.name,
            expected="a complete DICOM file",
            do="transfer the file again",
        ) from None
    except (ValueError, struct.error, zlib.error, RecursionError) as problem:
        raise ImageError(
            f"the header cannot be read ({problem})", where=path.name, expected="a DICOM file"
        ) from problem


def beginning(data: bytes) -> int:
    """Offset of the first element."""
    if data[128:132] == b"DICM":
        return 132
    if data[:4] == b"DICM":
        return 4  # the preamble was cut off
    if data[:2] in (_META_GROUP, b"\x08\x00") and len(data) >= 8:
        return 0  # written without preamble: the file begins with the meta information or with group 0008
    raise ValueError("no DICOM prefix")


def file_meta(data: bytes) -> tuple[str, int]:
    """Transfer syntax (empty where there is no file meta information) and the offset of the data set."""
    position = beginning(data)
    syntax = ""
    if data[position : position + 2] != _META_GROUP:
        return syntax, position
    meta = encoding_of(EXPLICIT, data[position : position + 6])
    for tag, _vr, start, length, following in meta.walk(data, position, len(data), ANYTHING):
        if tag == 0x00020010:
            syntax = data[start : start + length].decode("ascii", "replace").strip(" \0")
        position = following
        if data[position : position + 2] != _META_GROUP:
            break  # the element that follows may be encoded otherwise: it is not even looked at
    return syntax, position


def encoding_of(syntax: str, first: bytes) -> Encoding:
    """How the data set is laid out: byte order by its transfer syntax, VRs by what the first element shows."""
    explicit = first[4:6].isalpha() and first[4:6].isupper()
    if syntax == BIG_ENDIAN or (not syntax and explicit and first[:2] == b"\x00\x08"):
        return EXPLICIT_BIG if explicit else IMPLICIT_BIG
    return EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE


@functools.lru_cache(maxsize=256)
def _items(keyword: str, value: bytes, encoding: Encoding, charset: str) -> dict[str, str]:
    """Number of items of a sequence, and the wanted attributes of the first; slices of a series share them."""
    bounds = list(encoding.items(value, 0, len(value)))
    found = {keyword: str(len(bounds))}
    for first, last in bounds[:1]:
        for tag, vr, at, length, _following in encoding.walk(value, first, last, RADIOPHARMACEUTICAL_ITEM):
            if tag not in RADIOPHARMACEUTICAL_ITEM:
                continue  # the delimiter
            name, kind = RADIOPHARMACEUTICAL_ITEM[tag]
            if kind != "SQ":
                found[name] = text_of(value[at : at + length], vr, kind, encoding.order, charset)
                continue
            inner = IMPLICIT_LITTLE if vr == b"UN" else encoding
            for code_first, code_last in list(inner.items(value, at, at + length))[:1]:
                for code, code_vr, start, size, _next in inner.walk(value, code_first, code_last, CODE_ITEM):
                    if code in CODE_ITEM:
                        part = value[start : start + size]
                        found[name + CODE_ITEM[code]] = text_of(part, code_vr, "text", inner.order, charset)
    return found
