"""How sure a lesion's change is: published limits, tabulated probabilities, recovery by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError, ParameterError
from analysis.pet import (
    LesionRule,
    Repeatability,
    probability_of_chance,
    re_estimate,
    repeatability_limits,
    repeatability_of,
    trial_rule,
    with_certainty,
)
from analysis.pet.response.patients import METRICS
from analysis.pet.response.repeatability import load_repeatability

TEN = Repeatability("suv_max", 10)
QUARTER = trial_rule("suv_max", 25.0)
PERCIST = LesionRule(
    name="p", metric="sul_peak", response_percent=30, progression_percent=30, smallest_change=0.8
)


def changes(before, after):
    table = pd.DataFrame({"baseline": np.atleast_1d(before), "follow_up": np.atleast_1d(after)}, dtype=float)
    change = (table["follow_up"] / table["baseline"] - 1) * 100
    table["patient_id"] = [f"P{i:06d}" for i in range(len(table))]
    return table.assign(change_percent=change, visit="day14")


@pytest.mark.parametrize(("wcv", "low", "high"), [(10, -24.2, 31.9), (12, -28.2, 39.3)])
def test_limits_of_change_are_the_published_ones(wcv, low, high):
    limits = repeatability_limits(wcv)
    # Published with 1.96 for the normal quantile, which moves the last digit.
    assert (limits.low_percent, limits.high_percent) == pytest.approx((low, high), abs=0.06)


def test_chance_of_each_decrease_in_an_unchanged_lesion_is_as_tabulated():
    found = probability_of_chance(np.array([-15.0, -20.0, -25.0, -30.0]), 10)
    assert found.round(3).tolist() == [0.125, 0.057, 0.021, 0.006]


def test_chance_is_recovered_from_simulated_test_retest():
    rng = np.random.default_rng(np.random.SeedSequence(11))
    s = np.sqrt(np.log1p(0.1**2))
    first, second = np.exp(rng.normal(0, s, (2, 200_000)))
    observed = ((second / first - 1) * 100 <= -20).mean()
    assert observed == pytest.approx(probability_of_chance(np.array([-20.0]), 10)[0], abs=0.002)


@given(st.floats(1, 30), st.floats(0.5, 40), st.floats(1, 40))
def test_the_probabilities_of_the_classes_add_to_one_and_follow_the_change(before, after, wcv):
    found = with_certainty(changes(before, after), QUARTER, Repeatability("suv_max", wcv)).iloc[0]
    classes = found[["probability_responding", "probability_stable", "probability_progressing"]]
    assert classes.sum() == pytest.approx(1)
    assert classes.min() >= -1e-12
    assert found["probability_real"] >= 0.5 - 1e-12
    assert found["low_percent"] <= found["change_percent"] + 1e-9 <= found["high_percent"] + 2e-9
    if abs(found["change_percent"] + 25) > 1e-6:
        assert (found["probability_responding"] > 0.5) == (found["change_percent"] < -25)


def test_one_lesion_by_hand():
    found = with_certainty(changes(10, 7), QUARTER, TEN).iloc[0]
    # ln 0.7 = -0.35667, ln 0.75 = -0.28768, ln 1.25 = 0.22314; sd 0.14107: z = 0.4891, 2.5284, 4.1102
    assert found["probability_responding"] == pytest.approx(0.6876, abs=2e-4)
    assert found["probability_real"] == pytest.approx(0.9943, abs=1e-4)
    assert found["probability_progressing"] == pytest.approx(2e-5, abs=5e-6)
    assert (found["low_percent"], found["high_percent"]) == pytest.approx((-46.9, -7.7), abs=0.1)


def test_a_cool_lesion_is_less_sure_than_a_hot_one_of_the_same_percentage():
    floor = Repeatability("suv_max", 10, smallest_difference=0.5)
    hot, cool = with_certainty(changes([10.0, 1.5], [6.0, 0.9]), QUARTER, floor)["probability_responding"]
    assert hot == pytest.approx(with_certainty(changes(10, 6), QUARTER, TEN)["probability_responding"][0])
    assert cool < hot


def test_two_measurements_of_a_cool_lesion_differ_by_less_than_the_smallest_difference_in_95_percent():
    floor = Repeatability("suv_max", 1, smallest_difference=0.5)
    # The difference of two values near 10 with this SD of the logarithm: 1.96 √2 × 10 × sd.
    assert 1.959964 * np.sqrt(2) * 10 * floor.log_sd_at(10.0) == pytest.approx(0.5)


def test_the_classes_with_a_smallest_change_are_those_of_a_simulation():
    rng = np.random.default_rng(np.random.SeedSequence(3))
    model = Repeatability("sul_peak", 10)
    for before, after in ((2.6, 1.8), (10.0, 7.2), (2.0, 2.9), (1.0, 0.5)):
        s = float(model.log_sd_at(1.0))
        first, second = (value * np.exp(rng.normal(0, s, 200_000)) for value in (before, after))
        change = PERCIST.changes(first, second)
        found = with_certainty(changes(before, after), PERCIST, model).iloc[0]
        assert found["probability_responding"] == pytest.approx(PERCIST.responds(change).mean(), abs=0.004)
        assert found["probability_progressing"] == pytest.approx(PERCIST.progresses(change).mean(), abs=0.004)


def test_a_measured_change_covers_the_truth_as_often_as_it_says():
    """True changes spread widely, so that the flat prior is right: 95 % intervals hold 95 %, probabilities are shares."""
    rng = np.random.default_rng(np.random.SeedSequence(5))
    true = np.exp(rng.uniform(np.log(0.2), np.log(4), 100_000))
    s = float(TEN.log_sd_at(1.0))
    first = 8 * np.exp(rng.normal(0, s, true.size))
    found = with_certainty(
        changes(first, 8 * true * np.exp(rng.normal(0, s, true.size))), QUARTER, TEN, prior="flat"
    )
    held = (found["low_percent"] <= 100 * (true - 1)) & (100 * (true - 1) <= found["high_percent"])
    assert held.mean() == pytest.approx(0.95, abs=0.003)
    said = found["probability_responding"].to_numpy()
    for low in (0.05, 0.3, 0.6, 0.85):
        here = (said > low) & (said < low + 0.1)
        assert (true[here] <= 0.75).mean() == pytest.approx(said[here].mean(), abs=0.03)


def test_disappeared_is_certain_and_missing_stays_missing():
    table = pd.DataFrame(
        {"baseline": [8.0, 8.0], "follow_up": [np.nan, np.nan], "change_percent": [-100.0, np.nan]}
    ).assign(patient_id="A", visit="day14")
    found = with_certainty(table, QUARTER, TEN)
    assert found.loc[0, ["probability_real", "probability_responding", "probability_stable"]].tolist() == [
        1,
        1,
        0,
    ]
    assert found.loc[1, ["probability_real", "probability_responding", "low_percent"]].isna().all()


def test_no_variation_and_another_measure_are_refused():
    with pytest.raises(DesignError, match="above 0"):
        repeatability_limits(0)
    with pytest.raises(DesignError, match="above 0"):
        Repeatability("suv_max", np.nan)
    with pytest.raises(DesignError, match="share"):
        Repeatability("suv_max", 10, shared=1.5)
    with pytest.raises(DesignError, match="suv_mean"):
        with_certainty(changes(10, 7), QUARTER, Repeatability("suv_mean", 10))


def test_every_measure_that_is_compared_has_a_repeatability_with_its_source():
    for metric in METRICS:
        found = repeatability_of(metric)
        assert found.source
        assert found.verified <= (found.basis == "published")
    with pytest.raises(ParameterError, match="suv_max"):
        repeatability_of("sharpness")


def test_a_broken_file_is_refused_with_the_name_of_the_measure(tmp_path):
    file = tmp_path / "repeatability.yml"
    entry = "{wcv_percent: 0, smallest_difference: 0, basis: assumed, verified: false, source: x}"
    file.write_text(f"measures:\n  suv_max: {entry}\nshared_within_scan: {{value: 0}}\n")
    with pytest.raises(ParameterError, match="suv_max"):
        load_repeatability(file)


def test_the_variation_of_two_pairs_by_hand():
    found = re_estimate(pd.DataFrame({"first": [10.0, 10.0, np.nan], "second": [11.0, 9.0, 5.0]}))
    # ln 1.1 = 0.09531, ln 0.9 = -0.10536; s² = (0.0090840 + 0.0111007) / 4 = 0.0050462
    assert found.n == 2
    assert found.wcv_percent == pytest.approx(7.113, abs=1e-3)
    # χ²(2) quantiles are -2 ln(1 - p): 0.050636 and 7.377759
    assert found.low_percent == pytest.approx(100 * np.sqrt(np.expm1(2 * 0.0050462 / 7.377759)), rel=1e-4)
    assert found.high_percent == pytest.approx(100 * np.sqrt(np.expm1(2 * 0.0050462 / 0.050636)), rel=1e-4)


@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_the_interval_of_the_variation_covers_it_also_when_lesions_of_a_patient_vary_together(shared):
    rng = np.random.default_rng(np.random.SeedSequence(8))
    s, covered = np.sqrt(np.log1p(0.1**2)), 0
    patient = np.repeat(np.arange(40), 3)
    for _ in range(400):
        noise = np.sqrt(shared) * rng.standard_normal((2, 40))[:, patient]
        noise = s * (noise + np.sqrt(1 - shared) * rng.standard_normal((2, 120)))
        first, second = 6 * np.exp(noise)
        found = re_estimate(pd.DataFrame({"patient_id": patient, "first": first, "second": second}))
        covered += found.low_percent <= 10 <= found.high_percent
    assert covered / 400 == pytest.approx(0.95, abs=0.04)


def test_a_scan_made_otherwise_shows_as_bias():
    first = np.linspace(3, 12, 20)
    wobble = np.where(np.arange(20) % 2, 1.02, 0.98)
    found = re_estimate(pd.DataFrame({"first": first, "second": first * 1.1 * wobble}))
    assert found.bias_low_percent > 5
    assert found.bias_percent == pytest.approx(10, abs=0.1)


def test_pairs_that_are_no_pairs_are_refused():
    with pytest.raises(DesignError, match="pairs"):
        re_estimate(pd.DataFrame({"first": [1.0, 0.0], "second": [1.0, 1.0]}))
