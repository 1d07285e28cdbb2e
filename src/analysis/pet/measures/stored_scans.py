"""Measuring many scans, each stored as soon as it is done: an interrupted run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.pet.measures.scan import ScanTask, measure_scan
from analysis.pet.series.index import write_whole


def measure_scans(
    tasks: Sequence[ScanTask], *, cache: Path | None, workers: int, progress: bool
) -> list[dict[str, Any]]:
    """Measures of each scan, in the order of the tasks, whatever the number of workers.

    Parameters
    ----------
    tasks : sequence of ScanTask
        Scans to measure; ``key`` names the stored result.
    cache : Path or None
        Folder of stored results; a result is used again while its key is the same.
    workers : int
        Processes; each holds one scan at a time.
    progress : bool
        Whether to show a bar.
    """
    import joblib
    from tqdm import tqdm

    results: list[dict[str, Any] | None] = [_stored(task, cache) for task in tasks]
    left = [place for place, result in enumerate(results) if result is None]
    if workers == 1 or len(left) < 2:
        done = (_measure_and_store(tasks[place], cache) for place in left)
    else:
        done = joblib.Parallel(n_jobs=min(workers, len(left)), return_as="generator")(
            joblib.delayed(_measure_and_store)(tasks[place], cache) for place in left
        )
    shown = tqdm(
        done,
        total=len(left),
        desc="Measuring scans",
        unit="scan",
        disable=not progress or not left,
        leave=False,
    )
    for place, result in zip(left, shown, strict=True):
        results[place] = result
    return [result for result in results if result is not None]


def _file(task: ScanTask, cache: Path) -> Path:
    return cache / f"scan-{task.key[:40]}.json"


def _stored(task: ScanTask, cache: Path | None) -> dict[str, Any] | None:
    if cache is None or not _file(task, cache).is_file():
        return None
    try:
        return json.loads(_file(task, cache).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None  # measured again, and written again


def _measure_and_store(task: ScanTask, cache: Path | None) -> dict[str, Any]:
    result = measure_scan(task)
    if cache is not None:
        write_whole(_file(task, cache), json.dumps(result))
    return result
