"""Power: by enumeration, by simulation, and the published arithmetic."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from analysis.biomarkers import fisher_exact, fisher_power, hazard_power, rank_sum, rank_sum_power
from analysis.errors import DesignError
from analysis.survival.many_tests import firth_ratio_many


def test_power_of_fishers_test_is_the_sum_over_the_tables_that_reject():
    # Margins 5 of 12 with the marker, groups of 6 and 6; noncentral hypergeometric chances by scipy.
    chances, power = stats.nchypergeom_fisher(12, 6, 5, 4.0), 0.0
    for cell in range(6):
        if fisher_exact([[cell, 5 - cell], [6 - cell, 1 + cell]]).p_value < 0.05:
            power += chances.pmf(cell)
    assert 0 < power < 1
    assert fisher_power((5, 7), (6, 6), odds_ratio=4).power == pytest.approx(power, abs=1e-9)


def test_without_an_effect_the_power_is_the_true_size_of_the_test():
    assert fisher_power((12, 33), (30, 15), odds_ratio=1).power <= 0.05
    assert rank_sum_power(8, 9, superiority=0.5).power <= 0.05


def test_the_detectable_effect_has_the_power_asked_for():
    found = fisher_power((12, 33), (30, 15))
    assert fisher_power((12, 33), (30, 15), odds_ratio=found.detectable).power == pytest.approx(0.8, abs=1e-4)
    found = rank_sum_power(12, 9)
    assert rank_sum_power(12, 9, superiority=found.detectable).power == pytest.approx(0.8, abs=1e-4)
    found = hazard_power(40, 0.4)
    assert hazard_power(40, 0.4, hazard_ratio=found.detectable).power == pytest.approx(0.8, abs=1e-4)


def test_margins_that_can_never_reject_have_no_power_and_no_detectable_effect():
    found = fisher_power((1, 9), (5, 5))
    assert (found.power, found.detectable) == (0.0, math.inf)


def test_power_of_the_rank_sum_test_is_the_sum_over_the_orders_that_reject():
    # 4 against 3: every order of the seven, its chance by the race, its p value by the exact test.
    theta, power = 3.0, 0.0
    for places in combinations(range(7), 4):
        chance, first, second = 1.0, 4, 3
        for rank in range(7):
            is_first = rank in places
            chance *= (first if is_first else theta * second) / (first + theta * second)
            first, second = first - is_first, second - (not is_first)
        others = [rank for rank in range(7) if rank not in places]
        power += chance * (rank_sum(places, others).p_value < 0.06)
    assert rank_sum_power(4, 3, superiority=0.75, alpha=0.06).power == pytest.approx(power, abs=1e-9)


def test_power_of_the_rank_sum_test_is_what_simulated_trials_find():
    rng, hits = np.random.default_rng(4), 0
    for _ in range(500):
        hits += rank_sum(rng.exponential(1, 10), rng.exponential(1 / 3, 8)).p_value < 0.05
    expected = rank_sum_power(10, 8, superiority=0.75).power
    assert hits / 500 == pytest.approx(expected, abs=3.5 * math.sqrt(0.25 / 500))


def test_beyond_the_exact_race_the_formula_stands_and_agrees():
    exact, formula = rank_sum_power(44, 44, superiority=0.65), rank_sum_power(46, 46, superiority=0.65)
    assert "exact" in exact.method
    assert "Noether" in formula.method
    assert formula.power == pytest.approx(exact.power, abs=0.05)


def test_schoenfelds_events_give_the_power_he_prints():
    # (1.959964 + 0.841621)² / (0.5 · 0.5 · log² 2) = 65.35 events.
    assert hazard_power(65, 0.5, hazard_ratio=2).power < 0.8 < hazard_power(66, 0.5, hazard_ratio=2).power
    assert hazard_power(66, 0.5, hazard_ratio=0.5).power == pytest.approx(
        hazard_power(66, 0.5, hazard_ratio=2).power
    )


@pytest.mark.parametrize(("carriers", "ratio"), [(14, 3.0), (7, 3.0)])
def test_schoenfelds_formula_is_what_firths_test_finds_in_simulated_trials(carriers, ratio):
    rng = np.random.default_rng(8)
    marker = np.zeros((300, 45))
    marker[:, :carriers] = 1
    time = rng.exponential(1 / np.where(marker == 1, ratio, 1.0))
    lost = rng.exponential(4.0, marker.shape)
    found = firth_ratio_many(np.minimum(time, lost), time <= lost, marker)
    events = round(float((time <= lost).sum(axis=1).mean()))
    expected = hazard_power(events, carriers / 45, hazard_ratio=ratio).power
    # Four Monte Carlo standard errors, and the formula's own: too hopeful or too modest by a few hundredths.
    assert np.mean(found.p_value < 0.05) == pytest.approx(expected, abs=0.11)


def test_a_marker_of_nobody_has_no_power():
    assert hazard_power(40, 0.0).power == pytest.approx(0.05)
    assert hazard_power(40, 0.0).detectable == math.inf


@pytest.mark.parametrize(("marker", "groups"), [((3, 4), (4, 4)), ((-1, 8), (4, 3))])
def test_margins_of_different_patients_are_refused(marker, groups):
    with pytest.raises(DesignError, match="same patients"):
        fisher_power(marker, groups)
