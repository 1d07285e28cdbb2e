"""A YAML file that a person writes: a mapping, or a message that names the file and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analysis.errors import ParameterError
from analysis.yaml_text import fault_of, yaml_content


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
        If it is no UTF-8 text, no YAML or no mapping.
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
    try:
        document = yaml_content(text)
    except yaml.YAMLError as error:
        problem, line = fault_of(error, text)
        raise ParameterError(
            f"{file.name} is not YAML: {problem}",
            where=f"{where}:{line}",
            expected=expected,
            do="correct that line, or the one before it, and save the file",
        ) from error
    if not isinstance(document, dict):
        raise ParameterError(
            f"{file.name} is not a mapping",
            where=where,
            expected=expected,
            do="write one line an entry: its name, a colon, what it is",
        )
    return document
