"""The last step of the build: the pages about the whole site, what leads back to them, and the check of everything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import PublicationError
from analysis.publish.cards import cards
from analysis.publish.runs import Run, read_runs
from analysis.publish.site.backlinks import write_backlinks
from analysis.publish.site.check import check_site
from analysis.publish.site.landing import ANSWERS, landing_page
from analysis.publish.site.numbers import numbers_page
from analysis.publish.site.pages import documents
from analysis.publish.staging import write_whole
from analysis.publish.strict.orphans import orphan_warnings, unprinted
from analysis.publish.uses import printed_values
from analysis.results.leaks import find_leaks


@dataclass(frozen=True)
class FinishedSite:
    """The landing page of a site that was checked, and what its authors should know though it is no fault."""

    landing: Path
    warnings: tuple[str, ...]


def _remove_strangers(site: Path, runs: Sequence[Run]) -> None:
    """Delete pages of runs that are no longer shown: what is not linked must not travel with the site."""
    wanted = {site / notebook.page for run in runs for notebook in run.notebooks}
    for path in sorted((site / "notebooks").rglob("*.html")):
        if path not in wanted:
            path.unlink()


def render_index(reports: Path, runs: Sequence[str], *, identifiers: Collection[str] = ()) -> FinishedSite:
    """Write the pages about the whole and, when the check finds nothing, the landing page ``_site/index.html``.

    Parameters
    ----------
    reports : Path
        Folder of the publication, its notebooks and publication already rendered.
    runs : sequence of str
        Names of runs, the main one first.
    identifiers : collection of str
        Pseudonyms of their studies: no file of the site, of the results and of the executed notebooks may hold one.

    Returns
    -------
    FinishedSite
        With the warnings: values that nobody prints.

    Raises
    ------
    PublicationError
        Listing everything :func:`analysis.publish.check_site` and :func:`analysis.results.leaks.find_leaks` find; the landing page is then not written.
    """
    found, site = read_runs(reports, runs), reports / "_site"
    _remove_strangers(site, found)
    titles = [(document["stem"], document["title"]) for document in documents(reports)]
    names = {name for run in found for name in run.values}
    every = cards(found, printed_values(site / "publication", titles, names))
    silent = unprinted(reports, found, elsewhere=ANSWERS)
    write_whole(site / "numbers.html", numbers_page(reports, found, every, reasons=silent))
    write_backlinks(site, found, every)
    landing = landing_page(reports, found)
    refuse_faults(reports, found, identifiers, landing=landing)
    write_whole(site / "index.html", landing)
    return FinishedSite(site / "index.html", tuple(orphan_warnings(silent)))


def refuse_faults(reports: Path, runs: Sequence[Run], identifiers: Collection[str], *, landing: str) -> None:
    """Raise where the site, the results or the executed notebooks hold what they must not."""
    site = reports / "_site"
    complaints = check_site(site, landing=landing)
    places = [site, *(reports / kind / run.name for run in runs for kind in ("results", "notebooks"))]
    complaints += [
        f"{place.relative_to(reports).as_posix()}/{leak}"
        for place in places
        if place.is_dir()
        for leak in find_leaks(place, identifiers)
    ]
    if complaints:
        raise PublicationError(
            f"the site has {len(complaints)} fault(s):\n  " + "\n  ".join(complaints),
            do="correct the source of the page named and run make report",
            offenders=complaints,
        )
