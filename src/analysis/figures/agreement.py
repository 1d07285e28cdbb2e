"""Day 14 against day 28: the two changes of the same patients, and their difference with its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, texts
from analysis.figures.style import DOUBLE_MM, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, number, span

if TYPE_CHECKING:
    from analysis.pet import Agreement

_NOBODY = "No patient was assessed at both visits."


def _values(agreement: Agreement) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the two changes of each patient who has both, and whether the response differs."""
    pairs = agreement.pairs
    values = np.stack([floats(pairs, "first"), floats(pairs, "second")], axis=1)
    responses = [texts(pairs, column) for column in ("first_response", "second_response")]
    switched = np.array(responses[0], dtype=object) != np.array(responses[1], dtype=object)
    complete = np.isfinite(values).all(axis=1)
    return values[complete], switched[complete]


def _points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], switched: NDArray[np.bool_]) -> None:
    for mark, here in ((GROUPS[0], ~switched), (GROUPS[1], switched)):
        axes.plot(x[here], y[here], mark.marker, color=mark.colour, mfc=mark.fill, ms=4.8)


def _scatter(axes: Axes, values: NDArray[np.float64], switched: NDArray[np.bool_], cut: float) -> None:
    edge = (min(float(values.min()), cut) - 8, max(float(values.max()), 0.0) + 8)
    for x, y in (((edge[0], cut), (cut, edge[1])), ((cut, edge[1]), (edge[0], cut))):
        axes.fill_between(x, *y, color="#EBEBEB", lw=0, zorder=0)
    axes.plot(edge, edge, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    axes.axhline(cut, color=INK, lw=0.9)
    axes.axvline(cut, color=INK, lw=0.9)
    _points(axes, values[:, 0], values[:, 1], switched)
    axes.set(xlim=edge, ylim=edge)


def _bland_altman(
    axes: Axes, agreement: Agreement, values: NDArray[np.float64], switched: NDArray[np.bool_]
) -> None:
    difference = values[:, 1] - values[:, 0]
    axes.axhline(0, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    dashes = (0, (4, 2))
    levels = (
        ("upper limit", agreement.limit_high, dashes),
        ("mean", agreement.bias, "solid"),
        ("lower limit", agreement.limit_low, dashes),
    )
    for name, level, style in levels:
        if np.isfinite(level):
            axes.axhline(level, color=INK, lw=0.9, linestyle=style)
            axes.annotate(
                f"{number(level)}\n{name}",
                (1, level),
                xycoords=("axes fraction", "data"),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                linespacing=1.0,
            )
    _points(axes, values.mean(axis=1), difference, switched)
    reach = np.nanmax(np.abs([*difference, agreement.limit_low, agreement.limit_high, 1.0])) * 1.15
    axes.set_ylim(-reach, reach)


@journal()
def draw_agreement(
    agreement: Agreement,
    *,
    simulated: bool,
    cutoff_percent: float,
    visits: tuple[str, str] = ("day 14", "day 28"),
    metric: str = "SUVmax",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the scatter of two changes with the cut-off's quadrants, and beside it the Bland-Altman plot.

    Parameters
    ----------
    agreement : analysis.pet.Agreement
        The pairs, the mean difference and the 95 % limits of agreement (second minus first, percentage
        points). A pair with a missing change is not drawn; a missing limit leaves its line out.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    cutoff_percent : float
        The decrease that makes a response, percent: in the shaded quadrants the two visits disagree.
    visits : tuple of str
        Names of the two visits.
    metric : str
        What changed, for the axes.
    width_mm : float
        Width at print.

    References
    ----------
    Bland JM, Altman DG, Lancet 1986;327:307-310, doi 10.1016/S0140-6736(86)90837-8.
    """
    values, switched = _values(agreement)
    if not len(values):
        return empty_figure(_NOBODY, simulated=simulated, width_mm=width_mm)
    figure = new_figure(width_mm, 88, simulated=simulated)
    scatter, difference = figure.subplots(1, 2)
    _scatter(scatter, values, switched, -cutoff_percent)
    scatter.set(xlabel=f"Change of {metric}, {visits[0]} (%)", ylabel=f"Change of {metric}, {visits[1]} (%)")
    scatter.set_title(f"a  Both visits (n = {len(values)})")
    _bland_altman(difference, agreement, values, switched)
    later = visits[1][0].upper() + visits[1][1:]
    difference.set(
        xlabel="Mean of the two changes (%)", ylabel=f"{later} minus {visits[0]}\n(percentage points)"
    )
    difference.set_title("b  Difference, with 95 % limits")
    for axes in (scatter, difference):
        axes.set_box_aspect(1)
        axes.xaxis.set_major_formatter(lambda value, _: number(value, 0))
        axes.yaxis.set_major_formatter(lambda value, _: number(value, 0))
    handles = [
        Line2D([], [], lw=0, marker=mark.marker, color=mark.colour, mfc=mark.fill, label=f"{label} (n = {n})")
        for mark, label, n in (
            (GROUPS[0], "Same response", int((~switched).sum())),
            (GROUPS[1], "Response changes", int(switched.sum())),
        )
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=1.0)
    return figure


def describe_agreement(
    agreement: Agreement, *, visits: tuple[str, str] = ("day 14", "day 28"), metric: str = "SUVmax"
) -> str:
    """Return the alternative text: the mean difference, its limits, and how many change response."""
    if not agreement.n:
        return _NOBODY
    limits = span(number(agreement.limit_low), number(agreement.limit_high))
    kappa = ""
    if np.isfinite(agreement.kappa):
        interval = span(number(agreement.kappa_low, 2), number(agreement.kappa_high, 2))
        kappa = f" (kappa {number(agreement.kappa, 2)}, 95 % CI {interval})"
    difference = (
        f"mean difference {number(agreement.bias)} percentage points, 95 % limits of agreement {limits}"
        if np.isfinite(agreement.limit_low)
        else "limits of agreement not estimable"
    )
    switched = agreement.first_only + agreement.second_only
    return (
        f"Change of {metric} at {visits[1]} against {visits[0]} in {count(agreement.n, 'patient')}: {difference};"
        f" {switched} of {agreement.n} change response{kappa}."
    )
