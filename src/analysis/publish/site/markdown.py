"""Many pieces of Markdown and code as HTML by one Pandoc process: mathematics as MathML, no raw HTML."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from analysis.errors import PublicationError

_READER = "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-markdown_in_html_blocks-citations"
_MARK = "piece-{}-begins-here"
_LINE_LINK = re.compile(r'<a href="#cb[^"]*" aria-hidden="true"\s+tabindex="-1"></a>')


def code_block(source: str) -> str:
    """Source as a block of Python that nothing in it can close.

    >>> print(code_block("x = 1"))
    ```python
    x = 1
    ```
    """
    longest = max((len(run) for run in re.findall(r"`{3,}", source)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}python\n{source}\n{fence}"


def to_html(pieces: Sequence[str], *, where: str) -> list[str]:
    """HTML of each piece of Markdown.

    Raises
    ------
    PublicationError
        If Pandoc fails, or a piece leaves a block open that swallows the next.
    """
    import pypandoc

    text = "\n\n".join(f"{_MARK.format(number)}\n\n{piece}" for number, piece in enumerate(pieces))
    command = [pypandoc.get_pandoc_path(), f"--from={_READER}", "--to=html5", "--mathml", "--wrap=none"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=120)
    if done.returncode:
        raise PublicationError(
            f"Pandoc could not read a cell: {done.stderr.decode(errors='replace')}", where=where
        )
    html = _LINE_LINK.sub("", done.stdout.decode())
    parts = re.split(r"<p>" + _MARK.format(r"(\d+)") + r"</p>\n?", html)
    if [int(number) for number in parts[1::2]] != list(range(len(pieces))):
        raise PublicationError(
            "a Markdown cell leaves a code block or a ::: block open",
            where=where,
            do="close it in the notebook",
        )
    return parts[2::2]
