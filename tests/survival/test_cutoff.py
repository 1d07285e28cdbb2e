import numpy as np
import pytest
from scipy.stats import multivariate_normal

from analysis.errors import DesignError
from analysis.survival import (
    PreSpecifiedCutoff,
    cox,
    hazard_ratio,
    maximally_selected,
    ratio_at_cutoff,
    search_cutoff,
)
from analysis.survival.cutoff import hothorn_lausen_scores
from analysis.survival.cutoff_p_values import exact_gauss
from analysis.survival.cutoff_search import best_cutoffs
from analysis.survival.observations import observations

BLOCKS = [
    ("veteran", "maxstat_karno"),
    ("veteran", "maxstat_age"),
    ("veteran46", "maxstat_karno"),
    ("veteran46", "maxstat_age"),
    ("lung", "maxstat_age"),
    ("lung", "maxstat_wtloss"),
]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_maximally_selected_statistic_and_corrected_p_equal_maxstat(name, block, table, reference):
    expected = reference(name)[block]
    data = table(name).dropna(subset=[expected["var"]])
    scores = hothorn_lausen_scores(observations(data["time"], data["status"]))
    assert scores == pytest.approx(np.array(expected["scores"]), abs=1e-9)
    permutations = 20_000
    found = maximally_selected(
        data["time"], data["status"], data[expected["var"]], seed=9, permutations=permutations
    )
    assert found.value == expected["cutpoint"]
    assert found.cutoffs.tolist() == expected["cuts"]
    assert found.statistics == pytest.approx(np.array(expected["stats"]), abs=1e-9)
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-9)
    assert found.p_lausen_1992 == pytest.approx(expected["p_Lau92"], abs=1e-9)
    assert found.p_lausen_1994 == pytest.approx(expected["p_Lau94"], abs=1e-9)
    # R integrates by Monte Carlo
    assert found.p_gauss == pytest.approx(expected["p_exactGauss"], abs=1e-3)
    # coin standardises with the same scores
    assert expected["coin"]["statistic"] == pytest.approx(found.statistic, abs=1e-9)
    assert expected["coin"]["cutpoint"] == found.value
    p = expected["p_condMC"]
    error = np.sqrt(p * (1 - p) * (1 / permutations + 1 / expected["condMC_B"])) + 1 / permutations
    assert found.p_permutation == pytest.approx(p, abs=4 * error)


def test_corrected_p_holds_the_type_one_error_that_the_naive_p_does_not():
    generator = np.random.default_rng(np.random.SeedSequence(46))
    rejected = 0
    for _ in range(200):
        data = generator.exponential(100, 46), np.ones(46), generator.normal(size=46)
        found = maximally_selected(*data, seed=1, permutations=199)
        rejected += found.p_permutation <= 0.05
    assert rejected / 200 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


@pytest.fixture(scope="module")
def noise():
    """46 patients whose marker says nothing."""
    rng = np.random.default_rng(17)
    return rng.exponential(100, 46), np.ones(46), np.round(rng.normal(size=46), 1)


@pytest.fixture(scope="module")
def searched(noise):
    return search_cutoff(*noise, seed=1, permutations=999, samples=200, repeats=20)


def test_every_row_of_a_batched_search_is_a_search_of_its_own():
    rng = np.random.default_rng(6)
    shape = (30, 40)
    time, marker = np.ceil(rng.exponential(20, shape)), np.round(rng.normal(size=shape), 1)
    event = rng.random(shape) < 0.8
    found = best_cutoffs(time, event, marker, 0.1)
    for row, (t, e, m) in enumerate(zip(time, event, marker, strict=True)):
        one = maximally_selected(t, e, m, seed=1, permutations=1)
        assert found[row] == one.value


def test_a_row_without_two_values_or_without_an_event_has_no_cutoff():
    time = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4]])
    event = np.array([[True] * 4, [False] * 4])
    marker = np.array([[5.0] * 4, [1, 2, 3, 4]])
    assert np.isnan(best_cutoffs(time, event, marker, 0.1)).all()


