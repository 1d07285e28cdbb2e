"""``study.yml``: what a study folder says of itself."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analysis.data.problems import Problem, error, meant, quoted
from analysis.data.tables import TABLES

FILE = "study.yml"
KINDS = ("simulated", "real")
DESIGNS = ("single-arm", "randomised")
KEYS: dict[str, str] = {
    "id": "short name of the study: lower-case letters, digits and hyphens",
    "title": "title as printed on the pages",
    "kind": "`simulated` or `real`: simulated data are marked on every page",
    "design": "`single-arm` or `randomised`",
    "source": "where the data come from, with version or date",
    "licence": "under what terms they may be used",
    "caveats": "list of sentences that every page of results prints; may be empty, `[]`",
    "disclosure": "optional: `public` says that the rows are published already, so that small numbers are shown, which every page says; default `withhold`",
    "lacks": "optional: columns the study does not have, `table: [column, ...]`",
    "arms": "of a randomised study: the arms, `code: printed name`; the codes stand in the column `arm` of patients.csv",
    "control": "of a randomised study: the code of the control arm",
    "strata": "of a randomised study, optional: list of the columns of patients.csv by which the randomisation was stratified",
    "dicom": "optional: folder of the DICOM images, relative to the study folder or absolute; default `dicom`",
    "contours": "optional: folder of the lesion contours; default `contours`",
    "resample_contours": "optional: `yes` resamples contours drawn on another grid to the PET's, each with a warning; default `no`: they are refused",
}
"""The keys of ``study.yml`` and what they hold; the dictionary prints them."""

DISCLOSURE = ("withhold", "public")
_OPTIONAL = ("disclosure", "lacks", "arms", "control", "strata", "dicom", "contours", "resample_contours")
_CHOICES = {"kind": KINDS, "design": DESIGNS, "disclosure": DISCLOSURE}


@dataclass(frozen=True, kw_only=True)
class Description:
    """The content of ``study.yml``, as far as it is right."""

    id: str = ""
    title: str = ""
    kind: str = ""
    design: str = ""
    source: str = ""
    licence: str = ""
    caveats: tuple[str, ...] = ()
    disclosure: str = "withhold"
    lacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    strata: tuple[str, ...] = ()
    dicom: str = "dicom"
    contours: str = "contours"
    resample_contours: bool = False


class StrictLoader(yaml.SafeLoader):
    """Safe loader that refuses a key given twice, where YAML would keep the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Mapping of a node whose keys are all different."""
        seen = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(seen) > len(set(seen)):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_description(folder: Path) -> tuple[Description, list[Problem]]:
    """Content of the folder's ``study.yml``, and everything that is wrong with it."""
    path = folder / FILE
    if not path.exists():
        return Description(), [
            error(
                FILE,
                "the file is missing",
                do="write it, see data/README.md; a folder without it is unfinished",
            )
        ]
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=StrictLoader)
    except UnicodeDecodeError:
        return Description(), [error(FILE, "the file is not UTF-8 text", do="save it as UTF-8")]
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else None
        return Description(), [
            error(
                FILE,
                f"this is not valid YAML: {fault.problem or 'unreadable'}",
                row=line,
                do="correct the line",
            )
        ]
    except (yaml.YAMLError, ValueError, OSError, RecursionError):
        return Description(), [
            error(FILE, "the file cannot be read as YAML", do="correct it, see data/README.md")
        ]
    if not isinstance(document, dict):
        return Description(), [
            error(FILE, "the file is not a list of `key: value`", expected="the keys " + ", ".join(KEYS))
        ]
    return checked_description(document, folder)


def checked_description(document: Mapping[str, Any], folder: Path) -> tuple[Description, list[Problem]]:
    """Description as far as a document gives it right, and the rest of it as problems.

    Parameters
    ----------
    document : mapping
        Keys and values, as YAML gives them.
    folder : Path
        Folder to which relative paths in it refer.
    """
    problems = [
        error(FILE, f"unknown key {quoted(str(key))}", do=meant(str(key), KEYS))
        for key in document
        if key not in KEYS
    ]
    problems += [
        error(FILE, f"the key {key} is missing", expected=KEYS[key])
        for key in KEYS
        if key not in document and key not in _OPTIONAL
    ]
    right: dict[str, Any] = {}
    for key in KEYS.keys() & document.keys():
        value = document[key]
        if not _is_right(key, value):
            problems.append(error(FILE, f"the key {key} does not hold what it should", expected=KEYS[key]))
        elif key == "lacks":
            right[key], found = _lacks(value)
            problems += found
        else:
            right[key] = tuple(value) if key in ("caveats", "strata") else value
    problems += _arms(right)
    problems += [
        error(FILE, f"the folder named under {key} does not exist", do="correct it, or remove the key")
        for key in ("dicom", "contours")
        if key in right and not (folder / right[key]).is_dir()
    ]
    return Description(**right), sorted(problems, key=lambda problem: problem.what)


def _is_right(key: str, value: Any) -> bool:
    if key == "caveats":
        return isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)
    if key == "lacks":
        return isinstance(value, dict)
    if key == "arms":
        codes = isinstance(value, dict) and len(value) > 1
        return codes and all(isinstance(each, str) and each.strip() for each in (*value, *value.values()))
    if key == "strata":
        known = {column.name for column in TABLES["patients"].columns if column.kind != "time"}
        return isinstance(value, list) and len(set(value)) == len(value) and set(value) <= known
    if key == "resample_contours":
        return isinstance(value, bool)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return False
    if key == "id":
        return bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value))
    return value in _CHOICES.get(key, (value,))


def _arms(right: Mapping[str, Any]) -> list[Problem]:
    """Arms and control where the design has them, and only there."""
    if right.get("design") == "single-arm":
        return [
            error(
                FILE,
                f"the key {key} is given in a single-arm study",
                do="remove it, or say design: randomised",
            )
            for key in ("arms", "control", "strata")
            if key in right
        ]
    if right.get("design") != "randomised":
        return []
    problems = [
        error(FILE, f"the key {key} is missing, and the study is randomised", expected=KEYS[key])
        for key in ("arms", "control")
        if key not in right
    ]
    if not problems and right["control"] not in right["arms"]:
        problems.append(
            error(
                FILE,
                f"the control {quoted(right['control'])} is none of the arms",
                expected="one of " + ", ".join(right["arms"]),
            )
        )
    return problems


def _lacks(value: dict) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Keep the declared gaps that can be: of known tables, known columns, and columns that may be empty."""
    right: dict[str, tuple[str, ...]] = {}
    problems = []
    for name, columns in value.items():
        if name not in TABLES:
            problems.append(
                error(FILE, f"lacks names the unknown table {quoted(str(name))}", do=meant(str(name), TABLES))
            )
            continue
        known = {column.name: column for column in TABLES[name].columns}
        named = columns if isinstance(columns, list) else [columns]
        for column in named:
            if column not in known:
                problems.append(
                    error(
                        FILE,
                        f"lacks names the unknown column {quoted(str(column))} of {name}",
                        do=meant(str(column), known),
                    )
                )
            elif not known[column].nullable:
                problems.append(
                    error(
                        FILE,
                        f"{name}.{column} cannot be lacking: every row of {name} needs it",
                        do="give the column",
                    )
                )
        right[name] = tuple(column for column in named if column in known and known[column].nullable)
    return right, problems
