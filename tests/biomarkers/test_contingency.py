"""Exact tests of tables: against R, by hand, and their symmetries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.biomarkers import contingency, fisher_exact, freeman_halton
from analysis.errors import DesignError

cells = st.integers(0, 12)
two_by_two = st.tuples(cells, cells, cells, cells).map(lambda c: np.array(c).reshape(2, 2))


def _filled(table: np.ndarray) -> bool:
    return bool((table.sum(axis=0) > 0).all() and (table.sum(axis=1) > 0).all())


def test_fisher_gives_the_p_odds_ratio_and_interval_of_r(r):
    tables = [case for case in r["fisher"] if "high_precision" in case]
    assert len(tables) == 4
    for case in tables:
        found, precise = fisher_exact(case["table"]), case["high_precision"]
        assert found.p_value == pytest.approx(case["p"], rel=1e-9)
        assert found.estimate == pytest.approx(precise["or_cmle"], rel=1e-9)
        assert found.low == pytest.approx(precise["or_lower"], rel=1e-9)
        assert found.high == pytest.approx(precise["or_upper"], rel=1e-9)


def test_the_larger_table_has_the_p_of_r(r):
    case = next(case for case in r["fisher"] if np.shape(case["table"]) == (2, 3))
    assert freeman_halton(case["table"]).p_value == pytest.approx(case["p"], rel=1e-9)


def test_the_tea_lady():
    # Fisher 1935: 3 of 4 cups right; two-sided p = 34/70.
    assert fisher_exact([[3, 1], [1, 3]]).p_value == pytest.approx(34 / 70, rel=1e-12)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([[0, 0], [0, 0]], "no patients"),
        ([[3, 4], [0, 0]], "every patient has the same marker status"),
        ([[3, 0], [4, 0]], "every patient is in the same group"),
    ],
)
@pytest.mark.parametrize("test", [fisher_exact, freeman_halton])
def test_a_one_sided_table_gives_a_reason_and_no_number(test, table, reason):
    found = test(table)
    assert found.reason == reason
    assert all(math.isnan(value) for value in (found.estimate, found.low, found.high, found.p_value))


def test_an_unbounded_odds_ratio_is_not_a_number_but_a_warning():
    found = fisher_exact([[6, 0], [2, 8]])
    assert math.isnan(found.estimate)
    assert math.isnan(found.high)
    assert found.low > 1
    assert "no upper bound" in found.warnings[0]


def test_margins_that_cannot_reach_significance_are_said():
    found = fisher_exact([[1, 0], [14, 30]])
    assert "smallest possible 0.33" in found.warnings[-1]


@pytest.mark.parametrize("table", [[[1, 2, 3], [1, 2, 3]], [[1, -1], [2, 2]], [[0.5, 1], [2, 2]], [1, 2]])
def test_what_is_no_table_of_counts_is_refused(table):
    with pytest.raises(DesignError):
        fisher_exact(table)


def test_too_many_tables_are_refused_with_a_reason(monkeypatch):
    monkeypatch.setattr(contingency, "MOST_STATES", 10)
    found = freeman_halton([[9, 2, 0], [3, 11, 3], [1, 4, 13]])
    assert math.isnan(found.p_value)
    assert "too many tables" in found.reason
    assert found.estimate > 0


def test_cramers_v_is_one_for_complete_association():
    assert freeman_halton(np.diag([4, 5, 6])).estimate == pytest.approx(1.0)


@given(two_by_two)
def test_fisher_agrees_with_scipy_and_with_the_enumeration(table):
    assume(_filled(table))
    p = fisher_exact(table).p_value
    assert p == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)
    assert p == pytest.approx(freeman_halton(table).p_value, rel=1e-6)


@given(two_by_two)
def test_swapping_groups_inverts_the_odds_ratio(table):
    assume(_filled(table) and (table > 0).all())
    found, turned = fisher_exact(table), fisher_exact(table[:, ::-1])
    assert turned.estimate == pytest.approx(1 / found.estimate, rel=1e-6)
    assert turned.low == pytest.approx(1 / found.high, rel=1e-6)
    assert turned.p_value == pytest.approx(found.p_value, rel=1e-9)


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 4), min_size=9, max_size=9), st.permutations(range(3)), st.permutations(range(3))
)
def test_the_order_of_rows_and_columns_changes_nothing(counts, rows, columns):
    table = np.array(counts).reshape(3, 3)
    assume(_filled(table))
    p = freeman_halton(table).p_value
    assert freeman_halton(table[rows][:, columns]).p_value == pytest.approx(p, rel=1e-9)
    assert freeman_halton(table.T).p_value == pytest.approx(p, rel=1e-9)


def test_the_probabilities_of_all_tables_add_up_to_one():
    logs, weights = contingency._every_table(np.array([5, 6, 7]), np.array([4, 9, 5]))
    assert (np.exp(logs) * weights).sum() == pytest.approx(1.0, rel=1e-9)


def test_the_number_of_tables_is_that_counted_by_hand():
    # Margins (2, 1) and (1, 1, 1): the single 1 of the second row may stand in any of three columns.
    logs, weights = contingency._every_table(np.array([2, 1]), np.array([1, 1, 1]))
    assert weights.sum() == 3
    assert np.exp(logs) == pytest.approx(np.full(logs.size, 1 / 3))
