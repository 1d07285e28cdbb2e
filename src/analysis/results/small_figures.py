"""The writing in a figure without small numbers of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.results.small_cells import SmallCells
from analysis.results.small_in_text import without_small

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def withhold_writing(figure: Figure, rule: SmallCells) -> None:
    """Withhold small numbers in every text of a figure; the numbers of an axis stay.

    Numbers at risk, numbers in boxes and cells, group sizes in keys: whatever figure wrote them. What is drawn and
    not written, such as the end of a curve, the figure itself leaves out (``smallest``, from the notebook's ``smallest_cell``).
    """
    if not rule.applies:
        return
    from matplotlib.text import Text
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    ticks = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        labels = axis.get_ticklabels(which="both")
        ticks |= {id(label) for label in labels}
        if isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter):
            # The figure's own words, which name groups and may count them.
            words = [label.get_text() for label in axis.get_ticklabels()]
            kept = [without_small(word, rule) for word in words]
            if kept != words:
                axis.set_ticks(axis.get_majorticklocs(), kept)
    for text in figure.findobj(Text):
        if id(text) not in ticks:
            text.set_text(without_small(text.get_text(), rule, writing=True))
