"""Pipe tables: cells made harmless, columns as wide as their content, caption and label attached."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.errors import PublicationError
from analysis.publish.escape import escape_prose

_BORDER = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^:?-+:?$")
_WORD = re.compile(r"[^\s-]+-?")  # what no renderer breaks: a hyphen ends a line
_WIDEST = 48  # characters; a longer cell wraps
_LINES, _NARROWEST = 7, 18  # a cell has about so many lines, until its column is so wide
_GAP = 3  # characters of white between two columns
_PAGE = 103  # characters of a table's text, gaps included, that a printed page is wide


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _BORDER.split(line.strip().removeprefix("|").removesuffix("|"))]


def _rule(cell: str, width: int) -> str:
    left, right = ":" if cell.startswith(":") else "-", ":" if cell.endswith(":") else "-"
    return left + "-" * max(1, width - 2) + right


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """Share of each column, in characters: its longest word or a seventh of its longest cell, and of what is left its part.

    Where even the words are too many for the page, the printed table is set smaller (``portable.lua``).
    """
    texts = [[cell.replace("\\", "") for cell in column] for column in columns]
    longest = [max(map(len, column)) for column in texts]
    words = [
        max((len(word) for cell in column for word in _WORD.findall(cell)), default=1) for column in texts
    ]
    need = [max(word, min(_NARROWEST, cell // _LINES)) for word, cell in zip(words, longest, strict=True)]
    whole = [max(least, min(_WIDEST, cell)) for least, cell in zip(need, longest, strict=True)]
    wanted = sum(whole) - sum(need)
    spare = max(0, _PAGE - sum(need) - _GAP * len(need))
    share = min(1.0, spare / wanted) if wanted else 0.0
    return [least + int(share * (most - least)) + _GAP for least, most in zip(need, whole, strict=True)]


def pipe_table(markdown: str, *, caption: str, label: str, where: str) -> str:
    """A pipe table as every renderer reads it alike.

    Pandoc takes the widths of wrapped columns from the dashes of the rule, so the rule is rewritten in
    proportion to the content, no column narrower than its longest word.

    Parameters
    ----------
    markdown : str
        Pipe table: header, rule, rows.
    caption : str
        Caption, in Markdown.
    label : str
        Label for cross-references, beginning with ``tbl-``.
    where : str
        File named in an error.

    Raises
    ------
    PublicationError
        If the text is not one pipe table with the same number of cells in every row.
    """
    rows = [_cells(line) for line in markdown.splitlines() if line.strip()]
    regular = len(rows) >= 2 and all(len(row) == len(rows[0]) for row in rows)
    if not regular or not all(_RULE.match(cell) for cell in rows[1]):
        raise PublicationError(
            "a table is not a pipe table",
            where=where,
            expected="a header, a rule of dashes and rows with equally many cells",
            do="write it through analysis.results",
        )
    body = [[escape_prose(cell) for cell in row] for row in (rows[0], *rows[2:])]
    widths = _widths(list(zip(*body, strict=True)))
    rule = [_rule(cell, width) for cell, width in zip(rows[1], widths, strict=True)]
    lines = ["| " + " | ".join(row) + " |" for row in (body[0], rule, *body[1:])]
    return "\n".join([*lines, "", f": {escape_prose(caption)} {{#{label}}}", ""])
