"""Swimmer plot: each patient's time on treatment, and what happened when."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, texts, truths
from analysis.figures.style import DOUBLE_MM, INK, MUTED, OKABE_ITO, RESPONSES, journal
from analysis.figures.survival_curves import month_ticks
from analysis.figures.wording import count
from analysis.units import DAYS_PER_MONTH

_ROW_MM = 2.7
_EVENTS = (
    ("progression_day", "D", INK, "Progression"),
    ("new_therapy_day", "s", "white", "Another treatment"),
    ("death_day", "X", OKABE_ITO["purple"], "Death"),
)


def _ordered(patients: pd.DataFrame) -> pd.DataFrame:
    lacking = {"treatment_days", "response", "on_treatment"} - set(patients.columns)
    if lacking:
        raise DesignError(
            "the swimmer plot lacks a column",
            expected="treatment_days, response, on_treatment",
            offenders=sorted(lacking),
        )
    known = patients[patients["treatment_days"].notna()]
    order = {name: place for place, name in enumerate(RESPONSES)}
    place = known["response"].map(order).fillna(len(order))
    return known.assign(_place=place).sort_values(
        ["_place", "treatment_days"], ascending=[True, False], kind="stable"
    )


@journal()
def draw_swimmer(patients: pd.DataFrame, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw one bar a patient, longest first within each response, with progression, next treatment and death.

    These are patient rows: whether they may leave ``data/`` is for the caller to ask (``book.may_show_patient``).

    Parameters
    ----------
    patients : pandas.DataFrame
        ``treatment_days`` (a missing one leaves the patient out), ``response`` (missing: none known), ``on_treatment``
        (yes/no); optionally ``progression_day``, ``new_therapy_day``, ``death_day``: days since treatment start,
        missing where it did not happen. The order of the rows does not matter and no name is drawn.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking.
    """
    rows = _ordered(patients)
    if rows.empty:
        return empty_figure("No time on treatment is known.", simulated=simulated, width_mm=width_mm)
    figure = new_figure(width_mm, 22 + _ROW_MM * len(rows), simulated=simulated)
    axes = figure.subplots()
    y = np.arange(len(rows))
    length = floats(rows, "treatment_days") / DAYS_PER_MONTH
    response = np.array(texts(rows, "response"), dtype=object)
    handles: list[Patch | Line2D] = []
    for name, mark in RESPONSES.items():
        mine = response == name
        if mine.any():
            axes.barh(
                y[mine],
                length[mine],
                height=0.72,
                color=mark.fill,
                edgecolor=mark.colour,
                lw=0.5,
                hatch=mark.hatch,
            )
            label = f"{mark.label} (n = {mine.sum()})"
            handles.append(Patch(facecolor=mark.fill, edgecolor=mark.colour, hatch=mark.hatch, label=label))
    rest = ~np.isin(response, list(RESPONSES))
    if rest.any():
        axes.barh(y[rest], length[rest], height=0.72, color="white", edgecolor=MUTED, lw=0.5)
        handles.append(Patch(facecolor="white", edgecolor=MUTED, label=f"No scan (n = {rest.sum()})"))
    latest = length.copy()
    for column, marker, face, label in _EVENTS:
        at = floats(rows, column) / DAYS_PER_MONTH
        seen = np.isfinite(at)
        latest = np.fmax(latest, at)
        if seen.any():
            axes.plot(at[seen], y[seen], marker, mfc=face, mec=INK, mew=0.7, ms=4.2, lw=0, zorder=4)
            handles.append(
                Line2D([], [], marker=marker, mfc=face, mec=INK, mew=0.7, ms=4.2, lw=0, label=label)
            )
    ongoing = truths(rows, "on_treatment")
    if ongoing.any():
        axes.plot(length[ongoing], y[ongoing], ">", color=INK, ms=4.5, lw=0, zorder=5)
        handles.append(Line2D([], [], marker=">", color=INK, ms=4.5, lw=0, label="Still on treatment"))
    axes.hlines(y, length, latest, color=MUTED, lw=0.5, zorder=1)
    ticks = month_ticks(float(np.nanmax(latest)))
    axes.set(
        xlim=(0, ticks[-1]), ylim=(len(rows) - 0.4, -0.6), yticks=[], xlabel="Months from treatment start"
    )
    axes.set_xticks(ticks)
    axes.spines["left"].set_visible(False)
    axes.set_title(f"{count(len(rows), 'patient')}, one bar each")
    figure.legend(handles=handles, loc="outside lower center", ncols=4, columnspacing=1.4)
    return figure


def describe_swimmer(patients: pd.DataFrame) -> str:
    """Return the alternative text: patients, median time on treatment by response, and how many had each event."""
    rows = _ordered(patients)
    if rows.empty:
        return "No time on treatment is known."
    months = rows["treatment_days"] / DAYS_PER_MONTH
    groups = [
        f"{mark.label.lower()} {months[rows['response'] == name].median():.1f}"
        for name, mark in RESPONSES.items()
        if (rows["response"] == name).fillna(False).any()
    ]
    events = [
        f"{label.lower()} in {int(np.isfinite(floats(rows, column)).sum())}"
        for column, _, _, label in _EVENTS
    ]
    return (
        f"Swimmer plot of {count(len(rows), 'patient')}, one bar each, its length the months on treatment:"
        f" median by metabolic response: {', '.join(groups)}. Marked are {', '.join(events)}; still on treatment"
        f" {int(truths(rows, 'on_treatment').sum())}."
    )
