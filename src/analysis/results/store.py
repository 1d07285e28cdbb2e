"""Reading what finished notebooks have written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.results import places

SCHEMA = 2


@dataclass(frozen=True)
class NotebookResults:
    """What one notebook of one run has written, as read from its JSON file."""

    run: str
    notebook: str
    title: str
    study: Mapping[str, Any]
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]
    analyses: tuple[Mapping[str, Any], ...]
    """The log: every estimate that the notebook made (:class:`analysis.logbook.Analysis`), shown or not."""


def read_results(file: Path) -> NotebookResults:
    """The results in one file.

    Raises
    ------
    PublicationError
        If the file is absent, damaged or of another schema.
    """
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        for name in ("notes", "analyses"):
            document[name] = tuple(document[name])
        return NotebookResults(**document)
    except FileNotFoundError as error:
        raise PublicationError(
            "these results have not been made yet",
            where=file.name,
            do="run make report, or the notebook itself",
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise PublicationError(
            "the file of results is damaged or of another version",
            where=file.name,
            do="delete it and run make report",
        ) from error


def read_run(run: str) -> list[NotebookResults]:
    """Results of every finished notebook of a run, in the notebooks' order.

    Raises
    ------
    PublicationError
        If the run has none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run):
        raise PublicationError(
            f"{run!r} is no name of a run", expected="letters, digits, dot, hyphen, underscore"
        )
    folder = places.built(run, "any").results.parent
    files = sorted(folder.glob("*.json"))
    if not files:
        known = sorted(path.name for path in folder.parent.glob("*") if any(path.glob("*.json")))
        raise PublicationError(
            f"the run {run!r} has no results",
            expected="one of " + ", ".join(known) if known else "a run that was built",
            do=f"make report RUNS={run}",
        )
    return [read_results(file) for file in files]
