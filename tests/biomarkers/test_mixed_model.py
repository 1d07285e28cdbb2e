"""Mixed model: R's lme4 and lmerTest, the paired t test, and what must not be fitted."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.biomarkers import mixed_model
from analysis.errors import DesignError


@pytest.fixture(scope="module")
def orthodont(shared):
    folder = shared / "reference" / "survival"
    return pd.read_csv(folder / "orthodont.csv"), json.loads((folder / "ref_mixed.json").read_text())


@pytest.mark.parametrize("block", ["random_intercept", "random_slope"])
def test_reml_fit_and_satterthwaite_agree_with_lmertest(orthodont, block):
    table, reference = orthodont
    expected = reference[block]
    age, female = table["age11"].to_numpy(float), table["female"].to_numpy(float)
    one = np.ones(len(table))
    model = mixed_model(
        table["distance"],
        np.column_stack([one, age, female, age * female]),
        table["Subject"],
        terms=tuple(expected["terms"]),
        random=None if block == "random_intercept" else np.column_stack([one, age]),
    )
    effects = [model.effect(term) for term in model.terms]
    assert [one.estimate for one in effects] == pytest.approx(expected["coef"], abs=1e-6)
    assert [one.std_error for one in effects] == pytest.approx(expected["se"], rel=1e-5)
    assert [one.degrees_of_freedom for one in effects] == pytest.approx(expected["df_satt"], rel=1e-4)
    assert [one.p_value for one in effects] == pytest.approx(expected["p_satt"], rel=1e-3)
    assert model.log_likelihood == pytest.approx(expected["reml_loglik"], abs=1e-7)
    assert model.residual_variance == pytest.approx(expected["varcomp"]["vcov"][-1], rel=1e-4)
    assert np.diag(model.random_covariance) == pytest.approx(
        expected["varcomp"]["vcov"][: len(model.random_covariance)], rel=1e-4
    )


def test_two_visits_of_everybody_are_the_paired_t_test():
    rng = np.random.default_rng(1)
    before = rng.normal(0, 2, 12)
    after = before + rng.normal(0.5, 1, 12)
    visit = np.repeat([0.0, 1.0], 12)
    model = mixed_model(
        np.concatenate([before, after]),
        np.column_stack([np.ones(24), visit]),
        np.tile(np.arange(12), 2),
        terms=("mean", "change"),
    )
    change, paired = model.effect("change"), stats.ttest_rel(after, before)
    assert change.p_value == pytest.approx(paired.pvalue, rel=1e-6)
    assert change.degrees_of_freedom == pytest.approx(11, rel=1e-5)
    interval = paired.confidence_interval()
    assert (change.low, change.high) == pytest.approx((interval.low, interval.high), rel=1e-6)


def test_without_variance_between_patients_it_is_ordinary_regression():
    # Measurements of a patient differ from each other more than patients do: the variance is found at zero.
    y = np.array([0.0, 4.0, 4.1, 0.2, 0.1, 4.2, 4.0, 0.3])
    x = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    model = mixed_model(y, np.column_stack([np.ones(8), x]), [1, 1, 2, 2, 3, 3, 4, 4], terms=("mean", "x"))
    line = stats.linregress(x, y)
    assert model.singular
    assert model.effect("x").degrees_of_freedom == pytest.approx(6, rel=1e-6)
    assert model.effect("x").std_error == pytest.approx(line.stderr, rel=1e-6)
    assert model.effect("x").p_value == pytest.approx(line.pvalue, rel=1e-5)


def test_scaling_the_outcome_scales_the_effects_and_leaves_the_tests():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(9), 3)
    x = np.column_stack([np.ones(27), np.tile([0.0, 1.0, 2.0], 9)])
    y = rng.normal(0, 1, 27) + rng.normal(0, 1, 9)[group]
    small, large = (mixed_model(y * f, x, group, terms=("mean", "slope")) for f in (1.0, 1e5))
    assert large.effect("slope").estimate == pytest.approx(1e5 * small.effect("slope").estimate, rel=1e-6)
    assert large.effect("slope").p_value == pytest.approx(small.effect("slope").p_value, rel=1e-5)


@pytest.mark.parametrize(
    ("y", "x", "group", "says"),
    [
        ([1, 2, np.nan, 4], [0, 1, 0, 1], [1, 1, 2, 2], "missing"),
        ([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 2, 2], "depend on each other"),
        ([1, 2, 3, 4], [0, 1, 0, 1], [1, 2, 3, 4], "more measurements than patients"),
        ([0, 1, 0, 1], [0, 1, 0, 1], [1, 1, 2, 2], "explained exactly"),
    ],
)
def test_what_no_model_can_be_fitted_to_is_refused(y, x, group, says):
    with pytest.raises(DesignError, match=says):
        mixed_model(y, np.column_stack([np.ones(len(y)), x]), group, terms=("mean", "x"))
