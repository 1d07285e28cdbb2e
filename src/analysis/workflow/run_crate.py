"""What an archive says of itself: a Workflow Run RO-Crate, readable by WorkflowHub, Zenodo and people."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.workflow.runs import Run
from analysis.yaml_text import yaml_content

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
WORKFLOW = "Makefile"
TYPES = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}
MEDIA = {".ipynb": "application/x-ipynb+json", ".qmd": "text/markdown", ".yml": "application/yaml", ".lock": "text/plain"}  # fmt: skip


def moment(epoch: int) -> str:
    """A time as RO-Crate writes it.

    >>> moment(1388534400)
    '2014-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(epoch, UTC).isoformat()


def describe(
    folder: Path,
    files: Mapping[str, str],
    *,
    runs: Sequence[Run],
    results: Mapping[str, Sequence[str]],
    studies: Mapping[str, Mapping[str, Any]],
    commit: str,
    epoch: int,
) -> dict[str, Any]:
    """Metadata of an archive that lies in a folder, for ``ro-crate-metadata.json``.

    Parameters
    ----------
    folder : Path
        Where the archive's files lie.
    files : mapping
        SHA-256 of each file by its path in the folder.
    runs : sequence of Run
        The runs of the workflow, each an action with its parameters.
    results : mapping
        Files that each run made, by its name.
    studies : mapping
        ``title``, ``source``, ``licence``, ``kind`` and ``sha256`` of each study, by its folder. Its rows are no part
        of the archive.
    commit : str
        Commit of the checkout.
    epoch : int
        Seconds since 1970 that stand for the time of everything.

    References
    ----------
    Leo S, et al. Recording provenance of workflow runs with RO-Crate. PLoS ONE 2024;19:e0309210.
    doi:10.1371/journal.pone.0309210
    """
    from rocrate.model.computationalworkflow import ComputationalWorkflow
    from rocrate.model.computerlanguage import ComputerLanguage
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    cited = yaml_content((folder / "CITATION.cff").read_text(encoding="utf-8"))
    crate = ROCrate(version="1.1")
    when = moment(epoch)

    def add(at: str, kind: str, /, **facts: Any) -> Any:
        return crate.add(ContextEntity(crate, at, properties={"@type": kind, **facts}))

    authors = [
        add(f"#author-{number}", "Organization" if "name" in one else "Person", name=_name(one))
        for number, one in enumerate(cited["authors"], start=1)
    ]
    profiles = [add(at, "CreativeWork", name=name, version=number) for at, (name, number) in PROFILES.items()]
    language = crate.add(
        ComputerLanguage(
            crate,
            "#make",
            properties={
                "name": "GNU Make",
                "url": "https://www.gnu.org/software/make/",
                "version": ">= 3.82",
            },
        )
    )
    licence = add("https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License", identifier="MIT")
    root: Any = crate.root_dataset
    root["name"], root["description"] = cited["title"], cited["abstract"]
    root["datePublished"], root["license"], root["author"] = when, licence, authors
    root["keywords"], root["version"], root["conformsTo"] = cited["keywords"], commit, profiles

    parts: dict[str, Any] = {}
    for name, digest in files.items():
        if name != WORKFLOW:
            parts[name] = crate.add_file(
                folder / name, dest_path=name, properties=_facts(folder, name, digest)
            )
    workflow: Any = crate.add_workflow(
        folder / WORKFLOW,
        dest_path=WORKFLOW,
        main=True,
        lang=language,
        cls=ComputationalWorkflow,
        properties={"name": "From study folder to reviewed publication", "version": commit}
        | _facts(folder, WORKFLOW, files[WORKFLOW]),
    )
    workflow["license"], workflow["author"] = licence, authors

    rows = {
        path: add(
            f"#study-{path.replace('/', '-')}",
            "Dataset",
            name=about["title"],
            description=f"{about['kind']} study; its rows are no part of this archive. Source: {about['source']}",
            license=about["licence"],
            sha256=about["sha256"],
        )
        for path, about in studies.items()
    }
    slots: dict[str, Any] = {}
    actions = []
    for run in runs:
        given: list[Any] = [rows[run.parameters.study]]
        for name in run.parameters.__dataclass_fields__:
            value = getattr(run.parameters, name)
            if name not in slots:
                slots[name] = crate.add_formal_parameter(
                    name, TYPES.get(type(value), "Text"), identifier=f"#parameter-{name}", valueRequired=True
                )
            given.append(
                add(
                    f"#{run.name}-{name}",
                    "PropertyValue",
                    name=name,
                    value=value,
                    exampleOfWork=slots[name],
                )
            )
        action: Any = crate.add_action(
            workflow,
            identifier=f"#run-{run.name}",
            object=given,
            result=[parts[name] for name in results[run.name]],
            properties={"@type": "CreateAction", "name": run.title, "endTime": when},
        )
        action["actionStatus"] = "http://schema.org/CompletedActionStatus"
        actions.append(action)
    workflow["input"] = list(slots.values())
    root["mentions"] = actions
    return dict(crate.metadata.generate())


def _name(author: Mapping[str, str]) -> str:
    given = (author.get("given-names", ""), author.get("family-names", ""))
    return author.get("name") or " ".join(filter(None, given))


def _facts(folder: Path, name: str, digest: str) -> dict[str, str]:
    kind = MEDIA.get(Path(name).suffix) or mimetypes.guess_type(name, strict=True)[0] or "text/plain"
    return {
        "encodingFormat": kind,
        "contentSize": str((folder / name).stat().st_size),
        "sha256": digest,
    }
