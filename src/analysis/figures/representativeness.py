"""Dot plot: the shares of this study's patients with intervals, and those of published trials beside them."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, MUTED, OKABE_ITO, journal
from analysis.figures.wording import count, listed

_ROW_MM, _FRAME_MM = 6.0, 24.0
_OTHERS = (
    ("s", OKABE_ITO["vermillion"]),
    ("^", OKABE_ITO["green"]),
    ("D", OKABE_ITO["purple"]),
    ("v", OKABE_ITO["sky"]),
    ("P", OKABE_ITO["orange"]),
)
_NONE = "There is no published share to compare with."


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    shares = rows[rows["unit"] == "%"].reset_index(drop=True)
    if shares["study"].nunique() > len(_OTHERS):
        raise DesignError(
            f"{shares['study'].nunique()} published studies",
            where="representativeness",
            expected=f"at most {len(_OTHERS)}, each with its own shape",
            do="select the studies to show",
        )
    return shares


def _name(row: pd.Series) -> str:
    return row["label"] if row["level"] == "yes" else f"{row['label']}: {row['level']}"


def _draw(axes: Axes, shares: pd.DataFrame, names: list[str], marks: dict[str, tuple[str, str]]) -> None:
    own = GROUPS[0]
    for name, part in shares.groupby(shares.apply(_name, axis=1), sort=False):
        y, first = names.index(str(name)), part.iloc[0]
        axes.plot([first["low"], first["high"]], [y, y], color=own.colour, lw=1.4, zorder=2)
        axes.plot(first["value"], y, own.marker, color=own.colour, ms=6, zorder=3)
        for _, row in part.iterrows():
            marker, colour = marks[row["study"]]
            fill = "white" if row["basis"] == "recalled" else colour
            axes.plot(row["study_value"], y, marker, mec=colour, mfc=fill, ms=5.5, zorder=4, alpha=0.95)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlim=(0, 100), ylim=(len(names) - 0.5, -0.5), xlabel="Patients (%)")
    axes.grid(axis="both", color=FAINT, lw=0.5)
    axes.tick_params(axis="y", length=0)


@journal()
def draw_representativeness(rows: pd.DataFrame, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw the shares of a study beside published ones.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`analysis.cohort.representativeness` gives it; medians are not drawn.
    simulated : bool
        Whether the study is simulated; the figure then says so.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        With more published studies than there are shapes to tell them apart.
    """
    shares = _shares(rows)
    if shares.empty:
        return empty_figure(_NONE, simulated=simulated, width_mm=width_mm)
    names = list(dict.fromkeys(shares.apply(_name, axis=1)))
    studies = list(dict.fromkeys(shares["study"]))
    marks = dict(zip(studies, _OTHERS, strict=False))
    figure = new_figure(width_mm, _FRAME_MM + _ROW_MM * len(names), simulated=simulated)
    axes = figure.add_subplot()
    _draw(axes, shares, names, marks)
    own = GROUPS[0]
    handles = [
        Line2D([], [], color=own.colour, marker=own.marker, ms=6, label="this study, exact 95 % interval")
    ]
    handles += [
        Line2D([], [], ls="", marker=marker, mec=colour, mfc=colour, ms=5.5, label=study)
        for study, (marker, colour) in marks.items()
    ]
    if (shares["basis"] == "recalled").any():
        handles.append(
            Line2D(
                [],
                [],
                ls="",
                marker="s",
                mec=MUTED,
                mfc="white",
                ms=5.5,
                label="open: recalled, not verified",
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def describe_representativeness(rows: pd.DataFrame) -> str:
    """Return the alternative text: how many published shares lie outside this study's intervals, and which."""
    shares = _shares(rows)
    if shares.empty:
        return _NONE
    outside = shares[(shares["study_value"] < shares["low"]) | (shares["study_value"] > shares["high"])]
    found = [
        f"{_name(row)} {row['value']:.0f} % against {row['study_value']:.0f} % in {row['study']}"
        for _, row in outside.iterrows()
    ]
    tail = f": {listed(found)}" if found else ""
    return (
        f"Dot plot of {count(len(shares), 'published share')} beside this study's shares with exact 95 % intervals; "
        f"{len(outside)} {'lies' if len(outside) == 1 else 'lie'} outside the interval{tail}."
    )
