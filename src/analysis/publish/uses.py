"""Where the finished publication prints each value: document, place and sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from analysis.publish.variables import COMPANIONS

LONGEST = 240
"""Characters of a sentence that are quoted; of a longer one the part around the number."""
_BLOCKS = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "dd",
        "dt",
        "figcaption",
        "caption",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "div",
        "section",
        "article",
        "aside",
        "header",
        "main",
        "nav",
        "footer",
    ]
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(“‘])")
_SILENT = frozenset(("style", "script", "title", "annotation"))


@dataclass(frozen=True)
class Use:
    """One place where a value is printed.

    Parameters
    ----------
    name, run : str
        Name of the value, and of the run in which the text looked it up (``main`` or its own name).
    address : str
        Address of the printed number, from the top of the site.
    document : str
        Title of the document in the navigation.
    sentence : str
        The sentence around it, as plain text.
    """

    name: str
    run: str
    address: str
    document: str
    sentence: str


class _Links(HTMLParser):
    """Links to cards, each with the text of the block around it and its place in that text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, list[str], int]] = []
        self._blocks: list[tuple[str, list[str]]] = [("", [])]
        self._silent = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self._blocks.append((tag, []))
        elif tag in _SILENT:
            self._silent = tag
        elif tag == "a" and given.get("data-value") and given.get("id"):
            said = self._blocks[-1][1]
            self.found.append((given["data-value"], given["id"], said, sum(map(len, said))))

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent
        if any(tag == block for block, _ in self._blocks[1:]):
            while self._blocks.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._blocks[-1][1].append(re.sub(r"\s", " ", data))


def _sentence(block: str, position: int) -> str:
    """The sentence that holds a position of a block."""
    start, end = 0, len(block)
    for mark in _SENTENCE.finditer(block):
        if mark.start() <= position:
            start = mark.end() if mark.end() <= position else start
        else:
            end = mark.start()
            break
    if end - start > LONGEST:
        start, cut = max(start, position - LONGEST // 2), start
        start = block.find(" ", start) + 1 if start > cut else start
        if end > start + LONGEST:
            end = max(block.rfind(" ", start, start + LONGEST), position + 1)
            return ("… " if start > cut else "") + block[start:end].strip() + " …"
        return ("… " if start > cut else "") + block[start:end].strip()
    return block[start:end].strip()


def split_name(printed: str, known: Collection[str]) -> tuple[str, str] | None:
    """Run and name of a value from the name that the text prints; a companion (``…_ci``) belongs to its value.

    >>> split_name("main.pfs.hr_ci", {"pfs.hr"}), split_name("main.study.title", {"pfs.hr"})
    (('main', 'pfs.hr'), None)
    """
    run, _, name = printed.partition(".")
    if name in known:
        return run, name
    stem, _, ending = name.rpartition("_")
    return (run, stem) if ending in COMPANIONS and stem in known else None


def printed_values(folder: Path, documents: Iterable[tuple[str, str]], known: Collection[str]) -> list[Use]:
    """Every place of the rendered publication that prints a named value, in the order of reading.

    Parameters
    ----------
    folder : Path
        Folder of the rendered publication, ``_site/publication``.
    documents : iterable of (str, str)
        Stem and title of each document.
    known : collection of str
        Names of values.
    """
    uses = []
    for stem, title in documents:
        page = folder / f"{stem}.html"
        if not page.is_file():
            continue
        for printed, place, said, position in _Links(page.read_text(encoding="utf-8")).found:
            split = split_name(printed, known)
            if split is not None:
                sentence = _sentence("".join(said), position)
                address = f"publication/{stem}.html#{place}"
                uses.append(Use(split[1], split[0], address, title, sentence))
    return uses
