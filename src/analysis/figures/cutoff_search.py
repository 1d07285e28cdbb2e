"""A searched cut-off: the statistic at every cut tried, and where the bootstrap would have cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.canvas import new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SMALL, journal
from analysis.figures.wording import number, p_value, ratio, span

if TYPE_CHECKING:
    from analysis.survival import PostHocCutoff


@journal()
def draw_cutoff_search(
    found: PostHocCutoff,
    *,
    simulated: bool,
    marker: str = "Change of SUVmax (%)",
    pre_specified: float | None = None,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the absolute standardised log-rank statistic over the cut-offs tried, and the bootstrap's cut-offs below.

    Parameters
    ----------
    found : PostHocCutoff
        The search.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    marker : str
        Name of the horizontal axis, with its unit.
    pre_specified : float, optional
        Value of the marker at the cut-off that was fixed in advance, as a dashed line.
    width_mm : float
        Width at print.
    """
    figure = new_figure(width_mm, 92, simulated=simulated)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    mark, other = GROUPS[0], GROUPS[1]
    upper.plot(found.cutoffs, found.statistics, mark.marker, color=mark.colour, ls="solid", lw=0.9, ms=3.5)
    upper.axvline(found.value, color=other.colour, lw=1.4)
    upper.annotate(f"highest: {number(found.value, 0)}", (found.value, 1), xycoords=("data", "axes fraction"),
                   xytext=(4, -2), textcoords="offset points", va="top", fontsize=SMALL,
                   bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    if pre_specified is not None:
        for axes in (upper, lower):
            axes.axvline(pre_specified, color=INK, lw=0.9, linestyle=(0, (4, 2)))
        upper.annotate(f"fixed in advance: {number(pre_specified, 0)}", (pre_specified, 0),
                       xycoords=("data", "axes fraction"), xytext=(-4, 3), textcoords="offset points", ha="right",
                       fontsize=SMALL, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    upper.set_ylabel("Log-rank statistic")
    upper.set_ylim(bottom=0)
    drawn = found.resampled[np.isfinite(found.resampled)]
    lower.hist(
        drawn,
        bins=25,
        weights=np.full(drawn.size, 100 / max(drawn.size, 1)),
        color=mark.fill,
        edgecolor=mark.colour,
        lw=0.6,
    )
    lower.axvline(found.value, color=other.colour, lw=1.4)
    lower.axvspan(found.low, found.high, color=FAINT, alpha=0.6, zorder=0, lw=0)
    lower.set_ylabel("Bootstrap\nsamples (%)")
    lower.set_xlabel(marker)
    lower.xaxis.set_major_formatter(lambda value, _: number(value, 0))
    upper.grid(axis="y", color=FAINT, lw=0.5)
    upper.set_title(f"Post hoc: corrected for the search, {p_value(found.p_permutation)}", color=INK)
    lower.annotate(
        "grey: 95 % of the samples",
        (1, 1),
        xycoords="axes fraction",
        ha="right",
        va="top",
        fontsize=SMALL,
        color=MUTED,
    )
    return figure


def describe_cutoff_search(found: PostHocCutoff, *, marker: str = "Change of SUVmax (%)") -> str:
    """Return the alternative text: the cut-off, how far it moves, the corrected p value and what is left of it."""
    left = found.cross_validated
    return (
        f"Post hoc search of a cut-off of {marker}: highest log-rank statistic at {number(found.value, 0)}; in bootstrap"
        f" samples between {span(number(found.low, 0), number(found.high, 0))}. Corrected for the search"
        f" {p_value(found.p_permutation)}; cross-validated hazard ratio {ratio(left.estimate)}"
        f" ({span(ratio(left.low), ratio(left.high))})."
    )
