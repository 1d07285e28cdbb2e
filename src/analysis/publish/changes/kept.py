"""Results of earlier builds, kept beside the build's own notes so that a change can be seen against them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import PublicationError
from analysis.publish.staging import staged_folder
from analysis.work.whole_file import write_whole

KEEP = 5
"""Commits whose results are kept; the oldest goes first."""
LAST, BEFORE = "last", "before"
"""Folders of the last build and of the one before it, whatever was committed."""
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def kept_folder(reports: Path) -> Path:
    """Where results of earlier builds lie: not in git, and not in the folder that is handed over."""
    return reports.parent / ".make" / "built"


def results_of(reports: Path, which: str) -> Path:
    """Folder of results of a build.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    which : str
        ``""`` for what is there now, ``last``, ``before``, or a commit or its beginning.

    Raises
    ------
    PublicationError
        If nothing was kept of it.
    """
    if not which:
        return reports / "results"
    folder = kept_folder(reports)
    commits = sorted(
        path.name for path in folder.glob("*") if path.is_dir() and not path.name.startswith(".")
    )
    found = [
        name for name in commits if name == which or (_COMMIT.fullmatch(which) and name.startswith(which))
    ]
    if len(found) != 1:
        if which in (LAST, BEFORE):
            raise PublicationError(
                "no build was kept yet"
                if which == LAST
                else "no build came before the last one with other results",
                where=".make/built",
                do="make report" if which == LAST else "change something and make report again",
            )
        raise PublicationError(
            f"no build named {which!r} was kept" if not found else f"{which!r} is the beginning of several",
            where=".make/built",
            expected="one of " + ", ".join(name[:10] if _COMMIT.fullmatch(name) else name for name in commits)
            if commits
            else "a build that was kept",
            do="check that commit out, run make report with nothing uncommitted, and come back",
        )
    return folder / found[0]


def _files(results: Path) -> dict[str, Path]:
    """Files of a run's finished results that a comparison needs; drawings are compared as pixels, so SVG is not kept."""
    found = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in sorted(found.items())
        if path.suffix != ".svg" and not any(part[0] == "." for part in name.parts)
    }


def _same(one: Path, other: Path) -> bool:
    """Whether two folders of a run's results hold the same values, tables and figures."""
    files = _files(one), _files(other)
    return list(files[0]) == list(files[1]) and all(
        path.read_bytes() == files[1][name].read_bytes() for name, path in files[0].items()
    )


def _keep(source: Path, target: Path) -> None:
    """Copy a run's results, unless the same are there."""
    if _same(source, target):
        return
    with staged_folder(target) as folder:
        for name, path in _files(source).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)


def keep_build(reports: Path, runs: Sequence[str], commit: str) -> bool:
    """Keep the results of a build that has just finished; whether they differ from those of the build before.

    Under the commit if the checkout was clean, and always as ``last``; what was ``last`` becomes ``before`` when
    anything in it is different. Results of other runs may be of another commit: they are not looked at, and ``last``
    has of them what the last build made that had them.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of str
        Runs that were built, of which the results are complete.
    commit : str
        As :func:`analysis.workflow.provenance.commit` gives it: marked when something is uncommitted.
    """
    folder, source = kept_folder(reports), reports / "results"
    last, before = folder / LAST, folder / BEFORE
    differs = any((last / run).is_dir() and not _same(source / run, last / run) for run in runs)
    if differs:
        shutil.rmtree(before, ignore_errors=True)
        last.rename(before)
        for other in before.iterdir():
            if other.name not in runs and not other.name.startswith("."):
                _keep(other, last / other.name)
    for run in runs:
        _keep(source / run, last / run)
    if _COMMIT.fullmatch(commit):
        for run in runs:
            _keep(source / run, folder / commit / run)
        listed = folder / f"{commit}.runs"
        former = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
        write_whole(listed, "\n".join(dict.fromkeys((*runs, *former))) + "\n")
        others = sorted(
            (path for path in folder.glob("*.runs") if path.stem != commit),
            key=lambda path: path.stat().st_mtime,
        )
        for old in others[: max(0, len(others) - KEEP + 1)]:
            shutil.rmtree(folder / old.stem, ignore_errors=True)
            old.unlink()
    return differs
