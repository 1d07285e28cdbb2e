import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import brier_score, cox, integrated_brier, predicted_survival, time_dependent_auc


@pytest.fixture
def scored(table, reference):
    """R's block and the data it is of."""

    def read(name):
        expected = reference(name)["brier"]
        return expected, table(name).dropna(subset=expected["terms"])

    return read


@pytest.mark.parametrize("name", ["veteran", "lung"])
def test_brier_scores_of_model_and_null_equal_riskregression(name, scored):
    expected, data = scored(name)
    risks = np.array(expected["predicted_risk_breslow"])
    found = integrated_brier(data["time"], data["status"], risks, days=expected["times"])
    assert found.score == pytest.approx(expected["brier"]["cox"]["brier"], abs=1e-9)
    assert found.null == pytest.approx(expected["brier"]["Null model"]["brier"], abs=1e-9)


@pytest.mark.parametrize("name", ["veteran", "lung"])
def test_auc_of_the_predicted_risk_equals_riskregression(name, scored):
    expected, data = scored(name)
    wanted = expected["auc"]
    for i, day in enumerate(wanted["times"]):
        risk = np.array(expected["predicted_risk_breslow"])[:, i]
        found = time_dependent_auc(data["time"], data["status"], risk, day=day)
        assert found.estimate == pytest.approx(wanted["auc"][i], abs=1e-9)
        # riskRegression treats censorings tied with events a little differently in the variance.
        assert found.std_error == pytest.approx(wanted["se"][i], rel=1e-3)


@pytest.mark.parametrize("name", ["veteran", "lung"])
def test_predicted_risks_equal_riskregression(name, scored):
    # its name says Breslow; the numbers are of coxph's default, Efron ties and Efron's baseline hazard
    expected, data = scored(name)
    fit = cox(data["time"], data["status"], data[expected["terms"]].to_numpy())
    found = predicted_survival(fit, data[expected["terms"]].to_numpy(), expected["times"]).risk
    assert found == pytest.approx(np.array(expected["predicted_risk_breslow"]), abs=1e-12)


def test_integration_is_the_trapezium_over_the_days():
    time, event = np.arange(1, 41), np.ones(40)
    risks = np.column_stack([np.full(40, p) for p in (0.2, 0.5, 0.7)])
    found = integrated_brier(time, event, risks, days=[8, 20, 30])
    by_hand = (12 * (found.score[0] + found.score[1]) / 2 + 10 * (found.score[1] + found.score[2]) / 2) / 22
    assert found.integrated == pytest.approx(by_hand)
    # without censoring: 8 of 40 had the event by day 8, and so on
    assert found.score == pytest.approx([0.2 * 0.64 + 0.8 * 0.04, 0.25, 0.75 * 0.09 + 0.25 * 0.49])
    assert found.null == pytest.approx([0.16, 0.25, 0.1875])


def test_a_perfect_prediction_explains_everything():
    time = np.arange(1, 21)
    risks = (time[:, None] <= np.array([[5, 10, 15]])).astype(float)
    found = integrated_brier(time, np.ones(20), risks, days=[5, 10, 15])
    assert (found.integrated, found.explained) == (0, 1)


@pytest.mark.parametrize(
    ("risks", "days", "message"),
    [
        ([[0.1, 0.2]] * 3, [1, 1], "do not rise"),
        ([[0.1, 0.2, 0.3]] * 3, [1, 2], "shape"),
        ([[0.1, 1.2]] * 3, [1, 2], "outside 0 to 1"),
    ],
)
def test_scores_that_cannot_be_given_are_refused(risks, days, message):
    with pytest.raises(DesignError, match=message):
        integrated_brier([1, 2, 3], [1, 1, 0], risks, days=days)


def test_a_risk_that_is_no_probability_names_the_patient():
    with pytest.raises(DesignError, match="outside") as caught:
        brier_score([1, 2, 3], [1, 1, 0], [0.2, -0.1, 0.5], day=1.5)
    assert caught.value.offenders == ("1",)
