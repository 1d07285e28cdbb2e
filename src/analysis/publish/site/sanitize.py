"""HTML of notebook outputs reduced to tables: structure stays, nothing can run or load."""

from __future__ import annotations

import html
import re

import nh3
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from traitlets.config import Config

TAGS = frozenset(["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "b", "strong", "i", "em", "sup", "sub", "br", "p", "div", "span", "ul", "ol", "li", "code"])  # fmt: skip
SHOWN = ("image/png", "image/svg+xml", "text/html", "text/markdown", "text/plain")
"""Forms of an output that a page can show, the preferred one first."""
_VALUES = {
    "scope": re.compile(r"col|row|colgroup|rowgroup"),
    "colspan": re.compile(r"\d+"),
    "rowspan": re.compile(r"\d+"),
}
_ALIGNED = re.compile(r"\btext-align:\s*(left|right|center)\b")
_SILENT = frozenset(["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"])
"""Their content is no text: it would stand on the page as words."""
_PART = re.compile(r"(?i)(?=</?(?:address|article|aside|blockquote|center|dd|details|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|main|nav|pre|section|summary)\b)")  # fmt: skip
"""Before an element that goes and stood on lines of its own: without a line's end two numbers would be one."""
_NO_LETTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
MOST_TURNS = 8
_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_UNSCOPED = re.compile(r"<th(?=[\s>])(?![^>]*\sscope=)")


def with_scopes(html: str) -> str:
    """Well-formed tables whose header cells say whether they head a column or a row.

    Examples
    --------
    >>> with_scopes("<thead><tr><th>a</th></tr></thead><tbody><tr><th>b</th></tr></tbody>")
    '<thead><tr><th scope="col">a</th></tr></thead><tbody><tr><th scope="row">b</th></tr></tbody>'
    """
    columns = _HEAD.sub(lambda head: _UNSCOPED.sub('<th scope="col"', head[0]), html)
    return _UNSCOPED.sub('<th scope="row"', columns)


def _kept(_tag: str, name: str, value: str) -> str | None:
    """Value of an attribute as the page has it; None where it goes. Asked for elements that go, too; nh3 hides what it raises."""
    if name == "style":
        aligned = _ALIGNED.search(value)
        return f"text-align:{aligned[1]}" if aligned else None
    return value if name in _VALUES and _VALUES[name].fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(_SILENT),
    attributes={"*": {*_VALUES, "style"}},
    attribute_filter=_kept,
    link_rel=None,
)


class SafeOutputs(SanitizeHTML):
    """nbconvert's choice of outputs, their HTML made safe by a sanitizer that parses as browsers do.

    Markdown is made safe by its renderer: the parent would escape the ``>`` of a quotation and the ``<`` of a code span.
    The parent's own sanitizer, bleach, is deprecated and takes seventeen times as long.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """Cell whose outputs keep only the forms a page can show, HTML among them reduced to tables."""
        if cell.cell_type == "code":
            cell.outputs = self.sanitize_code_outputs(cell.outputs)
        return cell, resources

    def sanitize_html_tags(self, html_str: str) -> str:
        """The same tables without anything that could run, load or restyle."""
        safe = _CLEANER.clean(_PART.sub("\n", _NO_LETTER.sub("\ufffd", html_str)))
        # Taking an element away can leave what reads as another tree, with an end tag too many for the page.
        for _ in range(MOST_TURNS):
            again = _CLEANER.clean(safe)
            if again == safe:
                return with_scopes(safe)
            safe = again
        return html.escape(html_str)


SETTINGS = Config(safe_output_keys=set(SHOWN) - {"text/html"}, sanitized_output_types={"text/html"})
