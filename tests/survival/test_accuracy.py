import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import (
    auc_difference,
    predictive_values,
    time_dependent_auc,
)

NAMES = ["veteran46", "veteran", "lung"]


def marker_of(data, name):
    return -data["karno"] if name == "negk" else data[name]


@pytest.fixture
def case(table, reference):
    def read(name):
        expected = reference(name)["tdroc"]
        data = table(name)
        marker = marker_of(data, expected["marker"])
        seen = marker.notna()
        return data["time"][seen], data["status"][seen], marker[seen], expected

    return read


@pytest.mark.parametrize("name", NAMES)
def test_time_dependent_auc_equals_riskregression(name, case):
    time, event, marker, expected = case(name)
    for day, auc, se in zip(expected["times"], expected["auc"], expected["se"], strict=True):
        found = time_dependent_auc(time, event, marker, day=day)
        assert found.estimate == pytest.approx(auc, abs=1e-9)
        # riskRegression treats censorings tied with events a little differently in the variance.
        assert found.std_error == pytest.approx(se, rel=1e-4 if name != "veteran46" else 1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_predictive_values_equal_r(name, case):
    time, event, marker, expected = case(name)
    for at in expected["at"]:
        found = predictive_values(time, event, marker > expected["cut"], day=at["t"])
        ppv, npv = found.ppv, found.npv
        assert (ppv.estimate, ppv.low, ppv.high) == pytest.approx(
            (at["ppv_km"], at["ppv_km_lower"], at["ppv_km_upper"]), abs=1e-9
        )
        assert (npv.estimate, npv.low, npv.high) == pytest.approx(
            (at["npv_km"], at["npv_km_lower"], at["npv_km_upper"]), abs=1e-9
        )
        assert found.specificity == pytest.approx(at["spec"], abs=1e-9)
        # R's own formula lets events of a day be at risk of being censored on it.
        assert found.sensitivity == pytest.approx(at["sens"], abs=2e-4)


def test_the_influence_of_a_patient_is_the_change_of_auc_with_the_patients_weight(case):
    time, event, marker, _ = case("veteran")
    whole = time_dependent_auc(time, event, marker, day=90)
    repeated, patient = 8, int(np.argmin(np.asarray(time)))
    again = [
        np.concatenate([np.repeat(np.asarray(v), repeated), np.asarray(v)[[patient]]])
        for v in (time, event, marker)
    ]
    moved = time_dependent_auc(*again, day=90).estimate - whole.estimate
    assert moved * repeated == pytest.approx(whole.influence[patient], rel=0.05)


def test_the_paired_difference_of_a_marker_with_itself_is_none(case):
    time, event, marker, _ = case("veteran46")
    one = time_dependent_auc(time, event, marker, day=60)
    found = auc_difference(one, one)
    assert (found.estimate, found.p_value) == (0, 1)


def test_a_reversed_marker_has_the_complementary_area(case):
    time, event, marker, _ = case("veteran")
    forth, back = (time_dependent_auc(time, event, sign * marker, day=90) for sign in (1, -1))
    assert forth.estimate + back.estimate == pytest.approx(1)
    assert forth.std_error == pytest.approx(back.std_error)


@pytest.mark.parametrize("name", ["rank_noties", "rank_ties"])
def test_without_censoring_it_is_the_area_under_the_roc_curve(name, reference):
    case = reference("categorical")[name]
    marker = np.concatenate([case["x"], case["y"]])
    time = np.repeat([1.0, 9.0], [len(case["x"]), len(case["y"])])
    found = time_dependent_auc(time, time < 5, marker, day=5)
    assert found.estimate == pytest.approx(case["delong"]["auc"], abs=1e-12)
    # DeLong divides by the patients of each group less one, the influence function by all less one
    assert found.std_error == pytest.approx(np.sqrt(case["delong"]["var"]), rel=0.08)


def test_a_day_without_controls_is_refused():
    with pytest.raises(DesignError, match="0 still observed"):
        time_dependent_auc([1, 2, 3], [1, 1, 1], [3, 2, 1], day=5)


def test_predictive_values_of_a_call_nobody_gets_are_missing():
    found = predictive_values([1, 5, 9, 9], [1, 1, 0, 0], [0, 0, 0, 0], day=6)
    assert np.isnan(found.ppv.estimate)
    assert found.npv.estimate == 0.5
