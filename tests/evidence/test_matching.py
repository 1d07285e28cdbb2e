"""Matching weights: hand-computed, and what must hold of any; the weighted ratio against R."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.evidence import matching_weights, weighted_comparison
from analysis.evidence.weighted_comparison import _quantile, log_hazard_ratio


def test_one_share_is_matched_by_the_weights_worked_out_by_hand():
    """30 of 100 have it, 60 % are wanted: weights 0.6/0.3 = 2 and 0.4/0.7 = 4/7.

    Effective size: 100² / (30 x 4 + 70 x 16/49) = 10000 / 142.857 = 70.
    """
    found = matching_weights(pd.DataFrame({"bone": [1] * 30 + [0] * 70}), {"bone": 0.6})
    assert found.weights[:30] == pytest.approx(2.0, abs=1e-6)
    assert found.weights[30:] == pytest.approx(4 / 7, abs=1e-6)
    assert found.effective == pytest.approx(70, abs=1e-4)


def test_patients_who_are_like_the_published_ones_keep_equal_weights():
    found = matching_weights(pd.DataFrame({"age": [50.0, 60, 70]}), {"age": 60.0})
    assert found.weights == pytest.approx(1.0, abs=1e-8)
    assert found.effective == pytest.approx(3)


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_weighted_means_are_the_targets_and_the_effective_size_is_within_its_bounds(seed, p):
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(40, p)), columns=[f"x{j}" for j in range(p)])
    mix = rng.dirichlet(np.full(40, 5.0))
    targets = dict(zip(x.columns, mix @ x.to_numpy(), strict=True))
    found = matching_weights(x, targets)
    assert found.balance["after"].to_numpy() == pytest.approx(list(targets.values()), abs=1e-6)
    assert 1 <= found.effective <= 40 + 1e-9
    assert (found.weights > 0).all()
    moved = matching_weights(x * 3 + 7, {name: 3 * value + 7 for name, value in targets.items()})
    assert moved.weights == pytest.approx(found.weights, rel=1e-4, abs=1e-6)


def test_a_mean_that_no_patient_reaches_is_refused_by_name():
    with pytest.raises(DesignError, match="no weights can make") as caught:
        matching_weights(pd.DataFrame({"age": [50.0, 60], "bone": [0, 1]}), {"age": 65.0, "bone": 0.5})
    assert caught.value.offenders == ("age",)


def test_a_published_mean_that_is_missing_is_refused_by_name():
    with pytest.raises(DesignError, match="mean of bone is not a number") as caught:
        matching_weights(pd.DataFrame({"bone": [1, 0]}), {"bone": float("nan")})
    assert caught.value.offenders == ("bone",)


def test_a_published_arm_without_its_columns_is_refused():
    patients, published = pd.DataFrame({"bone": [1, 0]}), pd.DataFrame({"days": [1.0, 2]})
    with pytest.raises(DesignError, match="no column event"):
        weighted_comparison([1, 2], [1, 1], patients, {"bone": 0.5}, published, seed=1, samples=5)


def test_incomplete_patients_are_left_out_and_counted():
    found = matching_weights(
        pd.DataFrame({"bone": pd.array([True, False, pd.NA], dtype="boolean")}, index=["A", "B", "C"]),
        {"bone": 0.5},
    )
    assert (found.left_out, list(found.patients)) == (1, ["A", "B"])


def test_the_warning_stands_always_and_says_when_too_few_are_left():
    found = matching_weights(pd.DataFrame({"bone": [1] * 3 + [0] * 57}), {"bone": 0.9})
    assert "without a common control" in found.warnings[0]
    assert any("too few to compare" in text for text in found.warnings)
    assert any("One patient carries" in text for text in found.warnings)


def test_the_weighted_ratio_is_that_of_r():
    """coxph(Surv(t, e) ~ g, weights = w, ties = "breslow") in R 4.2.2, survival 3.5-3."""
    time = np.array([5, 8, 12, 3, 9, 14, 20, 2, 6, 6], dtype=float)
    event = np.array([1, 0, 1, 1, 1, 0, 1, 1, 1, 0], dtype=bool)
    group = np.array([1] * 5 + [0] * 5, dtype=bool)
    weights = np.array([1.5, 0.5, 1, 2, 0.3, 1, 1, 1, 1, 1])
    assert log_hazard_ratio(time, event, group, weights) == pytest.approx(1.098704784347, abs=1e-9)


def test_the_comparison_recovers_what_confounding_hid():
    """Bone disease triples the hazard; the published arm has more of it; there is no effect of the trial."""
    rng = np.random.default_rng(4)
    bone = np.concatenate([rng.random(400) < 0.3, rng.random(600) < 0.7])
    time = rng.exponential(np.where(bone, 100.0, 300.0))
    published = pd.DataFrame({"days": time[400:], "event": True})
    found = weighted_comparison(
        time[:400],
        np.ones(400),
        pd.DataFrame({"bone": bone[:400]}),
        {"bone": float(bone[400:].mean())},
        published,
        seed=1,
        samples=60,
    )
    assert found.unweighted < 0.8
    assert found.low < 1 < found.high
    assert found.estimate == pytest.approx(1, abs=0.2)
    assert found.matching.effective < 400
    assert np.isnan(found.p_value)


def test_the_comparison_is_the_same_for_one_seed():
    rng = np.random.default_rng(1)
    patients = pd.DataFrame({"bone": rng.random(50) < 0.5})
    published = pd.DataFrame({"days": rng.exponential(200, 80), "event": rng.random(80) < 0.8})
    time = rng.exponential(200, 50)
    one, two = (
        weighted_comparison(time, np.ones(50), patients, {"bone": 0.6}, published, seed=2, samples=20)
        for _ in range(2)
    )
    assert (one.estimate, one.low, one.high) == (two.estimate, two.low, two.high)


def test_samples_that_cannot_be_matched_refuse_the_interval():
    rng = np.random.default_rng(1)
    published = pd.DataFrame({"days": rng.exponential(200, 80), "event": True})
    patients = pd.DataFrame({"bone": [True] + [False] * 29})
    with pytest.raises(DesignError, match="could not be matched"):
        weighted_comparison(
            rng.exponential(200, 30), np.ones(30), patients, {"bone": 0.5}, published, seed=1, samples=20
        )


def test_samples_without_an_event_of_the_study_count_with_a_ratio_of_0():
    """2 events among 20: a sample has none with probability 0.9 to the 20th, 12 %, below the fifth that refuses.

    More than 2.5 % of the samples are then 0, and so is the lower limit; it was above 0 when they were left out.
    """
    rng = np.random.default_rng(1)
    published = pd.DataFrame({"days": rng.exponential(200, 80), "event": True})
    found = weighted_comparison(
        rng.exponential(200, 20),
        np.arange(20) < 2,
        pd.DataFrame({"bone": np.arange(20) % 2 == 0}),
        {"bone": 0.5},
        published,
        seed=1,
        samples=200,
    )
    assert 5 < found.one_sided <= 40
    assert found.failed == 0
    assert found.low == 0
    assert found.estimate < found.high < np.inf


def test_samples_without_an_event_of_the_published_arm_count_with_an_infinite_ratio():
    rng = np.random.default_rng(1)
    published = pd.DataFrame({"days": rng.exponential(200, 20), "event": np.arange(20) < 2})
    patients = pd.DataFrame({"bone": np.arange(80) % 2 == 0})
    found = weighted_comparison(
        rng.exponential(200, 80), np.ones(80), patients, {"bone": 0.5}, published, seed=1, samples=200
    )
    assert found.one_sided > 5
    assert 0 < found.low < found.estimate
    assert found.high == np.inf


def test_samples_that_cannot_be_weighted_widen_the_interval_on_both_sides():
    """4 of 40 have it: a sample has none with probability 0.9 to the 40th, 1.5 %, less than 2.5 %: the limits stay finite.

    One more such sample moves each limit outwards by one place of the ordered ratios; without weights none is known.
    """
    rng = np.random.default_rng(2)
    patients = pd.DataFrame({"bone": np.arange(40) < 4})
    published = pd.DataFrame({"days": rng.exponential(200, 80), "event": True})
    asked = (patients, {"bone": 0.3}, published)
    found = weighted_comparison(rng.exponential(200, 40), np.ones(40), *asked, seed=3, samples=200)
    assert 0 < found.failed <= 4
    assert 0 < found.low < found.estimate < found.high < np.inf


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([1.0, 2, 3, 4, 5], 1.1, 4.9),  # 0.025 x 4 = 0.1 of the way from the first to the second
        ([0.0] + [1.0] * 39, 0.975, 1.0),  # 0.025 x 39 = 0.975: between the 0 and the first 1
        ([1.0] * 39 + [np.inf], 1.0, np.inf),
        ([0.0] * 2 + [1.0] * 38, 0.0, 1.0),
    ],
)
def test_quantiles_hold_infinite_samples(values, low, high):
    values = np.array(values)
    assert _quantile(values, 0.025) == pytest.approx(low)
    assert _quantile(values, 0.975) == pytest.approx(high)


def test_the_ratio_is_infinite_where_one_side_has_every_event():
    time, weights = np.arange(1.0, 7), np.ones(6)
    mine = np.array([1, 0, 1, 0, 1, 0], dtype=bool)
    assert log_hazard_ratio(time, mine, mine, weights) == np.inf
    assert log_hazard_ratio(time, ~mine, mine, weights) == -np.inf
    assert np.isnan(log_hazard_ratio(time, np.zeros(6, dtype=bool), mine, weights))


def test_a_study_without_an_event_is_refused():
    published = pd.DataFrame({"days": np.arange(1.0, 81), "event": True})
    patients = pd.DataFrame({"bone": np.arange(20) % 2 == 0})
    with pytest.raises(DesignError, match="no finite ratio"):
        weighted_comparison(
            np.arange(20), np.zeros(20), patients, {"bone": 0.5}, published, seed=1, samples=5
        )


def test_a_study_with_one_event_has_no_interval():
    published = pd.DataFrame({"days": np.arange(1.0, 81), "event": True})
    patients = pd.DataFrame({"bone": np.arange(20) % 2 == 0})
    with pytest.raises(DesignError, match="or have no finite ratio"):
        weighted_comparison(
            np.arange(20), np.arange(20) == 0, patients, {"bone": 0.5}, published, seed=1, samples=50
        )


def test_characteristics_must_stand_beside_the_times_each_patient_once():
    published = pd.DataFrame({"days": [10.0, 20], "event": True})
    asked = {"targets": {"bone": 0.5}, "published": published, "seed": 1, "samples": 5}
    with pytest.raises(DesignError, match="3 rows of characteristics stand beside 4 patients"):
        weighted_comparison([1, 2, 3, 4], [1] * 4, pd.DataFrame({"bone": [1, 0, 1]}), **asked)
    twice = pd.DataFrame({"bone": [1, 0, 1, 0]}, index=["A", "B", "A", "C"])
    with pytest.raises(DesignError, match="more than once") as caught:
        weighted_comparison([1, 2, 3, 4], [1] * 4, twice, **asked)
    assert caught.value.offenders == ("A",)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_mean_on_the_edge_of_the_patients_is_refused_by_name(share):
    """All weight on some of them reaches it; which weights these have would depend on where the search stopped."""
    patients = pd.DataFrame({"age": [50.0, 80, 60, 70], "bone": [1, 1, 0, 0]})
    with pytest.raises(DesignError, match="on the edge") as caught:
        matching_weights(patients, {"age": 65.0, "bone": share})
    assert caught.value.offenders == ("bone",)


def test_an_edge_that_no_single_characteristic_shows_is_refused():
    patients = pd.DataFrame(
        {"x": [0, 1, 0], "y": [0, 0, 1]}
    )  # the hull is a triangle, (0.5, 0.5) on its long side
    with pytest.raises(DesignError, match="on the edge"):
        matching_weights(patients, {"x": 0.5, "y": 0.5})
    assert matching_weights(patients, {"x": 0.49, "y": 0.49}).weights == pytest.approx([0.06, 1.47, 1.47])


def test_what_all_patients_share_with_the_published_ones_is_no_edge():
    found = matching_weights(
        pd.DataFrame({"female": [1] * 4, "bone": [1, 0, 0, 0]}), {"female": 1.0, "bone": 0.5}
    )
    assert found.weights == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3], abs=1e-6)


def test_a_share_near_the_edge_is_matched():
    """1 in 1000 wanted of 2 in 4: weights 2 x 0.001 and 2 x 0.999."""
    found = matching_weights(pd.DataFrame({"bone": [1, 1, 0, 0]}), {"bone": 0.001})
    assert found.weights == pytest.approx([0.002, 0.002, 1.998, 1.998], rel=1e-4)
