"""The one place where tests learn where material outside the project lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference values and public real data; tests that need it are skipped where it is absent.

    ``ANALYSIS_SHARED`` names it; otherwise a folder ``shared`` beside the checkout.
    """
    folder = Path(os.environ.get("ANALYSIS_SHARED", PROJECT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("no reference material: set ANALYSIS_SHARED to its folder, or put it beside the checkout as 'shared'")
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """Top of the checkout."""
    return PROJECT
