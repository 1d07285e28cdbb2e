"""Letters that a figure cannot print: its font has no glyph of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.text import Text

from analysis.figures.style import journal


@functools.lru_cache(maxsize=8)
def _letters(font: str) -> frozenset[int]:
    return frozenset(get_font(font).get_charmap())


@journal()
def unknown_letters(figure: Figure) -> list[str]:
    """Return the letters of a saved figure in whose place stands the sign of their script, in order of their codes."""
    return sorted(
        {
            letter
            for text in figure.findobj(Text)
            for letter in text.get_text()
            if not (letter.isascii() or letter.isspace())
            and ord(letter) not in _letters(findfont(text.get_fontproperties()))
        }
    )


def letters_sentence(letters: Iterable[str]) -> str:
    """Return what readers are told of letters that the figures cannot print."""
    return (
        f"The font of the figures lacks {' '.join(letters)}: in each place stands a sign of the script it belongs to. "
        "Tables and files have the letters themselves."
    )
