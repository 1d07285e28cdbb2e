"""The results of runs as the notebooks wrote them: values, tables, figures and where they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError

SCHEMA = 2
_REQUIRED = (
    "schema",
    "run",
    "notebook",
    "title",
    "study",
    "parameters",
    "provenance",
    "values",
    "tables",
    "figures",
    "notes",
    "analyses",
)


@dataclass(frozen=True)
class NotebookResults:
    """What one executed notebook of a run contributed.

    Parameters
    ----------
    run, notebook, title : str
        Name of the run, stem of the notebook, its title.
    folder : Path
        Where the files of its tables and figures lie.
    study, parameters, provenance, values, tables, figures : mapping
        As in the result file; see ``analysis.results``.
    notes : sequence of str
        Sentences that every reader must see.
    analyses : sequence of mapping
        The log: every estimate that the notebook made, shown or not.
    """

    run: str
    notebook: str
    title: str
    folder: Path
    study: Mapping[str, Any]
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Mapping[str, Any]]
    notes: Sequence[str]
    analyses: Sequence[Mapping[str, Any]]

    @property
    def page(self) -> str:
        """Address of the notebook's page, relative to the top of the site."""
        return f"notebooks/{self.run}/{self.notebook}.html"


@dataclass(frozen=True)
class Run:
    """One run of the notebooks over one study."""

    name: str
    notebooks: tuple[NotebookResults, ...]

    @property
    def study(self) -> Mapping[str, Any]:
        """Identity, title, kind, checksum, parts and caveats of the run's study."""
        return self.notebooks[0].study

    @property
    def simulated(self) -> bool:
        """Whether the run's data were made by a computer."""
        return self.study["kind"] == "simulated"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters of the run."""
        return self.notebooks[0].parameters

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Commit, lock, checksum of the data, versions."""
        return self.notebooks[0].provenance

    @property
    def values(self) -> dict[str, Mapping[str, Any]]:
        """All named values of the run, each with the notebook that made it under ``notebook``."""
        return {
            name: {**value, "notebook": notebook.notebook}
            for notebook in self.notebooks
            for name, value in notebook.values.items()
        }


def _read_notebook(path: Path, run: str) -> NotebookResults:
    where = f"results/{run}/{path.name}"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PublicationError(
            "a result file is not JSON", where=where, do="run the notebook again"
        ) from error
    missing = [name for name in _REQUIRED if name not in content]
    if missing or content["schema"] != SCHEMA or content["run"] != run:
        raise PublicationError(
            f"a result file lacks {', '.join(missing)}"
            if missing
            else "a result file is of another schema or run",
            where=where,
            expected=f"schema {SCHEMA} and run {run}",
            do="run the notebook again",
        )
    fields = {name: content[name] for name in _REQUIRED if name not in ("schema",)}
    return NotebookResults(folder=path.parent / path.stem, **fields)


def read_notebook(reports: Path, run: str, notebook: str) -> NotebookResults:
    """Results of one executed notebook, whatever the others of its run are at this moment.

    Raises
    ------
    PublicationError
        If there is no such file, or it is not a result file.
    """
    path = reports / "results" / run / f"{notebook}.json"
    if not path.is_file():
        raise PublicationError(
            f"notebook {notebook} of run {run} has no results",
            where=f"results/{run}/{path.name}",
            do=f"make report RUNS={run}",
        )
    return _read_notebook(path, run)


def _refuse_twice(run: Run) -> None:
    """A name must mean one thing in a run: values, tables and figures are addressed without the notebook."""
    for kind in ("values", "tables", "figures"):
        owners: dict[str, str] = {}
        for notebook in run.notebooks:
            for name in getattr(notebook, kind):
                if name in owners:
                    raise PublicationError(
                        f"{kind[:-1]} {name!r} is written by two notebooks",
                        where=f"run {run.name}: {owners[name]} and {notebook.notebook}",
                        do="rename one of them",
                        offenders=(name,),
                    )
                owners[name] = notebook.notebook


def _not_built(name: str, reports: Path, results: Path) -> PublicationError:
    """What to tell of a run without results: which there are, and whether the name is one at all."""
    built = sorted(
        path.name for path in results.glob("*") if path.name[:1] not in "._" and any(path.glob("*.json"))
    )
    if results != reports / "results":
        do = "name a run that this build had"
    elif (reports.parent / "notebooks" / "runs" / f"{name}.yml").is_file():
        do = f"make report RUNS={name}, or correct its name"
    else:
        do = f"correct its name: there is no run file notebooks/runs/{name}.yml"
    return PublicationError(
        f"run {name!r} has no results",
        where=f"{results.name}/{name}",
        expected=f"one of those that are there: {', '.join(built)}" if built else None,
        do=do,
    )


def read_runs(reports: Path, names: Sequence[str], *, results: Path | None = None) -> list[Run]:
    """Results of these runs, in this order; the first is the one the publication calls ``main``.

    ``results`` is another folder than that of the publication, such as one kept of an earlier build.

    Raises
    ------
    PublicationError
        If no run is named, a run has no results, a file is not a result file, or a name is written twice.
    """
    if not names:
        raise PublicationError("no run was named", expected="at least one run", do="set RUNS")
    runs = []
    for name in names:
        paths = sorted(((results or reports / "results") / name).glob("*.json"))
        if not paths:
            raise _not_built(name, reports, results or reports / "results")
        run = Run(name, tuple(_read_notebook(path, name) for path in paths))
        _refuse_twice(run)
        runs.append(run)
    return runs
