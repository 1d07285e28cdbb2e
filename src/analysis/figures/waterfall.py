"""Waterfall: each patient's change of uptake, sorted, with the cut-offs that make a response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, texts, truths
from analysis.figures.measure import line_mm
from analysis.figures.style import DOUBLE_MM, INK, RESPONSES, SMALL, Line, journal
from analysis.figures.wording import count, listed, number

HIGHEST_PERCENT = 100.0
"""Bars above it are cut there and carry their value, so that one patient does not flatten the others."""

_AXES_MM = 76.0  # height of the axes, near enough to keep the names of the cut-offs a line apart
_MARKS = (
    ("new", "*", INK, 6.5, "New lesion"),
    ("uncertain", "*", "white", 6.5, "New lesion uncertain, not counted"),
    ("risen", "D", INK, 3.8, "A lesion progresses"),
)


def _drawn(patients: pd.DataFrame) -> pd.DataFrame:
    unknown = set(patients["response"].dropna()) - set(RESPONSES)
    if unknown or patients["response"].isna().any():
        raise DesignError(
            "a patient's response is missing or unknown to the figure",
            where="column response",
            expected="one of " + ", ".join(RESPONSES),
            offenders=sorted(unknown),
        )
    known = patients[patients["change_percent"].notna()]
    return known.sort_values("change_percent", ascending=False, kind="stable").reset_index(drop=True)


def _cut_offs(axes: Axes, prespecified: float, post_hoc: Sequence[float], progression: float | None) -> None:
    """Draw the cut-offs, each named in the right margin, the names pushed apart where lines are close."""
    lines: list[tuple[float, Line, str]] = [(-prespecified, "solid", "pre-specified")]
    lines += [(-cut, (0, (4, 2)), "post hoc") for cut in post_hoc]
    if progression is not None:
        lines.append((progression, (0, (1, 1.5)), "lesion progresses"))
    low, high = axes.get_ylim()
    pitch = (high - low) * line_mm() / _AXES_MM
    below = -np.inf
    for level, style, name in sorted(lines, key=lambda line: line[0]):
        axes.axhline(level, color=INK, lw=0.9, linestyle=style, zorder=3)
        at = max(level, below + pitch)
        axes.annotate(
            f"{number(level, 0)} % {name}",
            (1, level),
            xytext=(1.015, at),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=SMALL,
        )
        below = at


def _marks(
    axes: Axes, shown: pd.DataFrame, x: NDArray[np.int64], above: NDArray[np.float64]
) -> tuple[list[Line2D], NDArray[np.float64]]:
    """Mark new lesions and progressions over the bars; return the legend's entries and the new heights."""
    new = np.array(texts(shown, "new_lesion"), dtype=object)
    flags = {
        "new": new == "yes",
        "uncertain": new == "uncertain",
        "risen": truths(shown, "progression") & (new != "yes"),  # a new lesion is progression by itself
    }
    handles = []
    for name, marker, face, size, label in _MARKS:
        flagged = flags[name]
        if flagged.any():
            above = above + np.where(flagged, 5.0, 0.0)
            handles += axes.plot(
                x[flagged], above[flagged], marker, mfc=face, mec=INK, ms=size, lw=0, label=label, zorder=5
            )
    return handles, above


