"""The journal style of every figure: sizes, fonts, colours that survive colour blindness and grey print."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl

MM_PER_INCH = 25.4
SINGLE_MM = 85.0
"""Width of one journal column."""
DOUBLE_MM = 170.0
"""Width of a journal page's text."""
SMALL, NORMAL = 8.0, 9.0
"""Font sizes in points at print width; nothing in a figure is smaller than ``SMALL``."""

OKABE_ITO: Mapping[str, str] = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#E69F00",
        "sky": "#56B4E9",
        "green": "#009E73",
        "yellow": "#F0E442",
        "blue": "#0072B2",
        "vermillion": "#D55E00",
        "purple": "#CC79A7",
    }
)
"""Okabe and Ito, Color Universal Design (2008): eight colours told apart in every kind of colour blindness."""

INK, MUTED, FAINT = "#000000", "#595959", "#D9D9D9"
"""Text and axes; secondary text (contrast 7:1 on white); grid."""


Line = Literal["solid"] | tuple[float, tuple[float, ...]]
"""A line style of matplotlib: solid, or an offset and dashes in line widths."""


@dataclass(frozen=True)
class Mark:
    """How one group looks: colour, and line, marker and hatch that say the same without colour."""

    label: str
    colour: str
    line: Line
    marker: str
    hatch: str
    fill: str


GROUPS: tuple[Mark, ...] = (
    Mark("first", OKABE_ITO["blue"], "solid", "o", "", "#7FB8D8"),
    Mark("second", OKABE_ITO["vermillion"], (0, (5, 1.5)), "^", "////", "#F3C6A0"),
    Mark("third", "#3D3D3D", (0, (1, 1.2)), "s", "xxxx", "#E3E3E3"),
)
"""Looks of up to three groups, in the order given."""

RESPONSES: Mapping[str, Mark] = MappingProxyType(
    {
        "responder": Mark("Responder", GROUPS[0].colour, GROUPS[0].line, "o", "", GROUPS[0].fill),
        "non_responder": Mark("Non-responder", GROUPS[1].colour, GROUPS[1].line, "^", "////", GROUPS[1].fill),
        "not_assessable": Mark(
            "Not assessable", GROUPS[2].colour, GROUPS[2].line, "s", "xxxx", GROUPS[2].fill
        ),
    }
)
"""The three metabolic responses look alike in every figure."""

RC: Mapping[str, Any] = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": INK,
        "axes.labelsize": NORMAL,
        "axes.linewidth": 0.8,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": NORMAL,
        "axes.titleweight": "bold",
        "axes.unicode_minus": True,
        "figure.constrained_layout.h_pad": 0.03,
        "figure.constrained_layout.w_pad": 0.03,
        "figure.dpi": 100.0,
        "figure.edgecolor": "white",
        "figure.facecolor": "white",
        "font.family": ["DejaVu Sans"],
        "font.size": NORMAL,
        "hatch.linewidth": 0.6,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "lines.linewidth": 1.4,
        "lines.markersize": 4.5,
        "mathtext.fontset": "dejavusans",
        "savefig.bbox": None,
        "savefig.facecolor": "white",
        "svg.fonttype": "path",  # the glyphs travel with the picture: the same page on every machine
        "svg.hashsalt": "analysis.figures",  # without it every SVG has random ids
        "text.parse_math": False,  # a dollar in a label is a dollar
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
    }
)
"""Matplotlib parameters of the style; everything else is matplotlib's own default."""

_LOCK = threading.RLock()


@contextmanager
def unknown_letters_allowed() -> Iterator[None]:
    """Do not warn of letters that the font lacks: matplotlib draws the sign of their script, and notebooks say which they are."""
    with warnings.catch_warnings():
        for said in (r"Glyph \d+ .* missing from font", "Matplotlib currently does not support .* natively"):
            warnings.filterwarnings("ignore", message=said, category=UserWarning)
        yield


@contextmanager
def journal() -> Iterator[None]:
    """Draw or save under the journal style; a decorator, too.

    The parameters are matplotlib's global ones, so one thread draws at a time; whatever the caller had
    set before stands again afterwards and never reaches a figure.

    >>> import matplotlib as mpl
    >>> with journal():
    ...     mpl.rcParams["font.size"]
    9.0
    """
    with _LOCK, mpl.rc_context(), unknown_letters_allowed():
        backend_free = {key: value for key, value in mpl.rcParamsDefault.items() if key not in _BACKEND}
        dict.update(mpl.rcParams, backend_free)
        mpl.rcParams.update(RC)
        yield


_BACKEND = frozenset({"backend", "backend_fallback", "interactive", "toolbar", "timezone", "webagg.port"})
