"""The one place where tests learn where material outside the project lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from analysis.data import TABLES, Study

# A busy machine is slow, not wrong: no property is judged by its time.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

PROJECT = Path(__file__).resolve().parents[1]


LONGEST = ("test_make.py", "test_patient_certainty.py", "test_scale.py", "test_fuzzed_headers.py")
"""Files that take longest; a worker that got one of them last would keep the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest files."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference values and public real data; tests that need it are skipped where it is absent.

    ``ANALYSIS_SHARED`` names it; otherwise a folder ``shared`` beside the checkout.
    """
    folder = Path(os.environ.get("ANALYSIS_SHARED", PROJECT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(
            "no reference material: set ANALYSIS_SHARED to its folder, or put it beside the checkout as 'shared'"
        )
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """Top of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    """Builder of a study in memory: ``study_of(patients=[{"patient_id": "P1"}], …)``.

    Each table is a list of rows; every column of the contract is there and typed as the loader types
    it, missing where a row does not name it. ``lacks`` is as in study.yml.
    """
    dtypes = {"yes_no": "boolean", "whole": "Int64", "number": "float64", "time": "float64"}

    def build(*, lacks: dict[str, tuple[str, ...]] | None = None, **tables: list[dict]) -> Study:
        frames = {}
        for name, rows in tables.items():
            columns = {
                f"{column.name}_day" if column.kind == "time" else column.name: dtypes.get(
                    column.kind, "string"
                )
                for column in TABLES[name].columns
                if column.name != "birth"
            }
            unknown = {key for row in rows for key in row} - set(columns)
            assert not unknown, f"{name} has no column {unknown}"
            frames[name] = pd.DataFrame(rows, columns=list(columns)).astype(columns)
        parts = tuple(dict.fromkeys(TABLES[name].part for name in frames))
        return Study(
            path=PROJECT,
            id="made-up",
            title="A study made up by a test",
            kind="simulated",
            design="single-arm",
            source="a test",
            licence="none",
            caveats=(),
            lacks=lacks or {},
            tables=frames,
            parts=parts,
            dicom_folder=None,
            contours_folder=None,
        )

    return build
