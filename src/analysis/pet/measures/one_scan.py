"""One scan measured wherever it is sent: its result as text, whatever happens."""

from __future__ import annotations

import json
import threading

from analysis.errors import ImageError
from analysis.pet.measures.scan import ScanTask, measure_scan

_ONE_AT_A_TIME = threading.Lock()
"""A Dask worker runs tasks in several threads; memory is meant for one scan a process."""


def as_text(task: ScanTask) -> str:
    """Result of :func:`analysis.pet.measures.scan.measure_scan` as JSON, with ``passing``: not to be stored.

    As text it is the same from this process, another one, another computer and the store. An error nobody
    expected costs its scan only, and names its type.
    """
    try:
        with _ONE_AT_A_TIME:
            result = measure_scan(task)
        if result["error"] and (unseen := _first_unreadable(task)):
            return failed(f"{result['error']} ({unseen})", passing=True)
        return json.dumps({**result, "passing": False}, sort_keys=True)
    except MemoryError:
        return failed("there is not enough memory for this scan", passing=True)
    except Exception as problem:  # whatever it is, the other scans go on
        what = problem.what if isinstance(problem, ImageError) else f"{type(problem).__name__}: {problem}"
        return failed(f"measuring failed: {what[:300]}", passing=True)


def _first_unreadable(task: ScanTask) -> str:
    """What a computer cannot reach may be reached the next time, or by another one."""
    import socket

    for path in (*task.source.files, *(contours.path for contours in task.contours)):
        try:
            with path.open("rb"):
                pass
        except OSError as problem:
            return f"{path.name} cannot be read on {socket.gethostname()}: {problem.strerror}"
    return ""


def failed(reason: str, *, passing: bool) -> str:
    """Result of a scan of which nothing is known but why."""
    return json.dumps(
        {"error": reason, "warnings": [], "scan": {}, "lesions": [], "passing": passing}, sort_keys=True
    )
