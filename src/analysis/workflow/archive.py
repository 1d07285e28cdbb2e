"""``make crate``: one zip file that holds a publication with all it was made from, and no patient row."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError
from analysis.results.leaks import find_leaks
from analysis.study import project_root
from analysis.work.whole_file import replacing
from analysis.workflow.provenance import ARCHIVAL, changed_files, commit, epoch, git, sha256
from analysis.workflow.run_crate import describe
from analysis.workflow.runs import Run, load_run
from analysis.workflow.software_bill import software_bill
from analysis.workflow.studies import ready

MANIFEST, METADATA, BILL = "manifest-sha256.txt", "ro-crate-metadata.json", "software.cdx.json"
SITE = "reports/_site"
TESTED = ".make/tests.json"
"""What the last run of the whole test suite found, which the site's page of checks tells: a rebuild needs it as well."""
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold: all its files carry it, for equal content gives equal bytes."""


def outputs(top: Path, runs: Sequence[str]) -> list[str]:
    """What the build made of these runs, as paths below the checkout: executed copies, results, the site."""
    places = [SITE, *(f"reports/{kind}/{run}" for run in runs for kind in ("notebooks", "results"))]
    found = [path for place in places for path in (top / place).rglob("*") if path.is_file()]
    return sorted(path.relative_to(top).as_posix() for path in found)


def _sources() -> list[str]:
    """Files of the commit that is checked out."""
    names = git("ls-files", "-z").split("\0")
    if not names[0]:
        raise PublicationError(
            "an archive is made from a git checkout, and this is none",
            do="clone the repository, or commit its files",
        )
    # Studies are folders; what stands in data/ itself is of the whole project and in git on purpose.
    rows = [name for name in names if name.startswith("data/") and name.count("/") > 1]
    if rows:
        raise PublicationError(
            f"the repository holds {len(rows)} file(s) where patient rows lie",
            where=rows[0],
            do="take them out of git (git rm --cached)",
        )
    return sorted(filter(None, names))


def _studies(top: Path, runs: Sequence[Run], now: str) -> dict[str, dict[str, Any]]:
    """What the results say of their studies; every result must be of this commit and its study's present rows."""
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for notebook in run.notebooks:
            where = f"reports/results/{run.name}/{notebook}.json"
            if not (top / where).is_file():
                raise PublicationError("a result is missing", where=where, do="make report")
            content = json.loads((top / where).read_text(encoding="utf-8"))
            made = content["provenance"]
            if made["commit"] != now:
                raise PublicationError(
                    f"a result was made at commit {made['commit']}, and the checkout is at {now}",
                    where=where,
                    do="commit what is changed, then make clean report crate",
                )
            path = run.parameters.study
            if made["study_sha256"] != ready(path).checksum:
                raise PublicationError(
                    "a result is of other data than the study holds", where=where, do="make report"
                )
            found[path] = {**content["study"], "sha256": made["study_sha256"]}
    return found


def _refuse_leaks(folder: Path, runs: Sequence[Run]) -> None:
    identifiers = {name for run in runs for name in ready(run.parameters.study).identifiers}
    leaks = [
        f"{place}/{leak}"
        for place in ("reports", "notebooks")
        for leak in find_leaks(folder / place, identifiers)
    ]
    if leaks:
        raise PublicationError(
            "the archive would carry identifiers out of the data folder:\n  " + "\n  ".join(leaks),
            do="remove what prints them and run make report",
            offenders=leaks,
        )


def write_crate(run_names: Sequence[str], target: Path) -> Path:
    """Write the archive of the publication of these runs: sources, results, site, checksums, software, metadata.

    Unpacked it is a checkout that ``make report`` rebuilds. Equal commits and data give equal bytes.

    Parameters
    ----------
    run_names : sequence of str
        The runs that the site shows.
    target : Path
        File to write.

    Raises
    ------
    PublicationError
        If the checkout has uncommitted changes, a result is missing or of another commit or other data, the
        repository holds patient rows, or a file would name a patient.
    """
    top, now = project_root(), commit()
    runs = [load_run(name) for name in run_names]
    sources = _sources() + ([TESTED] if (project_root() / TESTED).is_file() else [])
    if now.endswith("changes"):
        raise PublicationError(
            "files of the checkout differ from its commit, or are in none",
            where=", ".join(sorted(changed_files())[:5]),
            do="commit them, then make clean report crate",
        )
    studies = _studies(top, runs, now)
    made = outputs(top, run_names)
    with tempfile.TemporaryDirectory(prefix="crate-") as scratch:
        folder = Path(scratch)
        for name in (*sources, *made):
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(top / name, place)
        # Where there is no git, the commit and its time are read from here.
        (folder / ARCHIVAL).write_text(f"node: {now}\ntime: {epoch()}\n", encoding="utf-8")
        (folder / BILL).write_text(_json(software_bill(folder / "requirements.lock")), encoding="utf-8")
        _refuse_leaks(folder, runs)
        files = {name: sha256(folder / name) for name in sorted({*sources, *made, ARCHIVAL, BILL})}
        by_run = {
            run.name: [
                name
                for name in made
                if name.startswith((f"reports/notebooks/{run.name}/", f"reports/results/{run.name}/"))
            ]
            for run in runs
        }
        about = describe(folder, files, runs=runs, results=by_run, studies=studies, commit=now, epoch=epoch())
        (folder / METADATA).write_text(_json(about), encoding="utf-8")
        files[METADATA] = sha256(folder / METADATA)
        listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
        (folder / MANIFEST).write_text(listing, encoding="utf-8")
        with replacing(target) as part:
            _zip(folder, [MANIFEST, *sorted(files)], part)
    return target


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _zip(folder: Path, names: Sequence[str], target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (folder / name).read_bytes())
