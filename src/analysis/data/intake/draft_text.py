"""The text of a drafted mapping, with the reasons beside it, for a person to finish."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.data.description import KEYS
from analysis.data.intake.drafting import DraftedBlock, draft
from analysis.data.intake.folder import Intake, read_folder
from analysis.data.intake.mapping import OPEN
from analysis.data.problems import FaultyStudyError, quoted
from analysis.data.tables import TABLES

_ASKED = ("id", "title", "kind", "design", "source", "licence", "caveats")

_HEAD = """\
# Which column of what was sent becomes which of the study. Drafted by `python -m analysis map`: finish it, then
#   python -m analysis import FOLDER --to data/studies/NAME
# A number after a line is how sure it is, from 0 to 1; a line without one is a name that is the same.
# "?" is open: decide, or remove the line, and the study lacks that column. What is not named here stays behind.
# What can be said of a column (unit, date, codes, where, join ...): data/README.md, "From a hospital's exports".
"""


@dataclass(frozen=True)
class Drafted:
    """A drafted mapping.

    Parameters
    ----------
    text : str
        YAML.
    mapped, open : int
        Columns of the study that are mapped, and decisions that are left.
    intake : Intake
        What was read.
    """

    text: str
    mapped: int
    open: int
    intake: Intake


def draft_mapping(folder: Path) -> Drafted:
    """Mapping drafted from a folder.

    Parameters
    ----------
    folder : Path
        What a hospital or a CRO sent.

    Raises
    ------
    StudyError
        If there is no such folder or nothing to read.
    FaultyStudyError
        If a file in it cannot be read: a draft without it would be another one.
    """
    intake = read_folder(folder)
    if not intake.tables:
        raise FaultyStudyError(folder.name, intake.problems)
    blocks = draft(intake)
    every = [block for found in blocks.values() for block in found]
    asked = sum(value == OPEN for value in _study(folder).values())
    undecided = [table.file for table in intake.tables.values() if not table.decimal]
    return Drafted(
        text=_text(folder, intake, blocks, undecided),
        mapped=sum(len(block.columns) for block in every),
        open=sum(block.open for block in every) + asked + len(set(undecided)),
        intake=intake,
    )


def _study(folder: Path) -> dict[str, Any]:
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return {key: {"id": name or OPEN, "caveats": []}.get(key, OPEN) for key in _ASKED}


def _text(
    folder: Path, intake: Intake, blocks: Mapping[str, list[DraftedBlock]], undecided: list[str]
) -> str:
    lines = [_HEAD, "study:"]
    lines += [_line(2, key, value, KEYS[key]) for key, value in _study(folder).items()]
    lines += [
        f"  # {name}: {name}        # a folder of images beside the tables"
        for name in ("dicom", "contours")
        if (folder / name).is_dir()
    ]
    if undecided:
        lines += ["", "files:"]
        lines += [
            f'  {_yaml(name)}: {{decimal: "{OPEN}"}}   # commas in its numbers may be decimal signs or part thousands'
            for name in sorted(set(undecided))
        ]
    lines += ["", "tables:"]
    for name, found in blocks.items():
        lines.append(f"  {name}:")
        for block in found:
            lines += _block(name, block)
        lines.append("")
    absent = [name for name in TABLES if name not in blocks]
    if absent:
        lines += [f"  # nothing was found for: {', '.join(absent)}", ""]
    lines += _left(intake, blocks)
    return "\n".join(lines).rstrip() + "\n"


def _block(table: str, block: DraftedBlock) -> list[str]:
    lines = [f"  - from: {_yaml(block.source)}"]
    lines += [_line(4, key, value, block.comments.get(key, "")) for key, value in block.keys.items()]
    lines.append("    columns:")
    for column in TABLES[table].columns:
        if column.name in block.columns:
            spec = block.columns[column.name]
            value = spec["column"] if set(spec) == {"column"} else spec
            lines.append(_line(6, column.name, value, block.comments.get(column.name, "")))
    return lines


def _left(intake: Intake, blocks: Mapping[str, list[DraftedBlock]]) -> list[str]:
    """Columns that the draft leaves behind, as comments; names that may be data are not shown."""
    used: dict[str, set[str]] = {}
    for found in blocks.values():
        for block in found:
            used.setdefault(block.source, set()).update(block.keys.get("stack", {}))
            for spec in block.columns.values():
                used.setdefault(spec.get("from", block.source), set()).add(spec["column"])
    lines = []
    for name, table in intake.tables.items():
        gone = [each for each in table.cells.columns if each not in used.get(name, set())]
        shown = [
            each + (f" ({table.refused[each]})" if each in table.refused else "")
            for each in gone
            if quoted(each) == repr(each)
        ]
        if shown:
            lines.append(f"# left behind of {name}: {', '.join(shown)}")
    return lines


def _line(indent: int, key: str, value: Any, comment: str) -> str:
    text = f"{' ' * indent}{key}: {_yaml(value)}"
    return f"{text}   # {comment}" if comment else text


def _yaml(value: Any) -> str:
    """One value on one line; what YAML would take for something else is quoted."""
    if value == OPEN:
        return f'"{OPEN}"'
    text = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.strip()[1:-1]
