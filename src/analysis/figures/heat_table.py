"""A table of counts whose shade is their size, with cells too small to be shown kept back."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.figures.style import INK, SMALL

_DARK = (0, 114, 178)


def shown_count(n: float, smallest: int) -> str:
    """Return a count as text: "<5" when it is not zero and below the smallest that may be shown.

    >>> shown_count(3, 5), shown_count(0, 5), shown_count(7, 5), shown_count(float("nan"), 5)
    ('<5', '0', '7', '—')
    """
    if math.isnan(n):
        return "—"
    return f"<{smallest}" if 0 < n < smallest else f"{n:.0f}"


def shade(share: float) -> str:
    """Return a blue that grows from white with a share between 0 and 1, light enough for black text.

    A missing share is white.

    >>> shade(0.0), shade(1.0), shade(float("nan"))
    ('#FFFFFF', '#73B1D5', '#FFFFFF')
    """
    strength = 0.0 if math.isnan(share) else 0.55 * min(max(share, 0.0), 1.0)
    return "#" + "".join(f"{round(255 + (dark - 255) * strength):02X}" for dark in _DARK)


def draw_cell(
    axes: Axes, box: tuple[float, float, float, float], *, face: str, lines: list[str], hatch: str = ""
) -> None:
    """Draw one cell, ``box`` being left, top, width and height in mm; the first line is bold."""
    left, top, width, height = box
    axes.add_patch(Rectangle((left, top), width, height, facecolor=face, edgecolor=INK, lw=0.6))
    if hatch:
        axes.add_patch(
            Rectangle((left, top), width, height, fill=False, edgecolor="#BFBFBF", hatch=hatch, lw=0)
        )
        axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=INK, lw=0.6))
    pitch = 4.0
    y = top + height / 2 - pitch * (len(lines) - 1) / 2
    for i, line in enumerate(lines):
        axes.text(
            left + width / 2,
            y,
            line,
            ha="center",
            va="center",
            fontsize=SMALL + (1 if i == 0 else 0),
            fontweight="bold" if i == 0 else "normal",
            bbox={"facecolor": face, "edgecolor": "none", "pad": 0.8} if hatch else None,
        )
        y += pitch
