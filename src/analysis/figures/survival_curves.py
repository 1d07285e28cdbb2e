"""Kaplan-Meier curves with the numbers under them: at risk, cumulative events and censorings, medians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.figures.canvas import new_figure, placed
from analysis.figures.measure import line_mm, text_width_mm, wrapped
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, MUTED, SMALL, Mark, journal
from analysis.figures.wording import count, in_months, percent, span
from analysis.units import DAYS_PER_MONTH, months

if TYPE_CHECKING:
    from analysis.survival import SurvivalCurve

_PLOT_MM, _RIGHT_MM, _ROW_MM, _WIDEST_NAMES_MM = 62.0, 7.0, 4.3, 45.0
_BLOCKS = 3  # at risk, events, censored


def _checked(curves: Sequence[SurvivalCurve]) -> None:
    if not 1 <= len(curves) <= len(GROUPS):
        raise DesignError(
            f"{len(curves)} survival curves in one figure",
            expected=f"1 to {len(GROUPS)} groups",
            do="join groups or draw several figures",
        )


def _median(curve: SurvivalCurve) -> str:
    if not math.isfinite(curve.median):
        return "median not reached"
    interval = span(in_months(curve.median_low), in_months(curve.median_high))
    return f"median {in_months(curve.median)} months ({percent(curve.level)} CI {interval})"


def _summary(curve: SurvivalCurve) -> str:
    return f"{count(curve.n, 'patient')}, {count(curve.n_events, 'event')}, {_median(curve)}"


def month_ticks(end: float) -> NDArray[np.float64]:
    """Return 0, step, 2 step ... covering ``end`` months, with a step that divides years and at most 11 ticks."""
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60) if end / s <= 10), 120)
    return np.arange(max(math.ceil(end / step - 1e-9), 1) + 1, dtype=np.float64) * step


def cumulative_events(curve: SurvivalCurve, at: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of events up to and including each of ``at``, days."""
    return _running(curve, curve.events, at)


def _running(curve: SurvivalCurve, counts: NDArray[np.int64], at: NDArray[np.float64]) -> NDArray[np.int64]:
    total = np.concatenate([[0], np.cumsum(counts)])
    return total[np.searchsorted(curve.times, at, side="right")]


def _draw_curve(axes: Axes, curve: SurvivalCurve, mark: Mark) -> None:
    time = curve.times / DAYS_PER_MONTH
    # corners drawn out, so that the band reaches the last time where a limit still exists
    corners, low, high = (
        np.repeat(time, 2)[1:],
        np.repeat(100 * curve.low, 2)[:-1],
        np.repeat(100 * curve.high, 2)[:-1],
    )
    axes.fill_between(corners, low, high, color=mark.colour, alpha=0.16, lw=0)
    for limit in (low, high):
        axes.plot(corners, limit, color=mark.colour, lw=0.5, linestyle=mark.line, alpha=0.7)
    axes.step(time, 100 * curve.survival, where="post", color=mark.colour, linestyle=mark.line, lw=1.7)
    gone = curve.censored > 0
    axes.plot(
        time[gone], 100 * curve.survival[gone], "|", color=mark.colour, markersize=7, markeredgewidth=1.1
    )
    if math.isfinite(curve.median) and curve.median <= curve.times[-1]:
        at = months(curve.median)
        axes.plot([0, at, at], [50, 50, 0], color=MUTED, lw=0.8, linestyle=(0, (1, 2)))


