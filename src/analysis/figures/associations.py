"""Forest plot: odds or hazard ratios row by row, with their numbers, and the rows that cannot be estimated."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.measure import text_width_mm
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, p_value, ratio, span

_ROW_MM, _HEAD_MM, _FOOT_MM, _GUTTER_MM = 5.2, 6.0, 13.0, 3.0
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    lacking = {"label", "estimate", "low", "high"} - set(rows.columns)
    if lacking:
        raise DesignError(
            "the forest plot lacks a column", expected="label, estimate, low, high", offenders=sorted(lacking)
        )
    if (rows[["estimate", "low", "high"]].astype(float) < 0).any(axis=None):
        raise DesignError(
            "a ratio below zero", where="columns estimate, low, high", expected="ratios, not logarithms"
        )
    return rows.reset_index(drop=True)


def _estimable(row: dict) -> bool:
    """Whether there is something to say: an estimate of 0 or infinity counts if one limit is informative."""
    low, estimate, high = row["low"], row["estimate"], row["high"]
    return (math.isfinite(estimate) and estimate > 0) or (estimate == 0 and high < math.inf) or low > 0


def _interval(row: dict) -> str:
    if not _estimable(row):
        return "not estimable"
    return f"{ratio(row['estimate'])} ({span(ratio(row['low']), ratio(row['high']))})"


def _p(row: dict) -> str:
    p = row.get("p_value", math.nan)
    return "" if pd.isna(p) else p_value(p).removeprefix("p ").removeprefix("= ")


def _size(row: dict) -> str:
    parts = [row.get("n"), row.get("events")]
    return " / ".join("" if pd.isna(part) else f"{part:.0f}" for part in parts if part is not None)


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the axis: it holds every estimate and every limit down to 1/20 and up to 20."""
    values = rows[["estimate", "low", "high"]].to_numpy(dtype=float).ravel()
    values = values[np.isfinite(values) & (values > 0)]
    estimates = rows["estimate"].to_numpy(dtype=float)
    estimates = estimates[np.isfinite(estimates) & (estimates > 0)]
    low = min(0.5, *(max(v, 0.05) for v in values), *(e / 1.3 for e in estimates), 1.0)
    high = max(2.0, *(min(v, 20.0) for v in values), *(e * 1.3 for e in estimates), 1.0)
    return low / 1.15, high * 1.15


