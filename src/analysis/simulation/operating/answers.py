"""What the analyses of the study say about each of many simulated trials, made by the functions of the study itself."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.simulation.operating.outcome_trials import OutcomeTrials
from analysis.study import load_protocol
from analysis.survival import choose_day, cox, kaplan_meier, maximally_selected, permutation_logrank
from analysis.survival.dealing import deal_indices
from analysis.survival.hazard_ratio import FEWEST_EVENTS
from analysis.survival.many_tests import cox_ratio_many, firth_ratio_many, logrank_many

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SMALLEST_SHARE = 0.1
"""Of patients on either side of a searched cut-off, as in :func:`analysis.survival.maximally_selected`."""


@dataclass(frozen=True, eq=False)
class Landmarked:
    """Patients from a landmark, arrays of shape (trials, n); who is not in the set is censored at time 0."""

    time: Floats
    event: Flags
    kept: Flags
    start: Floats


def from_landmark(time: Floats, event: Flags, *, scan_day: Floats, day: float) -> Landmarked:
    """Patients with a scan who are event-free after it, their clock started at the landmark or at a later scan.

    The same patients and times as :func:`analysis.survival.landmark` keeps.
    """
    start = np.fmax(scan_day, day)
    kept = np.isfinite(scan_day) & (time > start)
    return Landmarked(np.where(kept, time - start, 0.0), event & kept, kept, start)


def answers_at_day_14(
    trials: OutcomeTrials, *, cutoff_percent: float, permutations: int, seed: np.random.SeedSequence
) -> dict[str, Floats]:
    """Tests and hazard ratios of the pre-specified and of a searched cut-off, arrays of shape (trials,).

    Hazard ratios are those of non-responders against responders; NaN where a trial has no answer.
    """
    day = load_protocol().visits["day14"].day
    left = from_landmark(trials.time, trials.event, scan_day=trials.scan_day14, day=day)
    resists = (trials.decrease14 < cutoff_percent) | trials.new14
    found = {
        "landmarked": left.kept.sum(axis=1),
        "events": left.event.sum(axis=1),
        "excluded_events": (trials.event & np.isfinite(trials.scan_day14) & ~left.kept).sum(axis=1),
        "without_scan": np.isnan(trials.scan_day14).sum(axis=1),
        "resistant_share": _share(resists, np.isfinite(trials.scan_day14)),
    }
    plain, firth = (method(left.time, left.event, resists) for method in (cox_ratio_many, firth_ratio_many))
    few = np.minimum((left.event & resists).sum(axis=1), (left.event & ~resists).sum(axis=1)) < FEWEST_EVENTS
    penalised = few | ~np.isfinite(plain.log_ratio)
    low, high = plain.wald_limits()
    found |= {
        "p_logrank": logrank_many(left.time, left.event, resists),
        "p_likelihood_ratio": plain.p_value,
        "p_firth": firth.p_value,
        "p_rule": np.where(penalised, firth.p_value, plain.p_value),
        "p_continuous": cox_ratio_many(left.time, left.event, trials.decrease14, limits=False).p_value,
        "penalised": penalised,
        "log_ratio": np.where(penalised, firth.log_ratio, plain.log_ratio),
        "profile_low": np.where(penalised, firth.low, plain.low),
        "profile_high": np.where(penalised, firth.high, plain.high),
        "wald_low": low,
        "wald_high": high,
    }
    return found | _permuted(trials, left, resists, permutations, seed)


def _share(members: Flags, among: Flags) -> Floats:
    count = among.sum(axis=1)
    return np.divide((members & among).sum(axis=1), count, out=np.full(count.shape, np.nan), where=count > 0)


def _permuted(
    trials: OutcomeTrials, left: Landmarked, resists: Flags, permutations: int, seed: np.random.SeedSequence
) -> dict[str, Floats]:
    """Permutation log-rank test, and the searched cut-off with every p-value one could print for it."""
    deals: dict[int, NDArray[np.int64]] = {}
    names = (
        "p_permutation",
        "searched_1992",
        "searched_1994",
        "searched_gauss",
        "searched_permutation",
    )
    found = {name: np.full(trials.trials, np.nan) for name in names}
    low = np.zeros(left.kept.shape, bool)
    for row, kept in enumerate(left.kept):
        size = int(kept.sum())
        if size not in deals:
            # One set of orders for all trials of a size: each p-value is as valid as with its own.
            root = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, size))
            deals[size] = deal_indices(size, permutations=permutations, seed=root)
        time, event, given = left.time[row, kept], left.event[row, kept], deals[size]
        with contextlib.suppress(DesignError):  # one group only: no answer
            tested = permutation_logrank(time, event, resists[row, kept], seed=0, deals=given)
            found["p_permutation"][row] = tested.p_value
        try:
            marker = trials.decrease14[row, kept]
            cut = maximally_selected(time, event, marker, seed=0, deals=given, smallest_share=SMALLEST_SHARE)
        except DesignError:
            continue
        found["searched_1992"][row] = cut.p_lausen_1992
        found["searched_1994"][row] = cut.p_lausen_1994
        found["searched_gauss"][row] = cut.p_gauss
        found["searched_permutation"][row] = cut.p_permutation
        low[row] = trials.decrease14[row] <= cut.value
    found["searched_naive"] = logrank_many(left.time, left.event, low)
    return found


def answers_without_landmark(trials: OutcomeTrials, *, cutoff_percent: float) -> dict[str, Floats]:
    """Responders at day 28 compared from the first dose with everybody else, and from the landmark as is right."""
    day = load_protocol().visits["day28"].day
    responds = (trials.decrease28 >= cutoff_percent) & ~trials.new28 & np.isfinite(trials.scan_day28)
    wrong = cox_ratio_many(trials.time, trials.event, ~responds, limits=False)
    left = from_landmark(trials.time, trials.event, scan_day=trials.scan_day28, day=day)
    right = cox_ratio_many(left.time, left.event, ~responds, limits=False)
    return {
        "from_start_log_ratio": wrong.log_ratio,
        "from_start_p": wrong.p_value,
        "from_landmark_log_ratio": right.log_ratio,
        "from_landmark_p": right.p_value,
    }


def answers_of_daily_visits(trials: OutcomeTrials, *, cutoff_percent: float) -> dict[str, Floats]:
    """The same trials if progression were seen on its day, and responses without measurement noise."""
    day = load_protocol().visits["day14"].day
    scans = {"scan_day": trials.scan_day14, "day": day}
    resists = (trials.decrease14 < cutoff_percent) | trials.new14
    truly = (trials.true_decrease14 < cutoff_percent) | trials.new14
    daily = from_landmark(trials.true_time, trials.true_event, **scans)
    seen = from_landmark(trials.time, trials.event, **scans)
    curves = {
        "median_seen": zip(trials.time, trials.event, strict=True),
        "median_daily": zip(trials.true_time, trials.true_event, strict=True),
    }
    return {
        "daily_log_ratio": cox_ratio_many(daily.time, daily.event, resists, limits=False).log_ratio,
        "daily_p": logrank_many(daily.time, daily.event, resists),
        "noiseless_log_ratio": cox_ratio_many(seen.time, seen.event, truly, limits=False).log_ratio,
        "misclassified": _share(resists != truly, np.isfinite(trials.scan_day14)),
        **{name: np.array([kaplan_meier(*pair).median for pair in pairs]) for name, pairs in curves.items()},
    }


def day_choices(trials: OutcomeTrials) -> Floats:
    """1 where the pre-specified rule chooses day 14, 0 for day 28, NaN for no answer, shape (trials,)."""
    protocol = load_protocol()
    found = np.full(trials.trials, np.nan)
    for row, pilot in enumerate(trials.pilot):
        scores = [
            np.where(np.isfinite(scan[row, pilot]), -decrease[row, pilot], np.nan)
            for scan, decrease in (
                (trials.scan_day14, trials.decrease14),
                (trials.scan_day28, trials.decrease28),
            )
        ]
        try:
            choice = choose_day(
                trials.time[row, pilot],
                trials.event[row, pilot],
                *scores,
                landmark_day=protocol.visits["day28"].day,
                margin=protocol.value("comparison_of_days.margin"),
                labels=("day 14", "day 28"),
            )
        except DesignError:
            continue
        found[row] = choice.chosen == "day 14"
    return found


def pooled_log_ratio(trials: OutcomeTrials, *, cutoff_percent: float) -> float:
    """Log hazard ratio in all patients of all trials together: what each trial's interval is to cover."""
    day = load_protocol().visits["day14"].day
    left = from_landmark(trials.time, trials.event, scan_day=trials.scan_day14, day=day)
    resists = ((trials.decrease14 < cutoff_percent) | trials.new14)[left.kept]
    return float(cox(left.time[left.kept], left.event[left.kept], resists.astype(float)).coefficients[0])
