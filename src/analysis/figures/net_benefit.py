"""Decision curve: whether acting on a marker does more good than acting for everybody or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.canvas import new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, journal
from analysis.figures.wording import count, in_months, listed, number, percent

if TYPE_CHECKING:
    from analysis.survival import DecisionCurve


@journal()
def draw_decision_curve(found: DecisionCurve, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw the net benefit of each model over the thresholds of acting, with those of acting for all and for nobody.

    Parameters
    ----------
    found : DecisionCurve
        Up to three models; a net benefit that is not known (NaN) leaves a gap.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print.
    """
    figure = new_figure(width_mm, 82, simulated=simulated)
    axes = figure.subplots()
    at = 100 * found.thresholds
    axes.plot(at, found.treat_all, color=MUTED, lw=1.2, linestyle=(0, (4, 2)), label="Act for everybody")
    axes.axhline(0, color=INK, lw=0.9, label="Act for nobody")
    for (name, benefit), mark in zip(found.net_benefit.items(), GROUPS, strict=False):
        axes.plot(at, benefit, color=mark.colour, linestyle=mark.line, lw=1.7, label=name)
    known = np.concatenate([found.treat_all, *found.net_benefit.values()])
    top = float(np.nanmax(known))
    axes.set_ylim(-0.25 * max(top, 0.1), 1.1 * max(top, 0.1))
    axes.set_xlim(float(at.min()), float(at.max()))
    axes.set_xlabel(f"Risk of the event by {in_months(found.day)} months from which one would act (%)")
    axes.set_ylabel("Net benefit per patient")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.legend(loc="upper right")
    return figure


def describe_decision_curve(found: DecisionCurve) -> str:
    """Return the alternative text: over which thresholds each model beats both acting for all and for nobody."""
    parts = []
    with np.errstate(invalid="ignore"):
        for name, benefit in found.net_benefit.items():
            better = found.thresholds[benefit > np.maximum(found.treat_all, 0) + 1e-12]
            parts.append(
                f"{name}: better than acting for everybody or nobody at thresholds from {percent(float(better.min()))}"
                f" to {percent(float(better.max()))}"
                if better.size
                else f"{name}: nowhere better than acting for everybody or nobody"
            )
    best = number(float(np.nanmax(found.treat_all)), 2)
    return (
        f"Decision curve for the event by {in_months(found.day)} months in {count(found.n, 'patient')}. {listed(parts)}."
        f" Acting for everybody gives at most {best}."
    )
