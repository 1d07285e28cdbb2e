"""Genes by visits: in how many patients each gene was found altered, as counts without patients."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.heat_table import draw_cell, shade, shown_count
from analysis.figures.measure import NAME_MM, fitted, text_width_mm
from analysis.figures.style import DOUBLE_MM, MUTED, RESPONSES, SMALL, journal
from analysis.figures.wording import count, listed, visit_name

_CELL_H, _TOP = 6.0, 10.0
_NOTHING = "No gene was found altered."


def _checked(
    counts: pd.DataFrame,
) -> tuple[list[str], list[tuple[str, str, int]], dict[tuple[str, str, str], int]]:
    """Return genes, columns (group, visit, patients tested) and the count of each cell."""
    lacking = {"gene", "visit", "k", "n"} - set(counts.columns)
    if lacking:
        raise DesignError(
            "the gene counts lack a column", expected="gene, visit, k, n", offenders=sorted(lacking)
        )
    rows = counts.assign(group=counts.get("group", "all")).to_dict("records")
    cells = {(row["group"], row["visit"], row["gene"]): int(row["k"]) for row in rows}
    if len(cells) < len(rows):
        raise DesignError(
            "a gene stands twice at one visit", where="gene counts", expected="one row a gene and visit"
        )
    columns = list(dict.fromkeys((str(row["group"]), str(row["visit"]), int(row["n"])) for row in rows))
    if len({column[:2] for column in columns}) < len(columns):
        raise DesignError(
            "a visit has two numbers of patients", where="column n", expected="one number a visit"
        )
    return list(dict.fromkeys(row["gene"] for row in rows)), columns, cells


def _group_name(group: str) -> str:
    return f"{RESPONSES[group].label}s" if group in RESPONSES else group.capitalize()


@journal()
def draw_gene_matrix(
    counts: pd.DataFrame, *, simulated: bool, smallest: int = 0, width_mm: float = DOUBLE_MM
) -> Figure:
    """Draw the heat table, each cell shaded by its share of the visit's patients, the largest share darkest.

    Parameters
    ----------
    counts : pandas.DataFrame
        As ``analysis.biomarkers.gene_counts`` gives it, genes and visits in the order to draw: ``gene``,
        ``visit``, ``k`` (patients with an alteration), ``n`` (patients tested) and, for blocks side by
        side, ``group``. A gene without a row at a visit is printed as a dash.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    smallest : int
        Counts above zero and below it are printed as "<smallest" and not shaded.
    width_mm : float
        Greatest width at print.

    Raises
    ------
    DesignError
        If a column is lacking, or a gene or visit contradicts itself.
    """
    genes, columns, cells = _checked(counts)
    if not genes:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    several = len({group for group, _, _ in columns}) > 1
    top = _TOP + (5.0 if several else 0.0)
    names = [fitted(gene, NAME_MM) for gene in genes]
    left = max(map(text_width_mm, names)) + 4.0
    cell = min((width_mm - left - 2.0) / len(columns), 30.0)
    width, height = left + cell * len(columns) + 2.0, top + _CELL_H * len(genes) + 6.0
    width = max(width, 60.0)
    figure = new_figure(width, height, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width, height))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    shares = {
        (group, visit, gene): cells[group, visit, gene] / n
        for group, visit, n in columns
        for gene in genes
        if n and cells.get((group, visit, gene), 0) >= max(smallest, 1)
    }
    darkest = max(shares.values(), default=1.0)
    for j, (group, visit, n) in enumerate(columns):
        x = left + cell * j
        heading = f"{visit_name(visit)}\nn = {n}"
        axes.text(x + cell / 2, top - 1.0, heading, ha="center", va="bottom", fontsize=SMALL)
        if several and (j == 0 or columns[j - 1][0] != group):
            axes.text(x + 1.0, 2.5, _group_name(group), va="center", fontsize=SMALL, fontweight="bold")
        for i, gene in enumerate(genes):
            k = cells.get((group, visit, gene), float("nan"))
            face = shade(shares.get((group, visit, gene), 0.0) / darkest)
            draw_cell(
                axes, (x, top + _CELL_H * i, cell, _CELL_H), face=face, lines=[shown_count(k, smallest)]
            )
    for i, name in enumerate(names):
        y = top + _CELL_H * (i + 0.5)
        axes.text(left - 2.0, y, name, ha="right", va="center", fontsize=SMALL, fontstyle="italic")
    hidden = any(0 < k < smallest for k in cells.values())
    note = "Patients with an alteration" + (f"; <{smallest}: kept back" if hidden else "")
    axes.text(left, height - 3.0, note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_gene_matrix(counts: pd.DataFrame, *, smallest: int = 0) -> str:
    """Return the alternative text: each gene with its counts in the order of the visits."""
    genes, columns, cells = _checked(counts)
    if not genes:
        return _NOTHING
    several = len({group for group, _, _ in columns}) > 1
    visits = listed(
        [
            f"{visit_name(visit).lower()}{' in ' + _group_name(group).lower() if several else ''} (n = {n})"
            for group, visit, n in columns
        ]
    )
    told = "; ".join(
        f"{gene} "
        + ", ".join(
            shown_count(cells.get((group, visit, gene), float("nan")), smallest)
            for group, visit, _ in columns
        )
        for gene in genes
    )
    return f"Patients with an alteration of {count(len(genes), 'gene')} at {visits}: {told}."
