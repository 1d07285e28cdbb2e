"""How wide a text prints, so that boxes and margins fit what they hold."""

from __future__ import annotations

import functools
import re

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from analysis.figures.style import MM_PER_INCH, SMALL, unknown_letters_allowed

MM_PER_POINT = MM_PER_INCH / 72.0
LINE_HEIGHT = 1.25
"""Distance of two lines of text, in font sizes."""

NAME_MM = 45.0
"""Room for a name beside a figure; of a longer one the beginning is printed."""


@functools.lru_cache(maxsize=4096)
def text_width_mm(text: str, *, size: float = SMALL, bold: bool = False) -> float:
    """Return the printed width in mm of one line in the journal's font."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    with unknown_letters_allowed():
        width, _, _ = TextToPath().get_text_width_height_descent(text or " ", font, ismath=False)
    return width * MM_PER_POINT


def line_mm(size: float = SMALL) -> float:
    """Return the height of one line in mm."""
    return size * LINE_HEIGHT * MM_PER_POINT


def fitted(text: str, width_mm: float, *, size: float = SMALL, bold: bool = False) -> str:
    """Return a name as far as it fits a width, an ellipsis where it goes on: the table beside has it whole."""
    if text_width_mm(text, size=size, bold=bold) <= width_mm:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        fits = text_width_mm(f"{text[:middle]}…", size=size, bold=bold) <= width_mm
        low, high = (middle, high) if fits else (low, middle)
    return f"{text[: max(low, 1)]}…"


def wrapped(text: str, width_mm: float, *, size: float = SMALL, bold: bool = False) -> list[str]:
    """Return the lines of a text broken between words so that each fits a width; a longer word stands alone.

    "p = 0.06", "n = 4" and "95 %" are not broken. A word that is more than half as long again as the width, which no
    language has and a table of data may, is cut with an ellipsis.
    """
    lines: list[str] = []
    for paragraph in re.sub(r" (?=[=<>%])|(?<=[=<>]) ", "\N{NO-BREAK SPACE}", text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if text_width_mm(word, size=size, bold=bold) > 1.5 * width_mm:
                word = fitted(word, width_mm, size=size, bold=bold)
            longer = f"{line} {word}" if line else word
            if line and text_width_mm(longer, size=size, bold=bold) > width_mm:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
