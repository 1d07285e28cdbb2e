"""HTML of notebook outputs reduced to tables: tags that carry structure stay, everything else becomes text."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_KEPT = frozenset(
    [
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
        "br",
        "p",
        "div",
        "span",
        "ul",
        "ol",
        "li",
        "code",
    ]
)
_VOID = frozenset({"br"})
_SILENT = frozenset({"style", "script", "template", "noscript", "iframe", "object", "svg", "math", "title"})
_ATTRIBUTES = {
    "scope": re.compile(r"col|row|colgroup|rowgroup"),
    "colspan": re.compile(r"\d+"),
    "rowspan": re.compile(r"\d+"),
}
_ALIGNED = re.compile(r"text-align:\s*(left|right|center)")


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.silent = 0
        self.in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        if self.silent or tag not in _KEPT:
            return
        self.in_head = tag == "thead" or (self.in_head and tag != "tbody")
        given = {name: value or "" for name, value in attrs}
        kept = {
            name: given[name] for name, form in _ATTRIBUTES.items() if form.fullmatch(given.get(name, ""))
        }
        if tag == "th":
            kept.setdefault("scope", "col" if self.in_head else "row")
        aligned = _ALIGNED.search(given.get("style", ""))
        if aligned:
            kept["style"] = f"text-align: {aligned[1]}"
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self.out.append(f"<{tag}{attributes}>")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif not self.silent and tag in self.open:
            while self.open:
                last = self.open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(escape(data, quote=False))


def table_html(html: str) -> str:
    """The same table without anything that could run, load or restyle; header cells get a scope.

    Examples
    --------
    >>> table_html("<table onclick='x()'><thead><tr><th>a</th></tr></thead></table><script>x()</script>")
    '<table><thead><tr><th scope="col">a</th></tr></thead></table>'
    """
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.out) + "".join(f"</{tag}>" for tag in reversed(cleaner.open))
