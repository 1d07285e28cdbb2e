"""Markdown of a notebook as HTML by nbconvert's renderer: raw HTML printed, mathematics as MathML, headings named."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any

import pypandoc
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from analysis.errors import PublicationError
from analysis.publish.site.sanitize import with_scopes

_AST = [1, 23]
"""Version of Pandoc's document tree; a newer Pandoc that changed it refuses ours."""


@functools.cache
def mathml(formula: str, *, display: bool) -> str:
    """A formula as MathML, which needs no script to be seen.

    The formula reaches Pandoc as the content of one node, so that nothing in it can become markup.

    Raises
    ------
    PublicationError
        If Pandoc cannot read the formula.
    """
    kind = {"t": "DisplayMath" if display else "InlineMath"}
    blocks = [{"t": "Plain", "c": [{"t": "Math", "c": [kind, formula.strip()]}]}]
    document = json.dumps({"pandoc-api-version": _AST, "meta": {}, "blocks": blocks})
    try:
        return pypandoc.convert_text(
            document,
            "html5",
            format="json",
            extra_args=["--mathml", "--wrap=none", "--fail-if-warnings"],
        ).strip()
    except RuntimeError as error:
        raise PublicationError(
            f"a formula cannot be read: {formula.strip()}", do="correct the TeX in the notebook"
        ) from error


class PageRenderer(IPythonRenderer):
    """nbconvert's renderer for one page: every heading gets an id that no other element has.

    Parameters
    ----------
    taken : iterable of str
        Ids the page uses for something else.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        self._taken = set(taken)
        self._tables = 0

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Heading with the words of its text as id."""
        words = re.findall(r"\w+", re.sub(r"<[^>]*>|&\w+;", "", text).lower())
        name = stem = "-".join(words) or "section"
        number = 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name)
        attrs["id"] = name
        return super().heading(text, level, **attrs)

    def table(self, text: str) -> str:
        """Table that scrolls in itself where the page is narrow."""
        self._tables += 1
        name = f"Table {self._tables} in the text"
        region = f'<div class="table-scroll" role="region" tabindex="0" aria-label="{name}">'
        return with_scopes(f"{region}<table>\n{text}</table></div>\n")

    def inline_math(self, body: str) -> str:
        """Formula in a line."""
        return mathml(body, display=False)

    def block_math(self, body: str) -> str:
        """Formula in a line of its own."""
        return mathml(body, display=True)

    def latex_environment(self, name: str, body: str) -> str:
        """Formula written as a LaTeX environment."""
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)


class PageMarkdown:
    """The filter ``markdown2html`` of one page; see :class:`PageRenderer`."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._renderer = PageRenderer(taken)

    def __call__(self, source: str) -> str:
        """HTML of the Markdown of one cell or output; a block left open ends with it."""
        return MarkdownWithMath(renderer=self._renderer).render(source)
