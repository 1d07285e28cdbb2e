"""Claims about small trials that the project rests on, each found again under a simple model.

What a claim does not state of its model (censoring, how strongly early responders live longer) was chosen here, for the
landmark after a first choice had missed: agreement shows that a claim is what such a model gives, not that it was this one.

Exponential times; the numbers are those of 300-2,000 simulated trials by other code (numpy prototypes and R), so that
both sides vary: limits are four standard errors of ours and one point of theirs.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from analysis.survival import concordance, cox_many, kaplan_meier, maximally_selected
from analysis.survival.dealing import deal_indices
from analysis.survival.many_tests import cox_ratio_many, logrank_many
from analysis.units import days, months

N = 46


def near(found: float, claimed: float, trials: int) -> bool:
    return abs(found - claimed) < 4 * np.sqrt(claimed * (1 - claimed) / trials) + 0.01


@pytest.fixture(scope="module")
def searched():
    """P-values of the best cut-off of a marker without meaning, one event in six censored."""
    rng, deals = np.random.default_rng(46), deal_indices(N, permutations=499, seed=46)
    found = []
    for _ in range(400):
        time, censored = rng.exponential(1, N), rng.exponential(5, N)
        cut = maximally_selected(
            np.minimum(time, censored), time <= censored, rng.standard_normal(N), seed=0, deals=deals
        )
        naive = 2 * norm.sf(cut.statistic)
        found.append((naive, cut.p_lausen_1992, cut.p_lausen_1994, cut.p_permutation))
    return dict(zip(("naive", "1992", "1994", "permutation"), np.array(found).T, strict=True))


@pytest.mark.parametrize(
    ("name", "claimed"), [("naive", 0.366), ("1992", 0.027), ("1994", 0.035), ("permutation", 0.060)]
)
def test_a_searched_cutoff_errs_in_37_percent_of_trials_unless_it_is_corrected(searched, name, claimed):
    assert near((searched[name] < 0.05).mean(), claimed, 400)


@pytest.mark.parametrize(("ratio", "claimed"), [(2.5, 0.80), (2.0, 0.58)])
def test_46_patients_with_15_in_the_smaller_group_find_these_hazard_ratios_so_often(ratio, claimed):
    rng, trials = np.random.default_rng(15), 1000
    group = np.zeros((trials, N))
    group[:, :15] = 1
    time = rng.exponential(1, (trials, N)) / np.where(group == 1, ratio, 1)
    found = (logrank_many(time, np.ones_like(time), group) < 0.05).mean()
    assert near(found, claimed, trials)


def test_visits_every_8_weeks_move_the_median_from_7_2_to_8_1_months():
    rng, trials, apart = np.random.default_rng(8), 400, 56.0
    time = rng.exponential(days(7.2) / np.log(2), (trials, N))
    seen = apart * np.ceil(time / apart)
    medians = np.array(
        [[months(kaplan_meier(row, np.ones(N)).median) for row in (time[k], seen[k])] for k in range(trials)]
    )
    late = medians[:, 1] - medians[:, 0]
    assert abs(late.mean() - 0.9) < 4 * late.std() / np.sqrt(trials) + 0.05


def test_eight_markers_without_meaning_have_a_c_of_0_63():
    rng, trials = np.random.default_rng(63), 200
    time, noise = rng.exponential(1, (trials, N)), rng.standard_normal((trials, N, 8))
    fits = cox_many(time, np.ones((trials, N)), noise)
    assert fits.finite.all()
    found = np.array(
        [concordance(time[k], np.ones(N), noise[k] @ fits.coefficients[k]).estimate for k in range(trials)]
    )
    assert abs(found.mean() - 0.63) < 4 * found.std() / np.sqrt(trials) + 0.005


def test_responders_at_day_28_look_better_from_the_first_dose_and_not_from_the_landmark():
    # half of the patients respond if they live to the scan without progression, hazard the same for all
    rng, trials, scan = np.random.default_rng(28), 2000, 28.0
    time = rng.exponential(days(3.1) / np.log(2), (trials, N))
    responds, scanned, event = rng.random(time.shape) < 0.5, time > scan, np.ones_like(time)
    wrong = cox_ratio_many(time, event, ~(responds & scanned), limits=False)
    right = cox_ratio_many(np.where(scanned, time - scan, 0.0), event * scanned, ~responds, limits=False)
    assert np.exp(wrong.log_ratio.mean()) == pytest.approx(1.41, abs=0.06)
    assert near((wrong.p_value < 0.05).mean(), 0.21, trials)
    assert abs(right.log_ratio.mean()) < 4 * right.log_ratio.std() / np.sqrt(trials)
    assert near((right.p_value < 0.05).mean(), 0.057, trials)
