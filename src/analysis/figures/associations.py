"""Forest plot: odds or hazard ratios row by row, with their numbers, and the rows that cannot be estimated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.columns import floats, texts
from analysis.figures.measure import line_mm, text_width_mm, wrapped
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, p_value, ratio, span

_ROW_MM, _HEAD_MM, _FOOT_MM, _GUTTER_MM, _NAME_MM, _PLOT_MM = 5.2, 6.0, 13.0, 3.0, 52.0, 45.0
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def _checked(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    lacking = {"name", "estimate", "low", "high"} - set(rows.columns)
    if lacking:
        raise DesignError(
            "the forest plot lacks a column", expected="name, estimate, low, high", offenders=sorted(lacking)
        )
    other = sorted({found for found in texts(rows, "measure") if found and found.lower() != measure.lower()})
    if other:
        raise DesignError(
            f"a forest plot of {measure.lower()}s was given other measures",
            where="column measure",
            expected=measure.lower(),
            do="select the rows of one measure",
            offenders=other,
        )
    if any((floats(rows, column) < 0).any() for column in ("estimate", "low", "high")):
        raise DesignError(
            "a ratio below zero", where="columns estimate, low, high", expected="ratios, not logarithms"
        )
    return rows.reset_index(drop=True)


def _bounds(row: dict) -> tuple[float, float]:
    """Return the limits of a row, 0 and infinity where the data set none (missing)."""
    return (0.0 if math.isnan(row["low"]) else row["low"]), (
        math.inf if math.isnan(row["high"]) else row["high"]
    )


def _estimable(row: dict) -> bool:
    """Whether there is something to draw: an estimate, or at least one limit that bounds it."""
    low, high = _bounds(row)
    return 0 < row["estimate"] < math.inf or low > 0 or high < math.inf


def _interval(row: dict) -> str:
    if not _estimable(row):
        return "not estimable"
    low, high = _bounds(row)
    estimate = "∞" if math.isnan(row["estimate"]) and low > 0 else ratio(row["estimate"])
    return f"{estimate} ({span(ratio(low), ratio(high))})"


def _p(row: dict, column: str = "p_value") -> str:
    p = row.get(column, math.nan)
    return "" if pd.isna(p) else p_value(p).removeprefix("p ").removeprefix("= ")


def _q(row: dict) -> str:
    return _p(row, "q_value")


def _size(row: dict) -> str:
    parts = [row.get("n"), row.get("events")]
    return " / ".join("" if pd.isna(part) else f"{part:.0f}" for part in parts if part is not None)


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the axis: it holds every estimate and every limit down to 1/20 and up to 20."""
    values = np.concatenate([floats(rows, column) for column in ("estimate", "low", "high")])
    values = values[np.isfinite(values) & (values > 0)]
    estimates = floats(rows, "estimate")
    estimates = estimates[np.isfinite(estimates) & (estimates > 0)]
    low = min(0.5, *(max(v, 0.05) for v in values), *(e / 1.3 for e in estimates), 1.0)
    high = max(2.0, *(min(v, 20.0) for v in values), *(e * 1.3 for e in estimates), 1.0)
    return low / 1.15, high * 1.15


@dataclass
class _Line:
    """One printed line: a heading, or a row with its name and its note broken to their columns."""

    row: dict | None
    words: list[str]
    note: list[str] = field(default_factory=list)

    @property
    def height(self) -> float:
        return _ROW_MM + line_mm() * (max(len(self.words), len(self.note), 1) - 1)


def _lines(records: list[dict], name_mm: float, plot_mm: float) -> list[_Line]:
    lines = []
    family = ""
    for row in records:
        heading = row["family"]
        if heading and heading != family:
            lines.append(_Line(None, [heading]))
            family = heading
        note = wrapped(row["note"], plot_mm - 4.0) if row["note"] and not _estimable(row) else []
        lines.append(_Line(row, wrapped(row["name"], name_mm), note))
    return lines


