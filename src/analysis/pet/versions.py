"""Which version of this room's code made a number: stored measures are valid for that code only."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

MEASURING = ("headers", "suv", "series", "contours", "measures")
"""Rooms on which the index and a scan's measures depend; a change of a response rule measures nothing again."""


@functools.cache
def code_version() -> str:
    """SHA-256 over the source of the modules that find and measure."""
    digest = hashlib.sha256()
    for room in MEASURING:
        for file in sorted((Path(__file__).parent / room).glob("*.py")):
            digest.update(f"{room}/{file.name}".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
