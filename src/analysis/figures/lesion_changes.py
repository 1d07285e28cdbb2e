"""Lesion by lesion: the change of uptake from baseline to day 14 and day 28."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.columns import texts
from analysis.figures.style import DOUBLE_MM, FAINT, INK, MUTED, RESPONSES, journal
from analysis.figures.wording import count, listed, number, visit_name

SITES = {"bone": "s", "node": "o", "liver": "D", "lung": "^", "breast": "P", "other": "X"}
"""Marker of each organ."""


def _lines(lesions: pd.DataFrame, patients: pd.DataFrame, visits: Sequence[str]) -> pd.DataFrame:
    """Lesions as rows, visits as columns, beside site and the patient's response."""
    response = patients.drop_duplicates("patient_id").set_index("patient_id")["response"]
    known = lesions[lesions["change_percent"].notna() & lesions["visit"].isin(list(visits))]
    known = known.assign(site=[site or "other" for site in texts(known, "site")])
    if known.duplicated(["patient_id", "lesion_id", "visit"]).any():
        raise DesignError(
            "a lesion stands twice at one visit", where="table of lesion changes", expected="one row each"
        )
    wide = known.pivot_table(
        index=["patient_id", "lesion_id", "site"],
        columns="visit",
        values="change_percent",
        observed=True,
        sort=True,
    )
    wide = wide.reindex(columns=list(visits)).astype(float).reset_index()
    wide["response"] = wide["patient_id"].map(response).fillna("not_assessable")
    unknown = set(wide["response"]) - set(RESPONSES)
    if unknown:
        raise DesignError(
            "a response is unknown to the figure",
            where="column response",
            expected="one of " + ", ".join(RESPONSES),
            offenders=sorted(unknown),
        )
    return wide


def _new(lesions: pd.DataFrame) -> int:
    """Return how many lesions are new: they have no baseline, and so no line."""
    new = lesions[[state == "new" for state in texts(lesions, "state")]]
    return len(new.drop_duplicates(["patient_id", "lesion_id"]))


@journal()
def draw_lesion_changes(
    lesions: pd.DataFrame,
    patients: pd.DataFrame,
    *,
    simulated: bool,
    cutoff_percent: float,
    visits: Sequence[str] = ("day14", "day28"),
    metric: str = "SUVmax",
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw a line a lesion from 0 % at baseline through its follow-up visits, in one panel a patient response.

    Parameters
    ----------
    lesions : pandas.DataFrame
        As ``analysis.pet.lesion_changes`` gives it: ``patient_id``, ``lesion_id``, ``site``, ``visit``,
        ``change_percent`` (missing: that point is left out) and ``state`` (new lesions are counted, not
        drawn). Identifiers join the tables, and are not shown.
    patients : pandas.DataFrame
        ``patient_id`` and ``response`` (missing: not assessable); the first row of a patient counts, so
        give the rows of the visit that decides.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    cutoff_percent : float
        The decrease that makes a response, percent.
    visits : sequence of str
        Follow-up visits in order.
    metric : str
        What changed, for the axis.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a response is not one of the three, or a lesion stands twice at one visit.
    """
    wide = _lines(lesions, patients, visits)
    if wide.empty:
        return empty_figure("No lesion was measured at two visits.", simulated=simulated, width_mm=width_mm)
    present = [response for response in RESPONSES if (wide["response"] == response).any()]
    figure = new_figure(width_mm, 82, simulated=simulated)
    panels = figure.subplots(1, len(present), sharey=True, squeeze=False)[0]
    places = np.arange(len(visits) + 1)
    for axes, response in zip(panels, present, strict=True):
        mark, here = RESPONSES[response], wide[wide["response"] == response]
        for row in here.to_dict("records"):
            values = np.array([0.0, *(row[visit] for visit in visits)])
            seen = np.isfinite(values)
            axes.plot(places[seen], values[seen], color=mark.colour, lw=0.7, alpha=0.55)
            seen[0] = False
            axes.plot(
                places[seen],
                values[seen],
                SITES.get(row["site"], "X"),
                ms=3.6,
                mfc="white",
                mec=mark.colour,
                mew=0.8,
            )
        axes.axhline(0, color=MUTED, lw=0.6)
        axes.axhline(-cutoff_percent, color=INK, lw=0.9)
        axes.set_title(
            f"{mark.label}\n{count(here['patient_id'].nunique(), 'patient')}, {count(len(here), 'lesion')}"
        )
        axes.set_xticks(places, ["Baseline", *(visit_name(visit) for visit in visits)])
        axes.set_xlim(-0.3, len(visits) + 0.3)
        axes.grid(axis="y", color=FAINT, lw=0.5)
    panels[0].set_ylabel(f"Change of {metric} from baseline (%)")
    panels[0].yaxis.set_major_formatter(lambda value, _: number(value, 0))
    handles = [
        Line2D([], [], color=INK, marker=marker, mfc="white", lw=0, ms=4.5, label=site.capitalize())
        for site, marker in SITES.items()
        if (wide["site"] == site).any()
    ]
    if new := _new(lesions):
        handles.append(Line2D([], [], lw=0, label=f"{count(new, 'new lesion')} not drawn"))
    handles.append(Line2D([], [], color=INK, lw=0.9, label=f"Cut-off −{number(cutoff_percent, 0)} %"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), handlelength=1.4, columnspacing=1.4
    )
    return figure


def describe_lesion_changes(
    lesions: pd.DataFrame,
    patients: pd.DataFrame,
    *,
    cutoff_percent: float,
    visits: Sequence[str] = ("day14", "day28"),
    metric: str = "SUVmax",
) -> str:
    """Return the alternative text of the trajectories: how many lesions reach the cut-off at each visit."""
    wide = _lines(lesions, patients, visits)
    if wide.empty:
        return "No lesion was measured at two visits."
    reached = listed(
        [
            f"{int((wide[visit] <= -cutoff_percent).sum())} of {int(wide[visit].notna().sum())} at"
            f" {visit_name(visit).lower()}"
            for visit in visits
        ]
    )
    new = f" {count(_new(lesions), 'new lesion')} not drawn." if _new(lesions) else ""
    return (
        f"Change of {metric} of {count(len(wide), 'lesion')} in {count(wide['patient_id'].nunique(), 'patient')} from"
        f" baseline: {reached} had decreased by {number(cutoff_percent, 0)} % or more.{new}"
    )
