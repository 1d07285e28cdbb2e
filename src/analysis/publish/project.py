"""The publication's project: what ``_quarto.yml`` declares and the files beside it hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.text_file import read_text
from analysis.publish.variables import flat
from analysis.publish.yaml_file import read_yaml

_ENTRY = re.compile(r"^\s*@(?!comment|preamble|string)\w+\s*\{\s*([^,\s}]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Project:
    """A reports folder.

    Parameters
    ----------
    folder : Path
        Where it lies.
    metadata : mapping
        ``_quarto.yml`` with its ``metadata-files`` merged in, as Quarto merges them.
    documents : tuple of str
        The documents to render.
    variables : mapping of str to str
        Dotted name to escaped Markdown.
    references : frozenset of str
        Keys of the bibliography.
    """

    folder: Path
    metadata: Mapping[str, Any]
    documents: tuple[str, ...]
    variables: Mapping[str, str]
    references: frozenset[str]


def _yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise PublicationError(f"{path.name} is missing", where=path.name, do="run `prepare` first")
    return read_yaml(path)


def _merged(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged in depth; on a conflict ``other`` wins."""
    result = dict(base)
    for name, value in other.items():
        former = result.get(name)
        both = isinstance(former, dict) and isinstance(value, dict)
        result[name] = _merged(former, value) if both else value  # pyrefly: ignore[bad-argument-type]
    return result


def read_declaration(reports: Path) -> dict[str, Any]:
    """What ``_quarto.yml`` declares.

    Raises
    ------
    PublicationError
        If it is missing, no YAML or no mapping.
    """
    return _yaml(reports / "_quarto.yml")


def listed_documents(declared: Mapping[str, Any]) -> tuple[str, ...]:
    """Documents to render, as ``project: render:`` lists them.

    Raises
    ------
    PublicationError
        If it lists none.
    """
    project = declared.get("project")
    listed = project.get("render") if isinstance(project, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        raise PublicationError(
            "no document is listed", where="_quarto.yml", expected="project: render: [index.qmd]"
        )
    return tuple(listed)


def load_project(reports: Path) -> Project:
    """Read a reports folder after :func:`analysis.publish.prepare` wrote its generated files.

    Raises
    ------
    PublicationError
        If a file is missing or not YAML, or no document is listed.
    """
    declared = read_declaration(reports)
    documents = listed_documents(declared)
    metadata: dict[str, Any] = {}
    for name in declared.get("metadata-files", ()):
        metadata = _merged(metadata, _yaml(reports / name))
    metadata = _merged(metadata, declared)
    bibliography = reports / str(metadata.get("bibliography", "references.bib"))
    entries = _ENTRY.findall(read_text(bibliography)) if bibliography.is_file() else []
    return Project(reports, metadata, documents, flat(_yaml(reports / "_variables.yml")), frozenset(entries))
