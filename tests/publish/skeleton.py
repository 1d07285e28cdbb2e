"""What a rendered document says, without how it is marked up: the same from every renderer."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

_SILENT = ("script", "style", "nav", "head", "annotation")
_VOID = ("img", "br", "hr", "meta", "link", "input", "col", "source", "wbr")
_FRAME = ("title-block", "quarto-title-block", "abstract", "quarto-alternate-formats", "footnote-back")
"""Parts that stand elsewhere in the one or the other: title page, navigation, ways back from notes."""


class Skeleton(HTMLParser):
    """Headings, alternative texts, cross-references and words of the main part of a page, each in its order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[str] = []
        self.alternatives: list[str] = []
        self.references: list[str] = []
        self._words: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._heading = self._reference = ""
        self.feed(page[page.index("<main") : page.index("</main>")])
        self.close()

    @property
    def text(self) -> str:
        """All words, one blank between two, in the form that Unicode calls compatible."""
        plain = unicodedata.normalize("NFKC", " ".join(self._words)).replace("’", "'")
        return re.sub(r"\( ", "(", re.sub(r" ([.,;:)])", r"\1", plain))

    def lines(self) -> str:
        """Everything as a text to keep beside the tests."""
        parts = {
            "headings": self.headings,
            "alternative texts": self.alternatives,
            "cross-references": self.references,
            "text": re.findall(r"(?:\S+ ?){1,12}", self.text),
        }
        return "".join(
            f"# {name}\n" + "".join(f"{line.strip()}\n" for line in listed) for name, listed in parts.items()
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.alternatives.append(" ".join(given.get("alt", "").split()))
        if tag in _VOID:
            return
        names = {*given.get("class", "").split(), given.get("id", "")}
        silent = tag in _SILENT or bool(names & set(_FRAME)) or any(hidden for _, hidden in self._open)
        self._open.append((tag, silent))
        if re.fullmatch(r"h[1-6]", tag) and not silent:
            self._heading = tag
            self.headings.append(f"{tag} ")
        if tag == "a" and re.match(r"#(?:fig|tbl|eq|sec)-", given.get("href", "")):
            self._reference = given["href"]
            self.references.append(f"{given['href']} ")

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, _ = self._open.pop()
            if opened == tag:
                break
        self._heading = "" if tag == self._heading else self._heading
        self._reference = "" if tag == "a" else self._reference

    def handle_data(self, data: str) -> None:
        if any(hidden for _, hidden in self._open):
            return
        self._words += data.split()
        if self._heading:
            self.headings[-1] = f"{self.headings[-1].rstrip()} {' '.join(data.split())}".rstrip()
        if self._reference:
            self.references[-1] = f"{self.references[-1].rstrip()} {' '.join(data.split())}".rstrip()
