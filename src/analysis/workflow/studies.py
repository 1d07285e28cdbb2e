"""Make a study ready for the notebooks: checked, its bytes counted, its scans measured. Once, not a notebook."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StudyError
from analysis.results.places import of_study
from analysis.work.whole_file import write_whole

if TYPE_CHECKING:
    from analysis.data import Problem


@dataclass(frozen=True)
class ReadyStudy:
    """What the runner needs to know of a study that is ready, and the kinds of doubts that its check found."""

    checksum: str
    identifiers: tuple[str, ...]
    findings: tuple[dict[str, str], ...] | None = None


def ready_file(study: str) -> Path:
    """File that says a study is ready; written last."""
    return of_study(study) / "ready.json"


def ready(study: str) -> ReadyStudy:
    """What was found when the study was made ready.

    Raises
    ------
    StudyError
        If it was not.
    """
    file = ready_file(study)
    if not file.is_file():
        raise StudyError(
            "the study has not been made ready", where=study, do=f"python -m analysis ready {study}"
        )
    document = json.loads(file.read_text(encoding="utf-8"))
    findings = document.get("findings")
    return ReadyStudy(
        document["checksum"], tuple(document["identifiers"]), None if findings is None else tuple(findings)
    )


def kinds_of(problems: Iterable[Problem], *, smallest: int = 0) -> tuple[dict[str, str], ...]:
    """Kinds of findings with their numbers, without anything that tells one line from another.

    Parameters
    ----------
    problems : iterable of Problem
        What the check of a study folder found.
    smallest : int
        Numbers below it are not told.

    Examples
    --------
    >>> from analysis.data import Problem
    >>> name = "O'Brien"
    >>> found = [Problem(severity="warning", file="a.csv", column="b", what=f"'P{n}' is {n}") for n in (1, 2)]
    >>> kinds_of(found)
    ({'file': 'a.csv', 'column': 'b', 'what': '… is …', 'count': '2'},)
    >>> kinds_of(found, smallest=5)[0]["count"]
    'fewer than 5'
    >>> kinds_of([Problem(severity="warning", file="a.csv", what=f"{name!r} is no code")])[0]["what"]
    '… is no code'
    """
    from analysis.data.problem_groups import kind_of

    counts = Counter((problem.file, problem.column or "", kind_of(problem.what)) for problem in problems)
    return tuple(
        {
            "file": file,
            "column": column,
            "what": what,
            "count": f"fewer than {smallest}" if count < smallest else str(count),
        }
        for (file, column, what), count in sorted(counts.items())
    )


def write_ready(
    study: str, identifiers: tuple[str, ...], checksum: str, findings: tuple[dict[str, str], ...]
) -> Path:
    """Say that a study is ready; the identifiers stay in ``data`` and are what outputs are searched for."""
    file = ready_file(study)
    content = {"checksum": checksum, "identifiers": list(identifiers), "findings": list(findings)}
    write_whole(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return file
