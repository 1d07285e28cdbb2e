"""A YAML file of the publication: a mapping, or a message that names the file and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.text_file import read_text
from analysis.yaml_text import mapping_of


def read_yaml(
    file: Path, *, expected: str = "one line an entry: its name, a colon, what it is"
) -> dict[str, Any]:
    """What a file declares; nothing where it is empty or there is no such file.

    Parameters
    ----------
    file : Path
        A file of the reports folder. An author may be saving it at this moment.
    expected : str
        What it should hold, for the message.

    Raises
    ------
    PublicationError
        If it is no UTF-8 text, no YAML or no mapping.
    """
    if not file.exists():
        return {}
    return mapping_of(read_text(file), PublicationError, name=file.name, where=file.name, expected=expected)
