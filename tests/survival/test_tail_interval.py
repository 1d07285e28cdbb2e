import numpy as np
import pytest
from scipy.stats import beta, binomtest

from analysis.errors import DesignError
from analysis.survival import kaplan_meier, tail_interval


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_both_intervals_equal_km_ci(name, strata, reference, number):
    for stratum, data in strata(name).items():
        curve = kaplan_meier(data["time"], data["status"])
        expected = reference(name)["km"][stratum]
        for block, kind in (("kmci_rothman", "rothman"), ("kmci_grunkemeier", "likelihood-ratio")):
            wanted = expected[block]
            days = number(wanted["time"])[::4]
            found = [tail_interval(curve, day, kind=kind) for day in days]
            low, high = number(wanted["lower"])[::4], number(wanted["upper"])[::4]
            given = np.isfinite(low) & np.isfinite([one.low for one in found])
            assert given.sum() > 1
            assert np.array([one.low for one in found])[given] == pytest.approx(low[given], abs=1e-8)
            assert np.array([one.high for one in found])[given] == pytest.approx(high[given], abs=1e-8)


def test_without_censoring_rothmans_is_wilsons_interval_of_a_proportion():
    found = tail_interval(kaplan_meier(range(1, 11), [1] * 10), 3, kind="rothman")
    assert (found.low, found.high) == pytest.approx(
        tuple(binomtest(7, 10).proportion_ci(method="wilson")), abs=1e-12
    )


def test_without_censoring_the_likelihood_ratio_interval_is_that_of_a_proportion():
    found = tail_interval(kaplan_meier(range(1, 11), [1] * 10), 3)
    for limit in (found.low, found.high):
        drop = 7 * np.log(0.7 / limit) + 3 * np.log(0.3 / (1 - limit))
        assert 2 * drop == pytest.approx(3.841459, abs=1e-5)
    assert found.low > beta.ppf(0.025, 7, 4)  # inside Clopper and Pearson's


def test_a_curve_at_1_or_0_has_no_interval():
    curve = kaplan_meier([3, 5], [1, 1])
    assert np.isnan(tail_interval(curve, 1).low)
    assert np.isnan(tail_interval(curve, 9).high)


def test_an_unknown_interval_is_refused():
    with pytest.raises(DesignError, match="unknown"):
        tail_interval(kaplan_meier([3, 5], [1, 1]), 4, kind="bpcp")
