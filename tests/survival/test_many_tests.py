"""Tests of many data sets at once give the numbers of the single ones, also with ties and few events."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, firth_cox, hazard_ratio, logrank, maximally_selected, permutation_logrank
from analysis.survival.dealing import deal_indices
from analysis.survival.many_tests import cox_ratio_many, firth_ratio_many, logrank_many


def made(b=40, n=30, seed=0, *, censored=0.3):
    """Data sets with tied times; in each, some patients do not belong to it (censored at time 0)."""
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(10, (b, n)))
    event = rng.random((b, n)) > censored
    group = rng.random((b, n)) < 0.35
    belongs = rng.random((b, n)) < 0.85
    return np.where(belongs, time, 0.0), event & belongs, group, belongs


def each(time, event, group, belongs):
    return [(t[k], e[k], g[k]) for t, e, g, k in zip(time, event, group, belongs, strict=True)]


def test_many_logrank_tests_are_the_single_ones():
    data = made()
    single = [logrank(t, e, g).p_value for t, e, g in each(*data)]
    assert logrank_many(*data[:3]) == pytest.approx(single, rel=1e-9)


def test_many_cox_models_have_the_estimate_test_and_profile_limits_of_the_single_ones():
    data = made()
    found = cox_ratio_many(*data[:3])
    for row, (t, e, g) in enumerate(each(*data)):
        fit = cox(t, e, g.astype(float), terms=("g",))
        ratio = fit.hazard_ratio("g")
        assert found.log_ratio[row] == pytest.approx(np.log(ratio.estimate), abs=1e-8)
        assert found.std_error[row] == pytest.approx(fit.std_errors[0], rel=1e-7)
        assert found.p_value[row] == pytest.approx(ratio.p_value, abs=1e-8)
        assert [found.low[row], found.high[row]] == pytest.approx(np.log([ratio.low, ratio.high]), abs=1e-7)
        wald = fit.hazard_ratio("g", interval="wald")
        assert [limit[row] for limit in found.wald_limits()] == pytest.approx(np.log([wald.low, wald.high]), abs=1e-7)  # fmt: skip


def test_many_firth_models_have_the_estimate_test_and_profile_limits_of_the_single_ones():
    data = made(b=25, n=18, seed=3, censored=0.7)
    found = firth_ratio_many(*data[:3])
    answered = 0
    for row, (t, e, g) in enumerate(each(*data)):
        if len({g[i] for i in range(len(t)) if t[i] >= t[e].min()}) < 2:  # refused by the single fit
            assert np.isnan(found.log_ratio[row])
            continue
        answered += 1
        ratio = firth_cox(t, e, g.astype(float), terms=("g",)).hazard_ratio("g")
        assert found.log_ratio[row] == pytest.approx(np.log(ratio.estimate), abs=1e-6)
        assert found.p_value[row] == pytest.approx(ratio.p_value, abs=1e-7)
        with np.errstate(divide="ignore"):
            limits = np.log([ratio.low, ratio.high])
        assert [found.low[row], found.high[row]] == pytest.approx(limits, abs=1e-5)
    assert answered > 15


def test_separation_has_no_cox_estimate_and_a_finite_firth_estimate():
    time, event, group = np.arange(1.0, 9)[None], np.array([[1, 1, 1, 1, 0, 0, 0, 0]]), np.array([[1, 1, 1, 1, 0, 0, 0, 0]])  # fmt: skip
    assert np.isnan(cox_ratio_many(time, event, group).log_ratio[0])
    expected = hazard_ratio(time[0], event[0], list(group[0]), reference=0)
    assert np.exp(firth_ratio_many(time, event, group).log_ratio[0]) == pytest.approx(expected.estimate, rel=1e-6)  # fmt: skip


def test_one_group_alone_or_no_event_has_no_answer():
    time, event = np.array([[1.0, 2, 3], [1, 2, 3]]), np.array([[1, 1, 1], [0, 0, 0]])
    group = np.array([[1, 1, 1], [1, 0, 1]])
    assert np.isnan(logrank_many(time, event, group)).all()
    assert np.isnan(cox_ratio_many(time, event, group).p_value).all()
    assert np.isnan(firth_ratio_many(time, event, group).p_value).all()


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(DesignError, match="do not fit together"):
        logrank_many([[1, 2]], [[1, 1]], [[1, 0, 1]])


def test_given_deals_make_the_permutation_tests_what_their_seed_would():
    time, event, group, _ = made(b=1, n=20, seed=5)
    time, event, group = time[0] + 1, event[0], group[0]
    deals = deal_indices(20, permutations=500, seed=9)
    for function, marker in ((permutation_logrank, group), (maximally_selected, np.arange(20.0))):
        seeded = function(time, event, marker, seed=9, permutations=500)
        given = function(time, event, marker, seed=0, deals=deals)
        assert vars(given)["method"] == vars(seeded)["method"]
        name = "p_value" if function is permutation_logrank else "p_permutation"
        # the same generator shuffles places as it shuffles scores
        assert getattr(given, name) == getattr(seeded, name)


def test_deals_of_another_size_are_refused():
    with pytest.raises(DesignError, match="for 3 patients"):
        permutation_logrank([1, 2, 3], [1, 1, 1], [1, 0, 1], seed=0, deals=deal_indices(4, permutations=5, seed=1))  # fmt: skip
