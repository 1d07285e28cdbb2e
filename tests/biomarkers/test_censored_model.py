"""Left-censored repeated measurements: R's maximum likelihood, the multivariate normal by integration, and the truth."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.biomarkers import censored_model, mixed_model
from analysis.biomarkers.censored_model import _Likelihood
from analysis.biomarkers.curvature import gradient
from analysis.errors import DesignError


def simulated(seed, patients=60, limit=-0.3):
    """Three visits; truth: mean 0.5, change −0.8 and −0.4, between 0.9, within 0.5."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(patients), 3)
    visits = np.tile(np.eye(3)[:, 1:], (patients, 1))
    x = np.column_stack([np.ones(3 * patients), visits])
    true = x @ [0.5, -0.8, -0.4] + rng.normal(0, 0.9, patients)[group] + rng.normal(0, 0.5, 3 * patients)
    return np.maximum(true, limit), true < limit, x, group


TERMS = ("mean", "second", "third")


def test_without_censoring_it_is_the_maximum_likelihood_fit_of_lme4(shared):
    folder = shared / "reference" / "survival"
    table = pd.read_csv(folder / "orthodont.csv")
    expected = json.loads((folder / "ref_mixed.json").read_text())["random_intercept"]
    age, female = table["age11"].to_numpy(float), table["female"].to_numpy(float)
    x = np.column_stack([np.ones(len(table)), age, female, age * female])
    terms = tuple(expected["terms"])
    model = censored_model(table["distance"], [False] * len(table), x, table["Subject"], terms=terms)
    assert model.log_likelihood == pytest.approx(expected["ml_loglik"], abs=1e-5)
    assert [one.estimate for one in model.effects] == pytest.approx(expected["ml_coef"], abs=1e-3)


def test_the_likelihood_is_that_of_the_multivariate_normal():
    # One patient, one value seen, two below: density of the first times the conditional orthant chance.
    y, below = np.array([0.4, -0.3, -0.1]), np.array([False, True, True])
    within, between, mean = 0.5, 0.9, 0.2
    cov = between**2 * np.ones((3, 3)) + within**2 * np.eye(3)
    given = cov[1:, 0] / cov[0, 0]
    rest = cov[1:, 1:] - np.outer(given, cov[0, 1:])
    chance = stats.multivariate_normal(mean + given * (y[0] - mean), rest).cdf(y[1:])
    expected = stats.norm(mean, np.sqrt(cov[0, 0])).logpdf(y[0]) + np.log(chance)
    found = _Likelihood(y, below, np.ones((3, 1)), np.zeros(3, dtype=int), 60)
    value, _ = found(np.array([mean, np.log(within), np.log(between)]))
    assert -value == pytest.approx(expected, abs=1e-5)


def test_the_slope_is_that_of_the_likelihood():
    y, below, x, group = simulated(5, patients=20)
    minus = _Likelihood(y, below, x, group, 60)
    at = np.array([0.4, -0.7, -0.3, np.log(0.6), np.log(0.8)])
    assert minus(at)[1] == pytest.approx(gradient(lambda p: np.array(minus(p)[0]), at), abs=1e-4)


def test_the_truth_is_found_where_substitution_misses_it():
    fits, put = [], []
    for seed in range(3):
        y, below, x, group = simulated(seed)
        fits.append(censored_model(y, below, x, group, terms=TERMS).effect("second").estimate)
        put.append(mixed_model(y, x, group, terms=TERMS).effect("second").estimate)
    assert np.mean(fits) == pytest.approx(-0.8, abs=0.1)
    assert np.mean(put) > -0.6


def test_more_nodes_move_nothing_that_is_printed():
    data = simulated(1)
    few, many = (censored_model(*data, terms=TERMS, nodes=nodes) for nodes in (60, 120))
    assert many.log_likelihood == pytest.approx(few.log_likelihood, abs=2e-3)
    assert [one.estimate for one in many.effects] == pytest.approx(
        [one.estimate for one in few.effects], abs=1e-3
    )


def test_the_test_of_a_term_is_the_drop_of_the_likelihood_without_it():
    y, below, x, group = simulated(2)
    full = censored_model(y, below, x, group, terms=TERMS)
    less = censored_model(y, below, x[:, :2], group, terms=TERMS[:2])
    drop = 2 * (full.log_likelihood - less.log_likelihood)
    assert full.effect("third").p_value == pytest.approx(stats.chi2.sf(drop, 1), rel=1e-3)


def test_too_few_values_above_the_limit_are_no_model():
    y, _, x, group = simulated(3, patients=8)
    below = np.ones(y.size, dtype=bool)
    below[:4] = False
    with pytest.raises(DesignError, match="above the limit"):
        censored_model(y, below, x, group, terms=TERMS)
