import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, firth_cox, hazard_ratio


def test_with_enough_events_it_is_the_cox_model_with_profile_interval(table):
    data = table("veteran46")
    found = hazard_ratio(data["time"], data["status"], data["trt2"], reference=0)
    expected = cox(data["time"], data["status"], data["trt2"], terms=("g",)).hazard_ratio("g")
    assert (found.estimate, found.low, found.high) == (expected.estimate, expected.low, expected.high)
    assert found.method == "Cox regression, Efron ties, likelihood-ratio test"
    assert found.warnings == ()


def test_fewer_than_five_events_in_a_group_change_to_firth_and_say_so():
    time, event = np.arange(1, 21), [1] * 16 + [0] * 4
    group = [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1]
    found = hazard_ratio(time, event, group, reference=0, labels={1: "detected", 0: "not detected"})
    expected = firth_cox(time, event, group, terms=("g",)).hazard_ratio("g")
    assert found.estimate == expected.estimate
    assert found.method.startswith("Firth-penalised Cox regression")
    assert "detected has 4" in found.warnings[0]
    assert found.comparison == "detected v not detected"


@pytest.mark.parametrize("case", ["complete separation (monotone likelihood)", "no event in one group"])
def test_separation_never_prints_an_infinite_ratio(case, reference):
    data = next(c for c in reference("edge")["edge"] if c["name"] == case)
    found = hazard_ratio(data["t"], data["s"], data["g"], reference=0)
    assert np.log(found.estimate) == pytest.approx(data["firth"]["coef"], abs=1e-6)
    assert np.isfinite([found.estimate, found.low, found.high, found.p_value]).all()


def test_separation_with_many_events_in_both_groups_is_found():
    time = np.arange(1, 21)
    found = hazard_ratio(time, np.ones(20), time <= 10, reference=False)
    assert "separation" in found.warnings[0]
    assert np.isfinite([found.estimate, found.low, found.high]).all()


def test_exchanging_the_reference_inverts_the_ratio(table):
    data = table("lung")
    one = hazard_ratio(data["time"], data["status"], data["female"], reference=0)
    two = hazard_ratio(data["time"], data["status"], data["female"], reference=1)
    assert [one.estimate, one.low, one.high] == pytest.approx([1 / two.estimate, 1 / two.high, 1 / two.low])
    assert one.p_value == pytest.approx(two.p_value)


def test_pandas_missing_groups_are_refused_by_position():
    group = pd.array([True, pd.NA, False], dtype="boolean")
    with pytest.raises(DesignError, match="group is missing") as caught:
        hazard_ratio([1, 2, 3], [1, 1, 1], group, reference=False)
    assert caught.value.offenders == ("1",)


@pytest.mark.parametrize(
    ("event", "group", "message"),
    [
        ([1, 1, 1, 1], ["a", "a", "b", "c"], "two groups"),
        ([1, 1, 1, 1], ["a", "a", "b", "b"], "reference"),
        ([0, 0, 0, 0], ["a", "a", "z", "z"], "no event"),
        ([0, 0, 1, 1], ["a", "a", "z", "z"], "never differs"),
    ],
    ids=["three groups", "reference unknown", "no event", "never at risk together"],
)
def test_what_has_no_hazard_ratio_is_refused(event, group, message):
    with pytest.raises(DesignError, match=message):
        hazard_ratio([1, 2, 3, 4], event, group, reference="z")


def test_a_label_for_a_group_without_patients_is_an_empty_group():
    with pytest.raises(DesignError, match="not detected: 0"):
        hazard_ratio(
            [1, 2],
            [1, 1],
            ["detected"] * 2,
            reference="not detected",
            labels={"detected": "+", "not detected": "-"},
        )
