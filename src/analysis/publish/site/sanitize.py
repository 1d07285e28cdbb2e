"""HTML of notebook outputs reduced to tables by nbconvert's sanitizer: structure stays, nothing can run or load."""

from __future__ import annotations

import re

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from traitlets.config import Config

TAGS = (
    *(
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "b",
        "strong",
        "i",
        "em",
        "sup",
        "sub",
    ),
    *("br", "p", "div", "span", "ul", "ol", "li", "code"),
)
SHOWN = ("image/png", "image/svg+xml", "text/html", "text/markdown", "text/plain")
"""Forms of an output that a page can show, the preferred one first."""
_VALUES = {
    "scope": re.compile(r"col|row|colgroup|rowgroup"),
    "colspan": re.compile(r"\d+"),
    "rowspan": re.compile(r"\d+"),
    "style": re.compile(r"(?s:.*)\btext-align:\s*(?:left|right|center)\b(?s:.*)"),
}
# Their content is no text: without this it would stand on the page as words. What this overlooks is still made harmless.
_SILENT = re.compile(
    r"<(style|script|template|noscript|iframe|object|svg|math|title)\b.*?</\1\s*>", re.S | re.I
)
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


def _kept(_tag: str, name: str, value: str) -> bool:
    return name in _VALUES and bool(_VALUES[name].fullmatch(value))


class SafeOutputs(SanitizeHTML):
    """nbconvert's sanitizer for the outputs of code cells; Markdown is made safe by its renderer.

    The parent would escape the ``>`` of a quotation and the ``<`` of a code span in Markdown as well.
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
        return with_scopes(super().sanitize_html_tags(_SILENT.sub("", html_str)))


SETTINGS = Config(
    tags=list(TAGS),
    attributes=_kept,
    styles=["text-align"],
    strip=True,
    safe_output_keys=set(SHOWN) - {"text/html"},
    sanitized_output_types={"text/html"},
)
