"""Circulating tumour DNA over the visits: the allele frequencies, and in how many patients it is found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, texts, truths
from analysis.figures.style import (
    DOUBLE_MM,
    FAINT,
    GROUPS,
    INK,
    MUTED,
    RESPONSES,
    SINGLE_MM,
    SMALL,
    Mark,
    journal,
)
from analysis.figures.wording import count, listed, number, percent, span, visit_name

_NOTHING = "No plasma sample has a result."
_BESIDE = 4
"""Visits for which the two panels find room side by side; with more they stand one above the other."""
_MARKERS = {"panel": "Mutation panel", "tumour_fraction": "Tumour fraction"}


def _looks(lines: pd.DataFrame) -> list[tuple[str, Mark]]:
    """Return the groups to draw: the responses present, or everyone alike."""
    if "group" not in lines:
        return [("", GROUPS[0])]
    present = set(texts(lines, "group"))
    if present - {"", *RESPONSES}:
        raise DesignError(
            "a group is unknown to the figure",
            where="column group",
            expected="one of " + ", ".join(RESPONSES),
            offenders=sorted(present - {"", *RESPONSES}),
        )
    known = [(group, mark) for group, mark in RESPONSES.items() if group in present]
    return known + (
        [("", Mark("Response not known", MUTED, "solid", "D", "", FAINT))] if "" in present else []
    )


def _trajectories(axes: Axes, lines: pd.DataFrame, visits: Sequence[str], lod_percent: float) -> list[Line2D]:
    """Draw a line a patient, and return the entries of the legend."""
    floor = lod_percent / 3
    below = truths(lines, "below_limit")
    level = np.where(below, floor, floats(lines, "vaf_percent"))
    place = np.array([visits.index(visit) for visit in texts(lines, "visit")], dtype=float)
    line = floats(lines, "line")
    group = np.array(texts(lines, "group"), dtype=object)
    handles = []
    for code, mark in _looks(lines):
        here = group == code
        paths = []
        for one in np.unique(line[here]):
            rows = np.flatnonzero(here & (line == one))
            rows = rows[np.argsort(place[rows], kind="stable")]
            paths.append(np.column_stack([place[rows], level[rows]]))
        lines_of_group = LineCollection(
            paths, colors=mark.colour, linewidths=0.7, alpha=0.5, linestyles=[mark.line]
        )
        axes.add_collection(lines_of_group)
        seen, unseen = here & ~below, here & below
        axes.plot(place[seen], level[seen], mark.marker, color=mark.colour, ms=4.2, lw=0)
        axes.plot(place[unseen], level[unseen], mark.marker, mfc="white", mec=mark.colour, ms=4.2, lw=0)
        if "group" in lines:
            handles.append(
                Line2D(
                    [],
                    [],
                    color=mark.colour,
                    marker=mark.marker,
                    linestyle=mark.line,
                    lw=0.9,
                    label=mark.label,
                )
            )
    axes.axhline(lod_percent, color=INK, lw=0.9, linestyle=(0, (4, 2)))
    axes.set_yscale("log")
    top = float(10 ** np.ceil(np.log10(max(float(np.nanmax(level)), 1.0) * 1.2)))
    axes.set(xlim=(-0.3, len(visits) - 0.7), ylim=(floor / 1.6, min(top, 100.0) * 1.15))
    ticks = [tick for tick in (0.01, 0.1, 1.0, 10.0, 100.0) if lod_percent <= tick <= top]
    axes.set_yticks([floor, *ticks], ["below\nlimit", *(f"{tick:g}" for tick in ticks)])
    axes.minorticks_off()
    axes.set_xticks(range(len(visits)), [visit_name(visit) for visit in visits])
    axes.set_ylabel("Highest variant allele frequency (%)")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    limit = Line2D(
        [], [], color=INK, lw=0.9, linestyle=(0, (4, 2)), label=f"Limit of detection {lod_percent:g} %"
    )
    return [*handles, limit]


def _bars(axes: Axes, detection: pd.DataFrame, visits: Sequence[str]) -> None:
    markers = [marker for marker in _MARKERS if marker in set(texts(detection, "marker"))] or [""]
    width = 0.7 / len(markers)
    for i, marker in enumerate(markers):
        mark = GROUPS[i]
        rows = detection[detection["marker"] == marker] if marker else detection
        for row in rows.to_dict("records"):
            x = visits.index(row["visit"]) + (i - (len(markers) - 1) / 2) * width
            tall = 0.0 if not row["n"] else 100 * row["estimate"]
            axes.bar(
                x,
                tall,
                width=0.9 * width,
                facecolor=mark.fill,
                edgecolor=mark.colour,
                hatch=mark.hatch,
                lw=0.8,
            )
            if row["n"]:
                axes.vlines(x, 100 * row["low"], 100 * row["high"], color=INK, lw=1.0)
            above = 100 * row["high"] if row["n"] else 0.0
            axes.text(x, above + 2, f"{row['k']}/{row['n']}", ha="center", va="bottom", fontsize=SMALL,
                      rotation=90 if len(markers) * len(visits) > 5 else 0)  # fmt: skip
        if marker:
            axes.bar(
                0, 0, facecolor=mark.fill, edgecolor=mark.colour, hatch=mark.hatch, label=_MARKERS[marker]
            )
    axes.set(ylim=(0, 122), xlim=(-0.6, len(visits) - 0.4), ylabel="Patients with ctDNA (%)")
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_xticks(range(len(visits)), [visit_name(visit) for visit in visits])


@journal()
def draw_plasma(
    lines: pd.DataFrame,
    detection: pd.DataFrame,
    *,
    simulated: bool,
    lod_percent: float,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw allele frequencies on a log scale with the limit of detection, and the share of patients a visit.

    Parameters
    ----------
    lines : pandas.DataFrame
        As ``analysis.biomarkers.trajectories`` gives it: ``line``, ``visit``, ``vaf_percent``,
        ``below_limit`` (drawn as an open marker under the limit) and, to colour by response, ``group``.
        Without rows only the shares are drawn.
    detection : pandas.DataFrame
        As ``analysis.biomarkers.detection`` gives it: ``visit`` in the order to draw, ``k``, ``n``,
        ``estimate``, ``low``, ``high`` (fractions of 1), and ``marker`` where there are two. Rows of
        ``lines`` at other visits are not drawn.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    lod_percent : float
        Limit of detection, percent: the dashed line.
    width_mm : float
        Width at print; one column when there are only shares.

    Raises
    ------
    DesignError
        If a group is not a response.
    """
    visits = list(dict.fromkeys(texts(detection, "visit")))
    if not floats(detection, "n").sum():
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    lines = lines[lines["visit"].isin(visits)]
    if lines.empty:
        figure = new_figure(SINGLE_MM if len(visits) <= _BESIDE else width_mm, 78, simulated=simulated)
        right = figure.subplots()
        _bars(right, detection, visits)
        right.set_title("Detected, with 95 % CI")
    else:
        beside = len(visits) <= _BESIDE
        figure = new_figure(width_mm, 88 if beside else 150, simulated=simulated)
        if beside:
            left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
        else:
            left, right = figure.subplots(2, 1, height_ratios=(1.2, 1))
        handles = _trajectories(left, lines, visits, lod_percent)
        left.set_title(f"a  {count(lines['line'].nunique(), 'patient')}, {count(len(lines), 'sample')}")
        left.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, columnspacing=1.2
        )
        _bars(right, detection, visits)
        right.set_title("b  Detected, with 95 % CI")
    if right.get_legend_handles_labels()[0] and len(set(texts(detection, "marker"))) > 1:
        right.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, handlelength=1.4, columnspacing=1.2
        )
    return figure


def describe_plasma(detection: pd.DataFrame) -> str:
    """Return the alternative text: the share of patients with ctDNA at each visit, with its interval."""
    if not floats(detection, "n").sum():
        return _NOTHING
    parts = []
    for row in detection.to_dict("records"):
        by = f" by {_MARKERS[row['marker']].lower()}" if len(set(texts(detection, "marker"))) > 1 else ""
        text = f"{row['k']} of {row['n']} at {visit_name(row['visit']).lower()}{by}"
        if row["n"]:
            interval = span(number(100 * row["low"], 0), number(100 * row["high"], 0))
            text += f" ({percent(row['estimate'])}, 95 % CI {interval})"
        parts.append(text)
    return f"Patients with circulating tumour DNA: {listed(parts)}."
