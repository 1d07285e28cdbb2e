"""Agreement of two calls: against R, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.biomarkers import agreement, kappa, mcnemar
from analysis.errors import DesignError


def _calls(table):
    first = np.repeat([True, True, False, False], np.ravel(table))
    second = np.repeat([True, False, True, False], np.ravel(table))
    return first.tolist(), second.tolist()


def test_kappa_and_its_error_are_those_of_r(r):
    for case in r["agreement"]:
        found, error = kappa(np.array(case["table"]))
        assert found == pytest.approx(case["kappa"], abs=1e-12)
        assert error == pytest.approx(case["ase_vcd"], abs=1e-12)


def test_mcnemar_and_pabak_are_those_of_r(r):
    for case in r["agreement"][:2]:
        found, truth = agreement(*_calls(case["table"])), case["mcnemar"]
        assert found.table == tuple(map(tuple, case["table"]))
        assert found.pabak == pytest.approx(case["pabak"], abs=1e-12)
        assert found.observed.estimate == pytest.approx(case["po"], abs=1e-12)
        assert found.mcnemar.p_value == pytest.approx(truth["p_exact"], abs=1e-12)
        assert found.mcnemar_mid_p == pytest.approx(truth["p_midp"], abs=1e-12)
        assert found.mcnemar.estimate == pytest.approx(truth["or"], abs=1e-12)
        assert found.mcnemar.low == pytest.approx(truth["or_lower"], rel=1e-9)
        assert found.mcnemar.high == pytest.approx(truth["or_upper"], rel=1e-9)


def test_discordant_pairs_one_way_leave_the_odds_ratio_open():
    found, _ = mcnemar(5, 0, n=20)
    assert found.p_value == pytest.approx(2 * 0.5**5)
    assert math.isnan(found.estimate)
    assert math.isnan(found.high)
    assert "above" in found.warnings[0]


def test_equal_discordance_is_no_difference():
    found, mid_p = mcnemar(2, 2, n=20)
    # mid-p: 2 (P(X < 2) + P(X = 2) / 2) = 1.
    assert (found.p_value, mid_p) == (1.0, pytest.approx(1.0))


def test_two_identical_calls_have_nothing_to_test():
    found = agreement([True, False, True], [True, False, True])
    assert found.mcnemar.reason == "no patient's two calls differ"
    assert (found.kappa, found.kappa_low, found.kappa_high) == (1.0, 1.0, 1.0)


def test_two_constant_calls_have_no_kappa():
    assert math.isnan(agreement([True, True], [True, True]).kappa)


def test_patients_with_one_call_are_left_out():
    assert agreement([True, None, False], [True, True, None]).n == 1


def test_of_nobody_nothing_is_known():
    found = agreement([], [])
    assert found.n == 0
    assert math.isnan(found.pabak)
    assert math.isnan(found.kappa_low)


def test_calls_of_different_length_are_refused():
    with pytest.raises(DesignError):
        agreement([True], [True, False])
