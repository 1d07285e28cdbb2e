"""The page of downloads: every file that can be used elsewhere, with size and checksum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.publish.runs import Run
from analysis.publish.site.files import FOLDER, Download, download
from analysis.publish.site.pages import whole_page

_DOCUMENTS = {".pdf": "PDF", ".docx": "Word", ".xml": "JATS"}
_KINDS = {".csv": "numbers", ".svg": "drawing", ".png": "picture"}


def _named(path: Path) -> str:
    notebook = path.parts[-3] if path.parent.name in ("figures", "tables") else path.parent.name
    return f"{notebook}, {path.stem} ({_KINDS.get(path.suffix, path.suffix)})"


def _groups(
    site: Path, titles: Sequence[tuple[str, str]], runs: Sequence[Run]
) -> Iterator[tuple[str, list[Download]]]:
    documents = [
        download(site, f"publication/{stem}{ending}", f"{title} ({word})")
        for stem, title in titles
        for ending, word in _DOCUMENTS.items()
        if (site / "publication" / f"{stem}{ending}").is_file()
    ]
    numbers = download(site, f"{FOLDER}/numbers.csv", "Every named value of every run (CSV)")
    yield "The publication", documents
    yield "All numbers", [numbers]
    for run in runs:
        for title, kinds, tops in (
            (f"Tables and numbers of run {run.name}", (".csv",), (site / FOLDER / run.name,)),
            (
                f"Figures of run {run.name}",
                (".svg", ".png"),
                (site / "notebooks" / run.name, site / "publication" / "results" / run.name),
            ),
        ):
            files = sorted(
                {path for top in tops if top.is_dir() for path in top.rglob("*") if path.suffix in kinds}
            )
            if files:
                yield (
                    title,
                    [download(site, path.relative_to(site).as_posix(), _named(path)) for path in files],
                )


def downloads_page(reports: Path, runs: Sequence[Run], titles: Sequence[tuple[str, str]]) -> str:
    """HTML of the page of downloads, of a site whose files and publication are there.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of Run
        The main one first.
    titles : sequence of (str, str)
        Stem and title of each document.
    """
    main = runs[0]
    groups = list(_groups(reports / "_site", titles, runs))
    return whole_page(
        "downloads",
        "Downloads",
        reports=reports,
        main=main,
        groups=groups,
        many=sum(len(files) for _, files in groups),
    )
