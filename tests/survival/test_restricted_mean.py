from itertools import combinations

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import permutation_rmst, restricted_mean, rmst_difference


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_means_difference_and_ratios_equal_r(name, table, reference):
    data = table(name)
    for expected in reference(name)["rmst"].values():
        base, other = (
            restricted_mean(part["time"], part["status"], tau_days=expected["tau"])
            for _, part in data.groupby("group")
        )
        assert base.estimate == pytest.approx(expected["rmst0"], abs=1e-9)
        assert base.std_error == pytest.approx(expected["se0"], abs=1e-9)
        assert other.estimate == pytest.approx(expected["rmst1"], abs=1e-9)
        assert other.std_error == pytest.approx(expected["se1"], abs=1e-9)
        found = rmst_difference(other, base)
        got = [found.estimate, found.low, found.high, found.p_value]
        wanted = [expected[f"diff_{key}"] for key in ("1_minus_0", "lower", "upper", "p")]
        assert got == pytest.approx(wanted, abs=1e-9)
        for own, keys in (
            (found.ratio, ("ratio", "ratio_lower", "ratio_upper", "ratio_p")),
            (found.rmtl_ratio, ("rmtl_ratio", "rmtl_lower", "rmtl_upper", "rmtl_p")),
        ):
            got = [own.estimate, own.low, own.high, own.p_value]
            assert got == pytest.approx([expected[key] for key in keys], abs=1e-9)


def test_without_censoring_it_is_the_mean_of_the_cut_times():
    times = np.array([3.0, 8, 20, 41, 60])
    found = restricted_mean(times, np.ones(5), tau_days=30)
    cut = np.minimum(times, 30)
    assert found.estimate == pytest.approx(cut.mean())
    # Greenwood divides by n: the variance of the mean without Bessel's correction
    assert found.std_error == pytest.approx(cut.std() / np.sqrt(5))


def test_tau_beyond_the_follow_up_is_refused():
    with pytest.raises(DesignError, match="longest follow-up"):
        restricted_mean([5, 10], [1, 0], tau_days=11)
    assert restricted_mean([5, 10], [1, 1], tau_days=11).estimate == pytest.approx(7.5)


def test_a_group_that_lost_no_time_has_no_ratio_of_times_lost():
    healthy = restricted_mean([50, 60], [0, 0], tau_days=30)
    found = rmst_difference(healthy, restricted_mean([10, 50], [1, 0], tau_days=30))
    assert np.isnan(found.rmtl_ratio.estimate)
    assert "lost" in found.warnings[0]


def test_means_to_different_tau_are_not_subtracted():
    one, two = (restricted_mean([50, 60], [1, 1], tau_days=tau) for tau in (20, 30))
    with pytest.raises(DesignError, match="one tau"):
        rmst_difference(one, two)


@pytest.mark.parametrize("name", ["veteran46", "aml", "lung"])
def test_the_permutation_tests_statistic_is_the_difference_of_the_means(name, table, reference):
    data = table(name)
    expected = next(iter(reference(name)["rmst"].values()))
    found = permutation_rmst(
        data["time"],
        data["status"],
        data["group"],
        reference=0,
        tau_days=expected["tau"],
        seed=1,
        permutations=9,
    )
    assert found.statistic == pytest.approx(expected["diff_1_minus_0"], abs=1e-9)


def test_permutation_p_equals_the_enumeration_of_all_deals():
    time, event = np.array([3.0, 5, 5, 8, 12, 20, 21, 30]), np.array([1, 1, 0, 1, 1, 0, 1, 1])
    group = np.array([0, 0, 0, 1, 0, 1, 1, 1])

    def area(mine):
        return restricted_mean(time[mine], event[mine], tau_days=18).estimate

    # every group of four reaches day 18 with these times
    differences = [
        area(list(mine)) - area([i for i in range(8) if i not in mine]) for mine in combinations(range(8), 4)
    ]
    own = area(group == 1) - area(group == 0)
    exact = (np.abs(differences) >= abs(own) - 1e-9).mean()
    found = permutation_rmst(time, event, group, reference=0, tau_days=18, seed=2, permutations=20_000)
    assert found.statistic == pytest.approx(own)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_a_permutation_test_beyond_the_follow_up_is_refused():
    with pytest.raises(DesignError, match="longest follow-up of 4 days"):
        permutation_rmst([1, 4, 6, 9], [1, 0, 1, 1], list("aabb"), reference="b", tau_days=5, seed=1)
