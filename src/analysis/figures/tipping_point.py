"""Hazard ratios over every way in which the patients without a scan could be classified."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from analysis.figures.canvas import new_figure, placed
from analysis.figures.heat_table import draw_cell, shade
from analysis.figures.measure import wrapped
from analysis.figures.style import MUTED, SMALL, journal

if TYPE_CHECKING:
    from analysis.survival import TippingPoint

_LEFT, _TOP, _CELL_W, _CELL_H = 30.0, 16.0, 21.0, 13.0
_MOST_WIDE = 6
"""Columns and rows drawn with their numbers; larger grids have smaller cells and the mean alone."""


@journal()
def draw_tipping_point(found: TippingPoint, *, simulated: bool) -> Figure:
    """Draw the grid: each cell has the mean hazard ratio and its range; hatched where the conclusion changes.

    Parameters
    ----------
    found : TippingPoint
        From :func:`analysis.survival.tipping_point`.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    """
    rows, columns = found.middle.shape
    large = max(rows, columns) > _MOST_WIDE
    wide, high = (min(_CELL_W, 140.0 / columns), 8.0) if large else (_CELL_W, _CELL_H)
    width, height = max(_LEFT + columns * wide + 2.0, 125.0), _TOP + rows * high + 16.0
    figure = new_figure(width, height, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width, height))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    across = f"{found.labels[0]} among the {found.late} whose time ended late"
    axes.text(
        _LEFT, 5.0, "\n".join(wrapped(across.capitalize(), width - _LEFT - 4)), va="center", fontsize=SMALL
    )
    words = f"{found.labels[0]} among the {found.early} whose time ended early"
    axes.text(
        1.0,
        _TOP + rows * high / 2,
        "\n".join(wrapped(words.capitalize(), _LEFT - 12)),
        va="center",
        fontsize=SMALL,
    )
    spread = (
        max(abs(math.log(value)) for value in (found.least.min(), found.most.max(), found.estimate)) or 1.0
    )
    for j in range(columns):
        axes.text(_LEFT + wide * (j + 0.5), _TOP - 3.5, str(j), ha="center", va="center", fontsize=SMALL)
    for i in range(rows):
        axes.text(_LEFT - 4.0, _TOP + high * (i + 0.5), str(i), ha="center", va="center", fontsize=SMALL)
        for j in range(columns):
            lines = [f"{found.middle[i, j]:.2f}"]
            if not large and found.most[i, j] > found.least[i, j]:
                lines.append(f"{found.least[i, j]:.2f}–{found.most[i, j]:.2f}")
            draw_cell(
                axes,
                (_LEFT + wide * j, _TOP + high * i, wide, high),
                face=shade(max(math.log(found.middle[i, j]), 0.0) / spread),
                lines=lines,
                hatch="////" if found.changed[i, j] > 0 else "",
            )
    now, other = ("excludes", "includes") if found.excludes_one else ("includes", "excludes")
    notes = [
        f"Hazard ratio, {found.labels[0]} v {found.labels[1]}: mean and range over who they are. Classified alone: "
        f"{found.estimate:.2f} ({found.low:.2f}–{found.high:.2f}), which {now} 1.",
        f"Hatched: the interval {other} 1 for some of them."
        if found.changed.any()
        else "In no cell does that change.",
    ]
    lines = [line for note in notes for line in wrapped(note, width - 4)]
    for number, line in enumerate(lines):
        axes.text(
            1.0, _TOP + rows * high + 4.0 + 3.6 * number, line, va="center", fontsize=SMALL, color=MUTED
        )
    return figure


def describe_tipping_point(found: TippingPoint) -> str:
    """Return the alternative text: the finding in words."""
    return (
        f"Grid of hazard ratios over the classification of the patients without a group. {found.sentence()}"
    )
