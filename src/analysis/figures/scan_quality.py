"""Quality of every scan: one panel a check, one point a scan, those beyond the limits marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.measure import wrapped
from analysis.figures.style import DOUBLE_MM, FAINT, INK, MUTED, OKABE_ITO, journal
from analysis.figures.wording import count, listed, visit_name

VISITS = ("baseline", "day14", "day28", "progression")
_COLUMNS_OF_PANELS = 3
_PANEL_MM = 37.0
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class _Look:
    label: str
    marker: str
    face: str
    edge: str
    size: float


_LOOKS: Mapping[str, _Look] = {
    "within": _Look("Within limits", "o", "white", MUTED, 2.6),
    "unusual": _Look("Within limits, far from the other scans", "D", OKABE_ITO["sky"], INK, 3.8),
    "outside": _Look("Outside limits", "^", OKABE_ITO["vermillion"], INK, 4.8),
}


def _drawn(checks: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in ("visit", "check", "label", "value", "state") if name not in checks]
    if lacking:
        raise DesignError(f"the checks have no column {lacking[0]!r}", expected="the table of scan checks")
    return checks[checks["value"].notna() & checks["state"].isin(list(_LOOKS))]


def _draw_panel(axes: Axes, here: pd.DataFrame, visits: list[str]) -> None:
    for place, visit in enumerate(visits):
        of_visit = here[here["visit"] == visit].sort_values("value", kind="stable")
        # Points keep apart by a fixed pattern, not by chance: the same picture in every build.
        x = place + 0.6 * ((np.arange(len(of_visit)) * _GOLDEN) % 1 - 0.5)
        for state, look in _LOOKS.items():
            chosen = (of_visit["state"] == state).to_numpy(bool)
            axes.plot(
                x[chosen], of_visit["value"].to_numpy(float)[chosen], look.marker, mfc=look.face, mec=look.edge,
                ms=look.size, mew=0.6, lw=0, zorder=3 + list(_LOOKS).index(state),
            )  # fmt: skip
        for limit in ("low", "high"):
            known = of_visit[limit].dropna().unique()
            axes.hlines(
                known, place - 0.42, place + 0.42, color=INK, lw=1.0, linestyle=(0, (3, 1.5)), zorder=2
            )
    axes.set_xticks(range(len(visits)), [visit_name(visit) for visit in visits])
    axes.set_xlim(-0.6, len(visits) - 0.4)
    axes.margins(y=0.1)
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))


@journal()
def draw_scan_quality(checks: pd.DataFrame, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw every check that has values as a panel, its visits side by side, its limits dashed.

    Parameters
    ----------
    checks : pandas.DataFrame
        As ``analysis.pet.scan_checks`` gives it: ``visit, check, label, unit, value, low, high, state``. A
        check without value (unknown, or yes and no) is not drawn. Identifiers are not read.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking.
    """
    known = _drawn(checks)
    if known.empty:
        return empty_figure("No scan was measured.", simulated=simulated, width_mm=width_mm)
    names = list(dict.fromkeys(known["check"]))
    down = -(-len(names) // _COLUMNS_OF_PANELS)
    figure = new_figure(width_mm, down * _PANEL_MM + 7, simulated=simulated)
    panels = figure.subplots(down, _COLUMNS_OF_PANELS, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        here = known[known["check"] == name]
        visits = [visit for visit in VISITS if (here["visit"] == visit).any()]
        _draw_panel(axes, here, visits)
        label, unit = (str(here[column].iloc[0]) for column in ("label", "unit"))
        title = wrapped(f"{label} ({unit})", width_mm / _COLUMNS_OF_PANELS - 14)
        axes.set_title("\n".join(title), fontsize=8.0, fontweight="normal")
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    handles = [
        Line2D(
            [],
            [],
            marker=look.marker,
            mfc=look.face,
            mec=look.edge,
            ms=look.size,
            mew=0.6,
            lw=0,
            label=look.label,
        )
        for state, look in _LOOKS.items()
        if (known["state"] == state).any()
    ]
    handles.append(Line2D([], [], color=INK, lw=1.0, linestyle=(0, (3, 1.5)), label="Limit"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), handlelength=1.8)
    return figure


def describe_scan_quality(checks: pd.DataFrame) -> str:
    """Return the alternative text: which checks have scans outside limits, and how many."""
    known = _drawn(checks)
    if known.empty:
        return "No scan was measured."
    labels = known["label"].astype(str)
    scans = int(known.groupby("check").size().max())
    said = []
    for phrase, state in (("outside limits", "outside"), ("far from the other scans", "unusual")):
        counts = labels[known["state"] == state].value_counts()
        ordered = sorted(
            ((str(name), int(n)) for name, n in counts.items()), key=lambda item: (-item[1], item[0])
        )
        if ordered:
            said.append(f"{phrase}: " + listed([f"{name.lower()} ({n})" for name, n in ordered]))
    said = said or ["all within limits"]
    return (
        f"{count(labels.nunique(), 'check')} of up to {count(scans, 'scan')} by visit, one point a scan; "
        + "; ".join(said)
        + "."
    )
