"""Findings that say the same of many lines, as one with its count: what a person corrects in one go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.data.problems import Problem

_VARIES = re.compile(
    r"""(?<!\w)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?:(?<!\w)[+-])?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"""
)


def kind_of(what: str) -> str:
    """A finding without what tells it from another of its kind: quoted texts, as Python quotes them, and numbers.

    >>> kind_of("the study's code 'P1' is -1.5e3")
    "the study's code … is …"
    >>> names = "O'Brien", 'a "b" of the c\\'s'
    >>> kind_of(f"{names[0]!r} and {names[1]!r} are not in 2 files")
    '… and … are not in … files'
    """
    return _VARIES.sub("…", what)


@dataclass(frozen=True)
class Group:
    """Findings of one kind in one column of one file.

    Parameters
    ----------
    first : Problem
        The first of them, whose words stand for all.
    lines : tuple of int
        Lines concerned, in order; empty if the finding is of the whole file.
    count : int
        Number of findings.
    """

    first: Problem
    lines: tuple[int, ...]
    count: int

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Lines as stretches without a gap, both ends included.

        >>> Group(Problem(severity="error", file="a.csv", what="b"), (2, 3, 4, 9), 4).ranges
        ((2, 4), (9, 9))
        """
        found: list[list[int]] = []
        for line in self.lines:
            if found and line <= found[-1][1] + 1:
                found[-1][1] = line
            else:
                found.append([line, line])
        return tuple((low, high) for low, high in found)


@dataclass(frozen=True)
class FileFindings:
    """Everything that is said of one file.

    ``by_line`` holds the findings of each line, for links to it.
    """

    file: str
    groups: tuple[Group, ...]
    errors: int
    warnings: int
    by_line: dict[int, list[Problem]] = field(default_factory=dict)


def findings_by_file(problems: Iterable[Problem]) -> list[FileFindings]:
    """Findings by file and kind, files with errors first.

    Two findings are of one kind if they differ in line, numbers and codes only.

    Parameters
    ----------
    problems : iterable of Problem
    """
    files: dict[str, list[Problem]] = {}
    for problem in problems:
        files.setdefault(problem.file, []).append(problem)
    made = []
    for file, own in files.items():
        kinds: dict[tuple[str, str, str], list[Problem]] = {}
        by_line: dict[int, list[Problem]] = {}
        for problem in own:
            kind = kind_of(problem.what)
            kinds.setdefault((problem.severity, problem.column or "", kind), []).append(problem)
            if problem.row is not None:
                by_line.setdefault(problem.row, []).append(problem)
        groups = [
            Group(same[0], tuple(sorted({p.row for p in same if p.row is not None})), len(same))
            for same in kinds.values()
        ]
        groups.sort(key=lambda group: (group.first.severity, -group.count))
        errors = sum(problem.severity == "error" for problem in own)
        made.append(
            FileFindings(file, tuple(groups), errors, len(own) - errors, dict(sorted(by_line.items())))
        )
    return sorted(made, key=lambda each: (-each.errors, -each.warnings, each.file))
