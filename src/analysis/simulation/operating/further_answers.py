"""Slower answers about simulated trials: interval-censored twins, and how good noise looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.simulation.operating.answers import from_landmark
from analysis.simulation.operating.outcome_trials import OutcomeTrials
from analysis.study import load_protocol
from analysis.survival import (
    concordance,
    corrected_discrimination,
    cox_many,
    turnbull,
    weibull_regression,
)

Floats = NDArray[np.float64]
NOISE_MARKERS = 8
"""Markers without any meaning in one Cox model."""
EVERY = 10
"""Answers from intervals are those of every tenth trial: they are slow."""
CORRECTED_EVERY = 25
"""And corrected C of every 25th, because each needs a bootstrap."""
CORRECTION_SAMPLES = 60
"""Bootstrap samples behind a corrected C; their error averages out over the trials."""


def answers_of_noise(trials: OutcomeTrials, *, seed: np.random.SeedSequence) -> dict[str, Floats]:
    """Harrell's C of noise: as it appears, corrected by bootstrap, and in the patients of another trial.

    Arrays of shape (trials,); the corrected one is NaN but for every :data:`CORRECTED_EVERY` th trial.
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((trials.trials, trials.n, NOISE_MARKERS))
    fits = cox_many(trials.time, trials.event, noise)
    apparent, elsewhere, corrected = (np.full(trials.trials, np.nan) for _ in range(3))
    for row in np.flatnonzero(fits.finite).tolist():
        other = row - 1  # trials are independent, so the one before is a trial of new patients
        weights = fits.coefficients[row]
        apparent[row] = concordance(trials.time[row], trials.event[row], noise[row] @ weights).estimate
        elsewhere[row] = concordance(trials.time[other], trials.event[other], noise[other] @ weights).estimate
        if row % CORRECTED_EVERY == 0:
            corrected[row] = _corrected(trials, row, noise[row], int(rng.integers(2**31)))
    return {"c_apparent": apparent, "c_elsewhere": elsewhere, "c_corrected": corrected}


def _corrected(trials: OutcomeTrials, row: int, noise: Floats, seed: int) -> float:
    try:
        return corrected_discrimination(
            trials.time[row], trials.event[row], noise, samples=CORRECTION_SAMPLES, seed=seed
        ).corrected
    except DesignError:
        return np.nan


def answers_from_intervals(trials: OutcomeTrials, *, cutoff_percent: float) -> dict[str, Floats]:
    """Turnbull's median interval and the Weibull hazard ratio from the visits, NaN but for every :data:`EVERY` th trial.

    ``turnbull_low`` and ``turnbull_high``: the days between which the curve passes one half.
    """
    day = load_protocol().visits["day14"].day
    left = from_landmark(trials.time, trials.event, scan_day=trials.scan_day14, day=day)
    resists = (trials.decrease14 < cutoff_percent) | trials.new14
    low, high, ratio = (np.full(trials.trials, np.nan) for _ in range(3))
    for row in range(0, trials.trials, EVERY):
        low[row], high[row] = turnbull(trials.last_without[row], trials.first_with[row]).median
        kept = left.kept[row]
        start = left.start[row, kept]
        try:
            fit = weibull_regression(
                np.maximum(trials.last_without[row, kept] - start, 0.0),
                trials.first_with[row, kept] - start,
                resists[row, kept].astype(float),
                terms=("resists",),
            )
            ratio[row] = np.log(fit.hazard_ratio("resists").estimate)
        except DesignError:
            continue
    return {"turnbull_low": low, "turnbull_high": high, "weibull_log_ratio": ratio}
