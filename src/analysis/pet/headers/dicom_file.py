"""The header of one DICOM file, as text, without decoding what is not needed.

A folder of PET holds hundreds of files with a hundred attributes each, of which SUV needs forty. Parsing them all
costs more than reading the pixels, and a strict parser fails on values that other attributes repair. So the elements
are walked here by tag and length (DICOM PS3.5, section 7), the wanted ones are kept as text, and what a text means is
decided where it is used (:mod:`analysis.pet.headers.attributes`). Every uncompressed, deflated or compressed encoding of
PS3.5 is walked alike; pixels that are compressed are decoded by pydicom.
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ImageError
from analysis.pet.headers.tags import CODE_ITEM, PRIVATE, RADIOPHARMACEUTICAL_ITEM, TOP_LEVEL

_IMPLICIT = "1.2.840.10008.1.2"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_LONG = frozenset([b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"])
_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d"}
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ENDS = frozenset([_ITEM_END, _SEQUENCE_END])
_PIXEL_DATA = frozenset([0x7FE00008, 0x7FE00009, 0x7FE00010])
_FIRST_BYTES = 16384


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
        Transfer syntax UID.
    pixel_start, pixel_length : int
        Where the pixel data begin in the file, and their length in bytes; the length is -1 when they are
        compressed or deflated, the start is -1 when the file holds none.
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
        """Whether the file ends before its pixel data do."""
        return self.pixel_start < 0 or self.pixel_start + self.pixel_length > self.size


class _Short(Exception):  # noqa: N818 - a signal, not an error
    """The bytes at hand end before the header does."""


class _Encoding:
    """How elements are laid out: explicit or implicit VR, and the byte order."""

    def __init__(self, *, explicit: bool, order: str) -> None:
        self.explicit, self.order = explicit, order
        self.short = struct.Struct(order + "HH2sH").unpack_from
        self.long = struct.Struct(order + "HHI").unpack_from
        self.number = struct.Struct(order + "I").unpack_from
        self.delimiter = b"\xfe\xff" if order == "<" else b"\xff\xfe"

    def walk(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes, int, int, int]]:
        """Yield tag, VR, start and length of each element's value, and where the next element begins.

        The length is -1 where it is undefined, which is left so for pixel data only.
        """
        explicit, short, long_, delimiter = self.explicit, self.short, self.long, self.delimiter
        position = start
        while position < end:
            if position + 8 > end:
                raise _Short
            if explicit and data[position : position + 2] != delimiter:
                group, element, vr, length = short(data, position)
                value = position + 8
                if vr in _LONG:
                    if position + 12 > end:
                        raise _Short
                    (length,) = self.number(data, value)
                    value += 4
            else:
                group, element, length = long_(data, position)
                vr, value = b"", position + 8
            tag = group << 16 | element
            if tag in _ENDS:
                return
            if length != _UNDEFINED:
                following = value + length
            elif tag in _PIXEL_DATA:
                following, length = value, -1
            else:
                # An unknown sequence of undefined length is encoded implicitly (PS3.5 section 6.2.2, note on UN).
                following = (_IMPLICIT_LITTLE if vr == b"UN" else self).skip(data, value, end)
                length = following - value
            yield tag, vr, value, length, following
            position = following

    def items(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and end of the content of each item of a sequence's value."""
        position = start
        while position + 8 <= end:
            group, element, length = self.long(data, position)
            tag = group << 16 | element
            if tag != _ITEM:
                return
            position += 8
            if length == _UNDEFINED:
                following = self._after_item(data, position, end)
                yield position, following - 8
            else:
                following = position + length
                yield position, min(following, end)
            position = following

    def skip(self, data: bytes, start: int, end: int) -> int:
        """Where the element after a sequence of undefined length begins."""
        position = start
        while position + 8 <= end:
            group, element, length = self.long(data, position)
            tag = group << 16 | element
            position += 8
            if tag == _SEQUENCE_END:
                return position
            if tag != _ITEM:
                raise ValueError("a sequence holds something that is no item")
            position = self._after_item(data, position, end) if length == _UNDEFINED else position + length
        raise _Short

    def _after_item(self, data: bytes, start: int, end: int) -> int:
        position = start
        for _tag, _vr, _value, _length, following in self.walk(data, start, end):
            position = following
        if position + 8 > end:
            raise _Short
        return position + 8


_IMPLICIT_LITTLE = _Encoding(explicit=False, order="<")
_EXPLICIT_LITTLE = _Encoding(explicit=True, order="<")
_EXPLICIT_BIG = _Encoding(explicit=True, order=">")


def read_header(path: Path, *, whole: bytes | None = None) -> SliceHeader:
    """Header of a DICOM file.

    Parameters
    ----------
    path : Path
        The file; with or without the 128-byte preamble.
    whole : bytes, optional
        The file's bytes, when they have been read already.

    Raises
    ------
    ImageError
        If the file is not DICOM or its header cannot be walked to its end.

    References
    ----------
    DICOM PS3.5 section 7 (data set), PS3.10 section 7 (file format).
    """
    try:
        if whole is not None:
            return _parse(path, whole, len(whole))
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_FIRST_BYTES)
            try:
                return _parse(path, start, size)
            except _Short:
                return _parse(path, start + file.read(), size)
    except OSError as problem:
        raise ImageError(f"file cannot be read: {problem.strerror or problem}", where=path.name) from problem
    except _Short:
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


