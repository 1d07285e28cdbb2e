"""The publication by Quarto, where it is on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from analysis.errors import PublicationError


def find_quarto() -> str | None:
    """Path of the ``quarto`` program, or None."""
    return shutil.which("quarto")


def render_with_quarto(quarto: str, reports: Path, folder: Path, *, epoch: int) -> None:
    """Render the whole project into a folder inside ``reports``, all formats in one go.

    One format alone would empty the output folder first, so no ``--to`` is given. Nothing is executed: the
    project says ``execute: enabled: false``.

    Raises
    ------
    PublicationError
        With what Quarto said, or if it wrote no page.
    """
    # Quarto reads a relative output folder from the top of the project.
    target = os.path.relpath(folder, reports)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(
        [quarto, "render", ".", "--output-dir", target],
        cwd=reports,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not (folder / "index.html").is_file():
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise PublicationError(f"Quarto could not render the publication: {said}", where="_quarto.yml")
