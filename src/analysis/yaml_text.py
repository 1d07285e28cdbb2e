"""YAML as plain values, by the reader in C where it is there: it takes a tenth of the time of the one in Python."""

from __future__ import annotations

from typing import Any

import yaml

from analysis.errors import AnalysisError

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


def mapping_of(
    text: str, refusal: type[AnalysisError], *, name: str, where: str, expected: str
) -> dict[str, Any]:
    """What a file that a person writes declares; nothing where it is empty.

    Parameters
    ----------
    text : str
        Content of the file.
    refusal : type of AnalysisError
        What is raised.
    name, where, expected : str
        The file's own name, its place, and what it should hold, for messages.

    Raises
    ------
    AnalysisError
        If it is no YAML, with the line where that was noticed, or no mapping.
    """
    try:
        content = yaml_content(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # What ends too early is noticed behind the last line.
        line = min(mark.line + 1, len(text.splitlines())) if mark else 1
        raise refusal(
            f"{name} is not YAML: {getattr(error, 'problem', None) or 'it cannot be read'}",
            where=f"{where}:{line}",
            expected=expected,
            do="correct that line, or the one before it, and save the file",
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        do = "write one line an entry: its name, a colon, what it is"
        raise refusal(f"{name} is not a mapping", where=where, expected=expected, do=do)
    return content
