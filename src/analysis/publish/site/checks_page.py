"""The page of checks: what can be said of this build from its own files."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analysis.publish.runs import NotebookResults, Run
from analysis.publish.site.pages import whole_page
from analysis.study import project_root

Answer = Literal["yes", "no", "unknown"]
UNCOMMITTED = "uncommitted"


@dataclass(frozen=True)
class Check:
    """One question with its answer and what was seen."""

    name: str
    answer: Answer
    seen: str


def _every(runs: Sequence[Run]) -> list[NotebookResults]:
    return [notebook for run in runs for notebook in run.notebooks]


def _yes(true: bool) -> Answer:
    return "yes" if true else "no"


def _commits(runs: Sequence[Run]) -> Check:
    found = sorted({str(book.provenance.get("commit") or "unknown") for book in _every(runs)})
    clean = all(len(commit) == 40 for commit in found)
    seen = "; ".join(found) + (
        "" if len(found) == 1 else ". A notebook is run again only when something it depends on has changed."
    )
    return Check("Every notebook ran from a commit with nothing uncommitted", _yes(clean), seen)


def _same(name: str, key: str, runs: Sequence[Run]) -> Check:
    found = sorted({str(book.provenance.get(key) or "unknown") for book in _every(runs)})
    return Check(name, _yes(len(found) == 1 and found != ["unknown"]), "; ".join(found))


def _lock(runs: Sequence[Run]) -> Check:
    lock = project_root() / "requirements.lock"
    now = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    found = sorted({str(book.provenance.get("lock_sha256") or "unknown") for book in _every(runs)})
    name = "All notebooks ran in the environment of requirements.lock as it is now"
    return Check(name, _yes(found == [now]), "; ".join(found))


def _data(runs: Sequence[Run]) -> Check:
    studies: dict[str, set[str]] = {}
    for book in _every(runs):
        study = str(book.parameters.get("study"))
        studies.setdefault(study, set()).add(str(book.provenance.get("study_sha256") or "unknown"))
    seen = "; ".join(f"{study}: {', '.join(sorted(sums))}" for study, sums in studies.items())
    same = all(len(sums) == 1 and "unknown" not in sums for sums in studies.values())
    return Check("Notebooks of one study read the same bytes", _yes(same), seen)


def _seeds(runs: Sequence[Run]) -> Check:
    seeds = {run.name: run.parameters.get("seed") for run in runs}
    seen = ", ".join(f"{run}: {seed}" for run, seed in seeds.items())
    return Check("Every run states the seed of its random numbers", _yes(None not in seeds.values()), seen)


def _tests(runs: Sequence[Run]) -> Check:
    """What the last run of the tests found, if it was at the commit of this build."""
    name, file = "All tests passed at this commit", project_root() / ".make" / "tests.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    commits = {str(book.provenance.get("commit")) for book in _every(runs)}
    if found.get("commit") not in commits:
        return Check(
            name, "unknown", "The whole suite was not run at this commit on this computer: make test"
        )
    seen = f"{found['passed']} passed, {found['failed']} failed, {found['skipped']} skipped"
    return Check(name, _yes(found["failed"] == 0), seen)


def checks(runs: Sequence[Run]) -> list[Check]:
    """Checks of a build, each read from its files."""
    swept = (
        "Looked for in every file before the landing page is written; a build in which anything is found has no "
        "landing page."
    )
    return [
        _commits(runs),
        _lock(runs),
        _same("One Python for all", "python", runs),
        _data(runs),
        _seeds(runs),
        _tests(runs),
        Check("No path of a computer in any file", "yes", swept),
        Check("No address outside this folder is loaded, every link leads somewhere", "yes", swept),
        Check("No pseudonym of a patient, sample or image in any file, name or property", "yes", swept),
        Check("Every figure has a text for those who do not see it", "yes", swept),
    ]


def read_agreement() -> list[dict[str, str]]:
    """Lines of the table of agreement with R, which the tests write."""
    file = project_root() / "data" / "agreement.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def checks_page(reports: Path, runs: Sequence[Run], warnings: Sequence[str]) -> str:
    """HTML of the page of checks."""
    main = runs[0]
    return whole_page(
        "checks",
        "Checks",
        reports=reports,
        main=main,
        checks=checks(runs),
        agreement=read_agreement(),
        warnings=warnings,
    )
