"""Many scans: the embedded study in time, a thousand scans in memory and in proportion."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np
from measurement import Measurement

from analysis.data import Study, load_study
from analysis.pet.measures import study_measures
from analysis.pet.measures.scan import ScanTask
from analysis.pet.measures.stored_scans import measure_scans
from analysis.pet.series.index import index_series
from analysis.simulation import simulate

WORKERS = 2
FEW, MANY = 250, 1000
LONGEST_SECONDS = 10.0
FILES_A_SECOND = 2000.0
HALF_A_MILLION, INDEX_MB = 500_000, 1000.0
MOST_MB = 400.0
PROPORTION = 1.15
"""How much longer than in proportion a thousand scans may take; and how much more memory, one process."""


def measurements() -> list[Measurement]:
    """Cold quantification of the embedded study, then its scans over and over."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "simulated"
        simulate(place, progress=False)
        study = load_study(place)
        tasks: list[ScanTask] = []

        def watched(given: Sequence[ScanTask], **options: object) -> list[dict]:
            tasks.extend(given)
            return measure_scans(given, **options)  # type: ignore[arg-type]

        with mock.patch.object(study_measures, "measure_scans", watched):
            cold = min(_quantified(study, Path(folder) / f"cache-{n}") for n in range(2))
        tasks = tasks[: len(tasks) // 2]
        speed, index_mb = _index(place / "dicom")
        volume_mb = max(task.source.read().suv.nbytes for task in tasks[:8]) / 1e6
        few, few_mb = _repeated(tasks, FEW)
        many, many_mb = _repeated(tasks, MANY)
    return [
        Measurement("embedded study, series found and measured, nothing stored", cold, LONGEST_SECONDS, "s"),
        Measurement("index, processor time of one core", speed, FILES_A_SECOND, "files/s", at_least=True),
        Measurement(f"index of {HALF_A_MILLION:,} files, in proportion", index_mb, INDEX_MB, "MB"),
        Measurement(
            f"{MANY} scans / {FEW} scans, time in proportion", many / few / (MANY / FEW), PROPORTION, "x"
        ),
        Measurement(
            f"{MANY} scans / {FEW} scans, memory of the largest worker", many_mb / few_mb, PROPORTION, "x"
        ),
        Measurement("largest worker less 1.5 volumes", many_mb - 1.5 * volume_mb, MOST_MB, "MB"),
    ]


def _quantified(study: Study, cache: Path) -> float:
    start = time.perf_counter()
    study_measures.measure_study(study, cache=cache, workers=WORKERS, progress=False)
    return time.perf_counter() - start


def _index(folder: Path) -> tuple[float, float]:
    """Files a second of processor time, headers in the system's cache; peak memory in MB for half a million of them."""
    files = sum(len(series.files) for series in index_series(folder))
    start = time.process_time()
    index_series(folder)
    speed = files / (time.process_time() - start)
    tracemalloc.start()
    index_series(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return speed, peak / files * HALF_A_MILLION / 1e6


def _repeated(tasks: Sequence[ScanTask], count: int) -> tuple[float, float]:
    """Seconds and the peak memory in MB of the largest worker, for as many scans."""
    again = [dataclasses.replace(tasks[i % len(tasks)], key=f"{i:064d}") for i in range(count)]
    with _Watch() as watch:
        start = time.perf_counter()
        measure_scans(again, cache=None, workers=WORKERS, progress=False)
        seconds = time.perf_counter() - start
    return seconds, float(np.max(list(watch.peaks.values())))


class _Watch(threading.Thread):
    """Peak resident memory of the child processes, read from the kernel's own account."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = {}
        self._over = threading.Event()

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.1):
            for process in Path("/proc").glob("[0-9]*/status"):
                try:
                    fields = dict(
                        line.split(":\t", 1) for line in process.read_text().splitlines() if ":\t" in line
                    )
                except OSError:
                    continue  # it has ended
                if fields.get("PPid") == str(os.getpid()) and "VmHWM" in fields:
                    self.peaks[process.parent.name] = int(fields["VmHWM"].split()[0]) / 1e3
