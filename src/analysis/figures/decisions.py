"""The decision table as a picture: event-free at fixed months by two early calls, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, number, percent, span

if TYPE_CHECKING:
    from analysis.survival import DecisionRow, Decisions

_ROW, _HEAD, _FOOT, _LEFT, _RIGHT = 13.0, 8.0, 17.0, 66.0, 40.0
_NOTHING = "No patient has both calls and a known course."


def kept_back(row: DecisionRow, smallest: int) -> bool:
    """Whether a row has too few patients for its proportions to be shown."""
    return 0 < row.n < smallest


def _shown(estimate: float, low: float, high: float) -> str:
    if math.isnan(estimate):
        return "not estimable"
    if math.isnan(low) or math.isnan(high):
        return percent(estimate)
    return f"{percent(estimate)} ({span(number(100 * low, 0), number(100 * high, 0))})"


def _draw_row(axes: Axes, row: DecisionRow, top: float, months: tuple[float, ...], smallest: int) -> None:
    for place, one in enumerate(row.event_free):
        mark = GROUPS[place % len(GROUPS)]
        y = top + _ROW * (place + 1) / (len(months) + 1)
        if row.n == 0 or kept_back(row, smallest) or math.isnan(one.estimate):
            continue
        if not math.isnan(one.low):
            axes.plot([100 * one.low, 100 * one.high], [y, y], color=mark.colour, lw=1.4)
        axes.plot(100 * one.estimate, y, mark.marker, color=mark.colour, ms=6, clip_on=False)
        axes.annotate(_shown(one.estimate, one.low, one.high), (1, y), xycoords=("axes fraction", "data"), xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=SMALL, annotation_clip=False)  # fmt: skip


@journal()
def draw_decisions(
    found: Decisions,
    *,
    simulated: bool,
    calls: tuple[tuple[str, str], tuple[str, str]],
    smallest: int = 0,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a row a combination of the two calls, the favourable ones first.

    Parameters
    ----------
    found : analysis.survival.Decisions
        Rows with their event-free proportions.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    calls : ((str, str), (str, str))
        Words of the first call, favourable and unfavourable; the same of the second.
    smallest : int
        A row of fewer patients is printed as "<smallest", without its proportions.
    width_mm : float
        Width at print.
    """
    if not found.n:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    body = _ROW * len(found.rows)
    figure = new_figure(width_mm, _HEAD + body + _FOOT, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, _LEFT, _HEAD, width_mm - _LEFT - _RIGHT, body))
    words = figure.add_axes(placed(figure, 0, 0, width_mm, _HEAD + body + _FOOT))
    words.set(xlim=(0, width_mm), ylim=(_HEAD + body + _FOOT, 0))
    words.set_axis_off()
    axes.set(xlim=(0, 100), ylim=(body, 0), yticks=[])
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Free of progression and alive, percent")
    for x, title in ((1.0, "Call"), (50.0, "Patients (events)")):
        words.text(x, _HEAD / 2, title, va="center", ha="left", fontsize=SMALL, fontweight="bold")
    words.text(
        width_mm - _RIGHT + 2.0,
        _HEAD / 2,
        "Percent (95 % CI)",
        va="center",
        fontsize=SMALL,
        fontweight="bold",
    )
    for place, row in enumerate(found.rows):
        top = _ROW * place
        if place:
            axes.axhline(top, color=FAINT, lw=0.8)
        label = f"{calls[0][row.first]},\n{calls[1][row.second]}"
        words.text(1.0, _HEAD + top + _ROW / 2, label, va="center", fontsize=SMALL, linespacing=1.15)
        size = f"<{smallest}" if kept_back(row, smallest) else f"{row.n} ({row.events})" if row.n else "0"
        words.text(58.0, _HEAD + top + _ROW / 2, size, va="center", ha="center", fontsize=SMALL)
        _draw_row(axes, row, top, found.months, smallest)
        if kept_back(row, smallest):
            axes.text(
                50,
                top + _ROW / 2,
                f"fewer than {smallest}: kept back",
                ha="center",
                va="center",
                fontsize=SMALL,
                color=MUTED,
            )
    x = _LEFT
    for place, month in enumerate(found.months):
        mark = GROUPS[place % len(GROUPS)]
        y = _HEAD + body + _FOOT - 3.5
        words.plot([x, x + 7.0], [y, y], color=mark.colour, lw=1.4)
        words.plot(x + 3.5, y, mark.marker, color=mark.colour, ms=6)
        words.text(x + 9.0, y, f"at {month:g} months", va="center", fontsize=SMALL, color=INK)
        x += 36.0
    return figure


def describe_decisions(
    found: Decisions, *, calls: tuple[tuple[str, str], tuple[str, str]], smallest: int = 0
) -> str:
    """Return the alternative text: every row with its patients and proportions."""
    if not found.n:
        return _NOTHING
    parts = []
    for row in found.rows:
        name = f"{calls[0][row.first]}, {calls[1][row.second]}"
        if kept_back(row, smallest):
            parts.append(f"{name}: fewer than {smallest} patients, kept back")
        elif not row.n:
            parts.append(f"{name}: nobody")
        else:
            told = ", ".join(
                f"{_shown(one.estimate, one.low, one.high)} at {month:g} months"
                for month, one in zip(found.months, row.event_free, strict=True)
            )
            parts.append(f"{name}: {count(row.n, 'patient')}, {told}")
    return f"Free of progression by the two calls. {'; '.join(parts)}."
