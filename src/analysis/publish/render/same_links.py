"""Links from numbers and words to their cards in pages of Quarto, taken from Pandoc's page of the same text.

Both renderers say the same (the parity test sees to it), so a number is found in Quarto's page by the words before it. The
page is changed only after Quarto has finished, and only where the place is beyond doubt: nothing of this can break a render.
"""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.publish.project import Project
from analysis.publish.render.pandoc import render_with_pandoc
from analysis.publish.site.glossary import link_terms, read_glossary

CONTEXT = 48
"""Characters before a number, without spaces, by which its place is known."""
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^>]*>|<!--.*?-->", re.DOTALL)
_CHARACTER = re.compile(r"&#?\w+;|.", re.DOTALL)
_SILENT = frozenset(("style", "script", "title", "annotation", "template"))
_CLOSED = frozenset(("a", "button", "code", "pre", "math", "nav", "h1", "h2", "h3", "h4", "h5", "h6"))
"""Elements inside of which a link would be a fault, or is none on Pandoc's page."""
_WANTED = re.compile(r'\bclass="(?:value\b|made\b)')


@dataclass(frozen=True)
class _Piece:
    """A run of text between two tags: where it stands in the page, and whether a link may stand in it."""

    start: int
    end: int
    open: bool
    inside: str
    """Start tag of the link around it that is wanted; empty elsewhere."""


def _pieces(page: str) -> Iterator[_Piece]:
    """Visible texts of the main part, in the order of reading."""
    begin = page.find("<main")
    position, silent, closed, inside = begin, 0, 0, ""
    for tag in _TAG.finditer(page, max(begin, 0)) if begin >= 0 else ():
        if not silent and tag.start() > position:
            yield _Piece(position, tag.start(), not closed, inside)
        position = tag.end()
        step, name = (-1 if tag[1] else 1), (tag[2] or "").lower()
        if name == "main" and step < 0:
            return
        silent += step if name in _SILENT else 0
        closed += step if name in _CLOSED else 0
        if name == "a":
            inside = tag[0] if step > 0 and _WANTED.search(tag[0]) else ""


def _letters(page: str, piece: _Piece) -> Iterator[tuple[str, int, int]]:
    """Characters of a piece that are no space, each with its place in the page."""
    for found in _CHARACTER.finditer(page, piece.start, piece.end):
        for letter in html.unescape(found[0]):
            if not letter.isspace():
                yield letter, found.start(), found.end()


def _wanted(page: str) -> list[tuple[str, str, str]]:
    """Each link to a card or cell on Pandoc's page: the words before it, its own, and its start tag."""
    said, links, within = "", [], ""
    for piece in _pieces(page):
        text = "".join(letter for letter, _, _ in _letters(page, piece))
        if piece.inside and piece.inside == within and links:
            before, former, tag = links[-1]  # a link with mark-up in it is in several pieces
            links[-1] = (before, former + text, tag)
        elif piece.inside:
            links.append((said[-CONTEXT:], text, piece.inside))
        within = piece.inside
        said += text
    return links


def with_same_links(page: str, linked: str) -> str:
    """A page whose numbers lead where those of another page of the same text lead.

    Parameters
    ----------
    page : str
        HTML of one renderer.
    linked : str
        HTML of the other, with links to cards (class ``value``) and to cells (class ``made``).

    Returns
    -------
    str
        The page; a number that is not found by the words before it, or that has mark-up inside, is left as it is.

    Examples
    --------
    >>> ours = '<main><p>A ratio of <a class="value" href="n.html#hr">0.77</a> was found.</p></main>'
    >>> with_same_links("<main><div><p>A ratio\\nof 0.77 was found.</p></div></main>", ours)
    '<main><div><p>A ratio\\nof <a class="value" href="n.html#hr">0.77</a> was found.</p></div></main>'
    """
    letters = [
        (letter, start, end, number if piece.open else -1)
        for number, piece in enumerate(_pieces(page))
        for letter, start, end in _letters(page, piece)
    ]
    said, cursor, places = "".join(letter for letter, *_ in letters), 0, []
    for before, text, tag in _wanted(linked):
        at = said.find(before + text, max(0, cursor - CONTEXT)) if text else -1
        if at < 0:
            continue
        first, last = at + len(before), at + len(before) + len(text) - 1
        cursor = last + 1
        if (
            len({place for *_, place in letters[first : last + 1]} - {-1}) == 1
            and letters[first][3] == letters[last][3] >= 0
        ):
            places.append((letters[first][1], letters[last][2], tag))
    out, position = [], 0
    for start, end, tag in places:
        if start >= position:
            out += [page[position:start], tag, page[start:end], "</a>"]
            position = end
    return "".join([*out, page[position:]])


def link_pages(project: Project, folder: Path, *, epoch: int) -> None:
    """Link numbers, captions and words of the pages in a folder that Quarto has written.

    Parameters
    ----------
    project : Project
        The checked project.
    folder : Path
        Rendered publication; its HTML pages are rewritten.
    epoch : int
        Seconds since 1970 that stand for "now".

    Raises
    ------
    PublicationError
        If Pandoc cannot render the text; the pages are then as Quarto left them.
    """
    terms = read_glossary(project.folder)
    with tempfile.TemporaryDirectory() as other:
        render_with_pandoc(project, Path(other), epoch=epoch, formats=("html",))
        for ours in sorted(Path(other).glob("*.html")):
            page = folder / ours.name
            if page.is_file():
                text = with_same_links(page.read_text(encoding="utf-8"), ours.read_text(encoding="utf-8"))
                page.write_text(link_terms(text, terms, "../glossary.html"), encoding="utf-8")
