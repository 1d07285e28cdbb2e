"""Operating characteristics as one table: shares of trials with exact intervals, ratios and times with their error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.cohort.proportions import proportion
from analysis.simulation.operating.run import OperatingCharacteristics, Scenario
from analysis.units import DAYS_PER_MONTH

Floats = NDArray[np.float64]
LEVEL = 0.05
"""A p-value below it is called significant; a trial without an answer is not."""

TESTS = {
    "p_logrank": "log-rank",
    "p_permutation": "permutation log-rank",
    "p_likelihood_ratio": "likelihood ratio of Cox’s model",
    "p_firth": "penalised likelihood ratio of Firth’s model",
    "p_rule": "hazard ratio by the stated rule",
    "p_continuous": "change without a cut-off",
    "searched_naive": "searched cut-off uncorrected",
    "searched_1992": "searched cut-off by Lausen–Schumacher 1992",
    "searched_1994": "searched cut-off by Lausen–Schumacher 1994",
    "searched_gauss": "searched cut-off by the joint normal distribution",
    "searched_permutation": "searched cut-off by permutation",
    "from_start_p": "response at day 28 without landmark",
    "from_landmark_p": "response at day 28 from the landmark",
    "daily_p": "log-rank if progression were seen on its day",
}
"""Tests by the name of their p-values, in the words of tables and figures."""
RATIOS = {
    "log_ratio": "hazard ratio by the stated rule",
    "daily_log_ratio": "hazard ratio, progression seen on its day",
    "noiseless_log_ratio": "hazard ratio, response without measurement noise",
    "weibull_log_ratio": "hazard ratio, Weibull model of the intervals between visits",
    "from_start_log_ratio": "hazard ratio from day 28, without landmark",
    "from_landmark_log_ratio": "hazard ratio from day 28, from the landmark",
}
"""Hazard ratios of non-responders against responders: geometric means over trials."""
MEANS = {
    "landmarked": ("patients in the comparison", 1.0),
    "events": ("events in the comparison", 1.0),
    "excluded_events": ("events before the landmark", 1.0),
    "without_scan": ("patients without a scan at day 14", 1.0),
    "resistant_share": ("share of non-responders", 1.0),
    "misclassified": ("share misclassified by measurement noise", 1.0),
    "median_seen": ("median PFS, months", 1 / DAYS_PER_MONTH),
    "median_daily": ("median PFS if progression were seen on its day, months", 1 / DAYS_PER_MONTH),
    "turnbull_low": ("earliest median PFS that the intervals allow (Turnbull), months", 1 / DAYS_PER_MONTH),
    "turnbull_high": ("latest median PFS that the intervals allow (Turnbull), months", 1 / DAYS_PER_MONTH),
    "c_apparent": ("C of eight noise markers, as it appears", 1.0),
    "c_corrected": ("C of eight noise markers, corrected by bootstrap", 1.0),
    "c_elsewhere": ("C of eight noise markers, in new patients", 1.0),
}
"""Means over trials, and what turns the answers into the unit printed."""
COVERAGES = {
    "profile": "profile-likelihood interval holds the true hazard ratio",
    "wald": "Wald interval holds the true hazard ratio",
}


@dataclass(frozen=True)
class Characteristic:
    """One number of a scenario with its Monte-Carlo interval (95 %).

    ``kind`` is ``share`` (Clopper–Pearson), ``ratio`` or ``mean`` (both normal, of the mean over trials); for a ratio
    ``sampling_low`` and ``sampling_high`` hold the middle 95 % of trials.
    """

    effect: str
    n: int
    name: str
    words: str
    kind: str
    estimate: float
    low: float
    high: float
    trials: int
    without_answer: int
    sampling_low: float = np.nan
    sampling_high: float = np.nan


def characteristics(found: OperatingCharacteristics) -> pd.DataFrame:
    """Every characteristic of every scenario, one row each; columns as :class:`Characteristic`.

    The true hazard ratio that intervals are to cover is 1 without effect, and otherwise that of all simulated patients
    of the effect together.
    """
    truth = {
        effect: 0.0
        if effect == "none"
        else float(np.mean([one.pooled_log_ratio for one in found.scenarios if one.effect == effect]))
        for effect in {one.effect for one in found.scenarios}
    }
    rows = [vars(row) for one in found.scenarios for row in _of_scenario(one, truth[one.effect])]
    return pd.DataFrame(rows)


def _of_scenario(one: Scenario, truth: float) -> list[Characteristic]:
    rows = [_share(one, name, words, one.answers[name] < LEVEL) for name, words in TESTS.items()]
    for kind, words in COVERAGES.items():
        low, high = one.answers[f"{kind}_low"], one.answers[f"{kind}_high"]
        known = np.isfinite(one.answers["log_ratio"]) & ~np.isnan(low)
        rows.append(_share(one, f"coverage_{kind}", words, ((low <= truth) & (truth <= high))[known]))
    chosen = one.answers["chooses_day_14"]
    rows.append(_share(one, "chooses_day_14", "the rule chooses day 14", chosen[~np.isnan(chosen)] == 1))
    rows.append(_share(one, "penalised", "Firth’s penalty was needed", one.answers["penalised"] == 1))
    rows += [_ratio(one, name, words) for name, words in RATIOS.items()]
    rows += [
        _mean(one, name, words, factor * one.answers[name], "mean") for name, (words, factor) in MEANS.items()
    ]
    return rows


def _share(one: Scenario, name: str, words: str, hits: NDArray[np.bool_]) -> Characteristic:
    exact = proportion(int(hits.sum()), hits.size)
    answers = one.answers.get(name)
    unanswered = one.trials - hits.size if answers is None else int(np.isnan(answers).sum())
    return Characteristic(
        one.effect, one.n, name, words, "share", exact.estimate, exact.low, exact.high, hits.size, unanswered
    )


def _mean(one: Scenario, name: str, words: str, values: Floats, kind: str) -> Characteristic:
    known = values[np.isfinite(values)]
    if known.size < 2:
        nothing = (np.nan, np.nan, np.nan)
        return Characteristic(one.effect, one.n, name, words, kind, *nothing, known.size, one.trials)
    centre = float(known.mean())
    reach = float(norm.ppf(0.975) * known.std(ddof=1) / np.sqrt(known.size))
    limits = (centre, centre - reach, centre + reach)
    return Characteristic(one.effect, one.n, name, words, kind, *limits, known.size, one.trials - known.size)


def _ratio(one: Scenario, name: str, words: str) -> Characteristic:
    mean = _mean(one, name, words, one.answers[name], "ratio")
    known = one.answers[name][np.isfinite(one.answers[name])]
    low, high = np.exp(np.quantile(known, (0.025, 0.975))) if known.size else (np.nan, np.nan)
    return Characteristic(
        one.effect,
        one.n,
        name,
        words,
        "ratio",
        float(np.exp(mean.estimate)),
        float(np.exp(mean.low)),
        float(np.exp(mean.high)),
        mean.trials,
        mean.without_answer,
        float(low),
        float(high),
    )
