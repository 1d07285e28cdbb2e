"""Calibration plot: the risk that came true against the risk that was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.canvas import new_figure
from analysis.figures.style import FAINT, GROUPS, INK, MUTED, journal
from analysis.figures.wording import count, in_months, number, percent, span

if TYPE_CHECKING:
    from analysis.survival import Calibration, Estimate

_WIDTH_MM = 110.0


@journal()
def draw_calibration(found: Calibration, *, simulated: bool, width_mm: float = _WIDTH_MM) -> Figure:
    """Draw observed against predicted risk: groups of patients with intervals, a smooth curve, the line of agreement.

    Parameters
    ----------
    found : Calibration
        Groups without an observed risk are left out, as is a curve that could not be fitted.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print.
    """
    figure = new_figure(width_mm, 96, simulated=simulated)
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color=MUTED, lw=1.0, linestyle=(0, (4, 2)), label="Predicted = observed")
    smooth, groups = GROUPS[1], GROUPS[0]
    if found.curve_predicted.size:
        at = 100 * found.curve_predicted
        band = axes.fill_between(
            at, 100 * found.curve_low, 100 * found.curve_high, color=smooth.fill, alpha=0.45, lw=0
        )
        band.set_gid("band")
        axes.plot(
            at,
            100 * found.curve_observed,
            color=smooth.colour,
            linestyle=smooth.line,
            lw=1.7,
            label="Smooth curve, 95 % band",
        )
    known = np.isfinite(found.observed)
    x, y = 100 * found.predicted[known], 100 * found.observed[known]
    low, high = (
        100 * np.where(np.isfinite(limit), limit, value)[known]
        for limit, value in ((found.low, found.observed), (found.high, found.observed))
    )
    axes.vlines(x, low, high, color=groups.colour, lw=1.2)
    axes.plot(
        x,
        y,
        groups.marker,
        color=groups.colour,
        mec=INK,
        mew=0.5,
        ms=6,
        lw=0,
        label="Groups of patients, 95 % interval",
    )
    for across, up, n in zip(x, y, found.patients[known], strict=True):
        axes.annotate(f"n = {n}", (across, up), xytext=(5, -10), textcoords="offset points", color=INK)
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.set_xlabel(f"Predicted risk by {in_months(found.day)} months (%)")
    axes.set_ylabel("Observed risk (%)")
    axes.grid(color=FAINT, lw=0.5)
    figure.legend(loc="outside lower center", ncols=1)
    return figure


def describe_calibration(found: Calibration) -> str:
    """Return the alternative text: slope, observed over predicted, and each group's two risks."""
    groups = "; ".join(
        f"{count(int(n), 'patient')}: predicted {percent(float(said))}, observed {percent(float(seen))}"
        for said, seen, n in zip(found.predicted, found.observed, found.patients, strict=True)
        if np.isfinite(seen)
    )
    return (
        f"Calibration of the risk by {in_months(found.day)} months in {count(found.n, 'patient')}. {groups}. "
        f"Calibration slope {_estimate(found.slope)}, observed over predicted risk {_estimate(found.ratio)}; "
        "1 is right for both."
    )


def _estimate(found: Estimate) -> str:
    if not np.isfinite(found.estimate):
        return "not estimable"
    return f"{number(found.estimate, 2)} ({span(number(found.low, 2), number(found.high, 2))})"
