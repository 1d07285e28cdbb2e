"""The facts of the simulated trial, read once from ``data/simulation.yml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ParameterError
from analysis.study import project_root
from analysis.yaml_text import yaml_content

BASES = ("published", "recalled", "computed", "derived", "calibrated", "assumed")
"""Where the value of a simulation parameter comes from; explained at the top of the file."""


@dataclass(frozen=True)
class SimulationParameter:
    """One value of the simulated trial with its basis and a note on its source."""

    value: Any
    basis: str
    note: str


@dataclass(frozen=True)
class SimulationParameters:
    """All parameters of the simulated trial by their dotted names.

    ``parameters["design.patients"]`` gives a value; ``parameters.facts`` gives basis and note too.
    """

    facts: Mapping[str, SimulationParameter]

    def __getitem__(self, name: str) -> Any:
        if name not in self.facts:
            raise ParameterError(
                f"the simulation has no parameter named {name!r}",
                where="data/simulation.yml",
                expected="one of " + ", ".join(sorted(self.facts)),
                do="correct the name, or add the parameter with its value, basis and note",
            )
        return self.facts[name].value

    @property
    def effects(self) -> tuple[str, ...]:
        """Names of the effects that can be put into a trial."""
        return tuple(self["effect.rho"])


@functools.cache
def load_parameters(path: Path | None = None) -> SimulationParameters:
    """Parameters of the simulated trial; without a path, the project's own ``data/simulation.yml``.

    Raises
    ------
    ParameterError
        If an entry is not exactly value, basis and note, or its basis is unknown.
    """
    source = path or project_root() / "data" / "simulation.yml"
    document = yaml_content(source.read_text(encoding="utf-8"))
    facts = {}
    for section, entries in document.items():
        for name, entry in entries.items():
            if set(entry) != {"value", "basis", "note"} or entry["basis"] not in BASES:
                raise ParameterError(
                    f"{section}.{name} is not a parameter",
                    where=source.name,
                    expected="value, basis and note, with a basis of " + ", ".join(BASES),
                    do="complete the entry",
                    offenders=(f"{section}.{name}",),
                )
            facts[f"{section}.{name}"] = SimulationParameter(**entry)
    return SimulationParameters(facts)
