"""Ways back: beside the cell that made a number, the sentences that print it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup, escape

from analysis.publish.cards import Card
from analysis.publish.runs import Run
from analysis.publish.uses import Use
from analysis.work.whole_file import write_whole

_PLACE = re.compile(r"(<!--printed:(?P<cell>[^>]*)-->).*?(<!--/printed-->)", re.DOTALL)


def _listing(uses: Sequence[Use]) -> str:
    """HTML of the sentences, each once, with a link to its first number."""
    first: dict[tuple[str, str], Use] = {}
    for use in uses:
        first.setdefault((use.document, use.sentence), use)
    if not first:
        return ""
    count = f"{len(first)} sentence" + ("s" if len(first) > 1 else "")
    items = Markup("").join(
        Markup('<li><a href="../../{}">{}</a>: {}</li>').format(use.address, use.document, use.sentence)
        for use in first.values()
    )
    return str(
        Markup('<details class="printed-in"><summary>Printed in {}</summary><ul>{}</ul></details>').format(
            count, items
        )
    )


def write_backlinks(site: Path, runs: Sequence[Run], found: Sequence[Card]) -> None:
    """Put into each notebook's page where the publication prints the numbers of its cells.

    A page is made when its notebook has run, long before the text is rendered, and again only if the notebook
    changes; so the last step fills in what the text says of it. Pages that say it already stay as they are.

    Parameters
    ----------
    site : Path
        Folder of the site.
    runs : sequence of Run
        The main one first: what the text prints as ``main`` is its.
    found : sequence of Card
        Cards with the places where they are printed.
    """
    by_cell: dict[tuple[str, str, str], list[Use]] = {}
    for card in found:
        for made in card.made:
            names = {made.run, "main"} if made.run == runs[0].name else {made.run}
            where = (made.run, made.notebook, str(escape(made.cell)))
            by_cell.setdefault(where, []).extend(use for use in card.uses if use.run in names)
    for run in runs:
        for notebook in run.notebooks:
            page = site / notebook.page
            if not page.is_file():
                continue
            text = page.read_text(encoding="utf-8")
            filled = _PLACE.sub(
                lambda place, of=(run.name, notebook.notebook): (
                    place[1] + _listing(by_cell.get((*of, place["cell"]), ())) + place[3]
                ),
                text,
            )
            if filled != text:
                write_whole(page, filled)
