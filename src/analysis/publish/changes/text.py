"""Differences as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.publish.changes.differences import Differences

CELLS = 12
"""Changed cells of one table that are listed; the page has all."""
SHORT = 48
"""Characters of a text that stands in a column; a longer one has a line of its own."""


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as aligned columns, the last one ragged."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def summary(found: Differences) -> str:
    """One line: how much differs of how much.

    >>> summary(Differences(("a", "b"), (), (), (), (), {"values": 3, "tables": 1, "figures": 0}))
    'a → b: 0 of 3 numbers, 0 of 1 tables, 0 of 0 figures differ'
    """
    parts = [
        f"{len(changed)} of {found.compared.get(kind, 0)} {kind.replace('values', 'numbers')}"
        for kind, changed in (("values", found.numbers), ("tables", found.tables), ("figures", found.figures))
    ]
    return f"{found.sides[0]} → {found.sides[1]}: {', '.join(parts)} differ"


def as_text(found: Differences) -> str:
    """All differences; tables by cell, figures by the share of their pixels."""
    lines = [summary(found)]
    for title, changed in (("Made from", found.parameters), ("Numbers", found.numbers)):
        if changed:
            short = [one for one in changed if max(len(one.before), len(one.after)) <= SHORT]
            rows = [("name", *found.sides)] + [(one.name, one.before, one.after) for one in short]
            lines += ["", title, *(f"  {line}" for line in _columns(rows) if short)]
            for one in changed:
                if one not in short:
                    lines += [f"  {one.name}", f"    - {one.before}", f"    + {one.after}"]
    if found.tables:
        lines += ["", "Tables"]
        for table in found.tables:
            lines.append(f"  {table.name}: {table.what}")
            lines += [f"    {cell.row}, {cell.column}: {cell.before or '(empty)'} → {cell.after or '(empty)'}" for cell in table.cells[:CELLS]]  # fmt: skip
            if len(table.cells) > CELLS:
                lines.append(f"    and {len(table.cells) - CELLS} more")
    if found.figures:
        lines += ["", "Figures"]
        lines += [f"  {figure.name}: {figure_word(figure.before, figure.after, figure.share)}" for figure in found.figures]  # fmt: skip
    return "\n".join(lines)


def figure_word(before: bytes | None, after: bytes | None, share: float | None) -> str:
    """How a figure differs, in words.

    >>> figure_word(b"a", b"b", 0.0123), figure_word(None, b"b", None), figure_word(b"a", b"b", None)
    ('1.23 % of its pixels differ', 'only after', 'of another size')
    """
    if before is None or after is None:
        return "only after" if before is None else "only before"
    if share is None:
        return "of another size"
    return f"{100 * share:.2f} % of its pixels differ" if share else "its words differ, not its picture"
