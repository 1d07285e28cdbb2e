"""Pipe tables: cells made harmless, columns as wide as their content, caption and label attached."""

from __future__ import annotations

import re

from analysis.errors import PublicationError
from analysis.publish.escape import escape_prose

_BORDER = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^:?-+:?$")
_WIDEST = 48  # characters; a longer cell wraps


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _BORDER.split(line.strip().removeprefix("|").removesuffix("|"))]


def _rule(cell: str, width: int) -> str:
    left, right = ":" if cell.startswith(":") else "-", ":" if cell.endswith(":") else "-"
    return left + "-" * max(1, width - 2) + right


def pipe_table(markdown: str, *, caption: str, label: str, where: str) -> str:
    """A pipe table as every renderer reads it alike.

    Pandoc takes the widths of wrapped columns from the dashes of the rule, so the rule is rewritten in
    proportion to the content.

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
    widths = [min(_WIDEST, max(3, *(len(row[column]) for row in body))) for column in range(len(rows[0]))]
    rule = [_rule(cell, width) for cell, width in zip(rows[1], widths, strict=True)]
    lines = ["| " + " | ".join(row) + " |" for row in (body[0], rule, *body[1:])]
    return "\n".join([*lines, "", f": {escape_prose(caption)} {{#{label}}}", ""])
