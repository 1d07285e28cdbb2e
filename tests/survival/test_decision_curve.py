import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import decision_curve


def test_hand_computed_net_benefit_under_censoring():
    # Day 25, threshold 0.4, odds 2/3. Positive: patients at 10 (event), 15 (censored), 20 (event), 30, 40:
    # S = 4/5 * 2/3 = 8/15, share 5/8: net benefit 5/8 * (7/15 - 8/15 * 2/3) = 5/8 * 1/9 = 5/72.
    time, event = [10, 15, 20, 30, 40, 12, 35, 50], [1, 0, 1, 0, 0, 1, 0, 0]
    risk = [0.9, 0.4, 0.5, 0.6, 0.7, 0.3, 0.2, 0.1]
    found = decision_curve(time, event, {"model": risk}, day=25, thresholds=[0.4])
    assert found.net_benefit["model"] == pytest.approx([5 / 72], abs=1e-12)
    assert found.above["model"].tolist() == [5]
    # All eight: S = 7/8 * 6/7 * 4/5 = 3/5 (the one censored at 15 leaves before the event at 20).
    assert found.treat_all == pytest.approx([2 / 5 - 3 / 5 * 2 / 3], abs=1e-12)
    assert (found.n, found.events) == (8, 3)


def test_net_benefit_equals_the_formula_with_survfit(table):
    # R 4.2.2: i <- risk >= p; s <- summary(survfit(Surv(time, status) ~ 1, veteran46[i, ]), times = 60)$surv
    #          mean(i) * ((1 - s) - s * p / (1 - p)), and for all (1 - a) - a * p / (1 - p)
    data = table("veteran46")
    risk = np.minimum(0.95, 1 - np.exp(-np.exp(-(data["karno"] - 60) / 25) * 0.6))
    found = decision_curve(
        data["time"], data["status"], {"Karnofsky": risk}, day=60, thresholds=[0.2, 0.4, 0.6, 0.8]
    )
    wanted = [0.28804347826087, 0.246376811594203, 0.108695652173913, 0.130434782608696]
    assert found.net_benefit["Karnofsky"] == pytest.approx(wanted, abs=1e-12)
    wanted = [0.266304347826087, 0.0217391304347825, -0.467391304347826, -1.93478260869565]
    assert found.treat_all == pytest.approx(wanted, abs=1e-12)
    assert found.above["Karnofsky"].tolist() == [42, 28, 10, 6]


def test_a_prediction_that_calls_everybody_is_treating_all_and_one_that_calls_nobody_is_0():
    time, event = np.arange(1, 21), np.tile([1, 0], 10)
    found = decision_curve(
        time, event, {"all": np.ones(20), "none": np.zeros(20)}, day=10, thresholds=[0.1, 0.5]
    )
    assert found.net_benefit["all"] == pytest.approx(found.treat_all)
    assert found.net_benefit["none"].tolist() == [0, 0]


def test_a_true_risk_is_never_worse_than_treating_all_or_none():
    rng = np.random.default_rng(2)
    rate = np.exp(rng.normal(size=20000)) / 100
    time, lost = rng.exponential(1 / rate), rng.exponential(300, 20000)
    risk = 1 - np.exp(-rate * 60)
    found = decision_curve(
        np.minimum(time, lost), time <= lost, {"true": risk}, day=60, thresholds=np.arange(1, 10) / 10
    )
    assert (found.net_benefit["true"] > np.maximum(found.treat_all, 0) - 0.01).all()


def test_a_threshold_whose_patients_are_not_followed_is_missing_and_said():
    found = decision_curve(
        [5, 8, 30, 40], [0, 0, 1, 0], {"m": [0.9, 0.8, 0.2, 0.1]}, day=25, thresholds=[0.1, 0.5]
    )
    assert np.isnan(found.net_benefit["m"]).tolist() == [False, True]
    assert "at 1 of 2 thresholds" in found.warnings[0]


@pytest.mark.parametrize(
    ("risks", "day", "thresholds", "message"),
    [
        ({"m": [0.1, 0.2, 1.2]}, 2, [0.5], "outside 0 to 1"),
        ({"m": [0.1, 0.2, None]}, 2, [0.5], "missing"),
        ({"m": [0.1, 0.2, 0.3]}, 9, [0.5], "nobody is followed"),
        ({"m": [0.1, 0.2, 0.3]}, 2, [1.0], "threshold"),
        ({}, 2, [0.5], "no prediction"),
    ],
)
def test_a_curve_that_cannot_be_drawn_is_refused(risks, day, thresholds, message):
    with pytest.raises(DesignError, match=message):
        decision_curve([1, 2, 3], [1, 1, 0], risks, day=day, thresholds=thresholds)
