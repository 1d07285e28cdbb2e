"""Errors about the trials of this field that are in circulation, with what is right."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from analysis.study.fact_files import fact_rows
from analysis.study.protocol import project_root

COLUMNS = ("topic", "circulating", "correct", "basis", "source")


@dataclass(frozen=True)
class Correction:
    """What is said of a topic, what is right, how that is known (``basis``) and where it stands."""

    topic: str
    circulating: str
    correct: str
    basis: str
    source: str


@functools.cache
def corrections(file: Path | None = None) -> tuple[Correction, ...]:
    """Every correction of ``data/corrections.csv``, in its order.

    Raises
    ------
    ParameterError
        If a column is missing or a mark is unknown (line named).
    """
    file = file or project_root() / "data" / "corrections.csv"
    return tuple(Correction(**row) for row, _ in fact_rows(file, COLUMNS))
