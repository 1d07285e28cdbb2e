"""Figures taken from executed notebooks by their cell label: ``{{< embed notebook.ipynb#fig-x >}}``."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.errors import PublicationError
from analysis.yaml_text import yaml_content

PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


@dataclass(frozen=True)
class CellFigure:
    """Picture of a notebook cell; ``images`` maps an extension to bytes."""

    label: str
    caption: str
    alt: str
    images: Mapping[str, bytes]


def cell_options(source: str) -> dict[str, str]:
    """Options in the leading ``#| key: value`` lines of a cell; a value may go on in further lines.

    Examples
    --------
    >>> cell_options("#| label: fig-a\\n#| fig-alt: A curve.\\nplot()")
    {'label': 'fig-a', 'fig-alt': 'A curve.'}
    """
    lines = []
    for line in source.splitlines():
        if not line.startswith("#|"):
            break
        lines.append(line[2:].removeprefix(" "))
    try:
        options = yaml_content("\n".join(lines)) or {}
    except yaml.YAMLError:
        options = dict(line.split(": ", 1) for line in lines if ": " in line)
    return {str(name): " ".join(str(value).split()) for name, value in dict(options).items()}


def joined(text: Any) -> str:
    """Text of a notebook field, which may be stored as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def pictures(cell: Mapping[str, Any]) -> dict[str, bytes]:
    """Pictures of a cell's outputs by extension; the last of a kind counts."""
    found = {}
    for output in cell.get("outputs", ()):
        for kind, content in output.get("data", {}).items():
            if kind in PICTURES:
                text = joined(content)
                found[PICTURES[kind]] = text.encode() if kind == "image/svg+xml" else base64.b64decode(text)
    return found


@functools.lru_cache(maxsize=64)
def _figures(path: Path, changed: int) -> dict[str, CellFigure]:
    del changed  # part of the key: a notebook that was run again is read again
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PublicationError(
            "an executed copy is not a notebook", where=path.name, do="run the notebook again"
        ) from error
    figures = {}
    for cell in notebook["cells"]:
        options = cell_options(joined(cell["source"])) if cell["cell_type"] == "code" else {}
        label = options.get("label", "")
        if label:
            caption, alt = options.get("fig-cap", ""), options.get("fig-alt", "")
            figures[label] = CellFigure(label, caption, alt, pictures(cell))
    return figures


def notebook_figures(path: Path) -> dict[str, CellFigure]:
    """Labelled cells of an executed notebook, by label."""
    return _figures(path, path.stat().st_mtime_ns)
