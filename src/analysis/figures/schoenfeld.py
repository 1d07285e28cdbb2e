"""Scaled Schoenfeld residuals over time: whether the hazard ratio stays what the model says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, journal
from analysis.figures.survival_curves import month_ticks
from analysis.figures.wording import count, number, p_value
from analysis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from analysis.survival import ProportionalHazards


def _term(result: ProportionalHazards, term: str | None) -> int:
    if term is None and len(result.terms) == 1:
        return 0
    if term not in result.terms:
        raise DesignError(
            f"the model has no term {term!r}",
            expected="one of " + ", ".join(result.terms),
            do="name the term to draw",
        )
    return result.terms.index(term)


@journal()
def draw_schoenfeld(
    result: ProportionalHazards,
    *,
    simulated: bool,
    term: str | None = None,
    smooth: pd.DataFrame | None = None,
    origin: str = "treatment start",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the residuals of one term at their event times, with the model's constant and a given smooth.

    Parameters
    ----------
    result : ProportionalHazards
        Event times in days and scaled residuals plus coefficient, so that their height is a log hazard ratio.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    term : str, optional
        Term of the model; may be left out when there is only one.
    smooth : pandas.DataFrame, optional
        ``days``, ``log_hazard_ratio`` and, where there is a band, ``low`` and ``high``, in order of days.
    origin : str
        What time is counted from.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If the term is not in the model.
    """
    i = _term(result, term)
    if not len(result.times):
        return empty_figure("There is no event, and so no residual.", simulated=simulated, width_mm=width_mm)
    figure = new_figure(width_mm, 78, simulated=simulated)
    axes = figure.subplots()
    time = result.times / DAYS_PER_MONTH
    mark, other = GROUPS[0], GROUPS[1]
    if smooth is not None and len(smooth):
        at = floats(smooth, "days") / DAYS_PER_MONTH
        if {"low", "high"} <= set(smooth):
            axes.fill_between(
                at, floats(smooth, "low"), floats(smooth, "high"), color=mark.colour, alpha=0.16, lw=0
            )
        axes.plot(
            at,
            floats(smooth, "log_hazard_ratio"),
            color=mark.colour,
            lw=1.8,
            label="Smooth over time",
        )
    axes.plot(
        time, result.residuals[:, i], "o", mfc="white", mec=MUTED, ms=4.2, label="Scaled Schoenfeld residual"
    )
    constant = float(result.coefficients[i])
    axes.axhline(
        constant, color=other.colour, linestyle=other.line, lw=1.3, label="Model: constant hazard ratio"
    )
    axes.axhline(0, color=INK, lw=0.8, linestyle=(0, (1, 1.5)), label="No effect")
    ticks = month_ticks(float(time.max()))
    axes.set_xticks(ticks)
    axes.set(xlim=(0, ticks[-1]), xlabel=f"Months from {origin}", ylabel="Log hazard ratio")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 1))
    tested = f"test of proportional hazards, {p_value(float(result.p_values[i]))}"
    axes.set_title(
        f"{result.terms[i]}\n{tested}" if len(result.terms[i]) > 30 else f"{result.terms[i]}: {tested}"
    )
    figure.legend(loc="outside lower center", ncols=4, columnspacing=1.4)
    return figure


def describe_schoenfeld(result: ProportionalHazards, *, term: str | None = None) -> str:
    """Return the alternative text: the test, the constant, and how many residuals."""
    i = _term(result, term)
    return (
        f"Scaled Schoenfeld residuals of {result.terms[i]} at {count(len(result.times), 'event')}, about the constant"
        f" log hazard ratio {number(float(result.coefficients[i]), 2)}; test of proportional hazards"
        f" {p_value(float(result.p_values[i]))}."
    )
