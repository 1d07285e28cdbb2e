"""Unique identifiers and opaque names: the same for the same scan, telling nothing about it."""

from __future__ import annotations

import hashlib


def _number(*parts: object) -> int:
    text = "\x1f".join(str(part) for part in ("simulated trial", *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def uid(*parts: object) -> str:
    """DICOM UID of 44 characters that follows from the parts.

    Below 2.25, where anybody may make identifiers of 128-bit numbers; always of 39 digits and ending in
    five zeros, so that :func:`instance_uid` can count on from it.

    References
    ----------
    DICOM PS3.5 B.2.

    Examples
    --------
    >>> len(uid("P001", "baseline")), uid("P001") == uid("P001"), uid("P001") == uid("P002")
    (44, True, False)
    """
    low, high = 10**38, 2**128 - 10**5  # 39 digits, within 128 bits
    number = low + _number(*parts) % (high - low)
    return f"2.25.{number // 10**5 * 10**5}"


def instance_uid(first: str, index: int) -> str:
    """UID that lies ``index`` after a UID made by :func:`uid`; ``index`` below 100,000."""
    return f"2.25.{int(first[5:]) + index}"


def token(*parts: object) -> str:
    """Eight characters for folder and file names."""
    return f"{_number('name', *parts) % 16**8:08X}"
