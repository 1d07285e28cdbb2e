"""Early PET and early ctDNA together: the two-by-two table of their calls."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.figures.canvas import new_figure, placed
from analysis.figures.heat_table import draw_cell, shade, shown_count
from analysis.figures.measure import wrapped
from analysis.figures.style import MUTED, NORMAL, RESPONSES, SMALL, journal
from analysis.figures.wording import percent

CLASSES = (("both favourable", "discordant"), ("discordant", "both unfavourable"))
"""Name of each cell: rows and columns have their favourable call first."""
_HATCH = {"both favourable": "", "discordant": "////", "both unfavourable": "xxxx"}
_LEFT, _TOP, _CELL_W, _CELL_H = 34.0, 13.0, 44.0, 27.0


def _call(code: object) -> str:
    """Return a call in words: "non_responder" as every figure prints it, other codes without underscores."""
    return RESPONSES[str(code)].label if code in RESPONSES else str(code).replace("_", " ")


def _checked(counts: pd.DataFrame) -> NDArray[np.float64]:
    values = np.asarray(counts.to_numpy(dtype=float), dtype=np.float64)
    if values.shape != (2, 2) or not (np.isfinite(values).all() and (values >= 0).all()):
        raise DesignError(
            "the joint table is not two by two counts",
            expected="PET calls as rows, ctDNA calls as columns, the favourable call first in both",
        )
    return values


def _cells(values: NDArray[np.float64], smallest: int, shown: pd.DataFrame | None) -> list[list[str]]:
    if shown is not None:
        return shown.astype(str).to_numpy().tolist()
    return [[shown_count(n, smallest) for n in row] for row in values]


@journal()
def draw_joint(
    counts: pd.DataFrame,
    *,
    simulated: bool,
    rows_name: str = "PET, day 14",
    columns_name: str = "ctDNA, day 14",
    details: pd.DataFrame | None = None,
    smallest: int = 0,
    shown: pd.DataFrame | None = None,
) -> Figure:
    """Draw the two-by-two table, shaded by share and hatched by class.

    Parameters
    ----------
    counts : pandas.DataFrame, shape (2, 2)
        Patients, as ``analysis.biomarkers.JointClasses.counts``: index and columns are the calls, the
        favourable one first.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    rows_name, columns_name : str
        What the rows and columns are.
    details : pandas.DataFrame of str, shape (2, 2), optional
        One more line a cell, e.g. its median; not printed in a cell that is kept back.
    smallest : int
        Counts above zero and below it are printed as "<smallest", and all shares are then left out.
    shown : pandas.DataFrame of str, shape (2, 2), optional
        What stands for each count, where not every one may be told beside the total
        (:meth:`analysis.results.Notebook.shown_counts`).

    Raises
    ------
    DesignError
        If the table is not two by two counts.
    """
    values = _checked(counts)
    total = values.sum()
    cells = _cells(values, smallest, shown)
    hidden = any(not cell.isdecimal() for row in cells for cell in row)
    width, height = _LEFT + 2 * _CELL_W + 2.0, _TOP + 2 * _CELL_H + 6.5
    figure = new_figure(width, height, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width, height))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    axes.text(
        _LEFT + _CELL_W, 3.0, columns_name, ha="center", va="center", fontsize=NORMAL, fontweight="bold"
    )
    axes.text(1.0, _TOP - 4.0, rows_name, va="center", fontsize=NORMAL, fontweight="bold")
    for j, call in enumerate(counts.columns):
        axes.text(
            _LEFT + _CELL_W * (j + 0.5), _TOP - 4.0, _call(call), ha="center", va="center", fontsize=SMALL
        )
    for i, call in enumerate(counts.index):
        words = "\n".join(wrapped(_call(call), _LEFT - 3))
        axes.text(1.0, _TOP + _CELL_H * (i + 0.5), words, va="center", fontsize=SMALL)
        for j in range(2):
            n = values[i, j]
            lines = [cells[i][j]]
            kept_back = not cells[i][j].isdecimal()
            if total and not hidden:
                lines.append(percent(n / total))
            if details is not None and n and not kept_back:
                lines.append(str(details.iloc[i, j]))
            lines.append(CLASSES[i][j])
            face = shade(0.0 if hidden or not total else n / total)
            box = (_LEFT + _CELL_W * j, _TOP + _CELL_H * i, _CELL_W, _CELL_H)
            draw_cell(axes, box, face=face, lines=lines, hatch=_HATCH[CLASSES[i][j]])
    note = f"n = {total:.0f}" + (
        f"; counts of 1 to {smallest - 1}, and complements, are not shown" if hidden else "; percent of all"
    )
    axes.text(_LEFT, height - 3.0, note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_joint(
    counts: pd.DataFrame,
    *,
    rows_name: str = "PET, day 14",
    columns_name: str = "ctDNA, day 14",
    smallest: int = 0,
    shown: pd.DataFrame | None = None,
) -> str:
    """Return the alternative text: the four counts in words, as :func:`draw_joint` prints them."""
    values = _checked(counts)
    cells = _cells(values, smallest, shown)
    parts = [
        f"{_call(row).lower()} and {_call(column)} {cells[i][j]}"
        for i, row in enumerate(counts.index)
        for j, column in enumerate(counts.columns)
    ]
    return f"{rows_name} against {columns_name} in {values.sum():.0f} patients: {'; '.join(parts)}."
