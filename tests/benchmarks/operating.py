"""Operating characteristics: trials in time, and what a second worker brings."""

from __future__ import annotations

import time

from measurement import Measurement

from analysis.simulation.operating import operating_characteristics

TRIALS = 2000
LONGEST_SECONDS = 120.0
SHARE_OF_ONE_WORKER = 0.75
"""Part of the time of one worker that two may take: half, and what starting processes costs."""


def measurements() -> list[Measurement]:
    """The design's size without effect, analysed in full by two workers and by one."""
    two, one = _seconds(TRIALS, workers=2), _seconds(TRIALS, workers=1)
    return [
        Measurement(f"{TRIALS} simulated trials of 46 patients, two workers", two, LONGEST_SECONDS, "s"),
        Measurement("the same trials, two workers / one worker", two / one, SHARE_OF_ONE_WORKER, "x"),
    ]


def _seconds(trials: int, *, workers: int) -> float:
    start = time.perf_counter()
    operating_characteristics(trials=trials, sizes=(46,), effects=("none",), seed=1, workers=workers)
    return time.perf_counter() - start