def _parse(path: Path, data: bytes, size: int) -> SliceHeader:
    syntax, body = _file_meta(data)
    if syntax == _DEFLATED:
        if len(data) < size:
            raise _Short
        data = zlib.decompress(data[body:], -15)
        body, shown_size, compressed = 0, len(data), True
    else:
        shown_size, compressed = size, False
    encoding = {_IMPLICIT: _IMPLICIT_LITTLE, _BIG_ENDIAN: _EXPLICIT_BIG}.get(syntax, _EXPLICIT_LITTLE)
    attributes: dict[str, str] = {}
    creators: dict[tuple[int, int], str] = {}
    for tag, vr, start, length, following in encoding.walk(data, body, len(data)):
        if tag in _PIXEL_DATA:
            native = length >= 0 and not compressed and tag == 0x7FE00010
            return SliceHeader(path, attributes, syntax, start, length if native else -1, size)
        wanted = TOP_LEVEL.get(tag)
        if wanted is None and not tag & 0x10000:
            continue
        if following > len(data):
            raise _Short
        value = data[start : start + length]
        if wanted is None:
            _keep_private(tag, vr, value, encoding.order, attributes, creators)
        elif wanted[1] == "SQ":
            attributes.update(_items(wanted[0], value, _IMPLICIT_LITTLE if vr == b"UN" else encoding))
        else:
            attributes[wanted[0]] = _text(value, vr, wanted[1], encoding.order)
    if len(data) < shown_size:
        raise _Short
    return SliceHeader(path, attributes, syntax, -1, 0, size)


def _file_meta(data: bytes) -> tuple[str, int]:
    """Transfer syntax and the offset of the data set."""
    if data[128:132] == b"DICM":
        position = 132
    elif data[:4] == b"DICM" or data[:6] == b"\x02\x00\x00\x00UL":
        position = 4 if data[:4] == b"DICM" else 0  # the preamble was cut off
    else:
        # Files written without preamble: an implicit data set begins with group 0008 and a short length.
        if data[:2] != b"\x08\x00" or len(data) < 8:
            raise ValueError("no DICOM prefix")
        return (_IMPLICIT if not data[4:6].isalpha() else "1.2.840.10008.1.2.1"), 0
    syntax = ""
    for tag, _vr, start, length, following in _EXPLICIT_LITTLE.walk(data, position, len(data)):
        if tag >> 16 != 2:
            break
        if tag == 0x00020010:
            syntax = data[start : start + length].decode("ascii", "replace").strip(" \0")
        position = following
    if not syntax:
        raise ValueError("no transfer syntax (0002,0010)")
    return syntax, position


def _keep_private(
    tag: int,
    vr: bytes,
    value: bytes,
    order: str,
    attributes: dict[str, str],
    creators: dict[tuple[int, int], str],
) -> None:
    group, element = tag >> 16, tag & 0xFFFF
    if 0x10 <= element <= 0xFF:
        creators[group, element] = _text(value, b"LO", "text", order)
        return
    for creator, keyword in PRIVATE.get((group, element & 0xFF), ()):
        owner = creators.get((group, element >> 8))
        # De-identified files often keep the bare element without its creator, or empty it (block 10 by habit).
        if owner == creator or (not owner and element >> 8 == 0x10):
            attributes[keyword] = _text(value, vr, "text", order)
            if not owner:
                attributes[keyword + "WithoutCreator"] = "yes"


@functools.lru_cache(maxsize=256)
def _items(keyword: str, value: bytes, encoding: _Encoding) -> dict[str, str]:
    """Number of items of a sequence, and the wanted attributes of the first; slices of a series share them."""
    bounds = list(encoding.items(value, 0, len(value)))
    found = {keyword: str(len(bounds))}
    for first, last in bounds[:1]:
        for tag, vr, at, length, _following in encoding.walk(value, first, last):
            if tag not in RADIOPHARMACEUTICAL_ITEM:
                continue
            name, kind = RADIOPHARMACEUTICAL_ITEM[tag]
            if kind != "SQ":
                found[name] = _text(value[at : at + length], vr, kind, encoding.order)
                continue
            for code_first, code_last in list(encoding.items(value, at, at + length))[:1]:
                for inner, inner_vr, inner_at, inner_length, _ in encoding.walk(value, code_first, code_last):
                    if inner in CODE_ITEM:
                        part = value[inner_at : inner_at + inner_length]
                        found[name + CODE_ITEM[inner]] = _text(part, inner_vr, "text", encoding.order)
    return found


def _text(value: bytes, vr: bytes, kind: str, order: str) -> str:
    if kind != "text" or vr in _BINARY:
        code = _BINARY.get(vr) or (_BINARY.get(kind.encode()) if vr in (b"", b"UN") else None)
        if code is not None and value:
            width = struct.calcsize(code)
            if len(value) % width:
                return "malformed binary value"
            return "\\".join(
                str(number) for number in struct.unpack(f"{order}{len(value) // width}{code}", value)
            )
    try:
        return value.decode("utf-8").strip(" \0\t\r\n")
    except UnicodeDecodeError:
        return value.decode("latin-1").strip(" \0\t\r\n")
