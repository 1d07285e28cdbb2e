"""Folders that are there whole or not at all, and the one date that goes into them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from analysis.publish.text_file import read_text


@contextlib.contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Empty folder to fill; it takes the target's place when the block ends without an error.

    The target is absent only between two renames; what an interrupted build left behind is removed by
    the next one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    former = target.with_name(f".{target.name}.former")
    for leftover in (partial, former):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if target.exists():
            target.rename(former)
        partial.rename(target)
    finally:
        for leftover in (partial, former):
            shutil.rmtree(leftover, ignore_errors=True)


def source_date_epoch(folder: Path) -> int:
    """Seconds since 1970 that stand for "now" in every output, so that equal sources give equal bytes.

    ``SOURCE_DATE_EPOCH`` if set, else the date of the last commit of the checkout, else 0.

    References
    ----------
    https://reproducible-builds.org/specs/source-date-epoch/
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return int(given)
    try:
        answer = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return 0
    text = answer.stdout.strip()
    return int(text) if answer.returncode == 0 and text.isdecimal() else 0


def stylesheet(reports: Path) -> str:
    """The one style of all pages, which each page carries in itself."""
    return read_text(reports / "style" / "site.css", name="style/site.css")
