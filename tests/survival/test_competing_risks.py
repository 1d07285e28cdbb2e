import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cause_specific_cox, cumulative_incidence, gray_test, kaplan_meier


@pytest.fixture(scope="module")
def cif(reference):
    return reference("mgus_cr")["cif"]


@pytest.mark.parametrize("cause", [1, 2])
def test_incidence_and_its_variance_equal_cmprsk(cause, table, cif):
    data = table("mgus_cr")
    found = cumulative_incidence(data["ftime"], data["fstat"], cause=cause)
    at = np.searchsorted(found.times, cif["times"], side="right") - 1
    assert found.incidence[at] == pytest.approx(cif["overall"]["est"][cause - 1], abs=1e-12)
    assert found.variance[at] == pytest.approx(cif["overall"]["var"][cause - 1], rel=1e-9)


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("male", [0, 1])
def test_incidence_by_group_equals_cmprsk(cause, male, table, cif):
    data = table("mgus_cr").query("male == @male")
    found = cumulative_incidence(data["ftime"], data["fstat"], cause=cause)
    row = cif["by_group"]["rows"].index(f"{male} {cause}")
    at = np.searchsorted(found.times, cif["times"], side="right") - 1
    assert found.incidence[at] == pytest.approx(cif["by_group"]["est"][row], abs=1e-12)
    assert found.variance[at] == pytest.approx(cif["by_group"]["var"][row], rel=1e-9)


@pytest.mark.parametrize("cause", [1, 2])
def test_grays_test_equals_cmprsk(cause, table, cif):
    data = table("mgus_cr")
    found = gray_test(data["ftime"], data["fstat"], data["male"], cause=cause)
    assert found.statistic == pytest.approx(cif["gray_test"]["stat"][cause - 1], abs=1e-9)
    assert found.p_value == pytest.approx(cif["gray_test"]["p"][cause - 1], abs=1e-9)
    assert found.df == cif["gray_test"]["df"][cause - 1]


def test_states_of_the_aalen_johansen_curve_equal_survfit(table, cif):
    data = table("mgus_cr")
    states = np.array(cif["survfit_AJ"]["pstate"])
    for cause in (1, 2):
        found = cumulative_incidence(data["ftime"], data["fstat"], cause=cause)
        assert [found.at(t).estimate for t in cif["times"]] == pytest.approx(states[:, cause], abs=1e-12)


def test_without_competing_events_incidence_is_one_minus_survival():
    rng = np.random.default_rng(5)
    time, event = rng.exponential(100, 2000), rng.integers(0, 2, 2000)
    found, curve = cumulative_incidence(time, event), kaplan_meier(time, event)
    at = np.searchsorted(curve.times, found.times)
    assert found.incidence == pytest.approx(1 - curve.survival[at])
    # Aalen's variance and Greenwood's meet in large numbers.
    early = found.at_risk > 200
    assert np.sqrt(found.variance[early]) == pytest.approx(curve.std_error[at][early], rel=0.01)


def test_grays_test_does_not_notice_the_order_of_patients_or_the_names_of_groups(table):
    data = table("mgus_cr")
    mixed = data.sample(frac=1, random_state=1)
    first = gray_test(data["ftime"], data["fstat"], data["male"])
    second = gray_test(mixed["ftime"], mixed["fstat"], mixed["male"].map({0: "z", 1: "a"}))
    assert second.statistic == pytest.approx(first.statistic)


def test_a_kind_that_is_no_whole_number_is_refused():
    with pytest.raises(DesignError, match="no whole number"):
        cumulative_incidence([1, 2, 3], [0, 1.5, 1])


def test_an_interval_before_the_first_event_is_not_given():
    found = cumulative_incidence([5, 6, 7], [1, 0, 2]).at(2)
    assert found.estimate == 0
    assert np.isnan(found.low)


def test_cause_specific_hazards_equal_coxph(table, cif):
    data, expected = table("mgus_cr"), cif["cause_specific_cox_efron"]
    terms = tuple(cif["fine_gray_crr"]["terms"])
    found = cause_specific_cox(data["ftime"], data["fstat"], data[list(terms)].to_numpy(), terms=terms)
    assert found.coefficients == pytest.approx(expected["coef"], abs=1e-7)
    assert found.std_errors == pytest.approx(expected["se"], abs=1e-7)
    assert found.events == cif["counts"]["1"]


def test_a_cause_without_an_event_is_refused():
    with pytest.raises(DesignError, match="no event of kind 2"):
        cause_specific_cox([1, 2, 3], [0, 1, 1], [1, 0, 1], cause=2)
