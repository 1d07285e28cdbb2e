"""The page that searches all others: their sections as a list, which a script in the page narrows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from analysis.publish.runs import Run
from analysis.publish.site.pages import whole_page
from analysis.publish.site.plain_tags import without_plain_tags

LARGEST = 200_000
"""Bytes of words that the list may hold: with more sections, each keeps fewer words."""
BEGINNING = 110
_WORD = re.compile(r"[^\W_][\w%/+-]{2,}")
_SILENT = frozenset(("style", "script", "title", "nav", "pre", "math", "summary", "form"))
_CODE = re.compile(r"<(pre|style|script|math)\b.*?</\1>", re.DOTALL)
"""Silent as well, and half of a notebook's page: the parser need not go through its colours."""
_HEADINGS = frozenset(("h1", "h2", "h3", "dt"))
_HOLDERS = frozenset(("section", "div", "article"))
_COMMON = frozenset(["the", "and", "for", "are", "was", "were", "with", "not", "that", "this", "from", "which", "have", "has", "had", "its", "one", "two", "all", "each", "than", "they", "their", "but", "who", "may", "can", "into", "over", "under", "what", "where", "when", "how", "only", "also", "more", "most", "any", "some", "other", "out", "use", "used", "see"])  # fmt: skip


@dataclass
class PageSection:
    """A heading with its address and the words below it."""

    heading: str
    anchor: str
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Text below the heading."""
        return " ".join(" ".join(self.said).split())

    def words(self, most: int) -> str:
        """Different words of the text, at most so many characters; common ones left out."""
        found = dict.fromkeys(word for word in _WORD.findall(self.text.lower()) if word not in _COMMON)
        kept, length = [], 0
        for word in found:
            length += len(word) + 1
            if length > most:
                break
            kept.append(word)
        return " ".join(kept)


class _Sections(HTMLParser):
    """Sections of a page: a heading of the first three levels with an id of its own or of what holds it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[PageSection] = []
        self._heading: PageSection | None = None
        self._above: list[str] = []
        self._silent: list[str] = []
        self._main = False
        self.feed(without_plain_tags(_CODE.sub("", text)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._main = self._main or tag == "main"
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _HOLDERS:
            self._above.append(given.get("id") or "")
        elif tag in _HEADINGS and self._main and not self._silent:
            anchor = given.get("id") or next((each for each in reversed(self._above) if each), "")
            self._heading = PageSection("", anchor if tag != "h1" else "")
            self.found.append(self._heading)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in _HOLDERS and self._above:
            self._above.pop()
        elif tag in _HEADINGS:
            self._heading = None
        elif tag == "main":
            self._main = False

    def handle_data(self, data: str) -> None:
        if self._silent or not self._main:
            return
        if self._heading is not None:
            self._heading.heading = " ".join(f"{self._heading.heading} {data}".split())
        elif self.found:
            self.found[-1].said.append(data)


def search_page(reports: Path, runs: Sequence[Run], pages: Mapping[str, tuple[str, str]]) -> str:
    """HTML of the page that searches.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of Run
        The main one first.
    pages : mapping of str to (str, str)
        Address of each page from the top of the site, its title and its HTML.
    """
    found = {address: (title, _Sections(text).found) for address, (title, text) in pages.items()}
    count = sum(len(sections) for _, sections in found.values())
    most = max(40, LARGEST // max(1, count) - BEGINNING - 80)
    groups = [
        (
            title,
            [
                {
                    "heading": section.heading,
                    "address": f"{address}#{section.anchor}" if section.anchor else address,
                    "begins": section.text[:BEGINNING] + (" …" if len(section.text) > BEGINNING else ""),
                    "words": section.words(most),
                }
                for section in sections
            ],
        )
        for address, (title, sections) in found.items()
    ]
    main = runs[0]
    return whole_page(
        "search",
        "Search",
        reports=reports,
        main=main,
        groups=groups,
        many=count,
    )
