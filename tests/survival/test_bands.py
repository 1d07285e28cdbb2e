import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import confidence_band, kaplan_meier
from analysis.survival.bands import equal_precision_value, hall_wellner_value

BRIDGES, STEPS = 4000, 2000


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_hall_wellner_bands_equal_km_ci(name, table, reference, number):
    data = table(name)
    curve = kaplan_meier(data["time"], data["status"])
    expected = reference(name)["km"]["overall"]
    for block, log_scale in (("kmci_hallwellner", False), ("kmci_loghall", True)):
        wanted = expected[block]
        found = confidence_band(curve, kind="hall-wellner", log_scale=log_scale)
        times, low, high = (number(wanted[key]) for key in ("time", "lower", "upper"))
        known = np.isin(times, found.times) & np.isfinite(low)
        at = np.searchsorted(found.times, times[known])
        assert known.sum() > 10
        # km.ci's critical value is rounded to four decimals, and its plain limits are not cut at 0 and 1.
        assert found.low[at] == pytest.approx(np.maximum(low[known], 0), abs=2e-5)
        assert found.high[at] == pytest.approx(np.minimum(high[known], 1), abs=2e-5)


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
