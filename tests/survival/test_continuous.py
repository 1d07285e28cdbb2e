import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import hazard_ratio_per, spline_effect


@pytest.mark.parametrize(
    ("name", "block"), [("veteran46", "rcs"), ("veteran", "rcs_karno"), ("lung", "rcs_age")]
)
def test_restricted_cubic_spline_equals_hmisc_and_coxph(name, block, table, reference):
    expected = reference(name)[block]
    data = table(name).dropna(subset=[expected["var"]])
    found = spline_effect(
        data["time"],
        data["status"],
        data[expected["var"]],
        reference=expected["ref"],
        grid=expected["grid"],
        knots=expected["nk"],
    )
    assert found.knots == pytest.approx(expected["knots"], abs=1e-9)
    assert np.log(found.hazard_ratio) == pytest.approx(expected["loghr"], abs=1e-7)
    spread = (np.log(found.high) - np.log(found.low)) / (2 * 1.959963984540054)
    assert spread == pytest.approx(expected["loghr_se"], abs=1e-7)
    assert found.nonlinearity.statistic == pytest.approx(expected["lrt_nonlinear"], abs=1e-7)
    assert found.nonlinearity.p_value == pytest.approx(expected["lrt_nonlinear_p"], abs=1e-7)


def test_ratio_of_a_step_is_the_coefficient_times_the_step(table, reference):
    data = table("veteran")
    expected = reference("veteran")["cox_1"]["profile_ci_efron"][0]
    found = hazard_ratio_per(data["time"], data["status"], data["karno"], step=10, name="Karnofsky, per 10")
    assert np.log(found.low) / 10 == pytest.approx(expected["coef_lower"], abs=1e-6)
    assert np.log(found.high) / 10 == pytest.approx(expected["coef_upper"], abs=1e-6)
    assert found.comparison == "Karnofsky, per 10"


def test_a_negative_step_inverts_the_ratio_and_keeps_the_limits_in_order(table):
    data = table("veteran46")
    up, down = (
        hazard_ratio_per(data["time"], data["status"], data["karno"], step=step, name="k")
        for step in (10, -10)
    )
    assert [down.estimate, down.low, down.high] == pytest.approx([1 / up.estimate, 1 / up.high, 1 / up.low])


def test_few_events_are_answered_by_firth():
    found = hazard_ratio_per([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [3, 1, 2, 2, 1, 1], step=1, name="x")
    assert found.method.startswith("Firth")
    assert "only 3 events" in found.warnings[0]


def test_a_marker_with_few_values_gets_no_spline():
    with pytest.raises(DesignError, match="same value"):
        spline_effect(np.arange(1, 21), np.ones(20), np.repeat([0, 1], [15, 5]), reference=0, grid=[0, 1])