def test_the_interval_of_the_cutoff_is_that_of_the_bootstrap_searches(searched):
    assert searched.resampled.size == 200
    found, low, high = searched.resampled, searched.low, searched.high
    assert (found < low).mean() < 0.025 <= (found <= low).mean()
    assert (found > high).mean() <= 0.025 < (found >= high).mean()


def test_a_true_step_is_found_with_a_narrow_interval():
    rng = np.random.default_rng(3)
    marker = rng.uniform(0, 1, 300)
    time = rng.exponential(np.where(marker > 0.4, 1.0, 4.0))
    found = search_cutoff(time, np.ones(300), marker, seed=2, permutations=99, samples=200, repeats=20)
    assert found.low - 0.02 < 0.4 < found.high + 0.02
    assert found.high - found.low < 0.15
    assert found.cross_validated.low < 4 < found.cross_validated.high


def test_cross_validation_takes_away_the_effect_that_a_search_makes_of_noise():
    # By the search alone the hazard ratio of noise is far from 1 either way: mean |log HR| 0.8 with 46 patients.
    rng = np.random.default_rng(8)
    naive, left = [], []
    for _ in range(60):
        time, marker = rng.exponential(100, 46), rng.normal(size=46)
        found = search_cutoff(time, np.ones(46), marker, seed=1, permutations=1, samples=1, repeats=10)
        left.append(np.log(found.cross_validated.estimate))
        naive.append(cox(time, np.ones(46), marker > found.value).coefficients[0])
    assert abs(np.mean(left)) < 4 * np.std(left) / np.sqrt(60)
    assert np.mean(np.abs(left)) < 0.4
    assert np.mean(np.abs(naive)) > 0.6


def test_one_seed_gives_one_result(noise, searched):
    again = search_cutoff(*noise, seed=1, permutations=999, samples=200, repeats=20)
    assert again.words() == searched.words()
    assert again.cross_validated == searched.cross_validated


def test_whatever_a_searched_cutoff_says_begins_with_post_hoc(noise, searched):
    ratio = ratio_at_cutoff(*noise, searched)
    for words in (searched.method, searched.words(), searched.cross_validated.method, ratio.method):
        assert words.startswith("post hoc")
    assert ratio.p_value == searched.p_permutation
    assert ratio.estimate == searched.cross_validated.estimate


def test_a_prespecified_cutoff_is_compared_as_it_is_and_says_where_it_was_fixed(noise):
    time, event, marker = noise
    fixed = PreSpecifiedCutoff(0.0, "%", "protocol 4.2")
    found = ratio_at_cutoff(time, event, marker, fixed)
    plain = hazard_ratio(time, event, marker > 0, reference=False)
    assert (found.estimate, found.p_value) == (plain.estimate, plain.p_value)
    assert found.method.startswith("pre-specified cut-off of 0 % (protocol 4.2); Cox regression")


def test_a_number_without_its_history_is_no_cutoff(noise):
    with pytest.raises(DesignError, match="fixed before the data were seen"):
        ratio_at_cutoff(*noise, 0.3)


def test_a_searched_cutoff_is_not_applied_to_other_patients(noise, searched):
    time, event, marker = noise
    with pytest.raises(DesignError, match="state it in advance"):
        ratio_at_cutoff(time[1:], event[1:], marker[1:], searched)


def test_the_joint_normal_p_of_two_cutoffs_is_that_of_a_bivariate_normal():
    # n = 10, 4 and 6 below: correlation sqrt(4 * 4 / (6 * 6)) = 2/3
    inside = multivariate_normal([0, 0], [[1, 2 / 3], [2 / 3, 1]]).cdf([1.5, 1.5], lower_limit=[-1.5, -1.5])
    assert exact_gauss(1.5, 10, np.array([4, 6])) == pytest.approx(1 - inside, abs=1e-6)


@pytest.mark.parametrize(
    ("marker", "event", "message"),
    [
        ([1] * 6, [1] * 6, "no cut-off"),
        ([1, 2, 3, 4, 5, None], [1] * 6, "missing"),
        (range(6), [0] * 6, "no event"),
    ],
)
def test_a_marker_that_cannot_be_cut_is_refused(marker, event, message):
    with pytest.raises(DesignError, match=message):
        search_cutoff([1, 2, 3, 4, 5, 6], event, list(marker), seed=1, permutations=9)
