"""What a journal counts: words of abstract and text, tables, figures, references; and what a person must still write."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.assemble import assemble
from analysis.publish.project import load_project
from analysis.publish.render.text import body, header

WAITING = "To be written by the investigators"
"""Title of the callouts that hold the place of what only a person can write."""
_NOT_TEXT = ("references", "statements", "checklist")
"""Sections that no journal counts as text, by the end of their label."""
_READER = "markdown-raw_html-raw_tex"


@dataclass
class Counts:
    """Sizes of one document.

    Parameters
    ----------
    abstract : int
        Words of the abstract.
    sections : dict of str to int
        Words of each section at the top, without captions, tables, callouts and formulas.
    text : int
        Their sum, without references, statements and checklist.
    tables, figures : dict of str to str
        Caption by label, in the order of the text.
    references : int
        Works cited.
    waiting : list of str
        Beginnings of what a person must still write.
    """

    abstract: int = 0
    sections: dict[str, int] = field(default_factory=dict)
    text: int = 0
    tables: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    references: int = 0
    waiting: list[str] = field(default_factory=list)


def _tree(markdown: str) -> list[Any]:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), f"--from={_READER}", "--to=json"]
    done = subprocess.run(command, input=markdown.encode(), capture_output=True, check=False)
    if done.returncode:
        raise PublicationError(
            f"Pandoc could not read the text: {done.stderr.decode(errors='replace').strip()}"
        )
    return json.loads(done.stdout)["blocks"]


def _plain(node: Any) -> Iterator[str]:
    """Texts of a node in their order; notes, formulas and cross-references count nothing."""
    if isinstance(node, list):
        for part in node:
            yield from _plain(part)
    elif isinstance(node, dict):
        kind: str = node.get("t", "")
        content: Any = node.get("c")
        if kind in ("Str", "Code"):
            yield content if kind == "Str" else content[1]
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            yield " "
        elif kind in ("Link", "Span", "Emph", "Strong", "Quoted", "Superscript", "Subscript"):
            yield from _plain(content[1] if kind in ("Link", "Span", "Quoted") else content)
        elif kind not in ("Math", "Cite", "Note", "Image"):
            yield " "
            yield from _plain(content)
            yield " "


def _words(node: Any) -> int:
    words = (word for word in "".join(_plain(node)).split() if not word.startswith("{#eq-"))
    return sum(any(letter.isalnum() for letter in word) for word in words)


def _cited(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_cited(part) for part in node)) if node else set()
    if not isinstance(node, dict):
        return set()
    if node.get("t") == "Cite":
        return {one["citationId"] for one in node["c"][0]}
    return _cited(node.get("c"))


def count_words(reports: Path, document: str = "index.qmd") -> Counts:
    """Count a document of the publication as a journal does.

    Parameters
    ----------
    reports : Path
        Folder of the publication, after :func:`analysis.publish.prepare`.
    document : str
        File name of the document.

    Raises
    ------
    PublicationError
        If the publication is not prepared, or Pandoc cannot read the document.
    """
    project = load_project(reports)
    assembly = assemble(reports, document)
    with tempfile.TemporaryDirectory(prefix="words-") as scratch:
        blocks = _tree(body(assembly, project, Path(scratch)))
    front: Mapping[str, Any] = header(assembly, project.variables)
    counts = Counts(abstract=_words(_tree(str(front.get("abstract", "")))))
    counts.references = len(
        {key for key in _cited(blocks) if not key.startswith(("fig-", "tbl-", "eq-", "sec-"))}
    )
    title, counted = "Before the first section", True
    top = min((block["c"][0] for block in blocks if block["t"] == "Header"), default=1)
    for block in blocks:
        kind, content = block["t"], block.get("c")
        if kind == "Header" and content[0] == top:
            title = " ".join("".join(_plain(content[2])).split())
            counted = not content[1][0].endswith(_NOT_TEXT)
        elif kind == "Figure":
            counts.figures[content[0][0]] = " ".join("".join(_plain(content[1])).split())
        elif kind == "Table":
            counts.tables[content[0][0]] = " ".join("".join(_plain(content[1])).split())
        elif kind == "Div" and any(name.startswith("callout-") for name in content[0][1]):
            if dict(content[0][2]).get("title") == WAITING:
                counts.waiting.append(" ".join("".join(_plain(content[1])).split()[:8]) + " …")
        elif kind == "Div":
            tables = [part for part in content[1] if part["t"] == "Table"]
            counts.tables |= {part["c"][0][0]: "".join(_plain(part["c"][1])).strip() for part in tables}
        else:
            number = _words(block)
            counts.sections[title] = counts.sections.get(title, 0) + number
            counts.text += number if counted else 0
    return counts
