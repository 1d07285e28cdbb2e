"""A YAML file that a person writes: a mapping, or a message that names the file and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.errors import ParameterError
from analysis.yaml_text import mapping_of


def read_mapping(file: Path, *, where: str, expected: str) -> dict[str, Any]:
    """What the file declares.

    Parameters
    ----------
    file : Path
        A file that is there.
    where : str
        The file for messages, relative to the checkout.
    expected : str
        What it should hold, for messages.

    Raises
    ------
    ParameterError
        If it is no UTF-8 text, no YAML, no mapping or empty.
    """
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ParameterError(
            f"{file.name} is not UTF-8 text",
            where=f"{where}:{line}",
            expected=expected,
            do="correct that line and save the file whole, as UTF-8",
        ) from error
    document = mapping_of(text, ParameterError, name=file.name, where=where, expected=expected)
    if not document:
        do = "write what is expected, or take the file back from git"
        raise ParameterError(f"{file.name} is empty", where=where, expected=expected, do=do)
    return document
