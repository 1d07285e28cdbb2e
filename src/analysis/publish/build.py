"""The publication in one call, as the command line and Make use it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from analysis.publish.prepare import prepare
from analysis.publish.render.publication import render_publication
from analysis.publish.strict.check import find_problems, source_problems
from analysis.study import project_root


def publish(reports: Path, runs: Sequence[str], *, identifiers: Collection[str] = ()) -> list[Path]:
    """Prepare, check and render the publication; returns the files a reader opens.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of str
        Names of runs, the main one first.
    identifiers : collection of str
        Pseudonyms of their studies, which no file may hold.

    Raises
    ------
    PublicationError
        If anything is wrong; a publication that was there before stays as it was.
    """
    prepare(reports, runs)
    render_publication(reports, reports / "_site", identifiers=identifiers)
    folder = reports / "_site" / "publication"
    return sorted(path for path in folder.iterdir() if path.suffix in (".html", ".docx", ".pdf", ".xml"))


def check_sources(reports: Path) -> list[str]:
    """Problems of the sources as ``file:line: what``.

    Where the last build is newer than what it was made from this is the whole strict check; elsewhere, as in a fresh
    checkout, it is the part that needs no results: constructs outside the portable subset and typed numbers.
    """
    whole = is_up_to_date(reports)
    return [str(problem) for problem in (find_problems(reports) if whole else source_problems(reports))]


def is_up_to_date(reports: Path) -> bool:
    """Whether the names that the text uses were written after text, protocol and the code that writes them were changed."""
    names = reports / "_variables.yml"
    if not names.is_file():
        return False
    made_from = [
        *reports.glob("*.qmd"),
        *reports.glob("parts/*"),
        reports / "parts.yml",
        *reports.glob("*.bib"),
    ]
    made_from += [project_root() / "data" / "protocol.yml", *Path(__file__).parent.rglob("*.py")]
    written = names.stat().st_mtime
    return all(file.stat().st_mtime <= written for file in made_from if file.is_file())
