"""Volcano: every marker by the size of its association and by its p-value, so that neither hides the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.columns import floats, texts
from analysis.figures.measure import text_width_mm, wrapped
from analysis.figures.style import DOUBLE_MM, FAINT, INK, MM_PER_INCH, MUTED, OKABE_ITO, SMALL, journal
from analysis.figures.wording import count, listed, p_value, ratio

_HEIGHT, _TOP, _FOOT, _LEFT, _RIGHT = 80.0, 4.0, 24.0, 14.0, 14.0
_LABELS = 6
"""Markers named in a panel: those with the smallest p."""
_MARKS = ("o", "s", "^", "D", "v", "P")
_NOTHING = "No marker could be tested."
_TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


@dataclass(frozen=True)
class _Point:
    name: str
    x: float
    p: float
    found: bool
    family: str
    side: int
    """−1 or 1 where the estimate has no bound on that side, and stands at the edge."""


def _points(rows: pd.DataFrame, level: float) -> list[_Point]:
    lacking = {"name", "estimate", "low", "high", "p_value", "q_value"} - set(rows.columns)
    if lacking:
        raise DesignError("the volcano lacks a column", offenders=sorted(lacking))
    columns = [floats(rows, name) for name in ("estimate", "low", "high", "p_value", "q_value")]
    found = []
    for name, family, estimate, low, high, p, q in zip(
        texts(rows, "name"), texts(rows, "family"), *columns, strict=True
    ):
        if math.isnan(p):
            continue
        endless = not 0 < estimate < math.inf
        # Without a finite estimate: the side is the one that the remaining limit leaves open.
        side = (0 if not endless else 1 if math.isnan(estimate) and low > 0 else -1) or 0
        if endless and math.isnan(estimate) and not low > 0:
            side = -1 if high < math.inf else 1
        found.append(_Point(name, math.nan if endless else math.log(estimate), p, q < level, family, side))
    return found


def _panel(
    axes: Axes, points: list[_Point], title: str, families: list[str], reach: float, top: float
) -> None:
    axes.axvline(0, color=INK, lw=0.8, zorder=0)
    axes.axhline(-math.log10(0.05), color=MUTED, lw=0.8, ls=(0, (4, 2)), zorder=0)
    axes.annotate("p = 0.05", (1, -math.log10(0.05)), xycoords=("axes fraction", "data"), xytext=(2, 0), va="center",
                  textcoords="offset points", fontsize=SMALL, color=MUTED, annotation_clip=False)  # fmt: skip
    for one in points:
        x = one.side * reach if one.side else one.x
        mark = _MARKS[families.index(one.family) % len(_MARKS)]
        colour = OKABE_ITO["vermillion"] if one.found else OKABE_ITO["blue"]
        axes.plot(x, -math.log10(max(one.p, 1e-300)), mark, ms=6, mec=colour, mew=1.2, mfc=colour if one.found else "white",
                  clip_on=False)  # fmt: skip
        if one.side:
            axes.annotate("∞" if one.side > 0 else "0", (x, -math.log10(one.p)), xytext=(0, -9), ha="center",
                          textcoords="offset points", fontsize=SMALL, annotation_clip=False)  # fmt: skip
    axes.set(xlim=(-reach, reach), ylim=(0, top))
    ticks = [tick for tick in _TICKS if abs(math.log(tick)) <= reach]
    axes.set_xticks([math.log(tick) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.set_xlabel(f"{title}, log scale")
    axes.set_ylabel("−log₁₀ p")
    axes.grid(color=FAINT, lw=0.5)
    _name(axes, points, reach, top)


def _name(axes: Axes, points: list[_Point], reach: float, top: float) -> None:
    """Names beside the points of smallest p, each where it touches no other name or point; else it is left to the table."""
    wide, high = (side / axes.figure.dpi * MM_PER_INCH for side in (axes.bbox.width, axes.bbox.height))
    at = {
        one: (
            ((one.side * reach if one.side else one.x) + reach) / (2 * reach) * wide,
            -math.log10(max(one.p, 1e-300)) / top * high,
        )
        for one in points
    }
    taken = [(x - 1.4, y - (5.0 if one.side else 1.4), x + 1.4, y + 1.4) for one, (x, y) in at.items()]
    for one in sorted(points, key=lambda point: point.p)[:_LABELS]:
        found = _free_place(one.name, at[one], (wide, high), taken)
        if found:
            left, bottom, _, upper, lines = found
            taken.append(found[:4])
            axes.text(left / wide, (bottom + upper) / 2 / high, "\n".join(lines), transform=axes.transAxes,
                      va="center", fontsize=SMALL, linespacing=1.05, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3})  # fmt: skip


def _free_place(
    name: str,
    at: tuple[float, float],
    size: tuple[float, float],
    taken: list[tuple[float, float, float, float]],
) -> tuple[float, float, float, float, list[str]] | None:
    """Return left, bottom, right and top in mm of a place beside a point where a name touches nothing, and its lines."""
    x, y = at
    for lines in ([name], wrapped(name, 34.0)):
        length, height = max(map(text_width_mm, lines)), 3.0 * len(lines)
        places = [
            (x + 2.0, y - height / 2),
            (x - 2.0 - length, y - height / 2),
            (x - length / 2, y + 1.6),
            (x - length / 2, y - 1.6 - height),
            (x + 1.0, y + 1.6),
            (x - 1.0 - length, y + 1.6),
        ]
        for left, bottom in places:
            box = (left, bottom, left + length, bottom + height)
            inside = left >= 0 and box[2] <= size[0] and bottom >= 0 and box[3] <= size[1]
            apart = (
                box[2] <= other[0] or other[2] <= left or box[3] <= other[1] or other[3] <= bottom
                for other in taken
            )
            if inside and all(apart):
                return (*box, lines)
    return None


@journal()
def draw_volcano(
    panels: dict[str, pd.DataFrame], *, simulated: bool, level: float = 0.1, width_mm: float = DOUBLE_MM
) -> Figure:
    """Draw a panel a measure: the association on a log axis against −log₁₀ p.

    Parameters
    ----------
    panels : dict of str to pandas.DataFrame
        Name of the measure ("Odds ratio of non-response") to one row a marker: ``name``, ``estimate``, ``low``,
        ``high`` (ratios), ``p_value``, ``q_value`` and, for the shape of the mark, ``family``. A marker without a p
        value is not drawn, and counted in the text below. An estimate without a bound stands at the edge.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    level : float
        False-discovery rate: markers with q below it are filled and vermillion, others open and blue.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking.
    """
    points = {title: _points(rows, level) for title, rows in panels.items()}
    everyone = [one for each in points.values() for one in each]
    if not everyone:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    families = list(dict.fromkeys(one.family for one in everyone))
    figure = new_figure(width_mm, _HEIGHT, simulated=simulated, constrained=False)
    wide = width_mm / len(points) - _LEFT - _RIGHT
    top = max(2.0, *(-math.log10(max(one.p, 1e-300)) for one in everyone)) * 1.25
    for place, (title, each) in enumerate(points.items()):
        left = _LEFT + place * (wide + _LEFT + _RIGHT)
        axes = figure.add_axes(placed(figure, left, _TOP, wide, _HEIGHT - _TOP - _FOOT))
        reach = max(math.log(4), *(abs(one.x) * 1.25 for one in each if not one.side), 0.0)
        _panel(axes, each, title, families, reach, top)
    words = figure.add_axes(placed(figure, 0, _HEIGHT - 13.0, width_mm, 13.0))
    words.set(xlim=(0, width_mm), ylim=(13.0, 0))
    words.set_axis_off()
    x = _LEFT
    for place, family in enumerate(families):
        if family:
            words.plot(x, 3.5, _MARKS[place % len(_MARKS)], ms=6, mec=INK, mfc="white", mew=1.0)
            words.text(x + 2.5, 3.5, family, va="center", fontsize=SMALL)
            x += text_width_mm(family) + 9.0
    silent = sum(len(rows) for rows in panels.values()) - len(everyone)
    note = f"Filled: q < {level:g}; open: not" + (f"; {silent} without a test" if silent else "")
    words.text(_LEFT, 9.0, note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_volcano(panels: dict[str, pd.DataFrame], *, level: float = 0.1) -> str:
    """Return the alternative text: how many markers are found in each panel, and the one with the smallest p."""
    parts = []
    for title, rows in panels.items():
        points = _points(rows, level)
        if not points:
            parts.append(f"{title}: no marker could be tested")
            continue
        found = [one.name for one in points if one.found]
        best = min(points, key=lambda one: one.p)
        size = "without a bound" if best.side else ratio(math.exp(best.x))
        said = f"{title}: of {count(len(points), 'marker')}, " + (
            f"{listed(found)} with q below {level:g}" if found else f"none with q below {level:g}"
        )
        parts.append(f"{said}; smallest p for {best.name} ({size}, {p_value(best.p)})")
    return "Volcano plots. " + "; ".join(parts) + "."
