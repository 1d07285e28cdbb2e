"""Change of uptake against progression-free survival, patient by patient, before any cut-off."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, truths
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, Line, journal
from analysis.figures.wording import count, number
from analysis.units import DAYS_PER_MONTH

_NOBODY = "No patient has both a change and a follow-up time."


def _known(patients: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    complete = patients.dropna(subset=["change_percent", "time_days", "event"])
    return (
        floats(complete, "change_percent"),
        floats(complete, "time_days") / DAYS_PER_MONTH,
        truths(complete, "event"),
    )


@journal()
def draw_change_and_pfs(
    patients: pd.DataFrame,
    *,
    simulated: bool,
    cutoff_percent: float,
    post_hoc_percent: float | None = None,
    metric: str = "SUVmax",
    visit: str = "day 14",
    end_point: str = "Progression-free survival",
    origin: str = "treatment start",
    sentence: str = "",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw one point a patient: filled for an event, open with an arrow upwards for a censored time.

    Parameters
    ----------
    patients : pandas.DataFrame
        ``change_percent`` (negative: decrease), ``time_days`` and ``event`` (yes/no); a row with any of
        them missing is left out.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    cutoff_percent, post_hoc_percent : float
        Decreases that make a response: solid and dashed lines.
    metric, visit, end_point, origin : str
        Names for the axes.
    sentence : str
        The association in words, above the plot.
    width_mm : float
        Width at print.
    """
    change, time, event = _known(patients)
    if not len(change):
        return empty_figure(_NOBODY, simulated=simulated, width_mm=width_mm)
    figure = new_figure(width_mm, 86, simulated=simulated)
    axes = figure.subplots()
    seen, open_ = GROUPS[0], GROUPS[1]
    axes.plot(change[event], time[event], "o", color=seen.colour, ms=5, label=f"Event (n = {event.sum()})")
    if (~event).any():
        axes.plot(change[~event], time[~event], "^", mfc="white", mec=open_.colour, mew=1.1, ms=5.5,
                  label=f"Censored: event later, if at all (n = {(~event).sum()})")  # fmt: skip
    axes.axvline(0, color=MUTED, lw=0.8, linestyle=(0, (1, 1.5)))
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_ylim(0, max(float(time.max()) * 1.08, 1.0))
    lines: list[tuple[float, Line, str]] = [(cutoff_percent, "solid", "right")]
    if post_hoc_percent is not None:
        lines.append((post_hoc_percent, (0, (4, 2)), "left"))
    for cut, style, side in lines:
        axes.axvline(-cut, color=INK, lw=0.9, linestyle=style)
        axes.annotate(f"−{number(cut, 0)} %", (-cut, 1), xycoords=("data", "axes fraction"), fontsize=SMALL,
                      xytext=(-3 if side == "right" else 3, 0), textcoords="offset points", ha=side, va="top",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    axes.set_xlabel(f"Change of {metric} from baseline to {visit} (%)")
    axes.set_ylabel(f"{end_point}\nfrom {origin} (months)")
    axes.xaxis.set_major_formatter(lambda value, _: number(value, 0))
    if sentence:
        axes.set_title(sentence, pad=16)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1, handlelength=1.0)
    return figure


def describe_change_and_pfs(
    patients: pd.DataFrame,
    *,
    metric: str = "SUVmax",
    visit: str = "day 14",
    end_point: str = "Progression-free survival",
    sentence: str = "",
) -> str:
    """Return the alternative text of the scatter: patients, events, and the association in words."""
    change, _, event = _known(patients)
    if not len(change):
        return _NOBODY
    said = f" {sentence.rstrip('.')}." if sentence else ""
    return (
        f"{end_point} against change of {metric} from baseline to {visit} in {count(len(change), 'patient')},"
        f" {count(int(event.sum()), 'event')}.{said}"
    )
