"""Probability that a change is real: published limits, tabulated probabilities, recovery by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.pet import (
    probability_of_chance,
    probability_of_response,
    probability_real,
    repeatability_limits,
    with_probabilities,
)


@pytest.mark.parametrize(("wcv", "low", "high"), [(10, -24.2, 31.9), (12, -28.2, 39.3)])
def test_limits_of_change_are_the_published_ones(wcv, low, high):
    limits = repeatability_limits(wcv)
    # Published with 1.96 for the normal quantile, which moves the last digit.
    assert (limits.low_percent, limits.high_percent) == pytest.approx((low, high), abs=0.06)


def test_chance_of_each_decrease_in_an_unchanged_lesion_is_as_tabulated():
    found = probability_of_chance(np.array([-15.0, -20.0, -25.0, -30.0]), 10)
    assert found.round(3).tolist() == [0.125, 0.057, 0.021, 0.006]


def test_chance_is_recovered_from_simulated_test_retest():
    rng = np.random.default_rng(np.random.SeedSequence(11))
    s = np.sqrt(np.log1p(0.1**2))
    first, second = np.exp(rng.normal(0, s, (2, 200_000)))
    observed = ((second / first - 1) * 100 <= -20).mean()
    assert observed == pytest.approx(probability_of_chance(np.array([-20.0]), 10)[0], abs=0.002)


@given(st.floats(-99, 300), st.floats(1, 40))
def test_probabilities_lie_between_none_and_all_and_agree(change, wcv):
    real = probability_real(np.array([change]), wcv)[0]
    assert 0.5 <= real <= 1
    responding = probability_of_response(np.array([change]), wcv, cutoff_percent=25)[0]
    assert (responding >= 0.5) == (change <= -25)


def test_disappeared_is_certain_and_missing_stays_missing():
    table = pd.DataFrame({"change_percent": [-100.0, np.nan]})
    found = with_probabilities(table, metric="suv_max", cutoff_percent=25)
    assert found.loc[0, ["probability_real", "probability_responding"]].tolist() == [1, 1]
    assert found.loc[1, ["probability_real", "probability_responding"]].isna().all()


def test_no_variation_is_refused():
    with pytest.raises(DesignError, match="above 0"):
        repeatability_limits(0)
