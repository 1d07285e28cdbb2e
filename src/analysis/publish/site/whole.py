"""The last step of the build: the pages about the whole site, what leads back to them, and the check of everything."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
from analysis.publish.site.files import FOLDER, figures, picture_folder, write_files
from analysis.publish.site.glossary import glossary_page, read_glossary
from analysis.publish.site.landing import ANSWERS, landing_page
from analysis.publish.site.numbers import numbers_page
from analysis.publish.site.pages import SITE_PAGES, documents
from analysis.publish.site.pictures import share_pictures
from analysis.publish.site.search import search_page
from analysis.publish.site.subjects import data_page, pet_page
from analysis.publish.strict.orphans import forgotten_parts, orphan_warnings, unprinted
from analysis.publish.uses import printed_values
from analysis.results.leaks import find_leaks
from analysis.results.looked_at import looked_at
from analysis.work.whole_file import write_whole

_Leaks = tuple[list[str], set[bytes]]
_Beside = Callable[..., Callable[[], _Leaks]]
LARGEST_SITE = 25_000_000
"""Bytes that a site should not exceed."""


@dataclass(frozen=True)
class FinishedSite:
    """The landing page of a site that was checked, and what its authors should know though it is no fault."""

    landing: Path
    warnings: tuple[str, ...]


def _remove_strangers(site: Path, runs: Sequence[Run]) -> None:
    """Delete pages of runs that are no longer shown, and what no build puts there: what is not linked must not travel."""
    _clear_top(site)
    books = [notebook for run in runs for notebook in run.notebooks]
    wanted = {site / book.page for book in books}
    wanted |= {site / picture_folder(book) / f"{name}.png" for book in books for name in book.figures}
    for path in sorted((site / "notebooks").rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()


def _clear_top(site: Path) -> None:
    """Delete what stands beside the pages and folders of a site: parts of a stopped build, pages of an earlier version."""
    if site.is_symlink():  # it may lead to a folder that others fill too
        return
    belongs = {"publication", "notebooks", FOLDER, "index.html", *(f"{name}.html" for name, _ in SITE_PAGES)}
    for path in site.iterdir():
        if path.name in belongs:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
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
        With the warnings: values that nobody prints, parts that no document includes.

    Raises
    ------
    PublicationError
        Listing everything :func:`analysis.publish.check_site` and :func:`analysis.results.leaks.find_leaks` find; the landing page is then not written.
    """
    found, site = read_runs(reports, runs), reports / "_site"
    _remove_strangers(site, found)
    # What this step does not write is looked at for identifiers while it writes the rest.
    there = [site / "publication", *(reports / kind / run.name for run in found for kind in ("results", "notebooks"))]  # fmt: skip
    with (
        looked_at(reports.parent / ".make", identifiers) as clean,
        _beside() as beside,
    ):
        begun = beside(_leaks, reports, there, frozenset(identifiers), clean)
        titles = [(document["stem"], document["title"]) for document in documents(reports)]
        pages, warnings = _pages(reports, site, found, titles, findings or {})
        landing = landing_page(reports, found)
        searched = _searched(site, found, titles, {**pages, "index": landing})
        pages["search"] = search_page(reports, found, searched)
        for name, text in pages.items():
            write_whole(site / f"{name}.html", text)
        leaks, others = begun()
        clean |= others
        begun = beside(_leaks, reports, [site], frozenset(identifiers), clean)
        faults = check_site(site, landing=landing)
        more, others = begun()
        clean |= others
    _refuse([*faults, *leaks, *(leak for leak in more if leak not in leaks)])
    write_whole(site / "index.html", landing)
    return FinishedSite(site / "index.html", (*warnings, *_too_large(site)))


def _pages(
    reports: Path,
    site: Path,
    runs: Sequence[Run],
    titles: Sequence[tuple[str, str]],
    findings: Mapping[str, Sequence[Mapping[str, Any]] | None],
) -> tuple[dict[str, str], list[str]]:
    """Pages about the whole but the search, after the files that they link to; and the warnings."""
    names = {name for run in runs for name in run.values}
    every = cards(runs, printed_values(site / "publication", titles, names))
    silent = unprinted(reports, runs, elsewhere=ANSWERS)
    warnings = [*orphan_warnings(silent), *forgotten_parts(reports)]
    write_files(site, runs)
    share_pictures(site, runs)
    write_backlinks(site, runs, every)
    shown = figures(site, runs)
    pages = {
        "figures": figures_page(reports, runs, shown),
        "numbers": numbers_page(reports, runs, every, reasons=silent),
        "data": data_page(reports, runs, findings),
        "pet": pet_page(reports, runs, shown),
        "checks": checks_page(reports, runs, warnings),
        "glossary": glossary_page(reports, runs, read_glossary(reports)),
        "downloads": downloads_page(reports, runs, titles),
    }
    return pages, warnings


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


@contextlib.contextmanager
def _beside() -> Iterator[_Beside]:
    """Have things done in a copy of this process during the block, so that both cores work; each gives what waits for its result.

    Where a copy cannot safely be made, or there is one core, it is done when its result is asked for. No copy outlives the
    block, however that ends.
    """
    if sys.platform != "linux" or threading.active_count() > 1 or (os.cpu_count() or 1) < 2:
        yield lambda work, *given: lambda: work(*given)
        return
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("fork")) as pool:
        yield lambda work, *given: pool.submit(work, *given).result


def _leaks(reports: Path, places: Sequence[Path], identifiers: Collection[str], clean: set[bytes]) -> _Leaks:
    """Leaks in these folders, and ``clean`` with the digests of the files that hold none."""
    found = [
        f"{place.relative_to(reports).as_posix()}/{leak}"
        for place in places
        if place.is_dir()
        for leak in find_leaks(place, identifiers, clean=clean)
    ]
    return found, clean


def _refuse(complaints: Sequence[str]) -> None:
    """Raise where there is one: the site, the results or the executed notebooks hold what they must not."""
    if complaints:
        raise PublicationError(
            f"the site has {len(complaints)} fault(s):\n  " + "\n  ".join(complaints),
            do="correct the source of the page named and run make report",
            offenders=tuple(complaints),
        )
