"""An empty figure of the journal's size that shows itself in a notebook and says when data are simulated."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from analysis.figures.style import MM_PER_INCH, NORMAL, SMALL

SIMULATED = "SIMULATED DATA"
MARK_GID = "simulated-data"
"""Id of the mark in the SVG, so that a check can find it."""
STRIP_MM = 5.0
"""Height of the strip above the picture that holds the mark."""
_SCREEN_DPI = 96.0
_NOTEBOOK_DPI = 192.0


class JournalFigure(Figure):
    """A matplotlib figure without pyplot: nothing global to close, and a notebook shows it by itself."""

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        from analysis.figures.saving import png_bytes

        picture = png_bytes(self, dpi=_NOTEBOOK_DPI)
        width, height = (round(inches * _SCREEN_DPI) for inches in self.get_size_inches())
        return {"image/png": picture, "text/plain": repr(self)}, {
            "image/png": {"width": width, "height": height}
        }


def new_figure(
    width_mm: float, height_mm: float, *, simulated: bool, constrained: bool = True
) -> JournalFigure:
    """Return an empty figure; with simulated data it is taller by the strip that says so.

    Parameters
    ----------
    width_mm, height_mm : float
        Size of the picture at print, mm.
    simulated : bool
        Whether the data are simulated: the mark stands in the top right corner.
    constrained : bool
        Whether matplotlib's constrained layout arranges the axes below the strip; otherwise the caller
        places them, with :func:`placed`.
    """
    strip = STRIP_MM if simulated else 0.0
    total = height_mm + strip
    figure = JournalFigure(figsize=(width_mm / MM_PER_INCH, total / MM_PER_INCH))
    if constrained:
        figure.set_layout_engine("constrained", rect=(0, 0, 1, height_mm / total))
    if simulated:
        figure.text(
            1 - 1.0 / width_mm,
            1 - 0.8 / total,
            SIMULATED,
            ha="right",
            va="top",
            fontsize=SMALL,
            fontweight="bold",
            color="#9C3D00",
            gid=MARK_GID,
        )
    return figure


def placed(
    figure: Figure, left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return figure coordinates of a rectangle given in mm, its top measured down from the picture's top."""
    total_width, total_height = (inches * MM_PER_INCH for inches in figure.get_size_inches())
    strip = STRIP_MM if is_marked(figure) else 0.0
    bottom = total_height - strip - top - height
    return left / total_width, bottom / total_height, width / total_width, height / total_height


def is_marked(figure: Figure) -> bool:
    """Whether the figure says that its data are simulated."""
    return any(text.get_gid() == MARK_GID and text.get_text() == SIMULATED for text in figure.texts)


def empty_figure(message: str, *, simulated: bool, width_mm: float) -> JournalFigure:
    """Return a figure that says in words why there is nothing to draw."""
    figure = new_figure(width_mm, 20, simulated=simulated, constrained=False)
    figure.text(0.5, 0.4, message, ha="center", va="center", fontsize=NORMAL, wrap=True)
    return figure
