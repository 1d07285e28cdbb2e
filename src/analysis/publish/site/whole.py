"""The last step of the build: the pages about the whole site, what leads back to them, and the check of everything."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.cards import cards
from analysis.publish.runs import Run, read_runs
from analysis.publish.site.backlinks import write_backlinks
from analysis.publish.site.check import check_site
from analysis.publish.site.checks_page import checks_page
from analysis.publish.site.downloads import downloads_page
from analysis.publish.site.figures_page import figures_page
from analysis.publish.site.files import figures, picture_folder, write_files
from analysis.publish.site.glossary import glossary_page, read_glossary
from analysis.publish.site.landing import ANSWERS, landing_page
from analysis.publish.site.numbers import numbers_page
from analysis.publish.site.pages import SITE_PAGES, documents
from analysis.publish.site.pictures import share_pictures
from analysis.publish.site.search import search_page
from analysis.publish.site.subjects import data_page, pet_page
from analysis.publish.strict.orphans import orphan_warnings, unprinted
from analysis.publish.uses import printed_values
from analysis.results.leaks import find_leaks
from analysis.work.whole_file import write_whole

LARGEST_SITE = 25_000_000
"""Bytes that a site should not exceed."""


@dataclass(frozen=True)
class FinishedSite:
    """The landing page of a site that was checked, and what its authors should know though it is no fault."""

    landing: Path
    warnings: tuple[str, ...]


def _remove_strangers(site: Path, runs: Sequence[Run]) -> None:
    """Delete pages of runs that are no longer shown: what is not linked must not travel with the site."""
    books = [notebook for run in runs for notebook in run.notebooks]
    wanted = {site / book.page for book in books}
    wanted |= {site / picture_folder(book) / f"{name}.png" for book in books for name in book.figures}
    for path in sorted((site / "notebooks").rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()


def render_index(
    reports: Path,
    runs: Sequence[str],
    *,
    identifiers: Collection[str] = (),
    findings: Mapping[str, Sequence[Mapping[str, Any]] | None] | None = None,
) -> FinishedSite:
    """Write the pages about the whole and, when the check finds nothing, the landing page ``_site/index.html``.

    Parameters
    ----------
    reports : Path
        Folder of the publication, its notebooks and publication already rendered.
    runs : sequence of str
        Names of runs, the main one first.
    identifiers : collection of str
        Pseudonyms of their studies: no file of the site, of the results and of the executed notebooks may hold one.
    findings : mapping of str to sequence of mapping, optional
        What the check of each run's study folder found, see :func:`analysis.publish.site.subjects.data_page`.

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
    warnings = orphan_warnings(silent)
    write_files(site, found)
    share_pictures(site, found)
    write_backlinks(site, found, every)
    shown = figures(site, found)
    pages = {
        "figures": figures_page(reports, found, shown),
        "numbers": numbers_page(reports, found, every, reasons=silent),
        "data": data_page(reports, found, findings or {}),
        "pet": pet_page(reports, found, shown),
        "checks": checks_page(reports, found, warnings),
        "glossary": glossary_page(reports, found, read_glossary(reports)),
        "downloads": downloads_page(reports, found, titles),
    }
    landing = landing_page(reports, found)
    pages["search"] = search_page(reports, found, _searched(site, found, titles, {**pages, "index": landing}))
    for name, text in pages.items():
        write_whole(site / f"{name}.html", text)
    refuse_faults(reports, found, identifiers, landing=landing)
    write_whole(site / "index.html", landing)
    return FinishedSite(site / "index.html", (*warnings, *_too_large(site)))


def _too_large(site: Path) -> list[str]:
    """A warning where the site is more than a mail or a slow disk takes."""
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    said = f"the site takes {size / 1e6:.0f} MB, more than {LARGEST_SITE / 1e6:.0f}: show fewer runs (RUNS)"
    return [said] if size > LARGEST_SITE else []


def _searched(
    site: Path, runs: Sequence[Run], titles: Sequence[tuple[str, str]], pages: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Pages that the search looks through: not those that have a search of their own, and of the runs the main one."""
    words = {"index": "Overview", **dict(SITE_PAGES)}
    found = {f"{name}.html": (words[name], pages[name]) for name in ("index", "data", "pet", "checks", "figures", "glossary")}  # fmt: skip
    files = {f"publication/{stem}.html": title for stem, title in titles}
    files |= {book.page: f"Notebook {book.notebook}: {book.title}" for book in runs[0].notebooks}
    for address, title in files.items():
        if (site / address).is_file():
            found[address] = (title, (site / address).read_text(encoding="utf-8"))
    return found


def _begun(check: Callable[..., list[str]], *given: Any, **settings: Any) -> Callable[[], list[str]]:
    """Begin a check in a copy of this process, so that both cores work; what comes back waits for what it found.

    Where a copy cannot safely be made, or there is one core, it is done at once.
    """
    if sys.platform != "linux" or threading.active_count() > 1 or (os.cpu_count() or 1) < 2:
        found = check(*given, **settings)
        return lambda: found
    pool = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("fork"))
    under_way = pool.submit(check, *given, **settings)

    def result() -> list[str]:
        with pool:
            return under_way.result()

    return result


def refuse_faults(reports: Path, runs: Sequence[Run], identifiers: Collection[str], *, landing: str) -> None:
    """Raise where the site, the results or the executed notebooks hold what they must not."""
    site = reports / "_site"
    checked = _begun(check_site, site, landing=landing)
    places = [site, *(reports / kind / run.name for run in runs for kind in ("results", "notebooks"))]
    clean: set[bytes] = set()
    leaks = [
        f"{place.relative_to(reports).as_posix()}/{leak}"
        for place in places
        if place.is_dir()
        for leak in find_leaks(place, identifiers, clean=clean)
    ]
    complaints = [*checked(), *leaks]
    if complaints:
        raise PublicationError(
            f"the site has {len(complaints)} fault(s):\n  " + "\n  ".join(complaints),
            do="correct the source of the page named and run make report",
            offenders=complaints,
        )
