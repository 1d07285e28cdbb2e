"""Stored measures are valid for the code that made them, and for that code only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import analysis.pet
from analysis.pet.versions import MEASURING

ROOM = Path(analysis.pet.__file__).parent


@pytest.mark.parametrize("room", MEASURING)
def test_the_version_covers_everything_that_measuring_and_indexing_import(room):
    modules = {
        node.module.split(".")[2]
        for file in (ROOM / room).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("analysis.pet.")
    }
    assert modules <= {*MEASURING, "versions"}
