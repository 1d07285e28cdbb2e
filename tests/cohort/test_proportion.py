"""Proportions: against R, by hand, and properties that every interval has."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort import missing_cases, proportion
from analysis.errors import DesignError

METHODS = ("clopper_pearson", "wilson", "mid_p")


@pytest.fixture(scope="session")
def reference(shared):
    text = (shared / "reference" / "survival" / "ref_categorical.json").read_text(encoding="utf-8")
    return json.loads(text)["proportions"]


@pytest.mark.parametrize(("method", "key"), [("clopper_pearson", "cp"), ("wilson", "wilson")])
def test_the_interval_is_that_of_r(reference, method, key):
    for case in reference:
        found = proportion(case["k"], case["n"], method=method)
        assert found.estimate == pytest.approx(case["p"], abs=1e-12)
        assert found.low == pytest.approx(case[f"{key}_lower"], abs=1e-9)
        assert found.high == pytest.approx(case[f"{key}_upper"], abs=1e-9)


def test_the_level_sets_the_tails_as_in_r(reference):
    for case in reference:
        assert proportion(case["k"], case["n"], level=0.9).low == pytest.approx(case["cp90_lower"], abs=1e-9)


def test_the_exact_upper_limit_without_a_success_is_known_in_closed_form():
    assert proportion(0, 10).high == pytest.approx(1 - 0.025**0.1, abs=1e-12)


def test_the_mid_p_upper_limit_without_a_success_is_known_in_closed_form():
    # P(X = 0) / 2 = 0.025 gives (1 - p)^n = 0.05.
    assert proportion(0, 10, method="mid_p").high == pytest.approx(1 - 0.05**0.1, abs=1e-10)


def test_mid_p_limits_solve_their_equation():
    from scipy.stats import binom

    found = proportion(12, 46, method="mid_p")
    above = binom.sf(12, 46, found.low) + binom.pmf(12, 46, found.low) / 2
    below = binom.cdf(11, 46, found.high) + binom.pmf(12, 46, found.high) / 2
    assert above == pytest.approx(0.025, abs=1e-10)
    assert below == pytest.approx(0.025, abs=1e-10)


def test_of_nobody_nothing_is_known():
    found = proportion(0, 0)
    assert math.isnan(found.estimate)
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("arguments", [(3, 2), (-1, 2), (1.5, 3)])
def test_impossible_counts_are_refused(arguments):
    with pytest.raises(DesignError):
        proportion(*arguments)


def test_an_unknown_interval_is_refused_with_the_known_ones():
    with pytest.raises(DesignError, match="clopper_pearson, wilson, mid_p"):
        proportion(1, 2, method="wald")


def test_missing_patients_count_against_and_for():
    cases = missing_cases(15, 45, 3)
    assert (cases.observed.k, cases.observed.n) == (15, 45)
    assert (cases.worst.k, cases.worst.n) == (15, 48)
    assert (cases.best.k, cases.best.n) == (18, 48)


@st.composite
def counts(draw):
    n = draw(st.integers(1, 200))
    return draw(st.integers(0, n)), n


@given(counts(), st.sampled_from(METHODS))
def test_the_interval_holds_the_estimate_and_stays_within_0_and_1(case, method):
    found = proportion(*case, method=method)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


@given(counts(), st.sampled_from(METHODS))
def test_counting_failures_mirrors_the_interval(case, method):
    k, n = case
    found, mirrored = proportion(k, n, method=method), proportion(n - k, n, method=method)
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert found.high == pytest.approx(1 - mirrored.low, abs=1e-9)


@given(counts())
def test_the_exact_interval_contains_the_mid_p_interval(case):
    exact, mid_p = proportion(*case), proportion(*case, method="mid_p")
    assert exact.low <= mid_p.low + 1e-9
    assert exact.high >= mid_p.high - 1e-9