def _draw_row(axes: Axes, line: _Line, y: float, limits: tuple[float, float]) -> None:
    mark, row = GROUPS[0], line.row
    if row is None:
        return
    if not _estimable(row):
        middle = math.sqrt(limits[0] * limits[1])
        axes.text(middle, y, "\n".join(line.note), ha="center", va="center", fontsize=SMALL, color=MUTED, linespacing=1.1,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        return
    low, high = _bounds(row)
    axes.plot([max(low, limits[0]), min(high, limits[1])], [y, y], color=mark.colour, lw=1.2)
    if 0 < row["estimate"] < math.inf:
        axes.plot(row["estimate"], y, "s", color=mark.colour, ms=5)
    if low < limits[0]:
        axes.plot(limits[0], y, "<", color=mark.colour, ms=5, clip_on=False)
    if high > limits[1]:
        axes.plot(limits[1], y, ">", color=mark.colour, ms=5, clip_on=False)


def _axis(axes: Axes, limits: tuple[float, float], measure: str, favours: tuple[str, str]) -> None:
    axes.axvline(1, color=INK, lw=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set(xlim=limits, yticks=[])
    ticks = [tick for tick in _TICKS if limits[0] <= tick <= limits[1]]
    while len(ticks) > 9:  # labels that would touch: every other one, always with 1
        ticks = ticks[ticks.index(1) % 2 :: 2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{measure}, log scale", labelpad=10 if any(favours) else 2)
    for text, x, align in ((f"← {favours[0]}", -3, "right"), (f"{favours[1]} →", 3, "left")):
        if text.strip("← →"):
            axes.annotate(text, (1, 0), xycoords=("data", "axes fraction"), xytext=(x, -20), ha=align, va="center",
                          textcoords="offset points", fontsize=SMALL, annotation_clip=False)  # fmt: skip


@journal()
def draw_associations(
    rows: pd.DataFrame,
    *,
    simulated: bool,
    measure: str = "Odds ratio",
    favours: tuple[str, str] = ("", ""),
    level: float = 0.95,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a forest plot on a log axis, numbers at the right.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an association, in the order to draw, as ``analysis.biomarkers.association_table`` gives
        it: ``name``, ``estimate``, ``low``, ``high`` (ratios; a missing limit is none); optionally ``n``,
        ``events``, ``p_value``, ``q_value``, ``family`` (a heading whenever it changes), ``measure``
        (must be the one drawn) and ``note``.
        A row without estimate and limits is printed as "not estimable" with its ``note`` in the plot;
        a limit outside the axis ends in an arrow.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    measure : str
        Name of the ratio.
    favours : tuple of str
        What lies below and above 1.
    level : float
        Confidence level of the intervals, for the heading.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking, a ratio is negative or a row has another measure.
    """
    table = _checked(rows, measure)
    if table.empty:
        return empty_figure("There is no association to show.", simulated=simulated, width_mm=width_mm)
    records = [
        row | {"family": family, "note": note}
        for row, family, note in zip(
            table.to_dict("records"), texts(table, "family"), texts(table, "note"), strict=True
        )
    ]
    indent = 3.0 if any(row["family"] for row in records) else 0.0
    columns = [[make(row) for row in records] for make in (_size, _interval, _p, _q)]
    titles = ("n / events" if "events" in table else "n", f"{measure} ({100 * level:.0f} % CI)", "p", "q")
    widths = [
        max(text_width_mm(title, bold=True), *map(text_width_mm, column)) + _GUTTER_MM if any(column) else 0.0
        for title, column in zip(titles, columns, strict=True)
    ]
    name_mm = min(max(text_width_mm(row["name"]) for row in records), _NAME_MM)
    plot_left = 1.0 + indent + name_mm + _GUTTER_MM + widths[0] + 2.0
    plot_mm = max(width_mm - plot_left - sum(widths[1:]) - 4.0, _PLOT_MM)
    width_mm = plot_left + plot_mm + sum(widths[1:]) + 4.0
    lines = _lines(records, name_mm, plot_mm)
    body = sum(line.height for line in lines)
    figure = new_figure(width_mm, _HEAD_MM + body + _FOOT_MM, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, plot_left, _HEAD_MM, plot_mm, body))
    words = figure.add_axes(placed(figure, 0, 0, width_mm, _HEAD_MM + body))
    words.set(xlim=(0, width_mm), ylim=(_HEAD_MM + body, 0))
    words.set_axis_off()
    axes.set_ylim(body, 0)
    limits = _limits(table)
    _axis(axes, limits, measure, favours)
    right = plot_left + plot_mm + 4.0
    starts = (plot_left - 2.0 - widths[0], right, right + widths[1], right + widths[1] + widths[2])
    for x, title, width in zip(starts, titles, widths, strict=True):
        words.text(x, _HEAD_MM / 2, title if width else "", va="center", fontsize=SMALL, fontweight="bold")
    top = 0.0
    for line in lines:
        y = top + line.height / 2
        weight = "bold" if line.row is None else "normal"
        x = 1.0 if line.row is None else 1.0 + indent
        words.text(
            x,
            _HEAD_MM + y,
            "\n".join(line.words),
            va="center",
            fontsize=SMALL,
            fontweight=weight,
            linespacing=1.1,
        )
        if line.row is not None:
            for x, make in zip(starts, (_size, _interval, _p, _q), strict=True):
                words.text(x, _HEAD_MM + y, make(line.row), va="center", fontsize=SMALL)
        _draw_row(axes, line, y, limits)
        top += line.height
    return figure


def describe_associations(rows: pd.DataFrame, *, measure: str = "Odds ratio", level: float = 0.95) -> str:
    """Return the alternative text of the forest: every ratio with interval and p-value."""
    table = _checked(rows, measure)
    if table.empty:
        return "There is no association to show."
    parts = []
    for row in table.to_dict("records"):
        tested = f", {p_value(row['p_value'])}" if _estimable(row) and _p(row) else ""
        parts.append(f"{row['name']} {_interval(row)}{tested}")
    noun = measure[0].lower() + measure[1:]
    return f"Forest plot of {count(len(table), noun)} with {100 * level:.0f} % intervals: {'; '.join(parts)}."
