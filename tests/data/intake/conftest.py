"""A folder of exports, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.data.intake.importing import Imported, import_study

STUDY = "study: {id: sent, title: Sent, kind: simulated, design: single-arm, source: a test, licence: none, caveats: []}\n"


class Sent:
    """A folder of exports."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.destination = path.parent / "studies" / "sent"

    def write(self, file: str, content: str | bytes) -> Sent:
        (self.path / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def mapping(self, tables: str) -> Sent:
        return self.write("mapping.yml", STUDY + tables)

    def imported(self, **options) -> Imported:
        return import_study(self.path, self.destination, **options)


@pytest.fixture
def sent(tmp_path) -> Sent:
    """Empty folder to write exports into."""
    folder = tmp_path / "sent"
    folder.mkdir()
    return Sent(folder)


@pytest.fixture
def findings() -> Callable[[Imported], list[tuple]]:
    """Errors as file, line, column and what."""

    def listed(found: Imported) -> list[tuple]:
        return [(p.file, p.row, p.column, p.what) for p in found.problems if p.severity == "error"]

    return listed
