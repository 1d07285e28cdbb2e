"""YAML as plain values, by the reader in C where it is there: it takes a tenth of the time of the one in Python."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_content(text: str) -> Any:
    """What a YAML text says: mappings, lists, strings, numbers, dates; None where it is empty.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML, or would make an object of another kind.

    Examples
    --------
    >>> yaml_content("days: [0, 14, 28]")
    {'days': [0, 14, 28]}
    """
    return yaml.load(text, Loader=_LOADER)


def fault_of(error: yaml.YAMLError, text: str) -> tuple[str, int]:
    """What keeps a text from being YAML, and the line where it was noticed.

    Examples
    --------
    >>> try:
    ...     yaml_content("day: 14\\nwindow: [12, 16")
    ... except yaml.YAMLError as error:
    ...     fault_of(error, "day: 14\\nwindow: [12, 16")[1]
    2
    """
    mark = getattr(error, "problem_mark", None)
    # What ends too early is noticed behind the last line.
    line = min(mark.line + 1, len(text.splitlines())) if mark else 1
    return getattr(error, "problem", None) or "it cannot be read", line
