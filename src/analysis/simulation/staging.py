"""Folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def staged_folder(destination: Path) -> Iterator[Path]:
    """Give an empty folder beside the destination; it takes the destination's place when all went well.

    After an error nothing is left and the destination is as it was. What a killed process left behind is
    cleared away by the next one. A folder that stands at the destination is replaced: whether it may be
    is for the caller to decide.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(destination)
    staging = destination.with_name(f".{destination.name}.{os.getpid()}.part")
    old = destination.with_name(f".{destination.name}.{os.getpid()}.old")
    staging.mkdir()
    try:
        yield staging
        if destination.exists():
            destination.rename(old)
        staging.rename(destination)
    finally:
        if old.exists() and not destination.exists():
            old.rename(destination)
        for folder in (staging, old):
            shutil.rmtree(folder, ignore_errors=True)


def _clear_abandoned(destination: Path) -> None:
    """Remove what processes that are no more have left: unfinished folders, and old ones being replaced."""
    pattern = re.compile(rf"\.{re.escape(destination.name)}\.(\d+)\.(?:part|old)")
    for folder in sorted(destination.parent.iterdir()):
        found = pattern.fullmatch(folder.name)
        if found is not None and not _alive(int(found[1])):
            shutil.rmtree(folder)


def _alive(process: int) -> bool:
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
