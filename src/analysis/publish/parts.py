"""Parts of the publication that need something a study may lack: shown, or replaced by what is lacking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.runs import Run
from analysis.publish.text_file import read_text
from analysis.publish.yaml_file import read_yaml


@dataclass(frozen=True)
class Available:
    """What a condition can ask for: names of runs, values, tables and figures, and parts of the study."""

    runs: frozenset[str]
    values: frozenset[str]
    tables: frozenset[str]
    figures: frozenset[str]
    study: frozenset[str] | None

    def has(self, requirement: str, *, where: str) -> bool:
        """Whether a requirement such as ``pet``, ``run:post-hoc-15`` or ``value:main.pfs.hr`` is met."""
        kind, _, name = requirement.rpartition(":")
        known: dict[str, Collection[str] | None] = {
            "": self.study,
            "run": self.runs,
            "value": self.values,
            "table": self.tables,
            "figure": self.figures,
        }
        if kind not in known:
            raise PublicationError(
                f"unknown requirement {requirement!r}",
                where=where,
                expected="a part of the study, or run:, value:, table: or figure: and a name",
            )
        names = known[kind]
        if names is None:
            raise PublicationError(
                "the results do not say which parts the study has",
                where=where,
                expected="a list `parts` under `study` in every result file",
                do="run the notebooks again",
            )
        return name in names


def available(runs: Sequence[Run], values: Collection[str]) -> Available:
    """What these runs offer; tables and figures are named ``<run>.<name>``, the first run also ``main``."""
    aliases = [("main", runs[0]), *((run.name, run) for run in runs)]
    parts = runs[0].study.get("parts")
    return Available(
        runs=frozenset(run.name for run in runs),
        values=frozenset(values),
        tables=frozenset(
            f"{alias}.{name}" for alias, run in aliases for nb in run.notebooks for name in nb.tables
        ),
        figures=frozenset(
            f"{alias}.{name}" for alias, run in aliases for nb in run.notebooks for name in nb.figures
        ),
        study=None if parts is None else frozenset(parts),
    )


def _declared(reports: Path) -> Mapping[str, Any]:
    return read_yaml(reports / "parts.yml", expected="part: {requires, otherwise}")


def resolve_parts(reports: Path, offer: Available) -> dict[str, str]:
    """Text of every part: its own where its requirements are met, else what ``parts.yml`` says instead.

    Raises
    ------
    PublicationError
        If ``parts.yml`` names a part without a file, or an entry lacks ``requires`` or ``otherwise``.
    """
    files = {path.stem: path for path in sorted((reports / "parts").glob("*.qmd"))}
    declared = _declared(reports)
    texts = {}
    for name, entry in declared.items():
        where = f"parts.yml: {name}"
        if name not in files:
            raise PublicationError(f"part {name!r} has no file", where=where, expected=f"parts/{name}.qmd")
        if not isinstance(entry, dict) or set(entry) != {"requires", "otherwise"}:
            raise PublicationError(
                "a part is declared wrongly", where=where, expected="exactly requires and otherwise"
            )
        needs = [entry["requires"]] if isinstance(entry["requires"], str) else list(entry["requires"])
        if not all(offer.has(need, where=where) for need in needs):
            texts[name] = str(entry["otherwise"]).strip() + "\n"
    for name, path in files.items():
        texts.setdefault(name, read_text(path, name=f"parts/{path.name}"))
    return texts
