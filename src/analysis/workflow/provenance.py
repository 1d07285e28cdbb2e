"""Where a result comes from: commit, lock file, data, parameters, versions."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.study import project_root

PRINTED = ("numpy", "scipy", "pandas", "lifelines", "pydicom", "highdicom", "papermill", "matplotlib")
NO_COMMIT = "none: not a git checkout"
ARCHIVAL = ".git_archival.txt"
"""Where ``git archive`` and ``make crate`` write commit and time for a folder that is no checkout."""


def git(*arguments: str) -> str:
    """Output of a git command in the checkout; empty where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(project_root()), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


READ = ("data", "notebooks", "reports", "src")
"""Folders of sources; what a build writes into them git ignores."""


def commit() -> str:
    """The commit that is checked out, marked when files of the checkout differ from it; else the archive's."""
    # A folder unpacked inside another repository is no checkout of that one.
    own = git("rev-parse", "--show-toplevel")
    head = git("rev-parse", "HEAD") if own and Path(own).resolve() == project_root() else ""
    if not head:
        return archived("node") or NO_COMMIT
    return f"{head} with uncommitted changes" if changed_files() else head


def changed_files() -> set[str]:
    """Files of the checkout that differ from its commit, and new ones where a build reads them.

    A run file that is not committed is in no archive of the commit.
    """
    told = [git("status", "--porcelain", "--untracked-files=no"), git("status", "--porcelain", "--", *READ)]
    return {line.split(maxsplit=1)[-1] for lines in told for line in lines.splitlines()}


def archived(entry: str) -> str:
    """What the file of an archive says of its commit (``node``, ``time``); empty where it says nothing."""
    file = project_root() / ARCHIVAL
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    said = next((line.partition(": ")[2].strip() for line in lines if line.startswith(f"{entry}: ")), "")
    return "" if said.startswith("$Format") else said


def epoch() -> int:
    """Seconds since 1970 that an archive carries: SOURCE_DATE_EPOCH, else the time of its commit, else 0."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or archived("time")
    return int(given) if given.isdigit() else 0


def sha256(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def provenance(study_checksum: str) -> dict[str, Any]:
    """What is printed beside every result of this checkout and these data."""
    return {
        "commit": commit(),
        "lock_sha256": sha256(project_root() / "requirements.lock"),
        "study_sha256": study_checksum,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PRINTED},
    }
