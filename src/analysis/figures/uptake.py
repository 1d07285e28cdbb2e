"""Uptake of every lesion by organ and visit: one point a lesion, on a log scale."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_hex

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.style import DOUBLE_MM, GROUPS, INK, SMALL, journal
from analysis.figures.wording import count, number, visit_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

VISITS = ("baseline", "day14", "day28")
SITES = ("bone", "node", "liver", "lung", "breast", "other")


def drawn_lesions(lesions: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lesions that are drawn: ``visit``, ``site`` (of :data:`SITES`) and the measure, which is above zero."""
    lacking = [name for name in ("visit", "site", column) if name not in lesions]
    if lacking:
        raise DesignError(f"the lesions have no column {lacking[0]!r}", expected=f"visit, site and {column}")
    rows = lesions[lesions["visit"].isin(VISITS) & (lesions[column] > 0)]
    site = rows["site"].astype("object").where(rows["site"].isin(SITES), "other")
    return rows.assign(site=site)[["visit", "site", column]].astype({"visit": "object"})


@journal()
def draw_uptake(
    lesions: pd.DataFrame,
    *,
    simulated: bool,
    column: str = "suv_max",
    metric: str = "SUVmax",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a box and every lesion's point for each organ and visit.

    Parameters
    ----------
    lesions : pandas.DataFrame
        As ``analysis.pet.measure_study`` gives them: ``visit``, ``site`` (missing: other) and the measure;
        a missing measure leaves the lesion out. Identifiers are not read.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    column, metric : str
        Column of the measure, and its name for the axis.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking.
    """
    import seaborn as sns

    known = drawn_lesions(lesions, column)
    if known.empty:
        return empty_figure("No lesion was measured.", simulated=simulated, width_mm=width_mm)
    sites = [site for site in SITES if (known["site"] == site).any()]
    visits = [visit for visit in VISITS if (known["visit"] == visit).any()]
    figure = new_figure(width_mm, 80, simulated=simulated)
    axes = figure.add_subplot()
    fills = {visit: mark.fill for visit, mark in zip(VISITS, GROUPS, strict=True)}
    colours = {visit: mark.colour for visit, mark in zip(VISITS, GROUPS, strict=True)}
    shared = {
        "data": known,
        "x": "site",
        "y": column,
        "hue": "visit",
        "order": sites,
        "hue_order": visits,
        "ax": axes,
    }
    with warnings.catch_warnings():
        # seaborn 0.13 still passes `vert`, which matplotlib 3.11 renames; nothing of ours to mend.
        warnings.filterwarnings("ignore", message="vert: bool was deprecated")
        sns.boxplot(**shared, palette=fills, fliersize=0, linewidth=0.7, linecolor=INK, saturation=1)
    hatches = {to_hex(mark.fill): mark.hatch for mark in GROUPS}
    for box in axes.patches:  # the hatch says the visit where colours are not told apart
        box.set_hatch(hatches.get(to_hex(box.get_facecolor()), ""))
    # Points keep apart by a fixed pattern, not by chance, so that the picture is the same in every build.
    state = np.random.get_state()  # noqa: NPY002  (seaborn's jitter draws from the global state)
    np.random.seed(0)  # noqa: NPY002
    try:
        sns.stripplot(**shared, palette=colours, dodge=True, size=2.6, jitter=0.18, linewidth=0, legend=False)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    axes.set_yscale("log")
    ticks = [
        tick
        for tick in (0.5, 1, 2, 5, 10, 20, 50)
        if known[column].min() * 0.8 <= tick <= known[column].max() * 1.25
    ]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xticks(
        range(len(sites)),
        [
            f"{site.capitalize()}\n(n = {int(((known['site'] == site) & (known['visit'] == visits[0])).sum())})"
            for site in sites
        ],
    )
    axes.set_xlabel("")
    axes.set_ylabel(f"{metric} (log scale)")
    handles, _ = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        [visit_name(visit) for visit in visits],
        title=None,
        fontsize=SMALL,
        frameon=False,
        ncols=len(visits),
        loc="upper center",
        bbox_to_anchor=(0.5, 1.12),
    )
    return figure


def describe_uptake(lesions: pd.DataFrame, *, column: str = "suv_max", metric: str = "SUVmax") -> str:
    """Return the alternative text: lesions and median at each visit, and the organs."""
    known = drawn_lesions(lesions, column)
    if known.empty:
        return f"No lesion has a {metric}."
    parts = []
    for visit in VISITS:
        here = known.loc[known["visit"] == visit, column]
        if len(here):
            parts.append(
                f"{visit_name(visit)}: {count(len(here), 'lesion')}, median {number(float(here.median()))}"
            )
    organs = ", ".join(site for site in SITES if (known["site"] == site).any())
    return f"{metric} of every lesion by organ ({organs}) and visit. " + "; ".join(parts) + "."
