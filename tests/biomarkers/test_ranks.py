"""Rank tests: against R and scipy, by enumeration, and their invariances."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.biomarkers import hodges_lehmann, rank_sum, signed_rank, spearman
from analysis.errors import DesignError

tied = st.lists(st.integers(0, 6), min_size=1, max_size=7)
SEED = np.random.SeedSequence(20140115)


def test_without_ties_p_shift_and_interval_are_those_of_r(r):
    case = r["rank_noties"]
    found, truth = rank_sum(case["x"], case["y"]), case["wilcox"]
    assert found.p_value == pytest.approx(truth["p"], rel=1e-12)
    assert found.estimate == pytest.approx(truth["hl"], abs=1e-9)
    assert (found.low, found.high) == pytest.approx((truth["lower"], truth["upper"]), abs=1e-9)


def test_with_ties_p_is_that_of_coin_and_exact_rank_tests(r):
    case = r["rank_ties"]
    p = rank_sum(case["x"], case["y"]).p_value
    assert p == pytest.approx(case["coin_exact"], rel=1e-12)
    assert p == pytest.approx(case["wilcox_exact_ties"]["p"], rel=1e-12)
    case = r["rank_noties"]
    p = rank_sum(case["x"], case["y"]).p_value
    assert p == pytest.approx(case["wilcox_exact_ties"]["p"], rel=1e-12)


def test_with_ties_the_interval_holds_every_shift_the_test_does_not_reject(r):
    # exactRankTests prints (-6, 1) here; its own test rejects -6 (p 0.009) and 1 (p 0.011).
    case = r["rank_ties"]
    x, y = np.array(case["x"], dtype=float), np.array(case["y"], dtype=float)
    shifts = np.arange(-9, 4, 0.25)
    kept = [shift for shift in shifts if rank_sum(x - shift, y).p_value > 0.05]
    found = rank_sum(x, y)
    assert (found.low, found.high) == (min(kept), max(kept))
    assert found.estimate == -2.0


def test_the_approximation_is_that_of_r(r, monkeypatch):
    monkeypatch.setattr("analysis.biomarkers.two_samples.MOST_STEPS", 0)
    for name in ("rank_noties", "rank_ties"):
        found = rank_sum(r[name]["x"], r[name]["y"])
        assert found.p_value == pytest.approx(r[name]["wilcox_asym_nocc"], rel=1e-9)
        assert "approximation" in found.method


@settings(max_examples=40)
@given(tied, tied)
def test_the_shift_algorithm_equals_going_through_every_division(first, second):
    found = rank_sum(first, second)
    pooled = np.array(first + second)
    if np.unique(pooled).size == 1:
        assert found.reason == "every value is the same"
        return
    ranks = stats.rankdata(pooled)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(pooled.size), len(first))])
    far = abs(ranks[: len(first)].sum() - sums.mean())
    assert found.p_value == pytest.approx((np.abs(sums - sums.mean()) >= far - 1e-9).mean(), rel=1e-9)


@given(tied, tied, st.floats(0.1, 20), st.floats(-50, 50))
def test_the_unit_scales_the_shift_and_leaves_p(first, second, scale, offset):
    plain = rank_sum(first, second)
    scaled = rank_sum(np.array(first) * scale + offset, np.array(second) * scale + offset)
    assert scaled.estimate == pytest.approx(plain.estimate * scale, abs=1e-9, nan_ok=True)
    # Rounding may break ties of the scaled numbers' differences, never their ranks.
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-9, nan_ok=True)


@given(tied, tied)
def test_swapping_the_groups_changes_the_sign_only(first, second):
    found, swapped = rank_sum(first, second), rank_sum(second, first)
    assert swapped.p_value == pytest.approx(found.p_value, rel=1e-9, nan_ok=True)
    assert swapped.estimate == pytest.approx(-found.estimate, nan_ok=True)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low), nan_ok=True)


def test_strong_ties_stay_exact_in_many_patients():
    # 40 of 300 positive: the rank-sum test of a yes/no marker is a hypergeometric tail in both directions.
    first, second = [1] * 12 + [0] * 38, [1] * 28 + [0] * 222
    chances = stats.hypergeom(300, 40, 50).pmf(np.arange(41))
    far = np.abs(np.arange(41) - 50 * 40 / 300) >= 12 - 50 * 40 / 300 - 1e-9
    found = rank_sum(first, second)
    assert "exact" in found.method
    assert found.p_value == pytest.approx(chances[far].sum(), rel=1e-9)


def test_missing_values_take_no_part():
    assert rank_sum([1, 2, math.nan], [3, 4, 5]) == rank_sum([1, 2], [3, 4, 5])


def test_an_infinite_value_has_no_shift_and_is_refused():
    with pytest.raises(DesignError, match="1 of 5 values are infinite"):
        rank_sum([1, 2, math.inf], [3, 4])


def test_an_empty_group_and_a_tiny_one_are_said():
    assert rank_sum([], [1, 2]).reason == "a group has no values"
    found = rank_sum([1.0], [2.0, 3.0])
    assert math.isnan(found.low)
    assert found.warnings == ("too few patients for a 95 % interval of the shift",)
    assert math.isnan(hodges_lehmann(np.array([]), np.array([1.0])))


def test_the_signed_rank_test_is_that_of_r(r):
    case = r["rank_noties"]
    pairs = min(len(case["x"]), len(case["y"]))
    found = signed_rank(np.array(case["x"][:pairs]) - np.array(case["y"][:pairs]))
    truth = case["signed_rank"]
    assert found.p_value == pytest.approx(truth["p"], rel=1e-12)
    assert found.estimate == pytest.approx(truth["hl"], abs=1e-9)
    assert (found.low, found.high) == pytest.approx((truth["lower"], truth["upper"]), abs=1e-9)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_the_signed_rank_p_equals_going_through_every_sign(differences):
    found = signed_rank(differences)
    moved = np.array([value for value in differences if value])
    if not moved.size:
        assert found.reason == "every difference is 0"
        return
    ranks = stats.rankdata(np.abs(moved))
    sums = np.array([ranks @ signs for signs in product((0, 1), repeat=moved.size)])
    far = abs(ranks @ (moved > 0) - sums.mean())
    assert found.p_value == pytest.approx((np.abs(sums - sums.mean()) >= far - 1e-9).mean(), rel=1e-9)


def test_no_pairs_is_a_reason():
    assert signed_rank([math.nan]).reason == "no paired values"


def test_spearman_is_that_of_r(r):
    for name in ("rank_noties", "rank_ties"):
        case = r[name]
        k = case["corr_first_k"]["k"]
        found = spearman(case["x"][:k], case["y"][:k], seed=SEED)
        assert found.estimate == pytest.approx(case["corr_first_k"]["spearman"], abs=1e-12)


def test_spearman_goes_through_every_permutation_of_few_patients():
    # 1, 2, 3 against 1, 3, 2: rho = 0.5; all six orders have |rho| of 1, 0.5, 0.5, 0.5, 0.5, 1.
    found = spearman([1, 2, 3], [1, 3, 2], seed=SEED)
    assert (found.estimate, found.p_value) == (pytest.approx(0.5), 1.0)


def test_spearman_draws_near_the_exact_value_and_the_same_from_the_same_seed():
    first = np.arange(20.0)
    second = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4], dtype=float)
    found = spearman(first, second, seed=SEED)
    expected = stats.spearmanr(first, second)
    assert found.estimate == pytest.approx(expected.statistic, abs=1e-12)
    error = math.sqrt(found.p_value * (1 - found.p_value) / 100_000)
    # The t approximation itself is off by some 1e-3 at n = 20.
    assert abs(found.p_value - expected.pvalue) < 4 * error + 3e-3
    assert spearman(first, second, seed=SEED) == found


def test_spearman_without_spread_or_pairs_is_a_reason():
    assert "fewer than 3" in spearman([1, 2, math.nan], [1, 2, 3], seed=SEED).reason
    assert "is the same" in spearman([1, 1, 1], [1, 2, 3], seed=SEED).reason


def test_a_perfect_correlation_has_no_interval():
    assert math.isnan(spearman([1, 2, 3, 4], [1, 2, 3, 4], seed=SEED).low)
