"""A table of the results as a page of the site shows it: cells as text, numbers to the right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.publish.runs import NotebookResults

_BORDER = re.compile(r"(?<!\\)\|")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class SiteTable:
    """Header, rows, and which columns stand to the right."""

    name: str
    caption: str
    page: str
    csv: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(_ESCAPE.sub(r"\1", cell.strip()) for cell in _BORDER.split(inner))


def site_table(notebook: NotebookResults, name: str) -> SiteTable:
    """A table of a notebook, from the Markdown that the notebook wrote."""
    entry = notebook.tables[name]
    lines = (notebook.folder / str(entry["file"])).read_text(encoding="utf-8").splitlines()
    head, rule, *rows = [_cells(line) for line in lines if line.strip()]
    return SiteTable(
        name=name,
        caption=str(entry["caption"]),
        page=f"{notebook.page}#cell-{name}",
        csv=f"files/{notebook.run}/{notebook.notebook}/{entry['csv']}",
        columns=head,
        rows=tuple(rows),
        right=tuple(cell.endswith(":") for cell in rule),
    )
