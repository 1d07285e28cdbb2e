"""Day 14 against day 28: the two changes of the same patients, and their difference with its limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats
from analysis.figures.style import DOUBLE_MM, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, number, span

_NOBODY = "No patient was measured at both days."


def _pairs(pairs: pd.DataFrame) -> NDArray[np.float64]:
    lacking = {"day14", "day28"} - set(pairs.columns)
    if lacking:
        raise DesignError(
            "the pairs lack a column", expected="columns day14 and day28", offenders=sorted(lacking)
        )
    values = np.stack([floats(pairs, "day14"), floats(pairs, "day28")], axis=1)
    return values[np.isfinite(values).all(axis=1)]


@journal()
def draw_agreement(
    pairs: pd.DataFrame,
    *,
    simulated: bool,
    bias: float,
    low: float,
    high: float,
    cutoff_percent: float,
    metric: str = "SUVmax",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the scatter of two changes with the cut-off's quadrants, and beside it the Bland-Altman plot.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row a patient: ``day14`` and ``day28``, change in percent; a row with one missing is left out.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    bias, low, high : float
        Mean of day 28 minus day 14 and the 95 % limits of agreement, percentage points, as computed
        elsewhere. NaN leaves the line out.
    cutoff_percent : float
        The decrease that makes a response, percent: patients in a shaded quadrant change sides.
    metric : str
        What changed, for the axes.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking.

    References
    ----------
    Bland JM, Altman DG, Lancet 1986;327:307-310, doi 10.1016/S0140-6736(86)90837-8.
    """
    values = _pairs(pairs)
    if not len(values):
        return empty_figure(_NOBODY, simulated=simulated, width_mm=width_mm)
    first, second = values.T
    figure = new_figure(width_mm, 82, simulated=simulated)
    scatter, difference = figure.subplots(1, 2)
    mark = GROUPS[0]
    edge = (min(values.min(), -cutoff_percent) - 8, max(values.max(), 0.0) + 8)
    cut = -cutoff_percent
    for x, y in ((edge[0], cut), (cut, edge[0])):
        width, height = (cut - x if x < cut else edge[1] - x), (cut - y if y < cut else edge[1] - y)
        scatter.fill_between([x, x + width], y, y + height, color="#EBEBEB", lw=0, zorder=0)
    scatter.plot(edge, edge, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    scatter.axhline(cut, color=INK, lw=0.9)
    scatter.axvline(cut, color=INK, lw=0.9)
    scatter.plot(first, second, mark.marker, color=mark.colour, mfc=mark.fill, ms=4.5)
    scatter.set(
        xlim=edge,
        ylim=edge,
        xlabel=f"Change of {metric}, day 14 (%)",
        ylabel=f"Change of {metric}, day 28 (%)",
    )
    scatter.set_box_aspect(1)
    difference.set_box_aspect(1)
    scatter.set_title(f"a  Both days (n = {len(values)})")
    difference.plot(
        values.mean(axis=1), second - first, mark.marker, color=mark.colour, mfc=mark.fill, ms=4.5
    )
    levels = (("upper limit", high, (0, (4, 2))), ("mean", bias, "solid"), ("lower limit", low, (0, (4, 2))))
    difference.axhline(0, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    for name, level, style in levels:
        if np.isfinite(level):
            difference.axhline(level, color=INK, lw=0.9, linestyle=style)
            difference.annotate(
                f"{number(level)}\n{name}", (1, level), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=SMALL, linespacing=1.0,
            )  # fmt: skip
    reach = max(np.nanmax(np.abs([*(second - first), low, high])) * 1.15, 1.0)
    difference.set_ylim(-reach, reach)
    difference.set(xlabel="Mean of the two changes (%)", ylabel="Day 28 minus day 14\n(percentage points)")
    difference.set_title("b  Difference, with 95 % limits")
    for axis in (scatter.xaxis, scatter.yaxis, difference.xaxis, difference.yaxis):
        axis.set_major_formatter(lambda value, _: number(value, 0))
    return figure


def describe_agreement(
    pairs: pd.DataFrame,
    *,
    bias: float,
    low: float,
    high: float,
    cutoff_percent: float,
    metric: str = "SUVmax",
) -> str:
    """Return the alternative text: the mean difference, its limits, and how many change sides of the cut-off."""
    values = _pairs(pairs)
    if not len(values):
        return _NOBODY
    reached = values <= -cutoff_percent
    switched = int((reached[:, 0] != reached[:, 1]).sum())
    return (
        f"Change of {metric} at day 28 against day 14 in {count(len(values), 'patient')}: mean difference"
        f" {number(bias)} percentage points, 95 % limits of agreement {span(number(low), number(high))};"
        f" {switched} on different sides of the {number(cutoff_percent, 0)} % cut-off."
    )
