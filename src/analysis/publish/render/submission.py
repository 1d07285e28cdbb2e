"""What a journal gets: Quarto's manuscript, from a copy of the project that holds nothing but what the text needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from analysis.errors import PublicationError
from analysis.publish.prepare import prepare
from analysis.publish.render.quarto import find_quarto
from analysis.publish.staging import source_date_epoch, staged_folder
from analysis.publish.strict import strict_check
from analysis.results.leaks import refuse_leaks

PROFILE = "submission"
_SOURCES = (
    "*.qmd",
    "*.bib",
    "_quarto.yml",
    "_quarto-submission.yml",
    "_study.yml",
    "_variables.yml",
    "_reference.docx",
)
_FOLDERS = ("_includes", "style", "results", "notebooks")


def _copied(reports: Path, runs: Sequence[str], folder: Path) -> None:
    """The project without the site, former archives, and runs that the text does not name."""
    for pattern in _SOURCES:
        for path in reports.glob(pattern):
            shutil.copyfile(path, folder / path.name)
    for name in _FOLDERS:
        if name in ("results", "notebooks"):
            for run in runs:
                shutil.copytree(reports / name / run, folder / name / run)
        else:
            shutil.copytree(reports / name, folder / name)


def render_submission(
    reports: Path, runs: Sequence[str], *, quarto: str | None = None, identifiers: Collection[str] = ()
) -> Path:
    """Write ``reports/_submission``: the manuscript with its MECA archive.

    A MECA archive holds every file of the project folder. So the project is copied without what the text does not
    need, the copy is searched for identifiers before Quarto sees it, and what Quarto made is searched again.

    Parameters
    ----------
    reports : Path
        Folder of the publication, with the results of the runs.
    runs : sequence of str
        Names of runs, the main one first.
    quarto : str, optional
        Path of Quarto; by default what is on the PATH.
    identifiers : collection of str
        Pseudonyms of the studies, which no file may hold.

    Raises
    ------
    PublicationError
        If there is no Quarto, the strict check finds something, a file holds an identifier, or Quarto fails.
    """
    program = find_quarto() if quarto is None else quarto
    if not program:
        raise PublicationError(
            "Quarto's manuscript needs Quarto, and there is none on the PATH",
            do="install Quarto, or submit publication/index.docx or index.xml (JATS) of the site, which need none",
        )
    prepare(reports, runs)
    strict_check(reports)
    with tempfile.TemporaryDirectory(prefix="submission-") as scratch:
        folder = Path(scratch) / "reports"
        folder.mkdir()
        _copied(reports, runs, folder)
        refuse_leaks(folder, identifiers, what="the submission's archive")
        done = subprocess.run(
            [program, "render", ".", "--profile", PROFILE],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(source_date_epoch(reports))},
            capture_output=True,
            text=True,
            check=False,
        )
        made = folder / "_submission"
        if done.returncode or not made.is_dir():
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
            raise PublicationError(
                f"Quarto could not make the submission: {said}", where="_quarto-submission.yml"
            )
        refuse_leaks(made, identifiers, what="the submission")
        with staged_folder(reports / "_submission") as target:
            shutil.copytree(made, target, dirs_exist_ok=True)
    return reports / "_submission"
