"""Weighted patients of the study against one published arm: hazard ratio, without a common control."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError, refuse_repeated
from analysis.evidence.matching import Matching, matching_weights
from analysis.logbook import logged
from analysis.survival.observations import observations

Floats = NDArray[np.float64]
SAMPLES = 300
"""Bootstrap samples of the interval; in each the weights are found anew."""


@dataclass(frozen=True, eq=False)
class WeightedComparison:
    """Hazard ratio of the weighted study against the published arm, with a bootstrap interval.

    Parameters
    ----------
    estimate, low, high : float
        Weighted hazard ratio and the middle 95 % of bootstrap samples.
    unweighted : float
        The same without weights.
    n, events : int
        Patients and events of both.
    matching : Matching
        The weights, their effective sample size and what must be said of them.
    one_sided : int
        Bootstrap samples with events on one side only: their ratio is 0 or infinite, and stands so in the interval.
    failed : int
        Bootstrap samples whose patients could not be weighted to the published means, or without any event to compare.
        Their ratio could be any: each counts as 0 for the lower limit and as infinite for the upper one.
    """

    estimate: float
    low: float
    high: float
    unweighted: float
    n: int
    events: int
    matching: Matching
    samples: int
    one_sided: int
    failed: int
    method: str = "weighted Cox regression, Breslow ties; bootstrap with new weights in each sample"
    p_value: float = float("nan")


@logged("comparison", measure="hazard ratio, unanchored")
def weighted_comparison(
    time: ArrayLike,
    event: ArrayLike,
    patients: pd.DataFrame,
    targets: dict[str, float],
    published: pd.DataFrame,
    *,
    seed: int,
    samples: int = SAMPLES,
) -> WeightedComparison:
    """Compare the study with a published arm after matching its patients to that arm's means.

    There is no p value: the comparison has no common control, and its largest error is not of sampling.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Of the study's patients, days, in the order of ``patients``.
    patients : pandas.DataFrame
        Their characteristics, see :func:`~analysis.evidence.matching_weights`.
    targets : dict of str to float
        Published means.
    published : pandas.DataFrame
        days and event of the published arm, reconstructed.
    seed : int
        Root of the random numbers.
    samples : int
        Bootstrap samples, of study and published arm alike.

    Raises
    ------
    DesignError
        As :func:`~analysis.evidence.matching_weights`, for impossible times, characteristics that do not stand beside
        the times, a patient named twice, no event on one side, or if more than a fifth of the samples could not be
        matched or have no finite ratio.

    References
    ----------
    Signorovitch JE et al. 2010, doi 10.2165/11538370-000000000-00000; NICE DSU Technical Support Document 18.
    """
    lacking = [name for name in ("days", "event") if name not in published]
    if lacking:
        raise DesignError(
            f"the published arm has no column {', '.join(lacking)}",
            expected="days and event of each reconstructed patient",
            offenders=lacking,
        )
    seen, other = observations(time, event), observations(published["days"], published["event"])
    _refuse_misplaced(patients, seen.n)
    matching = matching_weights(patients, targets)
    kept = patients.index.get_indexer(matching.patients)
    times, events = (
        np.concatenate([seen.time[kept], other.time]),
        np.concatenate([seen.event[kept], other.event]),
    )
    own = np.arange(times.size) < kept.size

    def ratio(rows: NDArray[np.int64], weights: Floats) -> float:
        return float(np.exp(log_hazard_ratio(times[rows], events[rows], own[rows], weights)))

    every = np.arange(times.size)
    plain = np.ones(times.size)
    weighted = np.concatenate([matching.weights, np.ones(other.n)])
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    complete = patients.loc[matching.patients].reset_index(drop=True)
    estimate = ratio(every, weighted)
    if not 0 < estimate < math.inf:
        raise DesignError(
            "the events of one side cannot be compared with the other: there is no finite ratio",
            expected="events on both sides while patients of both are at risk",
            do="do not compare",
        )
    drawn = np.full(samples, math.nan)
    for place in range(samples):
        mine = rng.integers(0, kept.size, kept.size)
        theirs = kept.size + rng.integers(0, other.n, other.n)
        try:
            again = matching_weights(complete.iloc[mine].reset_index(drop=True), targets)
        except DesignError:
            continue
        drawn[place] = ratio(
            np.concatenate([mine, theirs]), np.concatenate([again.weights, np.ones(other.n)])
        )
    failed = int(np.isnan(drawn).sum())
    one_sided = int((drawn == 0).sum() + np.isinf(drawn).sum())
    if failed + one_sided > samples / 5:
        raise DesignError(
            f"{failed + one_sided} of {samples} bootstrap samples could not be matched or have no finite ratio: the "
            "comparison has no interval",
            expected="published means well inside of what these patients are, and events on both sides",
            do="match fewer characteristics, or do not compare",
        )
    low, high = (
        _quantile(np.where(np.isnan(drawn), unknown, drawn), level)
        for unknown, level in ((0.0, 0.025), (math.inf, 0.975))
    )
    return WeightedComparison(
        estimate=estimate,
        low=low,
        high=high,
        unweighted=ratio(every, plain),
        n=times.size,
        events=int(events.sum()),
        matching=matching,
        samples=samples,
        one_sided=one_sided,
        failed=failed,
    )


def _quantile(values: Floats, level: float) -> float:
    """Linear between neighbours as numpy's; where the upper one is infinite, infinite."""
    ordered, place = np.sort(values), level * (values.size - 1)
    lower, upper = float(ordered[math.floor(place)]), float(ordered[math.ceil(place)])
    return lower if lower == upper else lower + (upper - lower) * (place - math.floor(place))


def _refuse_misplaced(patients: pd.DataFrame, n: int) -> None:
    if len(patients) != n:
        raise DesignError(
            f"{len(patients)} rows of characteristics stand beside {n} patients",
            expected="one row a patient, in the order of the times",
            do="take times and characteristics from one table",
        )
    refuse_repeated(patients.index, "the table of characteristics")


def log_hazard_ratio(
    time: Floats, event: NDArray[np.bool_], group: NDArray[np.bool_], weights: Floats, *, steps: int = 50
) -> float:
    """Log hazard ratio of ``group`` against the others from the weighted partial likelihood, Breslow ties.

    Newton's method from 0; the likelihood of one covariate is concave. Minus or plus infinity where it rises without end
    (every event on one side), NaN where nothing is compared.
    """
    order = np.argsort(-time, kind="stable")
    time, event, mine, w = time[order], event[order], group[order].astype(float), weights[order]
    last = np.searchsorted(-time, -time, side="right") - 1  # everybody with this time or a later one
    exposed, others = np.cumsum(w * mine)[last], np.cumsum(w * (1 - mine))[last]
    d, n1, n0 = w[event], exposed[event], others[event]
    observed, b = float((d * mine[event]).sum()), 0.0
    for _ in range(steps):
        share = n1 * np.exp(b) / (n1 * np.exp(b) + n0)
        score, information = observed - float((d * share).sum()), float((d * share * (1 - share)).sum())
        if information <= 1e-12:
            return math.copysign(math.inf, b) if b else math.nan
        move = float(np.clip(score / information, -2.0, 2.0))
        b += move
        if abs(move) < 1e-10:
            return b
    return float("nan")
