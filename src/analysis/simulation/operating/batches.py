"""Batches of simulated trials: the unit of work, each with random numbers of its own."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.simulation.operating.answers import (
    answers_at_day_14,
    answers_of_daily_visits,
    answers_without_landmark,
    day_choices,
    pooled_log_ratio,
)
from analysis.simulation.operating.further_answers import answers_from_intervals, answers_of_noise
from analysis.simulation.operating.outcome_trials import draw_outcome_trials
from analysis.simulation.parameters import load_parameters

TOGETHER = 50
"""Trials of a batch. It decides which random numbers a trial gets, so it is the same for any number of workers."""
_ROOMS = ("simulation", "survival", "study")


@dataclass(frozen=True)
class Batch:
    """Trials of one effect and size; ``number`` counts the batches of these from 0."""

    effect: str
    n: int
    number: int
    trials: int
    cutoff_percent: float
    permutations: int
    seed: int

    @property
    def root(self) -> np.random.SeedSequence:
        """Root of the batch's random numbers, independent of every other batch's."""
        effect = load_parameters().effects.index(self.effect)
        return np.random.SeedSequence(self.seed, spawn_key=(effect, self.n, self.number))

    @property
    def key(self) -> str:
        """Name under which the answers are stored: they hold for this code and these facts only."""
        return hashlib.sha256(f"{code_version()}{sorted(asdict(self).items())}".encode()).hexdigest()[:40]


def split(
    *, effect: str, n: int, trials: int, cutoff_percent: float, permutations: int, seed: int
) -> list[Batch]:
    """Batches that make up the trials of one effect and size."""
    sizes = [min(TOGETHER, trials - start) for start in range(0, trials, TOGETHER)]
    return [
        Batch(effect, n, number, size, cutoff_percent, permutations, seed)
        for number, size in enumerate(sizes)
    ]


def answer_batch(batch: Batch) -> str:
    """Answers of a batch as JSON: ``trials``, one number a trial by name, and ``pooled``, one number a batch.

    As text it is the same from this process, another one, another computer and the store. A number that is not there
    is null, an infinite one text.
    """
    drawing, dealing, noise = batch.root.spawn(3)
    trials = draw_outcome_trials(
        batch.trials,
        batch.n,
        seed=int(drawing.generate_state(1, np.uint64)[0]),
        effect=batch.effect,
    )
    cutoff = {"cutoff_percent": batch.cutoff_percent}
    answers = {
        **answers_at_day_14(trials, permutations=batch.permutations, seed=dealing, **cutoff),
        **answers_without_landmark(trials, **cutoff),
        **answers_of_daily_visits(trials, **cutoff),
        **answers_from_intervals(trials, **cutoff),
        **answers_of_noise(trials, seed=noise),
        "chooses_day_14": day_choices(trials),
    }
    document = {
        "trials": {name: [_plain(value) for value in values] for name, values in answers.items()},
        "pooled": {"log_ratio": pooled_log_ratio(trials, **cutoff)},
    }
    return json.dumps(document, sort_keys=True, allow_nan=False)


def _plain(value: Any) -> float | str | None:
    number = float(value)
    if number != number:
        return None
    return number if np.isfinite(number) else str(number)


def as_array(values: list[float | str | None]) -> np.ndarray:
    """The numbers of one name, back from JSON."""
    return np.array([np.nan if value is None else float(value) for value in values])


@functools.cache
def code_version() -> str:
    """SHA-256 over the code and the facts that the answers depend on."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256()
    data = package.parents[1] / "data"
    files = [file for room in _ROOMS for file in sorted((package / room).rglob("*.py"))]
    for file in (*files, data / "simulation.yml", data / "protocol.yml"):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
