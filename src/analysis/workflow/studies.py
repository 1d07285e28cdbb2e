"""Make a study ready for the notebooks: checked, its bytes counted, its scans measured. Once, not a notebook."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import StudyError
from analysis.results.places import of_study


@dataclass(frozen=True)
class ReadyStudy:
    """What the runner needs to know of a study that is ready."""

    checksum: str
    identifiers: tuple[str, ...]


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
    return ReadyStudy(document["checksum"], tuple(document["identifiers"]))


def write_ready(study: str, identifiers: tuple[str, ...], checksum: str) -> Path:
    """Say that a study is ready; the identifiers stay in ``data`` and are what outputs are searched for."""
    file = ready_file(study)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(
        json.dumps({"checksum": checksum, "identifiers": list(identifiers)}, indent=1) + "\n",
        encoding="utf-8",
    )
    return part.replace(file)
