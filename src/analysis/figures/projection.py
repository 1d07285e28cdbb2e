"""Coronal maximum-intensity projections of one patient's visits, side by side on one SUV window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from analysis.errors import DesignError, ImageError
from analysis.figures.canvas import new_figure, placed
from analysis.figures.style import DOUBLE_MM, INK, NORMAL, OKABE_ITO, SMALL, journal
from analysis.figures.wording import count, listed, number, span, visit_name

if TYPE_CHECKING:
    from analysis.pet import Projection

_CALLOUT_MM, _BAR_MM, _TITLE_MM, _FOOT_MM = 9.0, 19.0, 6.0, 7.0
_SCALE_BAR_MM = 100.0


def _size_mm(projection: Projection) -> tuple[float, float]:
    """Return width and height of the projected volume, mm."""
    return projection.suv.shape[1] * projection.spacing[1], projection.suv.shape[0] * projection.spacing[0]


def _outlined(projection: Projection) -> dict[str, NDArray[np.bool_]]:
    """Return the lesions that have a voxel."""
    return {label: mask for label, mask in projection.lesions.items() if mask.any()}


def _checked(panels: Sequence[Projection], window: tuple[float, float]) -> None:
    if not panels:
        raise DesignError("there is no projection to draw", expected="at least one visit")
    if not window[0] < window[1]:
        raise DesignError(f"the SUV window {window} is empty", expected="a lower and a higher SUV")
    for panel in panels:
        if panel.suv.ndim != 2:
            raise ImageError("a projection is not a picture", where=panel.visit, expected="two dimensions")
        wrong = [label for label, mask in panel.lesions.items() if mask.shape != panel.suv.shape]
        if wrong:
            raise ImageError(
                "a lesion's projected mask is not on the projection's grid",
                where=f"{panel.visit}, {', '.join(wrong)}",
                expected=f"shape {panel.suv.shape}",
                offenders=wrong,
            )


def outline(mask: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Return the pixel edges around a mask as segments in mm, shape (edges, 2, 2), x before y.

    >>> len(outline(np.array([[False, True], [False, True]]), (4.0, 4.0)))
    6
    """
    framed = np.pad(mask, 1)
    row, column = np.nonzero(framed[1:, 1:-1] != framed[:-1, 1:-1])
    across = np.stack([np.stack([column, row], -1), np.stack([column + 1, row], -1)], axis=1)
    row, column = np.nonzero(framed[1:-1, 1:] != framed[1:-1, :-1])
    along = np.stack([np.stack([column, row], -1), np.stack([column, row + 1], -1)], axis=1)
    return np.concatenate([across, along]).astype(float) * np.array([pixel_mm[1], pixel_mm[0]])


def _apart(wanted: NDArray[np.float64], least: float, low: float, high: float) -> NDArray[np.float64]:
    """Return heights in order, at least ``least`` apart, as near to the wanted ones as simple pushing gives."""
    if len(wanted) * least > high - low:
        least = (high - low) / len(wanted)
    ranks = np.arange(len(wanted)) * least
    pushed = np.maximum.accumulate(np.maximum(wanted, low) - ranks) + ranks
    top = high - ranks[::-1]
    return np.minimum(pushed, top)


def _sides(panels: Sequence[Projection]) -> dict[str, bool]:
    """Return whether a lesion is named on the left: by where it lies at its first visit, and so at every visit."""
    sides: dict[str, bool] = {}
    for panel in panels:
        for label, mask in _outlined(panel).items():
            sides.setdefault(label, bool(np.nonzero(mask)[1].mean() + 0.5 < mask.shape[1] / 2))
    return sides


def _callouts(axes: Axes, panel: Projection, per_mm: float, sides: Mapping[str, bool]) -> None:
    """Name the lesions in the margins, each with a thin line to its edge."""
    width, height = _size_mm(panel)
    for left in (True, False):
        here = []
        for label, mask in _outlined(panel).items():
            if sides[label] is left:
                rows, columns = np.nonzero(mask)
                x = columns.min() if left else columns.max() + 1
                here.append(((rows.mean() + 0.5) * panel.spacing[0], x * panel.spacing[1], label))
        if not here:
            continue
        here.sort()
        heights = _apart(np.array([y for y, _, _ in here]), 3.4 * per_mm, 2 * per_mm, height - 2 * per_mm)
        edge, out = (0.0, -0.8 * per_mm) if left else (width, 0.8 * per_mm)
        for (y, x, label), at in zip(here, heights, strict=True):
            axes.plot([x, edge], [y, at], color=OKABE_ITO["vermillion"], lw=0.5, clip_on=False)
            axes.text(edge + out, at, label, ha="right" if left else "left", va="center", fontsize=SMALL)


