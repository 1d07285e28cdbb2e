"""``make verify``: rebuild a publication from its archive and compare it byte by byte."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.data import study_checksum
from analysis.errors import PublicationError
from analysis.study import project_root
from analysis.workflow.archive import MANIFEST, METADATA, outputs
from analysis.workflow.graph import BUILT
from analysis.workflow.provenance import sha256

PLACE = "data/derived/verify"
"""Where an archive is rebuilt: below ``data``, for the rebuilt folder holds derived patient rows. Removed afterwards."""
_MADE = ("reports/_site/", "reports/notebooks/", "reports/results/")
_ENVIRONMENT = ("requirements.lock", "requirements-uv.lock", "src/analysis/workflow/bootstrap.py")


@dataclass(frozen=True)
class Verified:
    """What came of a rebuild: how many files are equal, and what is not, one line a file."""

    equal: int
    differences: tuple[str, ...]


def _opened(crate: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(crate)
    except (OSError, zipfile.BadZipFile) as error:
        raise PublicationError(
            "the archive cannot be opened", where=crate.name, expected="a file of make crate"
        ) from error


def checked_manifest(archive: zipfile.ZipFile) -> dict[str, str]:
    """SHA-256 of every file of an archive, after comparing each with what its manifest says.

    Raises
    ------
    PublicationError
        If there is no manifest, or a file is missing, changed, added, or named so that it would leave the folder.
    """
    names = archive.namelist()
    if MANIFEST not in names:
        raise PublicationError(
            "the archive has no manifest", expected=MANIFEST, do="take a file of make crate"
        )
    said = {}
    for line in archive.read(MANIFEST).decode("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        said[name] = digest
    wrong = [f"{name}: is missing" for name in said if name not in names]
    wrong += [f"{name}: is not in the manifest" for name in names if name not in said and name != MANIFEST]
    wrong += [
        f"{name}: its name leaves the folder"
        for name in names
        if Path(name).is_absolute() or ".." in Path(name).parts
    ]
    wrong += [
        f"{name}: its content is not what the manifest says"
        for name in said
        if name in names and hashlib.sha256(archive.read(name)).hexdigest() != said[name]
    ]
    if wrong:
        raise PublicationError(
            "the archive is damaged:\n  " + "\n  ".join(wrong), do="take another copy of it", offenders=wrong
        )
    return said


def _facts(archive: zipfile.ZipFile) -> tuple[list[str], dict[str, str], int]:
    """Runs in their order, checksum of each study by its folder, and the time of the archive."""
    from datetime import datetime

    graph = {entity["@id"]: entity for entity in json.loads(archive.read(METADATA))["@graph"]}
    runs, studies = [], {}
    for action in graph["./"]["mentions"]:
        entity = graph[action["@id"]]
        runs.append(action["@id"].removeprefix("#run-"))
        given: list[Mapping[str, Any]] = [graph[each["@id"]] for each in entity["object"]]
        path = next(each["value"] for each in given if each.get("name") == "study" and "value" in each)
        studies[path] = next(each["sha256"] for each in given if each["@type"] == "Dataset")
    return runs, studies, int(datetime.fromisoformat(graph["./"]["datePublished"]).timestamp())


def _lend_study(path: str, checksum: str, folder: Path) -> None:
    """Let the rebuilt folder see a study of this checkout; what the project simulates is simulated again."""
    here = project_root() / path
    if BUILT.get(path, ("",))[0].startswith("simulate"):
        return
    if not here.is_dir():
        if path in BUILT:
            return  # make downloads it
        raise PublicationError(
            "the study of the archive is not here",
            where=path,
            do="put it there; the archive holds no patient row",
        )
    if study_checksum(here) != checksum:
        raise PublicationError(
            "the study here is not the one of the archive", where=path, expected=f"checksum {checksum}"
        )
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).symlink_to(here, target_is_directory=True)


def _lend_environment(folder: Path) -> None:
    """Use this checkout's environment where the lock files are the same; else make builds the archive's own."""
    for name in _ENVIRONMENT:
        os.utime(folder / name, (0, 0))
    here = project_root() / ".venv"
    if (
        all(sha256(folder / name) == sha256(project_root() / name) for name in _ENVIRONMENT[:2])
        and here.is_dir()
    ):
        (folder / ".venv").symlink_to(here, target_is_directory=True)


def _difference(name: str, before: bytes, after: bytes) -> str:
    """A line that names a file and where it first differs."""
    if Path(name).suffix in (".docx", ".pdf", ".png"):
        return f"{name}: {len(before)} and {len(after)} bytes"
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    line = next((number for number, (one, other) in enumerate(pairs, start=1) if one != other), None)
    return f"{name}: first in line {line}" if line else f"{name}: one ends before the other"


def verify_crate(crate: Path) -> Verified:
    """Rebuild everything that an archive holds from its own sources, elsewhere, and compare.

    The archive is checked against its manifest first. Studies that the project simulates are simulated again, others
    are taken from this checkout if their checksum is the archive's.

    Raises
    ------
    PublicationError
        If the archive is damaged, a study is not here or is another, or the rebuild fails.
    """
    folder = project_root() / PLACE / "checkout"
    shutil.rmtree(folder.parent, ignore_errors=True)
    try:
        with _opened(crate) as archive:
            manifest = checked_manifest(archive)
            runs, studies, epoch = _facts(archive)
            kept = [name for name in manifest if not name.startswith(_MADE)]
            archive.extractall(folder, kept)
            for path, checksum in studies.items():
                _lend_study(path, checksum, folder)
            _lend_environment(folder)
            environment = {
                **os.environ,
                "PYTHONPATH": str(folder / "src"),
                "SOURCE_DATE_EPOCH": str(epoch),
                "MAKEFLAGS": "",
            }
            done = subprocess.run(
                ["make", "report", f"RUNS={' '.join(runs)}"], cwd=folder, env=environment, check=False
            )
            if done.returncode:
                raise PublicationError(
                    "the archive could not be rebuilt; make says why above", where=crate.name
                )
            wanted = {name for name in manifest if name.startswith(_MADE)}
            found = set(outputs(folder, runs))
            differences = [f"{name}: was not made again" for name in sorted(wanted - found)]
            differences += [f"{name}: is not in the archive" for name in sorted(found - wanted)]
            for name in sorted(wanted & found):
                if sha256(folder / name) != manifest[name]:
                    differences.append(_difference(name, archive.read(name), (folder / name).read_bytes()))
            equal = sum(sha256(folder / name) == manifest[name] for name in wanted & found)
            return Verified(equal, tuple(differences))
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
