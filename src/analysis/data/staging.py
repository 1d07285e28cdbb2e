"""A folder that comes into being whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from analysis.data.description import read_description
from analysis.errors import StudyError


@contextlib.contextmanager
def whole_folder(destination: Path) -> Iterator[Path]:
    """Empty folder to fill, which takes the destination's place when the block ends without an error.

    Whatever was at the destination stays until then. An interrupted block leaves a hidden folder
    beside the destination, which the next one clears away.

    Parameters
    ----------
    destination : Path
        Folder to make or to replace; its parents are made.

    Yields
    ------
    Path
        The folder to fill, beside the destination.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    staging = destination.with_name(f".{destination.name}.part")
    former = destination.with_name(f".{destination.name}.old")
    for left_over in (staging, former):
        shutil.rmtree(left_over, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        if destination.exists():
            destination.rename(former)
        staging.rename(destination)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def refuse_to_overwrite(destination: Path, name: str) -> None:
    """Raise a StudyError if there is anything but a study of that id, or an empty folder, at the destination."""
    if destination.is_dir() and not any(destination.iterdir()):
        return
    if destination.exists() and (not destination.is_dir() or read_description(destination)[0].id != name):
        raise StudyError(
            f"the folder holds something else than the study {name}, and is left alone",
            where=str(destination),
            do="name another folder, or remove it",
        )
