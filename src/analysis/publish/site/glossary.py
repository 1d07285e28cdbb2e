"""Words of the field: their page, and the links to it from where a document first uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import escape

from analysis.errors import PublicationError
from analysis.publish.runs import Run
from analysis.publish.site.pages import whole_page
from analysis.publish.yaml_file import read_yaml

FILE = "glossary.yml"
_KEYS = {"means", "source", "address", "also"}
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^>]*>|<!--.*?-->", re.DOTALL)
_TEXTS = frozenset(("p", "li", "td", "dd"))
_CLOSED = frozenset(("a", "code", "pre", "math", "h1", "h2", "h3", "h4", "figcaption", "caption", "nav", "header", "script", "style", "th", "aside"))  # fmt: skip
"""Elements inside of which nothing is linked."""


@dataclass(frozen=True)
class Term:
    """A word, other forms of it, what it means and who says so."""

    name: str
    means: str
    source: str
    address: str = ""
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Id of the word on its page."""
        return "term-" + "-".join(re.findall(r"[a-z0-9]+", self.name.lower()))


def read_glossary(reports: Path) -> list[Term]:
    """Words of ``glossary.yml``, in alphabetical order; none where there is no such file.

    Raises
    ------
    PublicationError
        If it is not YAML, or an entry lacks its meaning or its source, or has something else.
    """
    terms = []
    for name, entry in read_yaml(reports / FILE).items():
        if not isinstance(entry, dict) or not {"means", "source"} <= set(entry) <= _KEYS:
            raise PublicationError(
                f"the word {name!r} is described wrongly",
                where=FILE,
                expected="means and source, and if wanted address and also",
            )
        also = tuple(str(form) for form in entry.get("also") or ())
        terms.append(Term(str(name), str(entry["means"]).strip(), str(entry["source"]), str(entry.get("address") or ""), also))  # fmt: skip
    return sorted(terms, key=lambda term: term.name.lower())


def glossary_page(reports: Path, runs: Sequence[Run], terms: Sequence[Term]) -> str:
    """HTML of the glossary."""
    return whole_page("glossary", "Glossary", reports=reports, main=runs[0], terms=terms)


def link_terms(html: str, terms: Sequence[Term], address: str) -> str:
    """The same page with each word linked where its running text first uses it.

    Only text of paragraphs, lists and cells is looked at, outside links, code, formulas, headings and captions.

    Parameters
    ----------
    html : str
        A page.
    terms : sequence of Term
        Words; the longest form that fits counts.
    address : str
        Address of the glossary from the page.

    Examples
    --------
    >>> word = Term("landmark", "A day.", "a book")
    >>> link_terms("<h1>A landmark</h1><p>The landmark, a landmark.</p>", [word], "g.html")
    '<h1>A landmark</h1><p>The <a class="term" href="g.html#term-landmark">landmark</a>, a landmark.</p>'
    """
    forms = {str(escape(form)): term for term in terms for form in (term.name, *term.also)}
    if not forms:
        return html
    longest = sorted(forms, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest)) + r")(?![\w-])")
    seen: set[str] = set()

    def linked(found: re.Match[str]) -> str:
        term = forms[found[0]]
        if term.id in seen:
            return found[0]
        seen.add(term.id)
        return f'<a class="term" href="{escape(address)}#{term.id}">{found[0]}</a>'

    pieces, position, open_in, closed_in = [], 0, 0, 0
    for tag in _TAG.finditer(html):
        text = html[position : tag.start()]
        pieces += [pattern.sub(linked, text) if open_in and not closed_in else text, tag[0]]
        position = tag.end()
        step, name = (-1 if tag[1] else 1), (tag[2] or "").lower()
        open_in += step if name in _TEXTS else 0
        closed_in += step if name in _CLOSED else 0
    return "".join([*pieces, html[position:]])
