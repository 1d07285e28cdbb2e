import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import (
    auc_difference,
    compare_days,
    concordance,
    grouping,
    kaplan_meier,
    time_dependent_auc,
    timed_marker,
)
from analysis.survival.resampled import resampled_concordance, resampled_survival
from analysis.units import days

GENERATOR = np.random.default_rng(np.random.SeedSequence(28))
N = 50
RISK = GENERATOR.normal(size=N)
TIME = np.ceil(29 + GENERATOR.exponential(150, N) * np.exp(-RISK))
EVENT = GENERATOR.random(N) < 0.85
EARLY, LATE = RISK + GENERATOR.normal(size=N), RISK + GENERATOR.normal(size=N) / 4


def compared(early=EARLY, late=LATE, time=TIME, event=EVENT, **options):
    chosen = {
        "positive": "no", "landmark_day": 28, "horizon_months": (3, 6), "early_days": 183.0,
        "labels": ("day 14", "day 28"), "seed": 3, "resamples": 400,
    }  # fmt: skip
    changes = tuple(timed_marker(score, day) for score, day in ((early, 14), (late, 28)))
    calls = tuple(
        grouping(np.where(np.isnan(score), None, np.where(score > 0, "no", "yes")), day)
        for score, day in ((early, 14), (late, 28))
    )
    return compare_days(time, event, changes, calls, **{**chosen, **options})


def test_each_horizon_has_the_paired_difference_of_its_own_function():
    found = compared()
    left = found.landmark
    assert found.concordance.estimate == pytest.approx(
        concordance(left.time, left.event, EARLY[left.kept]).estimate
        - concordance(left.time, left.event, LATE[left.kept]).estimate
    )
    auc = [
        time_dependent_auc(left.time, left.event, score[left.kept], day=days(3)) for score in (EARLY, LATE)
    ]
    assert found.horizons[0].auc_difference == auc_difference(*auc)
    assert found.concordance_bootstrap.low < found.concordance.estimate < found.concordance_bootstrap.high


def test_the_bootstrap_interval_is_near_the_jackknifes():
    found = compared(resamples=2000)
    width = found.concordance.high - found.concordance.low
    assert found.concordance_bootstrap.low == pytest.approx(found.concordance.low, abs=width / 5)


def test_equal_days_do_not_differ_at_all():
    found = compared(early=LATE)
    assert found.concordance_bootstrap.estimate == found.concordance_bootstrap.low == 0
    assert found.horizons[0].npv_difference.high == 0
    assert (found.classification.first_only, found.classification.second_only) == (0, 0)
    assert np.isnan(found.classification.p_value)


def test_resamples_equal_the_functions_of_one_sample():
    weights = GENERATOR.multinomial(N, np.full(N, 1 / N), size=5)
    chosen = LATE > 0
    by_c, by_s = (
        resampled_concordance(TIME, EVENT, EARLY, weights),
        resampled_survival(TIME, EVENT, chosen, weights, 90),
    )
    for drawn, c, s in zip(weights, by_c, by_s, strict=True):
        rows = np.repeat(np.arange(N), drawn)
        assert c == pytest.approx(concordance(TIME[rows], EVENT[rows], EARLY[rows]).estimate)
        mine = rows[chosen[rows]]
        assert s == pytest.approx(kaplan_meier(TIME[mine], EVENT[mine]).survival_at(90).estimate)


def test_correct_classification_by_hand():
    # events on days 50 and 100 are early, that of day 300 is not, and day 60 censored tells nothing
    found = compared(
        early=np.array([1.0, -1, -1, 1]),
        late=np.array([1.0, 1, 1, -1]),
        time=np.array([50.0, 100, 300, 60]),
        event=np.array([True, True, True, False]),
        horizon_months=(),
    ).classification
    assert (found.both, found.first_only, found.second_only, found.neither, found.unknown) == (1, 1, 1, 0, 1)
    assert (found.p_value, found.mid_p) == pytest.approx((1.0, 1.0))


def test_one_sided_discordance_has_mcnemars_exact_p():
    n = 6
    found = compared(
        early=np.ones(n), late=-np.ones(n), time=np.arange(40.0, 100, 10), event=np.ones(n), horizon_months=()
    ).classification
    assert found.first_only == n
    assert found.p_value == pytest.approx(2 * 0.5**n)
    assert found.mid_p == pytest.approx(0.5**n)


def test_the_seed_alone_decides_the_bootstrap():
    assert compared().concordance_bootstrap == compared().concordance_bootstrap
    assert compared().concordance_bootstrap != compared(seed=4).concordance_bootstrap


def test_a_horizon_without_controls_is_said_not_invented():
    horizon = compared(horizon_months=(600,)).horizons[0]
    assert horizon.auc is None
    assert "still observed" in horizon.refusal


def test_scans_after_the_landmark_and_missing_pairs_are_refused():
    with pytest.raises(DesignError, match="immortal time"):
        compared(landmark_day=20)
    with pytest.raises(DesignError, match="0 patients have both scans"):
        compared(early=np.full(N, np.nan))
