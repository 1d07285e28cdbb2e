"""No reference value lies there unused: every block of R's results is read by a test, or its absence has a reason.

What a test reads is found in its syntax tree: the words that it, its decorators and the fixtures, functions and constants
it names hold. A block counts as read when one test holds the name of its file and every key on the way to it, or asks for
all ``items()`` or ``values()`` at that place. Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DEPTH = {"km": 3}
"""Levels at which methods stand: two, but below the groups of ``km`` three."""

NOT_OFFERED = {
    "aml.logrank.exactRankTests_int": "scores rounded to whole numbers; patients are re-dealt instead, by unrounded scores",
    "veteran46.logrank.exactRankTests_int": "as above",
    "categorical.rank_ties.wilcox": "normal approximation with continuity correction; the exact test is offered",
    "lung.timedep.concordance_counts": "a C of start-stop intervals counts patients several times",
    "mgus_cr.cif.fine_gray_crr": "the plan relates covariates to competing events by cause-specific hazards",
    "mgus_cr.cif.fine_gray_weighted_cox_breslow": "as above",
}
"""Blocks of methods that the project leaves out on purpose."""


def blocks(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths to the nested tables of a file, as deep as methods stand."""
    for key, below in value.items() if isinstance(value, dict) else ():
        nested = isinstance(below, dict) or (isinstance(below, list) and below and isinstance(below[0], dict))
        if key != "_meta" and nested and len(path) < DEPTH.get(path[0] if path else key, 2):
            yield (*path, key)
            yield from blocks(below, (*path, key))


class Words(ast.NodeVisitor):
    """Words and patterns that a piece of code holds, the names it mentions, and the keys of which it takes all."""

    def __init__(self, node: ast.AST) -> None:
        self.words: set[str] = set()
        self.patterns: set[str] = set()
        self.names: set[str] = set()
        self.whole: set[str] = set()
        self.visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.words.add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = [re.escape(p.value) if isinstance(p, ast.Constant) else ".+" for p in node.values]  # type: ignore[arg-type]
        if any(part != ".+" for part in parts):
            self.patterns.add("".join(parts))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self.names.add(node.id)

    def visit_arg(self, node: ast.arg) -> None:
        self.names.add(node.arg)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in ("items", "values"):
            inside = called.value
            if isinstance(inside, ast.Subscript) and isinstance(inside.slice, ast.Constant):
                self.whole.add(str(inside.slice.value))
        self.generic_visit(node)

    def holds(self, key: str) -> bool:
        return key in self.words or any(re.fullmatch(pattern, key) for pattern in self.patterns)


@cache
def definitions(file: Path) -> dict[str, Words]:
    """Every function and constant at the top of a file, with its words."""
    found: dict[str, Words] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = Words(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = Words(node.value)
    return found


@cache
def readers() -> dict[str, Words]:
    """Every test by name, with the words it reaches through its module and its folder's fixtures."""
    found = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        conftest = file.parent / "conftest.py"
        if file == Path(__file__) or not re.search(r"\breference\b|\br\b", text):
            continue
        known = {**(definitions(conftest) if conftest.exists() else {}), **definitions(file)}
        for name in definitions(file):
            if name.startswith("test_"):
                reached, left = Words(ast.Module([], [])), [name]
                seen = set()
                while left:
                    one = left.pop()
                    if one in seen or one not in known:
                        continue
                    seen.add(one)
                    for part in ("words", "patterns", "names", "whole"):
                        getattr(reached, part).update(getattr(known[one], part))
                    left += known[one].names
                found[f"{file.relative_to(TESTS)}::{name}"] = reached
    return found


def reads(words: Words, name: str, path: tuple[str, ...]) -> bool:
    if not (name in words.words or f"ref_{name}.json" in words.words):
        return False
    return all(words.holds(key) or (i > 0 and path[i - 1] in words.whole) for i, key in enumerate(path))


def unused(folder: Path) -> list[str]:
    missing = []
    for file in sorted(folder.glob("ref_*.json")):
        name = file.stem.removeprefix("ref_")
        for path in blocks(json.loads(file.read_text(encoding="utf-8"))):
            place = ".".join((name, *path))
            if any(place.startswith(known) for known in NOT_OFFERED):
                continue
            if not any(reads(words, name, path) for words in readers().values()):
                missing.append(place)
    return missing


def test_every_block_of_every_reference_file_is_read_by_a_test(shared):
    missing = unused(shared / "reference" / "survival")
    assert not missing, f"{len(missing)} blocks are read by no test:\n" + "\n".join(missing)


@pytest.mark.parametrize("place", sorted(NOT_OFFERED))
def test_a_block_that_nothing_computes_has_a_reason(place, shared):
    name, *keys = place.split(".")
    block = json.loads((shared / "reference" / "survival" / f"ref_{name}.json").read_text(encoding="utf-8"))
    for key in keys:
        block = block[key]
    pytest.skip(f"{place}: {NOT_OFFERED[place]}")


def test_a_key_in_a_comment_or_docstring_is_not_read():
    words = Words(
        ast.parse('def test():\n    """rmst"""\n    # rmst\n    assert reference("lung")["km"].items()')
    )
    assert words.words == {"lung", "km"}
    assert words.whole == {"km"}
    assert not words.holds("rmst")


def test_a_block_is_unread_until_a_test_holds_its_file_and_every_key():
    one = Words(ast.parse('reference("lung")["cox"]["efron"]'))
    assert reads(one, "lung", ("cox", "efron"))
    assert not reads(one, "lung", ("cox", "breslow"))
    assert not reads(one, "aml", ("cox", "efron"))
