"""Measuring many scans, each stored as soon as it is done: an interrupted run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.pet.measures.one_scan import as_text, failed
from analysis.pet.measures.scan import ScanTask
from analysis.pet.versions import code_version
from analysis.work import in_any_order
from analysis.work.whole_file import write_whole


def measure_scans(
    tasks: Sequence[ScanTask], *, cache: Path | None, workers: int, progress: bool
) -> list[dict[str, Any]]:
    """Measures of each scan, in the order of the tasks, whatever measured them.

    On the workers of a Dask scheduler where ``DASK_SCHEDULER_ADDRESS`` names one, else in processes of this computer.
    A scan that fails, or whose process dies, has the reason in ``error``; the others go on. What may go well the next
    time (a file out of reach, a process that died) is reported but not stored.

    Parameters
    ----------
    tasks : sequence of ScanTask
        Scans to measure; ``key`` names the stored result.
    cache : Path or None
        Folder of stored results; a result is used again while its key is the same.
    workers : int
        Processes of this computer; each holds one scan at a time.
    progress : bool
        Whether to show a bar.

    Raises
    ------
    ParameterError
        If the Dask scheduler cannot be reached, has no workers, or they run other code.
    """
    from tqdm import tqdm

    results: list[dict[str, Any] | None] = [_stored(task, cache) for task in tasks]
    left = [place for place, result in enumerate(results) if result is None]
    done = in_any_order(
        as_text,
        [tasks[place] for place in left],
        workers=workers,
        version=code_version,
        lost=lambda _task, reason: failed(reason, passing=True),
        doing="measured this scan",
    )
    shown = tqdm(
        done,
        total=len(left),
        desc="Measuring scans",
        unit="scan",
        disable=not progress or not left,
        leave=False,
    )
    for number, text in shown:
        result = json.loads(text)
        if cache is not None and not result["passing"]:
            write_whole(_file(tasks[left[number]], cache), text)
        results[left[number]] = result
    lost = json.loads(failed("the scan was not measured", passing=True))
    return [lost if result is None else result for result in results]


def _file(task: ScanTask, cache: Path) -> Path:
    return cache / f"scan-{task.key[:40]}.json"


def _stored(task: ScanTask, cache: Path | None) -> dict[str, Any] | None:
    if cache is None or not _file(task, cache).is_file():
        return None
    try:
        result = json.loads(_file(task, cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # measured again, and written again
    complete = isinstance(result, dict) and {"error", "warnings", "scan", "lesions"} <= set(result)
    return result if complete else None
