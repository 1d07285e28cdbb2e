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


def commit() -> str:
    """The commit that is checked out, marked when files of the checkout differ from it."""
    head = git("rev-parse", "HEAD")
    if not head:
        return NO_COMMIT
    changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{head} with uncommitted changes" if changed else head


def epoch() -> int:
    """Seconds since 1970 that every output carries: SOURCE_DATE_EPOCH, else the commit's own time.

    Without either it is 1 January 2014, when the trial started: an output must not depend on the clock.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    return int(given) if given.isdigit() else 1388534400


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
