"""Mean change of a score over the visits in two arms, with intervals and the forms behind each point."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, MUTED, SMALL, journal
from analysis.figures.wording import number, span

_COLUMNS = ("arm", "week", "estimate", "low", "high", "forms")
_SHIFT = 0.6
"""Weeks by which the second arm is drawn to the right, so that intervals do not cover each other."""


def _arms(rows: pd.DataFrame) -> list[str]:
    lacking = [name for name in _COLUMNS if name not in rows]
    arms = [] if lacking else list(dict.fromkeys(rows["arm"].astype(str)))
    if lacking or not 1 <= len(arms) <= len(GROUPS):
        raise DesignError(
            f"the rows have no column {lacking[0]!r}" if lacking else f"{len(arms)} arms in one figure",
            expected=", ".join(_COLUMNS) + f"; 1 to {len(GROUPS)} arms",
        )
    return arms


@journal()
def draw_score_course(
    rows: pd.DataFrame, *, simulated: bool, score: str, width_mm: float = DOUBLE_MM
) -> Figure:
    """Draw the mean change from baseline of each arm at each visit.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an arm and visit: ``arm``, ``week``, ``estimate``, ``low``, ``high`` (points) and ``forms``.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    score : str
        Name of the score, for the axis.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking, or there are more than three arms.
    """
    arms = _arms(rows)
    figure = new_figure(width_mm, 78 + 4.5 * len(arms), simulated=simulated)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(6, 0.45 * (len(arms) + 1)))
    for place, (arm, mark) in enumerate(zip(arms, GROUPS, strict=False)):
        own = rows[rows["arm"].astype(str) == arm]
        x = own["week"].to_numpy(float) + _SHIFT * place
        axes.plot(x, own["estimate"], color=mark.colour, linestyle=mark.line, marker=mark.marker, label=arm)
        axes.vlines(x, own["low"], own["high"], color=mark.colour, lw=1)
        for week, forms in zip(own["week"], own["forms"], strict=True):
            below.text(
                week, place + 1, f"{forms}", ha="center", va="center", fontsize=SMALL, gid="at-risk-row"
            )
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set_ylabel(f"Change of {score}\n(points; below 0 is worse)")
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.legend(loc="upper right", ncols=2)
    low, high = float(rows["low"].min()), float(rows["high"].max())
    axes.set_ylim(min(low, 0) - 1, max(high, 0) + 0.25 * (high - low) + 1)
    weeks = sorted(rows["week"].unique())
    below.set_xticks(weeks, [f"{week:g}" for week in weeks])
    below.set_xlabel("Weeks from randomisation")
    below.set_yticks(range(len(arms) + 1), ["Forms", *arms], fontsize=SMALL)
    below.set_ylim(len(arms) + 0.6, -0.6)
    below.tick_params(length=0)
    for side in ("left", "bottom"):
        below.spines[side].set_visible(False)
    return figure


def describe_score_course(rows: pd.DataFrame, *, score: str) -> str:
    """Return the alternative text: each arm's mean change at the first and the last visit."""
    parts = []
    for arm in _arms(rows):
        own = rows[rows["arm"].astype(str) == arm].sort_values("week")
        ends = [
            f"week {row['week']:g} {number(row['estimate'])} ({span(number(row['low']), number(row['high']))})"
            for row in (own.iloc[0], own.iloc[-1])
        ]
        parts.append(f"{arm}: {', '.join(ends)}")
    return (
        f"Mean change of {score} from baseline in points with 95 % intervals, by visit. {'; '.join(parts)}."
    )
