"""The publication in one call, as the command line and Make use it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from analysis.publish.prepare import prepare
from analysis.publish.render.publication import render_publication
from analysis.publish.strict.check import find_problems, source_problems


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

    Where the results are there (``_variables.yml``) this is the whole strict check; in a fresh checkout it
    is the part that needs no results: constructs outside the portable subset and typed numbers.
    """
    prepared = (reports / "_variables.yml").is_file()
    return [str(problem) for problem in (find_problems(reports) if prepared else source_problems(reports))]
