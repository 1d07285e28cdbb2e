"""Where a notebook's results go, and where it finds those of the notebooks before it.

``reports/`` takes aggregates and pictures, ``data/derived/`` patient rows. A build writes to a stage that the
runner moves into place when the notebook has finished; a notebook run by hand writes drafts beside the built
results and never over them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.study import project_root

STAGE = "ANALYSIS_STAGE"
"""Environment variable by which the runner names its stage: a folder name, used in both places.

There is one stage beside the results and one beside the derived rows, because a rename, which makes the move
atomic, does not cross file systems.
"""
DRAFT = "draft"


@dataclass(frozen=True)
class Places:
    """Folders of one notebook in one run."""

    results: Path
    """Folder for tables and figures; the values stand beside it in ``<notebook>.json``."""
    derived: Path
    """Folder for patient rows."""
    draft: bool
    """Whether the notebook is run by hand."""

    @property
    def values(self) -> Path:
        """File of the named values."""
        return self.results.with_name(self.results.name + ".json")


def built(run: str, notebook: str) -> Places:
    """Folders of a finished build."""
    root = project_root()
    return Places(
        root / "reports/results" / run / notebook, root / "data/derived" / run / notebook, draft=False
    )


def drafted(run: str, notebook: str) -> Places:
    """Folders of a notebook run by hand."""
    root = project_root()
    results = root / "reports/results" / DRAFT / run / notebook
    return Places(results, root / "data/derived" / DRAFT / run / notebook, draft=True)


def writing(run: str, notebook: str) -> Places:
    """Where the running notebook writes: the runner's stage, or the drafts."""
    stage = os.environ.get(STAGE)
    return staged(run, notebook, stage) if stage else drafted(run, notebook)


def staged(run: str, notebook: str, stage: str) -> Places:
    """Folders in a stage of that name."""
    final = built(run, notebook)
    return Places(
        final.results.parent / stage / notebook, final.derived.parent / stage / notebook, draft=False
    )


def candidates(run: str, notebook: str) -> list[Places]:
    """Where the results of an earlier notebook may be, the newest first; a build never reads drafts."""
    found = [built(run, notebook)] + ([] if os.environ.get(STAGE) else [drafted(run, notebook)])
    return sorted(
        (place for place in found if place.values.exists()), key=lambda place: -place.values.stat().st_mtime
    )


def of_study(study: str) -> Path:
    """Folder of what is derived from a study alone, whatever the run: measures of its scans, readiness."""
    return project_root() / "data" / "derived" / "studies" / study.replace("/", "-")


def measures_cache(study: str) -> Path:
    """Folder of the measures of each scan, so that an interrupted run goes on where it was."""
    return of_study(study) / "scans"
