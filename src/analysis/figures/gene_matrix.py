"""Genes by visits: in how many patients each gene was found altered, as counts without patients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.columns import floats
from analysis.figures.heat_table import draw_cell, shade, shown_count
from analysis.figures.measure import text_width_mm
from analysis.figures.style import DOUBLE_MM, MUTED, SMALL, journal
from analysis.figures.wording import count, listed, visit_name

_CELL_H, _TOP = 6.0, 10.0
_NOTHING = "No gene was found altered."


def _checked(counts: pd.DataFrame, samples: Mapping[str, int]) -> None:
    unknown = [str(visit) for visit in counts.columns if visit not in samples]
    if unknown:
        raise DesignError(
            "the number of samples is not given for every visit",
            expected="one number a column",
            offenders=unknown,
        )


@journal()
def draw_gene_matrix(
    counts: pd.DataFrame,
    samples: Mapping[str, int],
    *,
    simulated: bool,
    smallest: int = 0,
    width_mm: float = DOUBLE_MM,
) -> Figure:
    """Draw the heat table, each cell shaded by its share of the visit's samples, the largest share darkest.

    Parameters
    ----------
    counts : pandas.DataFrame
        Genes as index, visits as columns, number of patients with an alteration; missing: not assessed.
    samples : mapping of str to int
        Samples with a result at each visit.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    smallest : int
        Counts above zero and below it are printed as "<smallest" and not shaded.
    width_mm : float
        Greatest width at print.

    Raises
    ------
    DesignError
        If a visit has no number of samples.
    """
    _checked(counts, samples)
    if counts.empty:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    left = max(text_width_mm(str(gene)) for gene in counts.index) + 4.0
    cell = min((width_mm - left - 2.0) / counts.shape[1], 30.0)
    width, height = left + cell * counts.shape[1] + 2.0, _TOP + _CELL_H * len(counts) + 6.0
    figure = new_figure(width, height, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width, height))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for j, visit in enumerate(counts.columns):
        heading = f"{visit_name(str(visit))}\nn = {samples[visit]}"
        axes.text(left + cell * (j + 0.5), _TOP - 1.0, heading, ha="center", va="bottom", fontsize=SMALL)
    hidden = False
    numbers = np.stack([floats(counts, visit) for visit in counts.columns], axis=1)
    shares = np.where(
        numbers >= max(smallest, 1), numbers / [max(samples[visit], 1) for visit in counts.columns], 0.0
    )
    darkest = max(float(shares.max()), 1e-9)
    for i, gene in enumerate(counts.index):
        y = _TOP + _CELL_H * i
        axes.text(
            left - 2.0,
            y + _CELL_H / 2,
            str(gene),
            ha="right",
            va="center",
            fontsize=SMALL,
            fontstyle="italic",
        )
        for j in range(counts.shape[1]):
            n = float(numbers[i, j])
            kept_back = 0 < n < smallest
            hidden |= kept_back
            share = float(shares[i, j]) / darkest
            draw_cell(
                axes, (left + cell * j, y, cell, _CELL_H), face=shade(share), lines=[shown_count(n, smallest)]
            )
    note = "Patients with an alteration" + (f"; <{smallest}: kept back" if hidden else "")
    axes.text(left, height - 3.0, note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_gene_matrix(counts: pd.DataFrame, samples: Mapping[str, int], *, smallest: int = 0) -> str:
    """Return the alternative text: each gene with its counts in the order of the visits."""
    _checked(counts, samples)
    if counts.empty:
        return _NOTHING
    visits = listed([f"{visit_name(str(visit)).lower()} (n = {samples[visit]})" for visit in counts.columns])
    genes = "; ".join(
        f"{gene} {', '.join(shown_count(float(n), smallest) for n in row)}"
        for gene, row in zip(counts.index, counts.to_numpy(), strict=True)
    )
    return f"Patients with an alteration of {count(len(counts), 'gene')} at {visits}: {genes}."
