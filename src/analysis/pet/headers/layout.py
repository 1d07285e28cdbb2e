"""Headers of a series, read by what differs between them.

The files of one series hold the same elements in the same order, and all but about ten have the same value in each. So one
file is walked, and what its walk would do again in the next is remembered as runs of bytes: where these stand in the next
file as they are, walking it could give nothing else, and only the elements between them are looked at. Whatever differs
otherwise is walked; either way a header is what :func:`analysis.pet.headers.dicom_file.read_header` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from analysis.pet.headers.dicom_file import (
    DEFLATED,
    EXPLICIT,
    SliceHeader,
    beginning,
    encoding_of,
    file_meta,
    parse_header,
    read_header,
)
from analysis.pet.headers.elements import ANYTHING, IMPLICIT_LITTLE, PIXEL_DATA, UNDEFINED, Encoding
from analysis.pet.headers.tags import PRIVATE, TOP_LEVEL
from analysis.pet.headers.text import uncached_text_of

_KEPT = 12
"""Layouts kept: as many series may lie mixed in a folder and still be read by what differs."""

_USUAL = frozenset([
    0x00020000, 0x00020003, 0x00080013, 0x00080018, 0x00080032, 0x00080033, 0x00200013, 0x00200032, 0x00201041, 0x00280106,
    0x00280107, 0x00281050, 0x00281051, 0x00281053, 0x00541300, 0x00541321, 0x00541323, 0x00541330,
])  # fmt: skip
"""What differs in most series: UIDs, numbers, places, times and scales of the single image. A first guess, no more."""

_CHARSET, _SYNTAX, _PIXELS = 0x00080005, 0x00020010, 0x7FE00010
_PRIVATE_GROUPS = frozenset(group for group, _element in PRIVATE)


class _Element(NamedTuple):
    tag: int
    prefix: bytes
    """Everything before the length: tag, VR, reserved bytes."""
    width: int
    """Bytes of the length."""
    rest: bytes
    """Length and value."""
    order: Literal["little", "big"]
    sequence: Encoding
    """In which a value of undefined length is encoded."""
    wanted: tuple[str, bytes, str, str, str] | None
    """Keyword, and how the value is read."""
    rigid: bool
    """Decides how other elements are read, so that another value makes another layout."""


class _Part(NamedTuple):
    fixed: bytes
    size: int
    width: int
    order: Literal["little", "big"]
    sequence: Encoding
    wanted: tuple[str, bytes, str, str, str] | None


class Layout:
    """What the files of a series share, from the header of one of them."""

    def __init__(
        self, data: bytes, elements: Sequence[_Element], differing: frozenset[int], header: SliceHeader
    ) -> None:
        self.elements, self.differing, self.series = elements, differing, header.get("SeriesInstanceUID")
        self._attributes, self._syntax = header.attributes, header.syntax
        fixed = data[: beginning(data)]
        parts = []
        for place, element in enumerate(elements):
            fixed += element.prefix
            if place not in differing and element.tag != _PIXELS:
                fixed += element.rest
                continue
            parts.append(
                _Part(fixed, len(fixed), element.width, element.order, element.sequence, element.wanted)
            )
            fixed = b""
        *self._parts, self._last = parts

    def header(self, path: Path, data: bytes, size: int) -> SliceHeader | None:
        """Header of a file that begins with ``data``; ``None`` where it is laid out otherwise."""
        position, attributes = 0, self._attributes.copy()
        for fixed, fixed_size, width, order, sequence, wanted in self._parts:
            if not data.startswith(fixed, position):
                return None
            position += fixed_size
            start = position + width
            length = int.from_bytes(data[position:start], order)
            if length != UNDEFINED:
                position = start + length
            else:
                position = sequence.after_sequence(data, start, len(data))
            if wanted:
                keyword, vr, kind, number_order, charset = wanted
                attributes[keyword] = uncached_text_of(data[start:position], vr, kind, number_order, charset)
        last = self._last
        start = position + last.size + last.width
        if start > len(data) or not data.startswith(last.fixed, position):
            return None
        length = int.from_bytes(data[start - last.width : start], last.order)
        return SliceHeader(path, attributes, self._syntax, start, -1 if length == UNDEFINED else length, size)


class HeaderReader:
    """Reads headers one after the other, and knows the layouts it has met.

    Not to be shared between threads.
    """

    def __init__(self) -> None:
        self._layouts: list[Layout] = []
        self._usual = set(_USUAL)
        self._hits = self._learnt = 0

    def read(self, path: Path) -> SliceHeader:
        """Header of a DICOM file; the same as :func:`analysis.pet.headers.dicom_file.read_header`, and its errors."""
        return read_header(path, parse=self._parse)

    def _parse(self, path: Path, data: bytes, size: int) -> SliceHeader:
        for place, layout in enumerate(self._layouts):
            header = layout.header(path, data, size)
            if header is not None:
                if place:
                    self._layouts.insert(0, self._layouts.pop(place))
                self._hits += 1
                return header
        header = parse_header(path, data, size)
        # Where every file is another, learning would cost more than it brings.
        if self._learnt <= 32 + self._hits // 4:
            self._learn(data, header)
        return header

    def _learn(self, data: bytes, header: SliceHeader) -> None:
        elements = _elements(data, header)
        if elements is None:
            return
        self._learnt += 1
        before = next((known for known in self._layouts if _same_layout(known, elements, header)), None)
        if before is None:
            differing = {n for n, e in enumerate(elements) if e.tag in self._usual and not e.rigid}
        else:
            self._layouts.remove(before)
            pairs = enumerate(zip(before.elements, elements, strict=True))
            found = {n for n, (one, other) in pairs if one.rest != other.rest}
            self._usual |= {elements[n].tag for n in found}
            differing = before.differing | found
        self._layouts.insert(0, Layout(data, elements, frozenset(differing), header))
        del self._layouts[_KEPT:]


def _same_layout(known: Layout, elements: Sequence[_Element], header: SliceHeader) -> bool:
    return (
        known.series == header.get("SeriesInstanceUID")
        and len(known.elements) == len(elements)
        and all(
            one.prefix == other.prefix and (not one.rigid or one.rest == other.rest)
            for one, other in zip(known.elements, elements, strict=True)
        )
    )


def _elements(data: bytes, header: SliceHeader) -> list[_Element] | None:
    """Elements of a file up to its pixel data; ``None`` if it is laid out in a way that is not worth the trouble."""
    if header.pixel_start < 0 or header.syntax == DEFLATED:
        return None
    position = beginning(data)
    syntax, body = file_meta(data)
    meta = encoding_of(EXPLICIT, data[position : position + 6])
    encoding = encoding_of(syntax, data[body : body + 6])
    found: list[_Element] = []
    charset, seen = "", set()
    for used, first, end in ((meta, position, body), (encoding, body, len(data))):
        position = first
        for tag, vr, start, _length, following in used.walk(data, first, end, ANYTHING):
            group = tag >> 16
            # With a delimiter outside of a sequence the walk ends; of equal tags the last counts.
            if group == 0xFFFE or tag in seen:
                return None
            seen.add(tag)
            odd = used.explicit and not vr  # the length itself decides that it is read as implicit
            width = 2 if vr and start - position == 8 else 4
            kind = TOP_LEVEL.get(tag, ("", ""))
            found.append(
                _Element(
                    tag,
                    data[position : start - width],
                    width,
                    data[start - width : following if tag != _PIXELS else start],
                    "little" if used.order == "<" else "big",
                    IMPLICIT_LITTLE if vr == b"UN" else used,
                    (kind[0], vr, kind[1], used.order, charset)
                    if kind[0] and tag not in PIXEL_DATA
                    else None,
                    odd or tag in (_CHARSET, _SYNTAX) or kind[1] == "SQ" or group in _PRIVATE_GROUPS,
                )
            )
            if tag in PIXEL_DATA:
                return found if tag == _PIXELS else None
            if tag == _CHARSET:
                charset = header.get("SpecificCharacterSet")
            position = following
    return None
