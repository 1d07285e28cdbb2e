"""Adverse events as dumbbells: both arms' shares a term, whole trial and subgroup, and their difference beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, number, span

_COLUMNS = ("term", "population", "arm", "control", "difference", "low", "high")
_ROW_MM, _FRAME_MM = 4.4, 27.0
_SIZES = (6.5, 4.5)
_NONE = "There is no adverse event to show."


def _checked(rows: pd.DataFrame, populations: Sequence[str]) -> list[str]:
    lacking = [name for name in _COLUMNS if name not in rows]
    if lacking:
        raise DesignError(f"the rows have no column {lacking[0]!r}", expected=", ".join(_COLUMNS))
    named = list(dict.fromkeys([*populations, *rows["population"].astype(str)]))
    if len(named) > len(_SIZES):
        raise DesignError(f"{len(named)} populations in one dumbbell plot", expected="one or two")
    return named


def _draw_row(shares: Axes, differences: Axes, row: dict, y: float, *, first: bool) -> None:
    arm, control = GROUPS[0], GROUPS[1]
    size, fill = (_SIZES[0], None) if first else (_SIZES[1], "white")
    shares.plot([row["control"], row["arm"]], [y, y], color=MUTED, lw=1.2 if first else 0.8, zorder=1)
    for value, mark in ((row["arm"], arm), (row["control"], control)):
        shares.plot(
            value,
            y,
            mark.marker,
            color=mark.colour,
            mfc=fill or mark.colour,
            ms=size,
            zorder=2,
            clip_on=False,
        )
    differences.plot([row["low"], row["high"]], [y, y], color=INK, lw=1.2 if first else 0.8)
    differences.plot(row["difference"], y, "s", color=INK, mfc=fill or INK, ms=size - 1.5)


@journal()
def draw_dumbbell(
    rows: pd.DataFrame,
    *,
    simulated: bool,
    labels: tuple[str, str],
    populations: Sequence[str] = (),
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw shares of patients with each adverse event in two arms, and the difference with its interval.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a term and population, in the order to draw: ``term``, ``population`` (one or two, the first drawn filled, the
        second hollow), ``arm`` and ``control`` (percent of patients), ``difference``, ``low``, ``high`` (percentage points).
    simulated : bool
        Whether the data are simulated; the figure then says so.
    labels : tuple of str
        Names of the arm and of the control.
    populations : sequence of str
        Their order, where a row of the first may be lacking; by default as in the rows.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking, or there are more than two populations.
    """
    named = _checked(rows, populations)
    if rows.empty:
        return empty_figure(_NONE, simulated=simulated, width_mm=width_mm)
    terms = list(dict.fromkeys(rows["term"].astype(str)))
    step = 1.0 if len(named) == 1 else 1.6
    figure = new_figure(width_mm, _FRAME_MM + _ROW_MM * step * len(terms), simulated=simulated)
    shares, differences = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for row in rows.to_dict("records"):
        place = named.index(str(row["population"]))
        y = terms.index(str(row["term"])) + (0.0 if len(named) == 1 else (-0.2, 0.25)[place])
        _draw_row(shares, differences, row, y, first=place == 0)
    shares.set_yticks(range(len(terms)), terms)
    shares.set_ylim(len(terms) - 0.4, -0.6)
    shares.set(xlim=(0, min(100.0, math.ceil(rows[["arm", "control"]].to_numpy().max() / 10 + 0.3) * 10)))
    shares.set_xlabel("Patients with the event (%)")
    differences.axvline(0, color=MUTED, lw=0.8)
    differences.set_xlabel("Difference, percentage points")
    for axes in (shares, differences):
        axes.grid(axis="both", color=FAINT, lw=0.5)
        axes.tick_params(axis="y", length=0)
    keys = [
        Line2D([], [], color=mark.colour, marker=mark.marker, ls="", ms=_SIZES[0], label=label)
        for mark, label in zip(GROUPS, labels, strict=False)
    ]
    keys += [
        Line2D([], [], color=MUTED, marker="s", ls="", ms=size, mfc=fill, label=name)
        for name, size, fill in zip(named, _SIZES, (MUTED, "white"), strict=False)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=2, fontsize=SMALL)
    return figure


def describe_dumbbell(rows: pd.DataFrame, *, labels: tuple[str, str], populations: Sequence[str] = ()) -> str:
    """Return the alternative text: every share of the first population, and where the difference is clear of zero."""
    named = _checked(rows, populations)
    if rows.empty:
        return _NONE
    first = rows[rows["population"].astype(str) == named[0]]
    parts = [
        f"{row['term']} {number(row['arm'], 0)} v {number(row['control'], 0)} %, difference {number(row['difference'], 0)} "
        f"({span(number(row['low'], 0), number(row['high'], 0))})"
        for row in first.to_dict("records")
    ]
    clear = int(((first["low"] > 0) | (first["high"] < 0)).sum())
    return (
        f"Dumbbell plot of {count(len(first), 'adverse event')}, {labels[0]} v {labels[1]}, {' and '.join(named)}. In "
        f"{named[0]} the interval of the difference leaves out zero for {clear}: {'; '.join(parts)}."
    )
