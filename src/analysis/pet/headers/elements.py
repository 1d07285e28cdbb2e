"""Walking the elements of a DICOM data set by tag and length, without decoding what is not asked for.

Every encoding of PS3.5 section 7 is walked alike. Where real writers leave the standard, the walk takes the course that
pydicom takes: an element without a valid VR is read as implicit, an unknown VR has a length of two bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = frozenset([0x7FE00008, 0x7FE00009, 0x7FE00010])
NOTHING, ANYTHING = range(0), range(1 << 32)
"""Sets of wanted elements."""

_VALUE_AFTER = {
    **dict.fromkeys(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(), 8),
    **dict.fromkeys(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(), 12),
}
"""Where the value begins, by VR: lengths take two bytes or, after two reserved ones, four (PS3.5 section 7.1.2)."""


class Short(Exception):  # noqa: N818 - a signal, not an error
    """The bytes at hand end before the data set does."""


class Encoding:
    """How elements are laid out: explicit or implicit VR, and the byte order (``"<"`` or ``">"``)."""

    def __init__(self, *, explicit: bool, order: str) -> None:
        self.explicit, self.order = explicit, order
        self.short = struct.Struct(order + "HH2sH").unpack_from
        self.long = struct.Struct(order + "HHI").unpack_from
        self.number = struct.Struct(order + "I").unpack_from

    def walk(
        self, data: bytes, start: int, end: int, wanted: Container[int]
    ) -> Iterator[tuple[int, bytes, int, int, int]]:
        """Yield tag, VR, start and length of the value of each wanted element, and where the next element begins.

        The length is -1 where it is undefined, which is left so for pixel data only. The VR is empty where it is not
        stated. The delimiter of an item or sequence is always yielded, and is the last.
        """
        explicit, short, number, pixels, undefined = (
            self.explicit,
            self.short,
            self.number,
            PIXEL_DATA,
            UNDEFINED,
        )
        value_after = (_VALUE_AFTER if explicit else {}).get
        position, last = start, end - 8
        while position <= last:
            group, element, vr, length = short(data, position)
            value = position + 8
            after = value_after(vr)
            if after == 12:
                value = position + 12
                if value > end:
                    raise Short
                (length,) = number(data, position + 8)
            elif after is None and not (explicit and b"AA" <= vr <= b"ZZ"):
                vr = b""
                (length,) = number(data, position + 4)
            tag = group << 16 | element
            if length != undefined:
                position = value + length
            elif tag in pixels:
                position, length = value, -1
            else:
                # An unknown sequence of undefined length is encoded implicitly (PS3.5 section 6.2.2, note on UN).
                position = (IMPLICIT_LITTLE if vr == b"UN" else self).after_sequence(data, value, end)
                length = position - value
            if tag in wanted:
                yield tag, vr, value, length, position
            elif group == 0xFFFE and tag != ITEM:
                yield tag, vr, value, length, position
                return
        if position < end:
            raise Short

    def items(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and end of the content of each item of a sequence's value."""
        position = start
        while position + 8 <= end:
            group, element, length = self.long(data, position)
            if group << 16 | element != ITEM:
                return
            position += 8
            if length == UNDEFINED:
                following = self._after_item(data, position, end)
                yield position, following - 8
            else:
                following = position + length
                yield position, min(following, end)
            position = following

    def after_sequence(self, data: bytes, start: int, end: int) -> int:
        """Where the element after a sequence of undefined length begins."""
        position = start
        while position + 8 <= end:
            group, element, length = self.long(data, position)
            tag = group << 16 | element
            position += 8
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM:
                raise ValueError("a sequence holds something that is no item")
            position = self._after_item(data, position, end) if length == UNDEFINED else position + length
        raise Short

    def _after_item(self, data: bytes, start: int, end: int) -> int:
        for _tag, _vr, _value, _length, following in self.walk(data, start, end, NOTHING):
            return following
        raise Short


IMPLICIT_LITTLE = Encoding(explicit=False, order="<")
EXPLICIT_LITTLE = Encoding(explicit=True, order="<")
EXPLICIT_BIG = Encoding(explicit=True, order=">")
IMPLICIT_BIG = Encoding(explicit=False, order=">")
