"""Differences as one page that holds everything it shows: figures side by side, numbers and tables by name."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.publish.changes.differences import ChangedFigure, Differences
from analysis.publish.changes.text import figure_word, summary
from analysis.publish.site.pages import bare_page
from analysis.work.whole_file import write_whole


def _address(content: bytes | None) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}" if content else ""


def _figure(figure: ChangedFigure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "caption": figure.caption,
        "word": figure_word(figure.before, figure.after, figure.share),
        "pictures": [
            {"address": _address(content), "alt": alt}
            for content, alt in zip((figure.before, figure.after), figure.said, strict=True)
        ],
    }


def write_page(
    file: Path,
    found: Sequence[Differences],
    *,
    reports: Path,
    title: str,
    simulated: bool,
    notebooks: str | None = None,
) -> None:
    """Write a page of differences.

    Parameters
    ----------
    file : Path
        Where to; its folder is made.
    found : sequence of Differences
        One section each.
    reports : Path
        Folder of the publication, for the style.
    title : str
        Heading.
    simulated : bool
        Whether any of the data is.
    notebooks : str, optional
        What changed in the notebooks, cell by cell, as text.
    """
    sections = [
        {"found": one, "summary": summary(one), "figures": [_figure(figure) for figure in one.figures]}
        for one in found
    ]
    text = bare_page(
        "changes.html",
        kind="changes",
        reports=reports,
        title=title,
        simulated=simulated,
        sections=sections,
        notebooks=notebooks,
    )
    write_whole(file, text)
