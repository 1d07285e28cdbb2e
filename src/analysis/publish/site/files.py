"""Files that a reader may take away: the numbers that figures draw, tables and every value, each with its checksum."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.publish.runs import NotebookResults, Run
from analysis.publish.staging import staged_folder

FOLDER = "files"
COLUMNS = ("run", "notebook", "name", "value", "low", "high", "unit", "n", "events", "text", "interval_text", "definition", "method", "reason", "cell")  # fmt: skip
"""Columns of the file of all values."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet runs."""


@dataclass(frozen=True)
class SiteFigure:
    """A figure as the site shows it; addresses are from the top of the site.

    ``csv`` is empty where no number that the figure draws may leave; ``left_out`` says what of it is in no file, and why.
    """

    run: str
    notebook: NotebookResults
    name: str
    caption: str
    alt: str
    picture: str
    csv: str
    left_out: str


def picture_folder(notebook: NotebookResults) -> str:
    """Folder of the pictures that a notebook's page shows, from the top of the site."""
    return notebook.page.removesuffix(".html")


def figures(site: Path, runs: Sequence[Run]) -> list[SiteFigure]:
    """Every figure of every run, in the order of the notebooks.

    The picture is the drawing that the publication shows, else the one of the notebook's page: nothing lies in the site twice.
    """
    found = []
    for run in runs:
        for notebook in run.notebooks:
            top = f"{FOLDER}/{run.name}/{notebook.notebook}"
            for name, entry in notebook.figures.items():
                drawn = f"publication/results/{run.name}/{notebook.notebook}/{entry['svg']}"
                simulated = " Simulated data." if run.simulated else ""
                found.append(
                    SiteFigure(
                        run=run.name,
                        notebook=notebook,
                        name=name,
                        caption=str(entry["caption"]).rstrip() + simulated,
                        alt=str(entry["alt"]),
                        picture=drawn
                        if (site / drawn).is_file()
                        else f"{picture_folder(notebook)}/{name}.png",
                        csv=f"{top}/{entry['csv']}" if entry.get("csv") else "",
                        left_out=str(entry.get("left_out") or ""),
                    )
                )
    return found


def _wanted(site: Path, runs: Sequence[Run]) -> Iterator[tuple[str, Path]]:
    """Address below the folder of files, and the file to copy there."""
    for figure in figures(site, runs):
        if figure.csv:
            name = figure.csv.removeprefix(f"{FOLDER}/")
            yield name, figure.notebook.folder / Path(*Path(name).parts[2:])
    for run in runs:
        for book in run.notebooks:
            for entry in book.tables.values():
                yield f"{run.name}/{book.notebook}/{entry['csv']}", book.folder / str(entry["csv"])


def all_values(runs: Sequence[Run]) -> str:
    """Every named value of these runs as CSV, one line a value and run; a missing value is empty, with its reason."""
    held = io.StringIO()
    writer = csv.DictWriter(held, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for run in runs:
        for notebook in run.notebooks:
            for name, value in notebook.values.items():
                row = {**value, "run": run.name, "notebook": notebook.notebook, "name": name}
                writer.writerow({key: _harmless(row.get(key)) for key in COLUMNS})
    return held.getvalue()


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe, as spreadsheets mark text themselves."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def write_files(site: Path, runs: Sequence[Run]) -> None:
    """Copy what can be downloaded into ``<site>/files``; what an earlier build put there goes."""
    with staged_folder(site / FOLDER) as folder:
        for name, source in _wanted(site, runs):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
        (folder / "numbers.csv").write_text(all_values(runs), encoding="utf-8")


@dataclass(frozen=True)
class Download:
    """A file of the site, for the list of downloads."""

    address: str
    name: str
    size: str
    sha256: str


def download(site: Path, address: str, name: str) -> Download:
    """A file with its size and checksum."""
    content = (site / address).read_bytes()
    return Download(address, name, size_text(len(content)), hashlib.sha256(content).hexdigest())


def size_text(count: int) -> str:
    """Bytes as a reader reads them.

    >>> size_text(999), size_text(2048), size_text(3_400_000)
    ('999 B', '2 kB', '3.4 MB')
    """
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
