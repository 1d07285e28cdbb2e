"""What a run's file says beside its parameters: its notebooks, in order, and its families of tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from analysis.errors import ParameterError
from analysis.study.mapping_file import read_mapping
from analysis.study.protocol import Protocol, load_protocol, project_root

PROTOCOL = "data/protocol.yml"
"""The protocol of a run that names no other."""
ENTRIES = "title, notebooks, families, parameters"
"""What every run file holds, for messages."""

Families = Mapping[str, tuple[str, ...]]
"""Names of planned analyses by family."""


def checked_families(document: Any, *, where: str, plan: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The families of a run file.

    Parameters
    ----------
    document : object
        Its entry ``families``.
    where : str
        The file, for messages.
    plan : collection of str
        Names of the planned analyses.

    Raises
    ------
    ParameterError
        If it is no mapping of a family to names of the plan, or an analysis stands in two families.

    Examples
    --------
    >>> checked_families({"tissue": ["alterations"]}, where="a.yml", plan=["alterations"])
    {'tissue': ('alterations',)}
    """
    shaped = isinstance(document, dict) and all(isinstance(names, list) for names in document.values())
    if not shaped:
        raise ParameterError(
            "families is not a list of planned analyses a family",
            where=where,
            expected="families: {NAME: [planned analysis, ...]}, or families: {} where none is corrected",
            do="write it as notebooks/runs/primary.yml does",
        )
    families = {str(family): tuple(map(str, names)) for family, names in document.items()}
    listed = [name for names in families.values() for name in names]
    unknown = sorted(set(listed) - set(plan))
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if unknown or twice:
        raise ParameterError(
            f"families name {unknown[0]!r}, which is not in the plan"
            if unknown
            else f"{twice[0]!r} stands twice",
            where=where,
            expected="each of " + ", ".join(plan) + " at most once",
            do="correct families, or add the analysis to the plan of the protocol",
            offenders=(*unknown, *twice),
        )
    return families


def run_document(run: str, *, folder: Path | None = None) -> dict[str, Any]:
    """The file of a run in ``notebooks/runs``, as it stands.

    Raises
    ------
    ParameterError
        If there is no such file, or it is no YAML or no mapping.
    """
    file = (folder or project_root() / "notebooks" / "runs") / f"{run}.yml"
    where = f"notebooks/runs/{run}.yml"
    if not file.is_file():
        raise ParameterError(
            f"there is no run named {run!r}, and only its file says which tests are one family",
            where=where,
            expected="the name of a file in notebooks/runs",
            do="write the file, or use the name of another run",
        )
    return read_mapping(file, where=where, expected=ENTRIES)


def protocol_file(document: Mapping[str, Any], *, where: str) -> str:
    """Protocol that a run follows, relative to the checkout: its entry ``protocol``, else ``data/protocol.yml``.

    Raises
    ------
    ParameterError
        If it names no file in ``data``.
    """
    name = document.get("protocol", PROTOCOL)
    if not isinstance(name, str) or not name.startswith("data/") or not (project_root() / name).is_file():
        raise ParameterError(
            f"there is no protocol {str(name)!r}",
            where=where,
            expected=f"a file data/protocol-....yml, or no entry `protocol` for {PROTOCOL}",
            do="correct the name, or write the file",
        )
    return name


def protocol_of(run: str, *, folder: Path | None = None) -> Protocol:
    """Facts and plan of the trial that a run analyses.

    Raises
    ------
    ParameterError
        If there is no such run, or the protocol that it names is not there.
    """
    document = run_document(run, folder=folder)
    name = protocol_file(document, where=f"notebooks/runs/{run}.yml")
    return load_protocol() if name == PROTOCOL else load_protocol(project_root() / name)


def families_of(run: str, *, folder: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Families that a run's file declares.

    Raises
    ------
    ParameterError
        If there is no such file, or it declares none.
    """
    document, where = run_document(run, folder=folder), f"notebooks/runs/{run}.yml"
    if "families" not in document:
        raise ParameterError(
            "the run file declares no families",
            where=where,
            expected="families: {NAME: [planned analysis, ...]}, or families: {} where none is corrected",
            do="write it as notebooks/runs/primary.yml does",
        )
    plan = protocol_of(run, folder=folder).plan
    return checked_families(document["families"], where=where, plan=plan)


def notebooks_before(run: str, notebook: str, *, folder: Path | None = None) -> tuple[str, ...]:
    """Notebooks of a run that stand before one of them in its file, in order.

    Raises
    ------
    ParameterError
        If the run does not list that notebook.
    """
    listed = [str(name) for name in run_document(run, folder=folder).get("notebooks", ())]
    if notebook not in listed:
        raise ParameterError(
            f"the run does not list the notebook {notebook!r}",
            where=f"notebooks/runs/{run}.yml",
            expected="its stem in notebooks: [...]",
            do="add it after those that it reads",
        )
    return tuple(listed[: listed.index(notebook)])
