import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import confidence_band, kaplan_meier
from analysis.survival.bands import equal_precision_value, hall_wellner_value

BRIDGES, STEPS = 4000, 2000


NAMES = ["veteran", "veteran46", "lung", "aml"]


def limits(wanted, band, number):
    """R's limits at the times both have: plain ones of km.ci are not cut at 0 and 1."""
    times, low, high = (number(wanted[key]) for key in ("time", "lower", "upper"))
    known = np.isin(times, band.times) & np.isfinite(low)
    return np.searchsorted(band.times, times[known]), np.maximum(low[known], 0), np.minimum(high[known], 1)


@pytest.mark.parametrize("name", NAMES)
def test_hall_wellner_bands_equal_km_ci(name, strata, reference, number):
    for stratum, data in strata(name).items():
        curve = kaplan_meier(data["time"], data["status"])
        expected = reference(name)["km"][stratum]
        for block, log_scale in (("kmci_hallwellner", False), ("kmci_loghall", True)):
            found = confidence_band(curve, kind="hall-wellner", log_scale=log_scale)
            at, low, high = limits(expected[block], found, number)
            assert at.size > 4
            # km.ci's critical value is good to four decimals, in groups of a dozen to three
            close = 2e-5 if stratum == "overall" else 2e-4
            assert found.low[at] == pytest.approx(low, abs=close)
            assert found.high[at] == pytest.approx(high, abs=close)


@pytest.mark.parametrize("name", NAMES)
def test_equal_precision_bands_equal_km_ci_but_for_its_rounded_table(name, strata, reference, number):
    # km.ci looks its critical value up in a printed table of rounded arguments; ours solves Nair's equation.
    for stratum, data in strata(name).items():
        curve = kaplan_meier(data["time"], data["status"])
        expected = reference(name)["km"][stratum]
        for block, log_scale in (("kmci_epband", False), ("kmci_logep", True)):
            found = confidence_band(curve, kind="equal-precision", log_scale=log_scale)
            at, low, high = limits(expected[block], found, number)
            assert at.size > 4
            assert found.low[at] == pytest.approx(low, abs=0.015)
            assert found.high[at] == pytest.approx(high, abs=0.015)


@pytest.mark.parametrize(("lower", "upper"), [(0.1, 0.9), (0.02, 0.6)])
def test_a_brownian_bridge_leaves_the_band_as_often_as_said(lower, upper):
    rng = np.random.default_rng(11)
    x = np.arange(1, STEPS) / STEPS
    inside = (x >= lower) & (x <= upper)
    walk = np.cumsum(rng.standard_normal((BRIDGES, STEPS)) / np.sqrt(STEPS), axis=1)
    bridge = np.abs(walk[:, :-1] - x * walk[:, -1:])
    precise = (bridge / np.sqrt(x * (1 - x)))[:, inside].max(axis=1) > equal_precision_value(lower, upper)
    wide = bridge[:, x <= upper].max(axis=1) > hall_wellner_value(upper)
    margin = 4 * np.sqrt(0.05 * 0.95 / BRIDGES)
    # Steps see a little less of a path than there is of it, and Nair's value is an approximation.
    assert precise.mean() == pytest.approx(0.05, abs=margin)
    assert wide.mean() == pytest.approx(0.05, abs=margin)


def test_a_band_is_wider_than_the_pointwise_limits(table):
    data = table("veteran46")
    curve = kaplan_meier(data["time"], data["status"])
    band = confidence_band(curve)
    at = np.searchsorted(curve.times, band.times)
    assert (band.low <= curve.low[at]).all()
    assert (band.high >= curve.high[at]).all()


def test_a_curve_without_events_has_no_band():
    with pytest.raises(DesignError, match="no event"):
        confidence_band(kaplan_meier([1, 2, 3], [0, 0, 0]))
