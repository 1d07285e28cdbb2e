import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import calibration, cox, kaplan_meier, predicted_survival


def made(n, *, spread=1.0, seed=1):
    """Patients with a known risk by day 60, and predictions whose log hazards are ``spread`` times too wide."""
    rng = np.random.default_rng(seed)
    log_rate = 0.5 * rng.normal(size=n) - 4.8
    time, lost = rng.exponential(np.exp(-log_rate)), rng.exponential(250, n)
    said = -4.8 + spread * (log_rate + 4.8)
    return np.minimum(time, lost), time <= lost, 1 - np.exp(-np.exp(said) * 60)


def test_true_risks_lie_on_the_diagonal():
    found = calibration(*made(6000), day=60, groups=5)
    assert found.observed == pytest.approx(found.predicted, abs=0.04)
    assert found.slope.estimate == pytest.approx(1, abs=0.05)
    assert found.ratio.low < 1 < found.ratio.high
    assert found.mean_error < 0.02
    inside = (found.curve_predicted > 0.2) & (found.curve_predicted < 0.7)
    assert found.curve_observed[inside] == pytest.approx(found.curve_predicted[inside], abs=0.04)


def test_predictions_twice_too_wide_have_half_the_slope():
    found = calibration(*made(6000, spread=2.0), day=60)
    assert found.slope.estimate == pytest.approx(0.5, abs=0.03)
    assert found.mean_error > 0.05
    assert found.observed[0] > found.predicted[0]
    assert found.observed[-1] < found.predicted[-1]


def test_groups_are_kaplan_meier_curves_of_equal_parts(table):
    data = table("veteran46")
    fit = cox(data["time"], data["status"], data["karno"])
    risk = predicted_survival(fit, data["karno"].to_numpy(), [60]).risk[:, 0]
    found = calibration(data["time"], data["status"], risk, day=60, groups=2)
    assert found.patients.sum() == 46
    low = risk <= np.sort(risk)[found.patients[0] - 1]
    free = kaplan_meier(data["time"][low], data["status"][low]).survival_at(60)
    assert (found.observed[0], found.low[0], found.high[0]) == pytest.approx(
        (1 - free.estimate, 1 - free.high, 1 - free.low)
    )
    assert found.predicted[0] == pytest.approx(risk[low].mean())


def test_the_slope_of_a_models_own_predictions_is_1(table):
    data = table("veteran")
    fit = cox(data["time"], data["status"], data[["karno", "age"]].to_numpy())
    risk = predicted_survival(fit, data[["karno", "age"]].to_numpy(), [90]).risk[:, 0]
    assert calibration(data["time"], data["status"], risk, day=90).slope.estimate == pytest.approx(
        1, abs=1e-7
    )


def test_two_risks_make_two_groups_and_a_straight_line_that_is_said():
    time, event, _ = made(300)
    risk = np.tile([0.3, 0.5], 150)
    found = calibration(time, event, risk, day=60, groups=4)
    assert found.patients.tolist() == [150, 150]
    assert "straight line" in found.warnings[0]


@pytest.mark.parametrize(
    ("risk", "day", "message"),
    [
        ([0.2, 0.3, 1.0, 0.4], 2, "exactly 0 or 1"),
        ([0.2, 0.3, 1.4, 0.4], 2, "outside 0 to 1"),
        ([0.2, 0.3, 0.5, 0.4], 9, "nobody is followed"),
        ([0.2, 0.2, 0.2, 0.2], 2, "never differs"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(risk, day, message):
    with pytest.raises(DesignError, match=message):
        calibration([1, 2, 3, 4], [1, 1, 0, 0], risk, day=day)
