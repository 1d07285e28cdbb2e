"""The publication in every format, by the renderer that is there."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path

from analysis.errors import PublicationError
from analysis.publish.project import Project, load_project
from analysis.publish.render.pandoc import render_with_pandoc
from analysis.publish.render.quarto import find_quarto, render_with_quarto
from analysis.publish.render.same_links import link_pages
from analysis.publish.staging import source_date_epoch, staged_folder
from analysis.publish.strict import strict_check
from analysis.results.leaks import refuse_leaks
from analysis.results.looked_at import looked_at


def render_publication(
    reports: Path, site: Path, *, quarto: str | None = None, identifiers: Collection[str] = ()
) -> str:
    """Check the sources, render them and put the result in place as ``<site>/publication``.

    Parameters
    ----------
    reports : Path
        Folder of the publication, after :func:`analysis.publish.prepare`.
    site : Path
        Folder of the site, inside ``reports``.
    quarto : str, optional
        Path of Quarto; "" for Pandoc and Typst; by default Quarto where it is on the PATH, else Pandoc.

    identifiers : collection of str
        Pseudonyms that must not stand in any file, its metadata or its name.

    Returns
    -------
    str
        ``quarto`` or ``pandoc``: who rendered.

    Raises
    ------
    PublicationError
        If the strict check finds something, the renderer fails, or a file holds an identifier; what was there before stays.
    """
    project = load_project(reports)
    strict_check(reports, project)
    epoch = source_date_epoch(reports)
    program = find_quarto() if quarto is None else quarto
    with staged_folder(site / "publication") as folder:
        if program:
            render_with_quarto(program, reports, folder, epoch=epoch)
            _link(project, folder, epoch=epoch)
        else:
            render_with_pandoc(project, folder, epoch=epoch)
        with looked_at(reports.parent / ".make", identifiers) as clean:
            refuse_leaks(folder, identifiers, what="the publication", clean=clean)
    return "quarto" if program else "pandoc"


def _link(project: Project, folder: Path, *, epoch: int) -> None:
    """Link numbers and words of Quarto's pages; where that cannot be, say so: the pages are whole without."""
    try:
        link_pages(project, folder, epoch=epoch)
    except PublicationError as error:
        warnings.warn(f"numbers and words of Quarto's pages lead to no card. {error}", stacklevel=2)
