"""A lesion in three planes at every visit: rows are visits, columns axial, coronal and sagittal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from analysis.errors import DesignError, ImageError
from analysis.figures.canvas import new_figure, placed
from analysis.figures.measure import wrapped
from analysis.figures.projection import outline
from analysis.figures.style import DOUBLE_MM, INK, MUTED, NORMAL, OKABE_ITO, SMALL, journal
from analysis.figures.wording import count, listed, number, span, visit_name

if TYPE_CHECKING:
    from analysis.pet import LesionPlanes, Plane

_BESIDE_MM, _BAR_MM, _TITLE_MM, _FOOT_MM, _GAP_MM = 31.0, 19.0, 6.0, 7.0, 2.0
_SCALE_BAR_MM = 20.0
_NOT_CONTOURED = "no contour here; place of the nearest visit, not registered"
_OUT_OF_VIEW = "the place lies outside this scan"


def _checked(rows: Sequence[LesionPlanes], window: tuple[float, float]) -> None:
    if not rows:
        raise DesignError("there is no lesion to draw", expected="the planes of at least one visit")
    if not window[0] < window[1]:
        raise DesignError(f"the SUV window {window} is empty", expected="a lower and a higher SUV")
    for row in rows:
        for plane in row.planes:
            if not plane.suv.ndim == 2 or plane.lesion.shape != plane.suv.shape:
                raise ImageError(
                    "a plane and its outline have different shapes",
                    where=f"{row.visit}, {plane.name}",
                    expected=f"shape {plane.suv.shape}",
                )


def _draw_plane(axes: Axes, plane: Plane, window: tuple[float, float]) -> None:
    height, width = plane.suv.shape[0] * plane.spacing[0], plane.suv.shape[1] * plane.spacing[1]
    axes.imshow(
        plane.suv,
        cmap="gray_r",
        norm=Normalize(*window),
        extent=(0, width, height, 0),
        interpolation="nearest",  # a voxel is a square: the outline runs along its edges
    )
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for mask, colour, line in (
        (plane.others, OKABE_ITO["blue"], 0.7),
        (plane.lesion, OKABE_ITO["vermillion"], 1.1),
    ):
        segments = outline(mask, plane.spacing)
        if len(segments):
            for behind, width_pt in (("white", line + 1.4), (colour, line)):
                axes.add_collection(
                    LineCollection(list(segments), colors=behind, linewidths=width_pt, capstyle="projecting")
                )
    y, x = (plane.cross[0] + 0.5) * plane.spacing[0], (plane.cross[1] + 0.5) * plane.spacing[1]
    for start, end in ((0.0, 0.12), (0.88, 1.0)):  # the middle stays free: there lies the lesion
        axes.plot([start * width, end * width], [y, y], color=INK, lw=0.6, path_effects=halo)
        axes.plot([x, x], [start * height, end * height], color=INK, lw=0.6, path_effects=halo)
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_linewidth(0.5)
    places = (
        (0.03, 0.5, "left", "bottom"),
        (0.97, 0.5, "right", "bottom"),
        (0.53, 0.97, "left", "top"),
        (0.53, 0.03, "left", "bottom"),
    )
    for letter, (at_x, at_y, across, along) in zip(plane.edges, places, strict=True):
        axes.text(
            at_x, at_y, letter, transform=axes.transAxes, ha=across, va=along, fontsize=SMALL,
            fontweight="bold", path_effects=halo,
        )  # fmt: skip


def _beside(row: LesionPlanes) -> list[tuple[str, str, str]]:
    """Lines beside the planes of one visit: text, weight, colour."""
    lines = [(visit_name(row.visit), "bold", INK)]
    lines += [(line, "normal", INK) for note in row.notes for line in wrapped(note, _BESIDE_MM - 2)]
    if not row.planes or not row.contoured:
        said = _NOT_CONTOURED if row.planes else _OUT_OF_VIEW
        lines += [(line, "normal", MUTED) for line in wrapped(said, _BESIDE_MM - 2)]
    return lines


@journal()
def draw_lesion_planes(
    rows: Sequence[LesionPlanes],
    *,
    simulated: bool,
    suv_window: tuple[float, float] = (0.0, 10.0),
    quantity: str = "SUV (body weight), g/ml",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a lesion in three planes at each visit, on one inverted grey scale and at one size.

    The lesion's outline is vermillion, that of other lesions blue and thinner, both on white; the ticks of a
    crosshair point at its hottest voxel. Letters at the edges: right, left, anterior, posterior, head, feet.

    Parameters
    ----------
    rows : sequence of analysis.pet.LesionPlanes
        The visits in order, of one field. Patient and lesion are not named. A missing SUV stays white; a
        visit without contour, or whose scan does not reach there, says so.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    suv_window : tuple of float
        SUV printed white and SUV printed black, the same for every visit.
    quantity : str
        What the grey means, with unit.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If there is no visit or the window is empty.
    ImageError
        If an outline is not on its plane.
    """
    _checked(rows, suv_window)
    side = (width_mm - _BESIDE_MM - _BAR_MM - 2 * _GAP_MM) / 3
    tall = len(rows) * (side + _GAP_MM) - _GAP_MM
    figure = new_figure(width_mm, _TITLE_MM + tall + _FOOT_MM, simulated=simulated, constrained=False)
    text = figure.add_axes(placed(figure, 0, _TITLE_MM, _BESIDE_MM, tall))
    text.set(xlim=(0, _BESIDE_MM), ylim=(tall, 0))
    text.set_axis_off()
    for place, row in enumerate(rows):
        top = place * (side + _GAP_MM)
        for line, (words, weight, colour) in enumerate(_beside(row)):
            size = NORMAL if weight == "bold" else SMALL
            text.text(
                0.5, top + 1 + 4.2 * line, words, va="top", fontsize=size, fontweight=weight, color=colour
            )
        for column, plane in enumerate(row.planes):
            left = _BESIDE_MM + column * (side + _GAP_MM)
            axes = figure.add_axes(placed(figure, left, _TITLE_MM + top, side, side))
            _draw_plane(axes, plane, suv_window)
    for column, name in enumerate(("axial", "coronal", "sagittal")):
        left = _BESIDE_MM + column * (side + _GAP_MM)
        title = figure.add_axes(placed(figure, left, 0, side, _TITLE_MM))
        title.set_axis_off()
        title.text(0.5, 0.25, name.capitalize(), ha="center", va="bottom", fontsize=NORMAL, fontweight="bold")
    _draw_ruler(figure, rows, side, tall)
    bar = figure.add_axes(
        placed(
            figure,
            _BESIDE_MM + 3 * side + 2 * _GAP_MM + 2.0,
            _TITLE_MM + min(tall, side) * 0.1,
            3.2,
            min(tall, 2 * side) * 0.8,
        )
    )
    figure.colorbar(ScalarMappable(Normalize(*suv_window), "gray_r"), cax=bar, extend="max", label=quantity)
    return figure


