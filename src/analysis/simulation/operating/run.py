"""Operating characteristics of the design: many batches of simulated trials, anywhere, with the same result."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError, ParameterError
from analysis.logbook import logged
from analysis.simulation.operating.batches import TOGETHER, Batch, answer_batch, as_array, code_version, split
from analysis.simulation.parameters import load_parameters
from analysis.work import in_any_order
from analysis.work.whole_file import write_whole

Floats = NDArray[np.float64]
SECONDS_A_TRIAL = 0.012
"""What a trial of 74 patients took on one core of 2024: for the estimate of a dry run only."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """Answers of all trials of one effect and size.

    ``answers`` holds arrays of shape (trials,) by name, NaN where a trial has no answer; ``pooled_log_ratio`` is the
    log hazard ratio in the patients of all trials together.
    """

    effect: str
    n: int
    trials: int
    answers: dict[str, Floats]
    pooled_log_ratio: float


@dataclass(frozen=True, eq=False)
class OperatingCharacteristics:
    """Scenarios by rising size within each effect, and what they were made with."""

    scenarios: tuple[Scenario, ...]
    trials: int
    cutoff_percent: float
    permutations: int
    seed: int

    def scenario(self, effect: str, n: int) -> Scenario:
        """The trials of one effect and size.

        Raises
        ------
        ParameterError
            If these were not simulated.
        """
        for one in self.scenarios:
            if (one.effect, one.n) == (effect, n):
                return one
        made = ", ".join(f"{one.effect} {one.n}" for one in self.scenarios)
        raise ParameterError(f"no trials of effect {effect!r} with {n} patients", expected=f"one of {made}")


@logged("simulation")
def operating_characteristics(
    *,
    trials: int,
    sizes: Sequence[int] | None = None,
    effects: Sequence[str] | None = None,
    cutoff_percent: float = 25.0,
    permutations: int = 999,
    seed: int,
    workers: int | None = None,
    store: Path | None = None,
    progress: bool = False,
) -> OperatingCharacteristics:
    """Simulate trials of the design and analyse each as the study is analysed.

    The same bytes for any number of workers, on this computer or on Dask (``DASK_SCHEDULER_ADDRESS``): a batch of
    trials has random numbers of its own, and more trials leave the earlier batches as they were.

    Parameters
    ----------
    trials : int
        Trials of each effect and size.
    sizes : sequence of int, optional
        Treated patients; by default those of ``data/simulation.yml``.
    effects : sequence of str, optional
        Effects of ``data/simulation.yml``; by default all.
    cutoff_percent : float
        Pre-specified decrease from which a lesion has responded.
    permutations : int
        Re-dealings of each permutation test.
    seed : int
        Root of all random numbers.
    workers : int, optional
        Processes of this computer; by default one a core. It changes nothing but the time.
    store : Path, optional
        Folder of stored batches; what an interrupted run has finished is used again.
    progress : bool
        Whether to show a bar.

    Raises
    ------
    ParameterError
        If a number or an effect cannot be.
    """
    known = load_parameters()
    sizes = tuple(known["operating.patients"] if sizes is None else sizes)
    effects = tuple(known.effects if effects is None else effects)
    _check(trials, sizes, effects, known.effects, cutoff_percent, permutations)
    settings = {
        "trials": trials,
        "cutoff_percent": float(cutoff_percent),
        "permutations": permutations,
        "seed": seed,
    }
    groups = {(effect, n): split(effect=effect, n=n, **settings) for effect in effects for n in sorted(sizes)}
    batches = [batch for group in groups.values() for batch in group]
    texts = _answered(batches, workers=workers, store=store, progress=progress)
    scenarios = [_together(effect, n, [texts[one] for one in group]) for (effect, n), group in groups.items()]
    return OperatingCharacteristics(tuple(scenarios), trials, float(cutoff_percent), permutations, seed)


def expected_seconds(*, trials: int, sizes: Sequence[int], effects: Sequence[str], workers: int) -> float:
    """Rough time that a run takes; patients of a trial count in part, because some work is done once a trial."""
    a_trial = SECONDS_A_TRIAL * np.mean([0.4 + 0.6 * n / 74 for n in sizes])
    return float(trials * len(sizes) * len(effects) * a_trial / max(1, workers) + 4)


def _check(
    trials: int,
    sizes: Sequence[int],
    effects: Sequence[str],
    known: Sequence[str],
    cutoff_percent: float,
    permutations: int,
) -> None:
    unknown = [effect for effect in effects if effect not in known]
    for bad, what, expected in (
        (trials < 1, f"{trials} trials", "at least 1"),
        (not sizes or min(sizes, default=0) < 20, f"trials of {list(sizes)} patients", "sizes from 20"),
        (len(set(sizes)) < len(sizes), f"sizes {list(sizes)}", "each size once"),
        (bool(unknown) or not effects, f"effects {list(effects)}", "some of " + ", ".join(known)),
        (not 0 < cutoff_percent < 100, f"a cut-off of {cutoff_percent} %", "above 0 and below 100"),
        (permutations < 99, f"{permutations} permutations", "at least 99"),
    ):
        if bad:
            raise ParameterError(
                f"{what} cannot be simulated", where="operating characteristics", expected=expected
            )


def _answered(
    batches: Sequence[Batch], *, workers: int | None, store: Path | None, progress: bool
) -> dict[Batch, str]:
    import os

    from tqdm import tqdm

    found = {batch: text for batch in batches if (text := _stored(batch, store))}
    # The largest first, so that no worker waits for one at the end.
    left = sorted((batch for batch in batches if batch not in found), key=lambda batch: -batch.n)
    done = in_any_order(
        answer_batch,
        left,
        workers=workers or os.cpu_count() or 1,
        version=code_version,
        lost=_refuse_lost,
        doing="simulated these trials",
    )
    with tqdm(
        total=sum(batch.trials for batch in left),
        desc="Simulating trials",
        unit="trial",
        disable=not progress or not left,
        leave=False,
    ) as bar:
        for number, text in done:
            batch = left[number]
            if store is not None:
                write_whole(_file(batch, store), text)
            found[batch] = text
            bar.update(batch.trials)
    return found


def _refuse_lost(batch: Batch, reason: str) -> str:
    # A batch that is missing would change the rates: there is no result without it.
    raise AnalysisError(f"batch {batch.number} of {batch.n} patients could not be simulated: {reason}")


def _file(batch: Batch, store: Path) -> Path:
    return store / f"batch-{batch.key}.json"


def _stored(batch: Batch, store: Path | None) -> str | None:
    if store is None or not _file(batch, store).is_file():
        return None
    text = _file(batch, store).read_text(encoding="utf-8")
    try:
        return text if {"trials", "pooled"} <= set(json.loads(text)) else None
    except (ValueError, TypeError):
        return None  # simulated again, and written again


def _together(effect: str, n: int, texts: Iterable[str]) -> Scenario:
    documents = [json.loads(text) for text in texts]
    answers = {
        name: np.concatenate([as_array(document["trials"][name]) for document in documents])
        for name in documents[0]["trials"]
    }
    trials = next(iter(answers.values())).size
    sizes = [len(next(iter(document["trials"].values()))) for document in documents]
    pooled = np.average([document["pooled"]["log_ratio"] for document in documents], weights=sizes)
    return Scenario(effect, n, trials, answers, float(pooled))


__all__ = [
    "TOGETHER",
    "OperatingCharacteristics",
    "Scenario",
    "expected_seconds",
    "operating_characteristics",
]
