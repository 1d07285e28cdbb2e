"""Run files: one YAML file a run of the notebooks, in ``notebooks/runs``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ParameterError
from analysis.study import (
    Families,
    Parameters,
    checked_families,
    load_protocol,
    project_root,
    protocol_file,
    read_mapping,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
KEYS = {"title", "notebooks", "families", "parameters"}
OPTIONAL = {"protocol"}


@dataclass(frozen=True)
class Run:
    """One run: its name, its title for readers, its notebooks in order, its families of tests, its parameters."""

    name: str
    title: str
    notebooks: tuple[str, ...]
    families: Families
    parameters: Parameters


def runs_folder() -> Path:
    """Folder of the run files."""
    return project_root() / "notebooks" / "runs"


def load_run(name: str) -> Run:
    """The run of that name.

    Raises
    ------
    ParameterError
        If there is no such run, or its file has an unknown, missing or mistyped entry.
    """
    if not NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} is no name for a run",
            expected="letters, digits, dot, hyphen and underscore, the first a letter or digit",
            do="rename its file in notebooks/runs",
        )
    file = runs_folder() / f"{name}.yml"
    where = f"notebooks/runs/{name}.yml"
    if not file.is_file():
        known = sorted(path.stem for path in runs_folder().glob("*.yml"))
        raise ParameterError(
            f"there is no run named {name!r}",
            where=where,
            expected="one of " + ", ".join(known),
            do="correct the name, or write the run file",
        )
    expected = f"exactly {', '.join(sorted(KEYS))}; and protocol, where it is not data/protocol.yml"
    document = read_mapping(file, where=where, expected=expected)
    if set(document) - OPTIONAL != KEYS:
        raise ParameterError(
            f"the run file has the entries {sorted(map(str, document))}", where=where, expected=expected
        )
    parameters = document["parameters"]
    if not isinstance(parameters, dict):
        raise ParameterError("parameters is not a mapping", where=where, expected="one line a parameter")
    if "run" in parameters:
        raise ParameterError(
            "parameter 'run' is set", where=where, do="leave it out: the file's name is the run's name"
        )
    notebooks = document["notebooks"]
    absent = [stem for stem in notebooks if not (project_root() / "notebooks" / f"{stem}.ipynb").is_file()]
    if absent:
        raise ParameterError(
            f"there is no notebook {absent[0]!r}", where=where, expected="stems of notebooks/*.ipynb"
        )
    protocol = protocol_file(document, where=where)
    return Run(
        name=name,
        title=str(document["title"]),
        notebooks=tuple(notebooks),
        families=checked_families(
            document["families"], where=where, plan=load_protocol(project_root() / protocol).plan
        ),
        parameters=Parameters.from_mapping({"run": name, **parameters}, where=where),
    )
