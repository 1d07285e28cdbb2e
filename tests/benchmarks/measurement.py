"""One benchmark's figure beside its target, and how figures of competing programs are taken fairly."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One figure beside its target: an upper limit, or a lower one if ``at_least``."""

    name: str
    value: float
    target: float
    unit: str
    at_least: bool = False

    @property
    def missed(self) -> bool:
        """Whether the target is not reached."""
        return not (self.value >= self.target if self.at_least else self.value <= self.target)

    def __str__(self) -> str:
        side = "≥" if self.at_least else "≤"
        missed = "   MISSED" if self.missed else ""
        return f"{self.name:<74} {self.value:>9.2f} {self.unit:<3} target {side} {self.target:g} {self.unit}{missed}"


def interleaved(
    contenders: Mapping[str, Callable[[], object]], *, repetitions: int = 5
) -> dict[str, list[float]]:
    """Seconds of each contender in each repetition; all run once before, so that caches are warm.

    They run in turn, so that a machine that drifts does so for all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for repetition in range(-1, repetitions):
        for name, run in contenders.items():
            gc.collect()
            start = time.perf_counter()
            result = run()
            elapsed = time.perf_counter() - start
            del result  # freed outside of the time taken
            if repetition >= 0:
                seconds[name].append(elapsed)
    return seconds


def ratio(over: list[float], under: list[float]) -> float:
    """Median of the ratios of runs that followed each other."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))
