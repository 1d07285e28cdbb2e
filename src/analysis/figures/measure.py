"""How wide a text prints, so that boxes and margins fit what they hold."""

from __future__ import annotations

import functools
import re

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from analysis.figures.style import MM_PER_INCH, SMALL

MM_PER_POINT = MM_PER_INCH / 72.0
LINE_HEIGHT = 1.25
"""Distance of two lines of text, in font sizes."""


@functools.lru_cache(maxsize=4096)
def text_width_mm(text: str, *, size: float = SMALL, bold: bool = False) -> float:
    """Return the printed width in mm of one line in the journal's font."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text or " ", font, ismath=False)
    return width * MM_PER_POINT


def line_mm(size: float = SMALL) -> float:
    """Return the height of one line in mm."""
    return size * LINE_HEIGHT * MM_PER_POINT


def wrapped(text: str, width_mm: float, *, size: float = SMALL, bold: bool = False) -> list[str]:
    """Return the lines of a text broken between words so that each fits a width; a longer word stands alone.

    "p = 0.06", "n = 4" and "95 %" are not broken.
    """
    lines: list[str] = []
    for paragraph in re.sub(r" (?=[=<>%])|(?<=[=<>]) ", "\N{NO-BREAK SPACE}", text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and text_width_mm(longer, size=size, bold=bold) > width_mm:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