@journal()
def draw_waterfall(
    patients: pd.DataFrame,
    *,
    simulated: bool,
    cutoff_percent: float,
    post_hoc_percent: Sequence[float] = (),
    progression_percent: float | None = None,
    metric: str = "SUVmax",
    visit: str = "day 14",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw one bar a patient, largest increase first, coloured and hatched by response.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient, as ``analysis.pet.patient_response`` gives it: ``change_percent`` (negative:
        decrease; missing: counted below the axis, not drawn), ``response`` (responder, non_responder,
        not_assessable); optionally ``new_lesion`` (yes, no, uncertain), ``progression`` (true, false) and
        limits of the change, ``low`` and ``high``, percent. Missing: no mark. Identifiers are not read.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    cutoff_percent : float
        The pre-specified decrease that makes a response, percent, as a solid line.
    post_hoc_percent : sequence of float
        Other decreases, dashed.
    progression_percent : float, optional
        The increase that makes a lesion progress, dotted.
    metric, visit : str
        What changed and until when, for the axis.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a response is missing or is not one of the three.
    """
    shown = _drawn(patients)
    if shown.empty:
        return empty_figure(
            f"No patient has a change of {metric} at {visit}.", simulated=simulated, width_mm=width_mm
        )
    figure = new_figure(width_mm, 96, simulated=simulated)
    axes = figure.subplots()
    change = floats(shown, "change_percent")
    height = np.minimum(change, HIGHEST_PERCENT)
    cut = change > HIGHEST_PERCENT
    x = np.arange(len(shown))
    for response, mark in RESPONSES.items():
        here = (shown["response"] == response).to_numpy(dtype=bool)
        axes.bar(
            x[here],
            height[here],
            width=0.78,
            facecolor=mark.fill,
            edgecolor=mark.colour,
            hatch=mark.hatch,
            lw=0.8,
        )
    low, high = floats(shown, "low"), floats(shown, "high")
    axes.vlines(x[~cut], low[~cut], np.minimum(high, HIGHEST_PERCENT)[~cut], color=INK, lw=0.7, zorder=4)
    axes.axhline(0, color=INK, lw=0.8)
    for i in np.flatnonzero(cut):
        axes.text(
            i - 0.39, HIGHEST_PERCENT + 1, f"+{number(change[i], 0)}", ha="left", va="bottom", fontsize=SMALL
        )
    above = np.where(
        cut, HIGHEST_PERCENT + 9, np.maximum(np.fmax(height, np.minimum(high, HIGHEST_PERCENT)), 0)
    )
    marks, above = _marks(axes, shown, x, above)
    handles = [
        Patch(
            facecolor=mark.fill, edgecolor=mark.colour, hatch=mark.hatch, label=f"{mark.label} (n = {here})"
        )
        for response, mark in RESPONSES.items()
        if (here := int((shown["response"] == response).sum()))
    ]
    lowest = np.nanmin([*height, *low, -cutoff_percent, *(-value for value in post_hoc_percent)])
    highest = max(float(above.max()), progression_percent or 0.0, 10.0)
    axes.set(xlim=(-0.7, max(len(shown), 12) - 0.3), ylim=(max(lowest - 6, -105), highest + 8), xticks=[])
    axes.set_ylabel(f"Change of {metric}, baseline to {visit} (%)")
    left_out = len(patients) - len(shown)
    missing = f"; {count(left_out, 'patient')} without a value not drawn" if left_out else ""
    axes.set_xlabel(f"Patients, one bar each (n = {len(shown)}{missing})")
    axes.spines["bottom"].set_visible(False)
    _cut_offs(axes, cutoff_percent, post_hoc_percent, progression_percent)
    entries = [*handles, *marks]
    figure.legend(handles=entries, loc="outside lower center", ncols=min(len(entries), 3), handlelength=1.6)
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 0))
    return figure


def describe_waterfall(
    patients: pd.DataFrame, *, cutoff_percent: float, metric: str = "SUVmax", visit: str = "day 14"
) -> str:
    """Return the alternative text of the waterfall: how many reach the cut-off, the range, and the intervals if drawn."""
    shown = _drawn(patients)
    if shown.empty:
        return f"No patient has a change of {metric} at {visit}."
    responses = listed(
        [
            f"{here} {mark.label.lower().replace('_', '-')}"
            + ("s" if here != 1 and response != "not_assessable" else "")
            for response, mark in RESPONSES.items()
            if (here := int((shown["response"] == response).sum()))
        ]
    )
    low, high = (number(shown["change_percent"].agg(which), 0) for which in ("min", "max"))
    left_out = len(patients) - len(shown)
    missing = f" {count(left_out, 'patient')} without a value not drawn." if left_out else ""
    ends = floats(shown, "low"), floats(shown, "high")
    drawn = ~np.isnan(ends[0]) & ~np.isnan(ends[1])
    crossing = drawn & (ends[0] < -cutoff_percent) & (ends[1] > -cutoff_percent)
    intervals = (
        f" Lines show an interval of {count(int(drawn.sum()), 'patient')};"
        f" {number(int(crossing.sum()), 0)} reach over the cut-off."
        if drawn.any()
        else ""
    )
    return (
        f"Waterfall of the change of {metric} from baseline to {visit} in {count(len(shown), 'patient')}, from"
        f" {low} % to {high} %; cut-off for response −{number(cutoff_percent, 0)} %: {responses}.{intervals}{missing}"
    )
