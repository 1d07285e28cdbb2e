"""A figure as files: the same bytes from the same data, and never half a file."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from analysis.figures.style import journal

PNG_DPI = 200.0
_COLOURS = 256


@journal()
def png_bytes(figure: Figure, *, dpi: float = PNG_DPI) -> bytes:
    """Return the figure as a palette PNG without date, software or any other metadata.

    At most 256 colours: without loss where the figure has no more, otherwise the nearest ones without dither.
    """
    keep = figure.dpi
    figure.dpi = dpi
    try:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    finally:
        figure.dpi = keep
    colours = Image.fromarray(np.ascontiguousarray(pixels))
    # maximum coverage keeps white white, thin outlines and the grey of projections; median cut does not
    picture = colours.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, "png", dpi=(dpi, dpi), compress_level=6)
    return buffer.getvalue()


@journal()
def svg_bytes(figure: Figure) -> bytes:
    """Return the figure as SVG without date and creator, its text as outlines."""
    buffer = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(
        buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save(figure: Figure, path_stem: Path) -> tuple[Path, Path]:
    """Write ``<path_stem>.svg`` and ``<path_stem>.png`` (200 dpi) and return their paths.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write; it stays usable, with the arrangement of its axes fixed.
    path_stem : pathlib.Path
        Folder and name without suffix; the folder is made if it is not there. A dot in the name stays.

    Returns
    -------
    (svg, png) : tuple of pathlib.Path
        Both files; each replaces an older one only when it is complete.
    """
    stem = Path(path_stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    svg, png = stem.with_name(stem.name + ".svg"), stem.with_name(stem.name + ".png")
    svg_content = svg_bytes(figure)
    figure.set_layout_engine("none")  # what the first drawing arranged stands for the second: half the time
    png_content = png_bytes(figure)
    _write(svg, svg_content)
    _write(png, png_content)
    return svg, png