def _counted(curve: SurvivalCurve, at: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number at risk, cumulative events and cumulative censored at the ticks, shape (3, ticks)."""
    return np.array([curve.at_risk_at(at), cumulative_events(curve, at), _running(curve, curve.censored, at)])


def _not_given(
    curve: SurvivalCurve, whole: SurvivalCurve | None, at: NDArray[np.float64], smallest: int
) -> NDArray[np.bool_]:
    """Which of these numbers would tell of few patients, shape (3, ticks).

    Behind the end of the curve the growing sums would draw it. At risk, events and censored add up to all patients: one
    small sum is not given back by the other. Of a part of patients shown ``whole`` elsewhere, the same holds of the others.
    """
    numbers = _counted(curve, at)
    hidden = np.zeros(numbers.shape, dtype=bool)
    if not smallest:
        return hidden
    few = [numbers[1:]] if whole is None else [numbers[1:], (_counted(whole, at) - numbers)[1:]]
    sums = np.any([(one > 0) & (one < smallest) for one in few], axis=(0, 1))
    hidden[1:] = (numbers[0] < smallest) | sums
    if whole is not None:
        hidden |= at > curve.safe_until(whole, smallest)
    return hidden


def _draw_rows(
    axes: Axes,
    curves: Sequence[SurvivalCurve],
    ticks: NDArray[np.float64],
    left_mm: float,
    smallest: int,
    beside: Sequence[SurvivalCurve | None],
) -> None:
    at = ticks * DAYS_PER_MONTH
    numbers = [_counted(curve, at) for curve in curves]
    hidden = [_not_given(curve, whole, at, smallest) for curve, whole in zip(curves, beside, strict=True)]
    row = 0.5
    for block, title in enumerate(("Number at risk", "Cumulative events", "Cumulative censored")):
        axes.annotate(
            title,
            (0, row),
            xycoords=("axes fraction", "data"),
            xytext=(-left_mm / 25.4 * 72, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            fontweight="bold",
        )
        row += 1
        for place, curve in enumerate(curves):
            axes.annotate(
                curve.label,
                (0, row),
                xycoords=("axes fraction", "data"),
                xytext=(-left_mm / 25.4 * 72, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
            )
            for x, value, gone in zip(ticks, numbers[place][block], hidden[place][block], strict=True):
                axes.text(
                    x,
                    row,
                    "–" if gone else str(value),
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    gid="at-risk-row",
                )
            row += 1


@journal()
def draw_survival_curves(
    curves: Sequence[SurvivalCurve],
    *,
    simulated: bool,
    end_point: str = "Progression-free survival",
    origin: str = "treatment start",
    sentence: str = "",
    note: str = "",
    end_months: float | None = None,
    smallest: int = 0,
    beside: Sequence[SurvivalCurve] = (),
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw one to three Kaplan-Meier curves with bands, censoring ticks, medians and the rows beneath.

    Parameters
    ----------
    curves : sequence of SurvivalCurve
        The groups, in the order of the legend; times in days, drawn in months of 30.4375 days.
        Limits that do not exist (NaN) leave a gap in the band; a missing median is "not reached".
    simulated : bool
        Whether the data are simulated; the figure then says so.
    end_point, origin : str
        What survives, and what time is counted from ("day 14"): the names of the axes.
    sentence : str
        The comparison in words, e.g. from :func:`~analysis.figures.wording.hazard_ratio_sentence`.
    note : str
        Who the landmark left out, and other small print.
    end_months : float, optional
        End of the time axis; by default the last observed time.
    smallest : int
        Curves end where fewer patients than this are at risk.
    beside : sequence of SurvivalCurve
        Where these are a part of patients whose curves are shown too: those curves, in the same order. What, taken from
        theirs, would leave so few others is not given.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If there are no curves, or more than three.

    References
    ----------
    Morris TP et al., BMJ Open 2019;9:e030215, doi 10.1136/bmjopen-2019-030215 (the extended table below).
    """
    _checked(curves)
    end = end_months or max(float(curve.times[-1]) / DAYS_PER_MONTH for curve in curves)
    ticks = month_ticks(end)
    left = (
        max(text_width_mm(text) for text in ["Cumulative censored  ", *(curve.label for curve in curves)]) + 9
    )
    ends = f"Curves end where fewer than {smallest} patients are at risk." if smallest else ""
    if smallest and beside:
        ends = f"Curves end where fewer than {smallest} patients, or others in their arm, are at risk."
    whole = beside or [None] * len(curves)
    note = " ".join(filter(None, [note, ends]))
    small_print = wrapped(note, width_mm - 6) if note else []
    key_left = left if left <= _WIDEST_NAMES_MM else 2.0
    said = wrapped(sentence, width_mm - key_left - 2, bold=True) if sentence else []
    keys = [wrapped(f"{curve.label}: {_summary(curve)}", width_mm - key_left - 13) for curve in curves]
    top = 2.0 + _ROW_MM * sum(map(len, keys)) + line_mm() * len(said) + 2.0
    table = _ROW_MM * _BLOCKS * (len(curves) + 1)
    height = top + _PLOT_MM + 11.0 + table + (line_mm() * len(small_print) + 3.0 if small_print else 1.0)
    figure = new_figure(width_mm, height, simulated=simulated, constrained=False)
    inner = width_mm - left - _RIGHT_MM
    axes = figure.add_axes(placed(figure, left, top, inner, _PLOT_MM))
    rows = figure.add_axes(placed(figure, left, top + _PLOT_MM + 11.0, inner, table), sharex=axes)
    legend = figure.add_axes(placed(figure, key_left, 2.0, width_mm - key_left, top - 2.0))
    for curve, of, mark in zip(curves, whole, GROUPS, strict=False):
        _draw_curve(axes, curve.until(smallest, beside=of), mark)
    axes.set(xlim=(0, ticks[-1]), ylim=(0, 102), xlabel=f"Months from {origin}", ylabel=f"{end_point} (%)")
    axes.set_xticks(ticks)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.grid(axis="y", color=FAINT, lw=0.5)
    rows.set_ylim(table / _ROW_MM, 0)
    rows.set_axis_off()
    _draw_rows(rows, curves, ticks, left - 2, smallest, whole)
    legend.set(xlim=(0, width_mm - key_left), ylim=(top - 2.0, 0))
    legend.set_axis_off()
    y = _ROW_MM / 2
    for key, mark in zip(keys, GROUPS, strict=False):
        legend.plot([0, 9], [y, y], color=mark.colour, linestyle=mark.line, lw=1.7)
        for line in key:
            legend.text(11, y, line, va="center", fontsize=SMALL)
            y += _ROW_MM
    for line in said:
        legend.text(0, y + 0.5, line, va="center", fontsize=SMALL, fontweight="bold")
        y += line_mm()
    if small_print:
        x, bottom, _, _ = placed(figure, 2.0, height - 2.0, 0, 0)
        figure.text(x, bottom, "\n".join(small_print), va="bottom", fontsize=SMALL, color=MUTED)
    return figure


def describe_survival_curves(
    curves: Sequence[SurvivalCurve],
    *,
    end_point: str = "Progression-free survival",
    origin: str = "treatment start",
    sentence: str = "",
    smallest: int = 0,
) -> str:
    """Return the alternative text of the curves: groups, events, medians and the comparison."""
    _checked(curves)
    groups = ". ".join(f"{curve.label}: {_summary(curve)}" for curve in curves)
    compared = f" {sentence.rstrip('.')}." if sentence else ""
    compared += f" Curves end where fewer than {smallest} patients are at risk." if smallest else ""
    return f"Kaplan-Meier curves of {end_point[0].lower()}{end_point[1:]} from {origin}. {groups}.{compared}"
