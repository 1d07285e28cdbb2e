"""Text from data made harmless as Markdown: whatever a study holds is printed, never interpreted."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+!|~^$@\"'&-])")
_LIST_MARKER = re.compile(r"^(\(?[0-9A-Za-z]+)([.)])(?=\s|$)")
_RUNS = re.compile(r"^[:%=]|:(?=:)|\.(?=\.)")  # fences, captions, rules, ellipses
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto):")
_MARK = re.compile(r"[<>`{}\[\]$@]")
_DANGEROUS = re.compile(r"(?<!\\)((?:\\\\)*)([<>`{}\[\]$@])")


def escape_value(text: str) -> str:
    r"""Markdown that prints exactly this text on one line.

    Every character Markdown could read as syntax gets a backslash, list markers at the start and addresses
    included. A negative number keeps its sign.

    Parameters
    ----------
    text : str
        Any text; line breaks and runs of blanks become one space.

    Examples
    --------
    >>> escape_value("0.77 (0.40–1.50)")
    '0.77 (0.40–1.50)'
    >>> print(escape_value("<b>PIK3CA*</b> | p"))
    \<b\>PIK3CA\*\</b\> \| p
    >>> print(escape_value("2. visit"))
    2\. visit
    """
    line = " ".join(_printable(text).split())
    line = _RUNS.sub(lambda found: "\\" + found[0], _SPECIAL.sub(r"\\\1", line))
    line = _LIST_MARKER.sub(r"\1\\\2", line)
    return _ADDRESS.sub(r"\1\\:", line)


def escape_prose(text: str) -> str:
    r"""Author's Markdown with everything that could run, quote or refer made literal; emphasis is kept.

    Used for captions and table cells, whose wording an author wrote but into which data may have come.
    Text that is already escaped stays as it is.

    Examples
    --------
    >>> print(escape_prose("*PIK3CA* <script> \\< 5"))
    *PIK3CA* \<script\> \< 5
    """
    line = " ".join(_printable(text).split())
    return _DANGEROUS.sub(r"\1\\\2", line) if _MARK.search(line) else line


def attribute(text: str) -> str:
    """Text as a quoted attribute value of Pandoc's Markdown; what could be read as syntax becomes a reference.

    Examples
    --------
    >>> print(attribute('curve of "A" <b>'))
    "curve of &#34;A&#34; &#60;b&#62;"
    """
    line = " ".join(_printable(text).split())
    return '"' + re.sub(r"[\\\"&<>`{}\[\]@$|#]", lambda found: f"&#{ord(found[0])};", line) + '"'


def _printable(text: str) -> str:
    """Text without control characters, which XML (and so DOCX) cannot hold."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(character for character in text if character.isprintable() or character.isspace())
