"""Oncoprint: genes by patients without names, one block a visit, shaded by allele frequency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures.canvas import empty_figure, new_figure, placed
from analysis.figures.heat_table import shade
from analysis.figures.measure import NAME_MM, fitted, text_width_mm
from analysis.figures.style import DOUBLE_MM, INK, MUTED, RESPONSES, SMALL, journal
from analysis.figures.wording import count, listed, percent, visit_name

if TYPE_CHECKING:
    from analysis.biomarkers import Oncoprint

_ROW, _HEAD, _STRIP, _FOOT, _GAP, _SHARE = 4.4, 5.5, 2.6, 11.0, 3.0, 12.0
_STEPS = (0.1, 1.0, 10.0)
"""Allele frequencies, percent, from which a cell is darker."""
_NOTHING = "No gene was found altered."


def _strength(frequency: float) -> float:
    """Return 0 without a variant, else a third, two thirds or one by the steps of the frequency."""
    if math.isnan(frequency):
        return 0.0
    return (1 + sum(frequency >= step for step in _STEPS[1:])) / len(_STEPS)


def _group_words(group: str) -> str:
    return RESPONSES[group].label if group in RESPONSES else group.capitalize()


def _columns(block: Oncoprint, width: float) -> list[float]:
    """Return the left edge of each patient, groups apart by a gap."""
    jumps = (
        [block.groups[i] != block.groups[i - 1] for i in range(1, len(block.groups))] if block.groups else []
    )
    n = block.frequencies.shape[1]
    cell = min((width - _GAP * sum(jumps)) / max(n, 1), 4.0)
    lefts, x = [], 0.0
    for i in range(n):
        x += _GAP if i and jumps and jumps[i - 1] else 0.0
        lefts.append(x)
        x += cell
    return [*lefts, x]


def _draw_block(
    axes: Axes, block: Oncoprint, genes: Sequence[str], left: float, top: float, width: float
) -> None:
    edges = _columns(block, width)
    n = block.frequencies.shape[1]
    cell = edges[-1] - edges[-2] if n else 0.0
    axes.text(
        1.0,
        top + _HEAD / 2,
        f"{visit_name(block.visit)}, n = {n}",
        va="center",
        fontsize=SMALL,
        fontweight="bold",
    )
    y = top + _HEAD
    for i, group in enumerate(block.groups):
        mark = RESPONSES.get(group)
        face, hatch = (mark.fill, mark.hatch) if mark else ("#FFFFFF", "")
        axes.add_patch(
            Rectangle(
                (left + edges[i], y), cell, _STRIP, facecolor=face, hatch=hatch, edgecolor="#7F7F7F", lw=0
            )
        )
    y += _STRIP + 0.8 if block.groups else 0.0
    place = {gene: row for row, gene in enumerate(block.genes)}
    for row, gene in enumerate(genes):
        at = y + row * _ROW
        axes.text(
            left - 2.0,
            at + _ROW / 2,
            fitted(gene, NAME_MM),
            ha="right",
            va="center",
            fontsize=SMALL,
            fontstyle="italic",
        )
        values = block.frequencies[place[gene]] if gene in place else np.full(n, np.nan)
        for i, value in enumerate(values):
            strength = _strength(float(value))
            axes.add_patch(Rectangle((left + edges[i] + 0.15, at + 0.25), cell - 0.3, _ROW - 0.5, lw=0.3 if strength else 0,
                                     facecolor=_shade(strength), edgecolor=INK))  # fmt: skip
        share = np.isfinite(values).mean() if n else math.nan
        axes.text(
            left + width + _SHARE,
            at + _ROW / 2,
            percent(share) if n else "—",
            ha="right",
            va="center",
            fontsize=SMALL,
        )


def _shade(strength: float) -> str:
    """Return a shade that grows in darkness with the frequency also in grey; empty cells are nearly white."""
    return {0.0: "#F0F0F0", 1.0: "#003A5C"}.get(strength) or shade(0.55 if strength < 0.5 else 1.6)


def _genes(blocks: Sequence[Oncoprint], most: int) -> list[str]:
    carriers: dict[str, int] = {}
    for block in blocks:
        for gene, values in zip(block.genes, block.frequencies, strict=True):
            carriers[gene] = carriers.get(gene, 0) + int(np.isfinite(values).sum())
    return sorted(carriers, key=lambda gene: (-carriers[gene], gene))[:most]


@journal()
def draw_oncoprint(
    blocks: Sequence[Oncoprint], *, simulated: bool, most: int = 12, width_mm: float = DOUBLE_MM
) -> Figure:
    """Draw one block of genes by patients for each visit, below each other.

    Patients stand in the order of their patterns within each block, so that a column is not the same patient in two
    blocks. It is a picture of patients all the same: draw it only where the protocol lets pictures of patients leave.

    Parameters
    ----------
    blocks : sequence of analysis.biomarkers.Oncoprint
        One a visit.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    most : int
        Genes drawn, the most often altered first.
    width_mm : float
        Width at print.
    """
    blocks = [block for block in blocks if block.frequencies.shape[1]]
    genes = _genes(blocks, most)
    if not genes:
        return empty_figure(_NOTHING, simulated=simulated, width_mm=width_mm)
    left = max(text_width_mm(fitted(gene, NAME_MM)) for gene in genes) + 4.0
    grouped = any(block.groups for block in blocks)
    one = _HEAD + (_STRIP + 0.8 if grouped else 0.0) + _ROW * len(genes) + 2.0
    height = one * len(blocks) + _FOOT + (5.0 if grouped else 0.0)
    figure = new_figure(width_mm, height, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width_mm, height))
    axes.set(xlim=(0, width_mm), ylim=(height, 0))
    axes.set_axis_off()
    width = width_mm - left - _SHARE - 2.0
    for place, block in enumerate(blocks):
        _draw_block(axes, block, genes, left, place * one, width)
    x, y = left, height - (12.5 if grouped else 7.5)
    for strength, words in zip(
        (1 / 3, 2 / 3, 1.0), ("VAF below 1 %", "1 to 10 %", "10 % and more"), strict=True
    ):
        axes.add_patch(Rectangle((x, y - 1.8), 3.6, 3.6, facecolor=_shade(strength), edgecolor=INK, lw=0.3))
        axes.text(x + 5.0, y, words, va="center", fontsize=SMALL)
        x += text_width_mm(words) + 10.0
    x, y = left, height - 7.5
    for group in dict.fromkeys(group for block in blocks for group in block.groups):
        mark = RESPONSES.get(group)
        axes.add_patch(Rectangle((x, y - 1.3), 5.0, _STRIP, facecolor=mark.fill if mark else "#FFFFFF", lw=0.3,
                                 hatch=mark.hatch if mark else "", edgecolor="#7F7F7F"))  # fmt: skip
        axes.text(x + 6.2, y, _group_words(group), va="center", fontsize=SMALL)
        x += text_width_mm(_group_words(group)) + 10.0
    note = (
        "A column is a patient tested at the visit, in the order of patterns; at the right the share altered."
    )
    axes.text(left, height - 2.6, note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_oncoprint(blocks: Sequence[Oncoprint], *, most: int = 12) -> str:
    """Return the alternative text: at each visit the genes altered most often, with numbers of patients."""
    blocks = [block for block in blocks if block.frequencies.shape[1]]
    genes = _genes(blocks, most)
    if not genes:
        return _NOTHING
    parts = []
    for block in blocks:
        n = block.frequencies.shape[1]
        carriers = {g: int(np.isfinite(v).sum()) for g, v in zip(block.genes, block.frequencies, strict=True)}
        top = sorted(genes, key=lambda gene: -carriers.get(gene, 0))[:3]
        told = listed([f"{gene} in {carriers.get(gene, 0)}" for gene in top])
        parts.append(f"{visit_name(block.visit).lower()} ({count(n, 'patient')}) {told}")
    return f"Genes by patients without names; most often altered at {'; at '.join(parts)}."
