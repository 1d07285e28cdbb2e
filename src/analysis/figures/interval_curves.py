"""Curves from intervals between visits beside those of visit days: how much later the visits make everything look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.errors import DesignError
from analysis.figures.canvas import new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, journal
from analysis.figures.survival_curves import month_ticks
from analysis.figures.wording import count, in_months, ratio, span
from analysis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.survival import IntervalTwin, SurvivalCurve


def _checked(twin: IntervalTwin, curves: Sequence[SurvivalCurve]) -> None:
    if len(curves) != len(twin.curves):
        raise DesignError(
            f"{len(curves)} curves beside {len(twin.curves)} from intervals",
            expected="the same groups in the same order",
        )


def _weibull(twin: IntervalTwin) -> str:
    found = twin.hazard_ratio
    return (
        f"Weibull hazard ratio {ratio(found.estimate)} (95 % CI {span(ratio(found.low), ratio(found.high))})"
    )


@journal()
def draw_interval_curves(
    twin: IntervalTwin,
    curves: Sequence[SurvivalCurve],
    *,
    simulated: bool,
    end_point: str = "Progression-free survival",
    origin: str = "day 14",
    smallest: int = 0,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw Turnbull's estimate of each group, a panel a group, beside its Kaplan-Meier curve of visit days.

    Parameters
    ----------
    twin : IntervalTwin
        Estimates from intervals; where an event may lie anywhere in an interval the area between the highest and the
        lowest curve is shaded.
    curves : sequence of SurvivalCurve
        Kaplan-Meier curves of the same groups in the same order, days from the same origin.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    end_point, origin : str
        Names of the axes.
    smallest : int
        Curves end where fewer patients than this are at risk at a visit.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If the numbers of curves differ.
    """
    _checked(twin, curves)
    figure = new_figure(width_mm, 80, simulated=simulated)
    panels = np.atleast_1d(figure.subplots(1, len(curves), sharey=True))
    end = max(float(curve.times[-1]) for curve in curves) / DAYS_PER_MONTH
    ticks = month_ticks(end)
    at = np.unique(
        np.concatenate([np.linspace(0, ticks[-1] * DAYS_PER_MONTH, 400), *(curve.times for curve in curves)])
    )
    # the reference first, as the curves stand in every other figure
    for axes, found, curve, mark in zip(panels, twin.curves[::-1], curves[::-1], GROUPS, strict=False):
        curve = curve.until(smallest)
        days = at[at <= curve.times[-1]] if smallest else at
        low, high = found.survival_at(days)
        months = days / DAYS_PER_MONTH
        axes.fill_between(months, 100 * low, 100 * high, step="pre", color=mark.fill, lw=0)
        for edge in (low, high):
            axes.step(months, 100 * edge, where="pre", color=mark.colour, lw=1.1)
        axes.step(
            curve.times / DAYS_PER_MONTH,
            100 * curve.survival,
            where="post",
            color=INK,
            lw=1.1,
            linestyle=(0, (3, 1.5)),
        )
        axes.set(xlim=(0, ticks[-1]), ylim=(0, 102), xlabel=f"Months from {origin}")
        axes.set_title(f"{curve.label[:1].upper()}{curve.label[1:]}, n = {found.n}")
        axes.set_xticks(ticks[:: max(1, len(ticks) // 6)])
        axes.grid(axis="y", color=FAINT, lw=0.5)
    handles = [
        Patch(facecolor=FAINT, edgecolor=MUTED, label="Between visits: where the curve can lie"),
        Line2D([], [], color=INK, lw=1.1, linestyle=(0, (3, 1.5)), label="At visits: Kaplan-Meier"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    panels[0].set_ylabel(f"{end_point} (%)")
    return figure


def describe_interval_curves(twin: IntervalTwin, curves: Sequence[SurvivalCurve]) -> str:
    """Return the alternative text: the medians by both, and the hazard ratio from intervals."""
    _checked(twin, curves)
    parts = []
    for found, curve in zip(twin.curves, curves, strict=True):
        left, right = found.median
        between = f"{in_months(left)} and {in_months(right)}"
        parts.append(
            f"{curve.label}: median at visits {in_months(curve.median)}, between visits {between} months"
        )
    return (
        f"Curves from intervals between visits beside Kaplan-Meier curves of visit days, {count(twin.n, 'patient')}."
        f" {'. '.join(parts)}. {_weibull(twin)}."
    )
