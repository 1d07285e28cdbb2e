"""Which pages a saved file changes, made again; or what is wrong with it, with file and line."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.publish.assemble import assemble
from analysis.publish.prepare import prepare
from analysis.publish.project import load_project
from analysis.publish.render.pandoc import render_with_pandoc
from analysis.publish.staging import source_date_epoch
from analysis.publish.strict.check import find_problems

_PREPARED = ("parts", "results")
"""Folders whose files reach the text through what ``prepare`` writes."""


@dataclass(frozen=True)
class Outcome:
    """Pages made again, or the problems that kept them from being made."""

    pages: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def saved_at(reports: Path, runs: Sequence[str]) -> dict[str, int]:
    """When each source of the text was saved, in nanoseconds, by its path below the reports folder."""
    patterns = ["*.qmd", "*.bib", "*.yml", "parts/*", "style/*", *(f"results/{run}/*.json" for run in runs)]
    files = [path for pattern in patterns for path in reports.glob(pattern)]
    written = ("_study.yml", "_variables.yml")
    found = {}
    for path in files:
        with contextlib.suppress(FileNotFoundError):  # an editor that saves takes a file away for a moment
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode) and path.name not in written:
                found[path.relative_to(reports).as_posix()] = facts.st_mtime_ns
    return found


def _stems(reports: Path, documents: Sequence[str], changed: Sequence[str]) -> list[str]:
    """Documents that hold one of the changed files; all of them where a changed file is no text."""
    reach = {name: set(assemble(reports, name).files) for name in documents}
    found = set()
    for file in changed:
        if file.startswith("parts/"):
            file = f"_includes/{file}"
        holders = {name for name, files in reach.items() if file in files}
        found |= holders or set(documents)
    return [Path(name).stem for name in documents if name in found]


def render_changed(
    reports: Path, runs: Sequence[str], folder: Path, changed: Sequence[str] | None
) -> Outcome:
    """Make the pages again that the changed files reach, as HTML, without Quarto.

    Parameters
    ----------
    reports : Path
        Folder of the publication, with results of the runs.
    runs : sequence of str
        Names of runs, the main one first.
    folder : Path
        Where the pages go.
    changed : sequence of str, optional
        Paths below the reports folder; by default everything is made again.

    Returns
    -------
    Outcome
        The pages, or every problem as ``file:line: what``; former pages then stay.
    """
    try:
        if changed is None or any(
            file.startswith(tuple(f"{name}/" for name in _PREPARED)) or file == "parts.yml"
            for file in changed
        ):
            prepare(reports, runs)
        project = load_project(reports)
        problems = tuple(str(problem) for problem in find_problems(reports, project))
        if problems:
            return Outcome(problems=problems)
        stems = _stems(reports, project.documents, changed or list(project.documents))
        folder.mkdir(parents=True, exist_ok=True)
        render_with_pandoc(project, folder, epoch=source_date_epoch(reports), formats=("html",), only=stems)
    except AnalysisError as error:
        return Outcome(problems=tuple(str(error).splitlines()))
    except OSError as error:  # a file that an editor, a build or a person takes away between two looks
        name = Path(str(error.filename or "a file")).name
        return Outcome(problems=(f"{name}: cannot be read or written now ({error.strerror or error})",))
    return Outcome(pages=tuple(f"{stem}.html" for stem in stems))
