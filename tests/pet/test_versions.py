"""Stored measures are valid for the code that made them, and for that code only."""

from __future__ import annotations

import ast
from pathlib import Path

import analysis.pet
from analysis.pet.versions import MEASURING

ROOM = Path(analysis.pet.__file__).parent
PREFIX = "analysis.pet."


def imported(name: str) -> set[str]:
    tree = ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {module.removeprefix(PREFIX) for module in modules if module.startswith(PREFIX)}


def test_the_version_covers_everything_that_measuring_and_indexing_import():
    needed, left = set(), {"scan", "series_index"}
    while left:
        name = left.pop()
        needed.add(name)
        left |= imported(name) - needed
    assert needed == set(MEASURING)
