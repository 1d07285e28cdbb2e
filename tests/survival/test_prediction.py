import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, kaplan_meier, nelson_aalen, predicted_survival

DATA = ("veteran", "veteran46", "lung", "aml")
BLOCKS = [("veteran", "cox"), ("veteran", "cox_1"), ("veteran46", "cox"), ("lung", "cox"), ("aml", "cox")]


def fitted(table, name, expected, ties="efron"):
    terms = tuple(str(term) for term in np.atleast_1d(expected["terms"]))
    data = table(name).dropna(subset=list(terms))
    return data, cox(data["time"], data["status"], data[list(terms)].to_numpy(), terms=terms, ties=ties)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_survival_at_the_mean_and_its_limits_equal_survfit(name, block, table, reference, number):
    expected = reference(name)[block]["surv_at_mean_efron"]
    data, fit = fitted(table, name, reference(name)[block])
    found = predicted_survival(fit, data[list(fit.terms)].mean(), expected["time"])
    assert found.survival[0] == pytest.approx(number(expected["surv"]), abs=1e-9)
    assert found.std_error_log[0] == pytest.approx(number(expected["se_logS"]), rel=1e-7)
    assert found.low[0] == pytest.approx(number(expected["lower"]), abs=1e-9, nan_ok=True)
    assert found.high[0] == pytest.approx(number(expected["upper"]), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_baseline_hazard_equals_basehaz(name, block, table, reference, number):
    expected = reference(name)[block]["baseline_efron"]
    _, fit = fitted(table, name, reference(name)[block])
    found = predicted_survival(fit, np.zeros((1, len(fit.terms))), expected["time"])
    assert -np.log(found.survival[0]) == pytest.approx(number(expected["cumhaz_at_x0"]), rel=1e-7)


@pytest.mark.parametrize("name", DATA)
def test_nelson_aalen_equals_survfit(name, strata, reference, number):
    for stratum, data in strata(name).items():
        expected = reference(name)["km"][stratum]["nelson_aalen"]
        found = nelson_aalen(data["time"], data["status"])
        assert found.times == pytest.approx(number(expected["time"]))
        assert found.hazard == pytest.approx(number(expected["cumhaz"]), abs=1e-9)
        assert found.std_error == pytest.approx(number(expected["std_chaz"]), abs=1e-9)
        assert found.at([-1, found.times[0], 1e9]) == pytest.approx([0, found.hazard[0], found.hazard[-1]])


def test_a_term_without_effect_predicts_nearly_the_kaplan_meier_curve():
    rng = np.random.default_rng(4)
    time, event = rng.exponential(100, 4000), rng.random(4000) < 0.8
    found = predicted_survival(cox(time, event, rng.normal(size=4000)), [[0.0]], [30, 100, 200])
    curve = kaplan_meier(time, event)
    assert found.survival[0] == pytest.approx(
        [curve.survival_at(d).estimate for d in (30, 100, 200)], abs=0.002
    )


def test_a_day_beyond_the_follow_up_is_said():
    found = predicted_survival(cox([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0]), [[0.0]], [2, 9])
    assert found.warnings == (
        "Day 9 lies beyond the last observed time, day 4, whose value is carried forward.",
    )


@pytest.mark.parametrize(
    ("design", "days", "message"),
    [
        ([[np.nan]], [1], "missing"),
        ([[1, 2]], [1], "one column a term"),
        ([[1]], [-1], "negative"),
    ],
)
def test_a_prediction_that_cannot_be_made_is_refused(design, days, message):
    with pytest.raises(DesignError, match=message):
        predicted_survival(cox([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0]), design, days)


def test_a_fit_with_separation_or_strata_predicts_nothing():
    with pytest.raises(DesignError, match="separation"):
        predicted_survival(cox([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]), [[0]], [1])
    fit = cox([1, 2, 3, 1, 2, 3], np.ones(6), [1, 0, 1, 0, 1, 0], strata=[0, 0, 0, 1, 1, 1])
    with pytest.raises(DesignError, match="without strata"):
        predicted_survival(fit, [[0]], [1])
