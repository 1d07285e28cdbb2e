"""The page of all figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.publish.runs import Run
from analysis.publish.site.files import SiteFigure
from analysis.publish.site.pages import whole_page


def figures_page(reports: Path, runs: Sequence[Run], shown: Sequence[SiteFigure]) -> str:
    """HTML of the page of all figures, run by run and notebook by notebook."""
    main = runs[0]
    groups = []
    for run in runs:
        books: dict[str, list[SiteFigure]] = {}
        for one in shown:
            if one.run == run.name:
                books.setdefault(one.notebook.title, []).append(one)
        if books:
            groups.append((run.name, list(books.items())))
    return whole_page(
        "figures",
        "Every figure",
        reports=reports,
        main=main,
        groups=groups,
    )