def _draw_panel(
    axes: Axes, panel: Projection, window: tuple[float, float], per_mm: float, sides: Mapping[str, bool]
) -> None:
    width, height = _size_mm(panel)
    axes.imshow(
        panel.suv,
        cmap="gray_r",
        norm=Normalize(*window),
        extent=(0, width, height, 0),
        interpolation="bilinear",
    )
    segments = [outline(mask, panel.spacing) for mask in _outlined(panel).values()]
    if segments:
        axes.add_collection(
            LineCollection(list(np.concatenate(segments)), colors=OKABE_ITO["vermillion"], linewidths=0.9)
        )
    _callouts(axes, panel, per_mm, sides)
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_linewidth(0.5)
    axes.set_title(visit_name(panel.visit), loc="center", pad=3)
    halo = [withStroke(linewidth=2, foreground="white")]
    for side, x, align in (("R", 1.2 * per_mm, "left"), ("L", width - 1.2 * per_mm, "right")):
        axes.text(
            x, 1.2 * per_mm, side, ha=align, va="top", fontsize=NORMAL, fontweight="bold", path_effects=halo
        )


@journal()
def draw_projection(
    panels: Sequence[Projection],
    *,
    simulated: bool,
    suv_window: tuple[float, float] = (0.0, 10.0),
    quantity: str = "SUV (body weight), g/ml",
    width_mm: float = DOUBLE_MM,
    height_mm: float = 110.0,
) -> Figure:
    """Draw the visits of one patient on one inverted grey scale, lesions outlined, all at the same size.

    Parameters
    ----------
    panels : sequence of analysis.pet.Projection
        The visits of one patient, in order; head up, the right on the left. The patient is not named. A
        lesion without a voxel is not outlined; a missing SUV stays white.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    suv_window : tuple of float
        SUV printed white and SUV printed black, the same for every visit.
    quantity : str
        What the grey means, with unit.
    width_mm, height_mm : float
        Width at print and greatest height of the pictures.

    Raises
    ------
    DesignError
        If there is no panel or the window is empty.
    ImageError
        If a mask is not on its projection's grid.
    """
    _checked(panels, suv_window)
    sizes = [_size_mm(panel) for panel in panels]
    room = width_mm - _BAR_MM - 2 * _CALLOUT_MM * len(panels)
    scale = min(room / sum(width for width, _ in sizes), height_mm / max(height for _, height in sizes))
    tall = scale * max(height for _, height in sizes)
    figure = new_figure(width_mm, _TITLE_MM + tall + _FOOT_MM, simulated=simulated, constrained=False)
    left = max((room - scale * sum(width for width, _ in sizes)) / 2, 0.0)
    first = left + _CALLOUT_MM
    sides = _sides(panels)
    for panel, (width, height) in zip(panels, sizes, strict=True):
        left += _CALLOUT_MM
        axes = figure.add_axes(placed(figure, left, _TITLE_MM, scale * width, scale * height))
        _draw_panel(axes, panel, suv_window, 1 / scale, sides)
        left += scale * width + _CALLOUT_MM
    ruler = figure.add_axes(placed(figure, first, _TITLE_MM + tall, width_mm - first, _FOOT_MM))
    ruler.set(xlim=(0, width_mm - first), ylim=(_FOOT_MM, 0))
    ruler.set_axis_off()
    length = scale * _SCALE_BAR_MM
    ruler.plot([0, 0, length, length], [2.2, 3.2, 3.2, 2.2], color=INK, lw=1.0)
    ruler.text(length + 1.5, 2.9, f"{_SCALE_BAR_MM / 10:.0f} cm", va="center", fontsize=SMALL)
    bar = figure.add_axes(placed(figure, left + 2.0, _TITLE_MM + tall * 0.15, 3.2, tall * 0.7))
    grey = ScalarMappable(Normalize(*suv_window), "gray_r")
    figure.colorbar(grey, cax=bar, extend="max", label=quantity)
    return figure


def describe_projection(
    panels: Sequence[Projection],
    *,
    suv_window: tuple[float, float] = (0.0, 10.0),
    quantity: str = "SUV (body weight), g/ml",
) -> str:
    """Return the alternative text: visits, grey scale, and the outlined lesions of each visit."""
    _checked(panels, suv_window)
    drawn = [list(_outlined(panel)) for panel in panels]
    named = [
        f"{count(len(labels), 'lesion')} outlined ({', '.join(labels)})" if labels else "no lesion"
        for labels in drawn
    ]
    if len(panels) > 1 and len(set(named)) == 1:
        content = f"{listed([visit_name(panel.visit).lower() for panel in panels])}, each with {named[0]}"
    else:
        content = "; ".join(
            f"{visit_name(panel.visit).lower()}, {words}" for panel, words in zip(panels, named, strict=True)
        )
    window = span(number(suv_window[0], 0), number(suv_window[1], 0))
    return f"Coronal maximum-intensity projections of one patient, {quantity}, window {window}: {content}."
