"""Hazard ratio along a continuous marker: the smooth curve with its band, before anyone draws a cut-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.canvas import new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, number, p_value, ratio

if TYPE_CHECKING:
    from analysis.survival import SplineEffect

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@journal()
def draw_spline(
    effect: SplineEffect,
    *,
    simulated: bool,
    marker: str = "Change of SUVmax from baseline to day 14 (%)",
    cutoff_percent: float | None = None,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the hazard ratio against the marker on a log axis, 1 at the reference, with its 95 % band.

    Parameters
    ----------
    effect : SplineEffect
        Curve and limits on a grid of marker values; its knots are ticks on the upper edge.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    marker : str
        The marker with its unit, for the axis.
    cutoff_percent : float, optional
        The decrease that makes a response, as a vertical line.
    width_mm : float
        Width at print.
    """
    figure = new_figure(width_mm, 80, simulated=simulated)
    axes = figure.subplots()
    mark = GROUPS[0]
    axes.set_yscale("log")
    low, high = max(float(np.nanmin(effect.low)), 0.02), min(float(np.nanmax(effect.high)), 50.0)
    limits = min(low, 0.5) / 1.1, max(high, 2.0) * 1.1
    axes.fill_between(effect.grid, effect.low, effect.high, color=mark.colour, alpha=0.16, lw=0)
    axes.plot(effect.grid, effect.hazard_ratio, color=mark.colour, lw=1.8)
    axes.plot(effect.reference, 1.0, mark.marker, color=mark.colour, ms=5)
    axes.axhline(1, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    if cutoff_percent is not None:
        axes.axvline(-cutoff_percent, color=INK, lw=0.9)
        axes.annotate(f"−{number(cutoff_percent, 0)} %", (-cutoff_percent, 0), xycoords=("data", "axes fraction"),
                      xytext=(-3, 3), textcoords="offset points", ha="right", fontsize=SMALL)  # fmt: skip
    axes.plot(
        effect.knots, np.ones(len(effect.knots)), "|", color=MUTED, ms=9, transform=axes.get_xaxis_transform()
    )
    axes.set(xlim=(float(effect.grid.min()), float(effect.grid.max())), ylim=limits, xlabel=marker)
    ticks = [tick for tick in _TICKS if limits[0] <= tick <= limits[1]]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylabel(f"Hazard ratio against {number(effect.reference, 0)}")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.xaxis.set_major_formatter(lambda value, _: number(value, 0))
    axes.set_title(
        f"{count(effect.n, 'patient')}, {count(effect.events, 'event')}: any effect"
        f" {p_value(effect.overall.p_value)}, not a straight line {p_value(effect.nonlinearity.p_value)}"
    )
    return figure


def describe_spline(
    effect: SplineEffect, *, marker: str = "Change of SUVmax from baseline to day 14 (%)"
) -> str:
    """Return the alternative text: the hazard ratio at both ends, and the two tests."""
    ends = " and ".join(
        f"{ratio(float(effect.hazard_ratio[i]))} at {number(float(effect.grid[i]), 0)}" for i in (0, -1)
    )
    return (
        f"Hazard ratio along: {marker}; {ends}, against 1 at {number(effect.reference, 0)}, in"
        f" {count(effect.n, 'patient')}. Any effect {p_value(effect.overall.p_value)}; departure from a straight line"
        f" {p_value(effect.nonlinearity.p_value)}."
    )