def _draw_ruler(figure: Figure, rows: Sequence[LesionPlanes], side: float, tall: float) -> None:
    """Draw the scale bar below the first column; all planes have one scale."""
    shown = next((row.planes[0] for row in rows if row.planes), None)
    if shown is None:
        return
    length = side * _SCALE_BAR_MM / (shown.suv.shape[1] * shown.spacing[1])
    ruler = figure.add_axes(placed(figure, _BESIDE_MM, _TITLE_MM + tall, side, _FOOT_MM))
    ruler.set(xlim=(0, side), ylim=(_FOOT_MM, 0))
    ruler.set_axis_off()
    ruler.plot([0, 0, length, length], [2.2, 3.2, 3.2, 2.2], color=INK, lw=1.0)
    ruler.text(length + 1.5, 2.9, f"{_SCALE_BAR_MM / 10:.0f} cm", va="center", fontsize=SMALL)


def describe_lesion_planes(
    rows: Sequence[LesionPlanes],
    *,
    suv_window: tuple[float, float] = (0.0, 10.0),
    quantity: str = "SUV (body weight), g/ml",
) -> str:
    """Return the alternative text: visits, grey scale, and what is written beside each."""
    _checked(rows, suv_window)
    said = []
    for row in rows:
        notes = list(row.notes)
        if not row.planes:
            notes.append(_OUT_OF_VIEW)
        elif not row.contoured:
            notes.append(_NOT_CONTOURED)
        said.append(f"{visit_name(row.visit).lower()}: {', '.join(notes) or 'outlined'}")
    window = span(number(suv_window[0], 0), number(suv_window[1], 0))
    return (
        f"One lesion in axial, coronal and sagittal planes at {count(len(rows), 'visit')}"
        f" ({listed([visit_name(row.visit).lower() for row in rows])}), {quantity}, window {window}. "
        + "; ".join(said)
        + "."
    )