def _draw_row(axes: Axes, row: dict, y: float, limits: tuple[float, float]) -> None:
    mark = GROUPS[0]
    if not _estimable(row):
        note = row.get("note")
        if isinstance(note, str) and note:
            axes.text(math.sqrt(limits[0] * limits[1]), y, note, ha="center", va="center", fontsize=SMALL, color=MUTED,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        return
    low = row["low"] if row["low"] > 0 else 0.0
    high = row["high"] if not math.isnan(row["high"]) else math.inf
    axes.plot([max(low, limits[0]), min(high, limits[1])], [y, y], color=mark.colour, lw=1.2)
    if 0 < row["estimate"] < math.inf:
        axes.plot(row["estimate"], y, "s", color=mark.colour, ms=5)
    if low < limits[0]:
        axes.plot(limits[0], y, "<", color=mark.colour, ms=5, clip_on=False)
    if high > limits[1]:
        axes.plot(limits[1], y, ">", color=mark.colour, ms=5, clip_on=False)


@journal()
def draw_associations(
    rows: pd.DataFrame,
    *,
    simulated: bool,
    measure: str = "Odds ratio",
    size_heading: str = "n / events",
    favours: tuple[str, str] = ("", ""),
    level: float = 0.95,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a forest plot on a log axis, numbers at the right.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an association, in the order to draw: ``label``, ``estimate``, ``low``, ``high`` (ratios);
        optionally ``n``, ``events``, ``p_value``, ``group`` (a heading whenever it changes) and ``note``.
        A missing estimate, or one of 0 or infinity without an informative limit, is printed as "not
        estimable" with its ``note`` in the plot; a limit outside the axis ends in an arrow.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    measure : str
        Name of the ratio.
    size_heading : str
        Heading of the column of ``n`` and ``events``.
    favours : tuple of str
        What lies below and above 1.
    level : float
        Confidence level of the intervals, for the heading.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking or a ratio is negative.
    """
    table = _checked(rows)
    if table.empty:
        return empty_figure("There is no association to show.", simulated=simulated, width_mm=width_mm)
    records = table.to_dict("records")
    lines: list[dict | str] = []
    group = None
    for row in records:
        heading = row.get("group")
        if isinstance(heading, str) and heading != group:
            lines.append(heading)
            group = heading
        lines.append(row)
    indent = 3.0 if group else 0.0
    sized = any(_size(row) for row in records)
    tested = any(_p(row) for row in records)
    titles = ("", size_heading if sized else "", f"{measure} ({100 * level:.0f} % CI)", "p" if tested else "")
    columns = [[make(row) for row in records] for make in (_size, _interval, _p)]
    widths = [max(indent + text_width_mm(row["label"]) for row in records)]
    for title, column in zip(titles[1:], columns, strict=True):
        widest = max(text_width_mm(title, bold=True), *map(text_width_mm, column))
        widths.append(widest if title else 0.0)
    label_w, size_w, interval_w, p_w = (width + _GUTTER_MM if width else 0.0 for width in widths)
    plot_left = 1.0 + label_w + size_w + 2.0
    plot_w = max(width_mm - plot_left - interval_w - p_w - 4.0, 35.0)
    width_mm = plot_left + plot_w + interval_w + p_w + 4.0
    body = _ROW_MM * len(lines)
    figure = new_figure(width_mm, _HEAD_MM + body + _FOOT_MM, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, plot_left, _HEAD_MM, plot_w, body))
    words = figure.add_axes(placed(figure, 0, 0, width_mm, _HEAD_MM + body))
    words.set(xlim=(0, width_mm), ylim=(_HEAD_MM + body, 0))
    words.set_axis_off()
    limits = _limits(table)
    starts = (1.0, 1.0 + label_w, plot_left + plot_w + 4.0, plot_left + plot_w + 4.0 + interval_w)
    for x, title in zip(starts, titles, strict=True):
        words.text(x, _HEAD_MM / 2, title, va="center", fontsize=SMALL, fontweight="bold")
    for i, line in enumerate(lines):
        y = _HEAD_MM + _ROW_MM * (i + 0.5)
        if isinstance(line, str):
            words.text(starts[0], y, line, va="center", fontsize=SMALL, fontweight="bold")
            continue
        words.text(starts[0] + indent, y, line["label"], va="center", fontsize=SMALL)
        for x, text in zip(starts[1:], (_size(line), _interval(line), _p(line)), strict=True):
            words.text(x, y, text, va="center", fontsize=SMALL)
        _draw_row(axes, line, i + 0.5, limits)
    axes.axvline(1, color=INK, lw=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set(xlim=limits, ylim=(len(lines), 0), yticks=[])
    ticks = [tick for tick in _TICKS if limits[0] <= tick <= limits[1]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{measure}, log scale", labelpad=10 if any(favours) else 2)
    for text, x, align in ((f"← {favours[0]}", -3, "right"), (f"{favours[1]} →", 3, "left")):
        if text.strip("← →"):
            axes.annotate(text, (1, 0), xycoords=("data", "axes fraction"), xytext=(x, -20), ha=align, va="center",
                          textcoords="offset points", fontsize=SMALL, annotation_clip=False)  # fmt: skip
    return figure


def describe_associations(rows: pd.DataFrame, *, measure: str = "Odds ratio", level: float = 0.95) -> str:
    """Return the alternative text of the forest: every ratio with interval and p-value."""
    table = _checked(rows)
    if table.empty:
        return "There is no association to show."
    parts = []
    for row in table.to_dict("records"):
        tested = f", {p_value(row['p_value'])}" if _estimable(row) and _p(row) else ""
        parts.append(f"{row['label']} {_interval(row)}{tested}")
    noun = measure[0].lower() + measure[1:]
    return f"Forest plot of {count(len(table), noun)} with {100 * level:.0f} % intervals: {'; '.join(parts)}."
