"""Circulating tumour DNA over the visits: every patient's allele frequency, and how many are detected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import floats, truths
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import count, listed, number, percent, span, visit_name

if TYPE_CHECKING:
    from analysis.cohort import Proportion

_NOTHING = "No plasma sample has a result."


def _results(samples: pd.DataFrame, visits: list[str]) -> pd.DataFrame:
    known = samples[samples["visit"].isin(visits) & samples["panel_detected"].notna()].copy()
    known["place"] = known["visit"].map({visit: i for i, visit in enumerate(visits)}).astype(int)
    return known.sort_values(["patient_id", "place"], kind="stable")


def _trajectories(axes: Axes, known: pd.DataFrame, visits: list[str], lod_percent: float) -> int:
    """Draw the lines and return how many detected samples have no allele frequency to place them by."""
    floor = lod_percent / 3
    detected = truths(known, "panel_detected")
    level = floats(known, "max_vaf_percent")
    level[detected & ~(level > 0)] = np.nan
    level[~detected] = floor
    place = floats(known, "place")
    mark = GROUPS[0]
    patient, _ = pd.factorize(known["patient_id"])
    for rows in (patient == one for one in range(patient.max() + 1)):
        axes.plot(place[rows], level[rows], color=MUTED, lw=0.6, alpha=0.6, zorder=1)
    axes.plot(place[detected], level[detected], "o", color=mark.colour, ms=4.2)
    axes.plot(place[~detected], level[~detected], "o", mfc="white", mec=mark.colour, ms=4.2)
    axes.axhline(lod_percent, color=INK, lw=0.9, linestyle=(0, (4, 2)))
    axes.set_yscale("log")
    highest = float(np.nanmax(level, initial=1.0))
    top = 100.0 if highest > 30 else 10 ** np.ceil(np.log10(highest * 1.2))
    axes.set(xlim=(-0.3, len(visits) - 0.7), ylim=(floor / 1.6, top * 1.15))
    ticks = [tick for tick in (0.01, 0.1, 1.0, 10.0, 100.0) if lod_percent <= tick <= top]
    axes.set_yticks([floor, *ticks], ["not\ndetected", *(f"{tick:g}" for tick in ticks)])
    axes.minorticks_off()
    axes.set_xticks(range(len(visits)), [visit_name(visit) for visit in visits])
    axes.set_ylabel("Highest variant allele frequency (%)")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    return int(np.isnan(level).sum())


@journal()
def draw_plasma(
    samples: pd.DataFrame,
    detection: Mapping[str, Proportion],
    *,
    simulated: bool,
    lod_percent: float,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw allele frequencies on a log scale with the limit of detection, and the detected share a visit.

    Parameters
    ----------
    samples : pandas.DataFrame
        Table ``plasma_samples``: ``patient_id`` (joins the points, is not shown), ``visit``,
        ``panel_detected`` (missing: no result, not drawn), ``max_vaf_percent`` (a detected sample without
        it is counted under the plot).
    detection : mapping of str to Proportion
        Visits in the order to draw, each with k, n, estimate and interval (fractions of 1).
    simulated : bool
        Whether the data are simulated; the figure then says so.
    lod_percent : float
        Limit of detection, percent: the dashed line; samples not detected stand below it.
    width_mm : float
        Width at print.
    """
    visits = list(detection)
    known = _results(samples, visits)
    if known.empty:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    figure = new_figure(width_mm, 84, simulated=simulated)
    left, right = figure.subplots(1, 2, width_ratios=(1.45, 1))
    unplaced = _trajectories(left, known, visits, lod_percent)
    left.set_title(f"a  {count(known['patient_id'].nunique(), 'patient')}, {count(len(known), 'sample')}")
    mark = GROUPS[0]
    for place, part in enumerate(detection.values()):
        right.bar(place, 100 * part.estimate, width=0.62, facecolor=mark.fill, edgecolor=mark.colour, lw=0.8)
        if part.n:
            right.vlines(place, 100 * part.low, 100 * part.high, color=INK, lw=1.0)
        right.text(
            place, 100 * part.high + 2 if part.n else 2, f"{part.k}/{part.n}", ha="center", fontsize=SMALL
        )
    right.set(ylim=(0, 112), xlim=(-0.6, len(visits) - 0.4), ylabel="Patients with ctDNA (%)")
    right.set_yticks([0, 25, 50, 75, 100])
    right.set_xticks(range(len(visits)), [visit_name(visit) for visit in visits])
    right.set_title("b  Detected, with 95 % CI")
    handles = [
        Line2D([], [], marker="o", lw=0, color=mark.colour, label="Detected"),
        Line2D([], [], marker="o", lw=0, mfc="white", mec=mark.colour, label="Not detected"),
        Line2D(
            [], [], color=INK, lw=0.9, linestyle=(0, (4, 2)), label=f"Limit of detection {lod_percent:g} %"
        ),
    ]
    if unplaced:
        note = f"{count(unplaced, 'detected sample')} without a frequency not drawn"
        left.set_xlabel(note, fontsize=SMALL, color=MUTED)
    figure.legend(handles=handles, loc="outside lower left", ncols=3, handlelength=2.0, columnspacing=1.4)
    return figure


def describe_plasma(samples: pd.DataFrame, detection: Mapping[str, Proportion]) -> str:
    """Return the alternative text: the detected share at each visit with its interval."""
    if _results(samples, list(detection)).empty:
        return _NOTHING
    parts = []
    for visit, part in detection.items():
        text = f"{part.k} of {part.n} at {visit_name(visit).lower()}"
        if part.n:
            interval = span(number(100 * part.low, 0), number(100 * part.high, 0))
            text += f" ({percent(part.estimate)}, 95 % CI {interval})"
        parts.append(text)
    return f"Circulating tumour DNA detected in {listed(parts)}, with the allele frequency of every patient's samples."
