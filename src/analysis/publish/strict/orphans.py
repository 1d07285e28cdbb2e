"""Orphans: named values that no document prints and nobody explains, and parts that no document includes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from analysis.errors import PublicationError
from analysis.publish.assemble import SHORTCODE
from analysis.publish.project import listed_documents, read_declaration
from analysis.publish.runs import Run
from analysis.publish.text_file import read_text
from analysis.publish.uses import split_name
from analysis.publish.yaml_file import read_yaml
from analysis.results.value import MISSING

FILE = "unprinted.yml"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _reached(reports: Path) -> dict[str, str]:
    """Sources that the documents reach by include, without comments; of a part both its text and what may stand instead."""
    instead = read_yaml(reports / "parts.yml")
    texts: dict[str, str] = {}
    waiting = [name for name in listed_documents(read_declaration(reports)) if (reports / name).is_file()]
    while waiting:
        name = waiting.pop()
        if name in texts:
            continue
        entry = instead.get(Path(name).stem) if name.startswith("parts/") else None
        otherwise = str(entry.get("otherwise", "")) if isinstance(entry, dict) else ""
        texts[name] = _COMMENT.sub("", f"{read_text(reports / name, name=name)}\n{otherwise}")
        included = (code["argument"] for code in SHORTCODE.finditer(texts[name]) if code["name"] == "include")
        sources = (path.strip("\"'").removeprefix("/").removeprefix("_includes/") for path in included)
        waiting += [path for path in sources if (reports / path).is_file()]
    return texts


def printed_names(reports: Path) -> set[str]:
    """Every name that a document prints, itself or by what it includes, shown for this study or not."""
    texts = _reached(reports).values()
    return {code["argument"] for text in texts for code in SHORTCODE.finditer(text) if code["name"] == "var"}


def forgotten_parts(reports: Path) -> list[str]:
    """One line for each part that no document includes."""
    reached = _reached(reports)
    names = [f"parts/{file.name}" for file in sorted((reports / "parts").glob("*.qmd"))]
    return [
        f"{name} is included by no document: include it, or remove it"
        for name in names
        if name not in reached
    ]


def _declared(reports: Path) -> Mapping[str, str]:
    expected = "one line a pattern of names: 'os.tau: why it is held though no text prints it'"
    declared = read_yaml(reports / FILE, expected=expected)
    if not all(isinstance(reason, str) and reason.strip() for reason in declared.values()):
        raise PublicationError(f"{FILE} is not a list of names with reasons", where=FILE, expected=expected)
    return {str(pattern): str(reason).strip() for pattern, reason in declared.items()}


def unprinted(reports: Path, runs: Sequence[Run], *, elsewhere: Collection[str] = ()) -> dict[str, str]:
    """Named values that no text prints, each with the reason that ``unprinted.yml`` gives; without one it is empty.

    A missing value is none of them: the study lacks what it needs, and the text says so.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of Run
        What a text prints of one run counts for all.
    elsewhere : collection of str
        Names that pages of the site print.

    Raises
    ------
    PublicationError
        If ``unprinted.yml`` is not what it should be.
    """
    declared = _declared(reports)
    there = {name: None for run in runs for name, value in run.values.items() if value["text"] != MISSING}
    known = {name for run in runs for name in run.values}
    printed = {split[1] for name in printed_names(reports) if (split := split_name(name, known)) is not None}
    return {
        name: _reason(name, declared.items())
        for name in there
        if name not in printed and name not in elsewhere
    }


def _reason(name: str, declared: Iterable[tuple[str, str]]) -> str:
    return next((reason for pattern, reason in declared if fnmatchcase(name, pattern)), "")


def orphan_warnings(found: Mapping[str, str]) -> list[str]:
    """One line for each value that nobody prints and nobody explains."""
    return [
        f"the value {name} is held and printed nowhere: print it, remove it, or say why in reports/{FILE}"
        for name, reason in found.items()
        if not reason
    ]
