import json
import math

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import pool


@pytest.fixture(scope="module")
def rubin(shared):
    """R block ``rubin`` of ref_mixed.json: mice's pooling, Barnard and Rubin's degrees of freedom."""
    return json.loads((shared / "reference" / "survival" / "ref_mixed.json").read_text())["rubin"]


def test_pooling_agrees_with_r_to_nine_digits(rubin):
    found = pool(rubin["Q"], rubin["U"], complete_df=rubin["n"] - rubin["k"])
    assert found.estimate == pytest.approx(rubin["qbar"], rel=1e-9)
    assert found.within == pytest.approx(rubin["ubar"], rel=1e-9)
    assert found.between == pytest.approx(rubin["b"], rel=1e-9)
    assert found.std_error**2 == pytest.approx(rubin["t"], rel=1e-9)
    assert found.increase == pytest.approx(rubin["r"], rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(rubin["df_barnard_rubin"], rel=1e-9)
    assert found.missing_information == pytest.approx(rubin["fmi"], rel=1e-9)


def test_data_sets_that_agree_lose_nothing_but_the_small_sample():
    # No variance between: df = (43 + 1) / (43 + 3) * 43 = 41.13
    found = pool([0.5, 0.5], [0.04, 0.04], complete_df=43)
    assert found.std_error == pytest.approx(0.2)
    assert found.degrees_of_freedom == pytest.approx(44 / 46 * 43)


def test_more_data_sets_than_needed_change_the_error_little():
    draws = np.random.default_rng(1).normal(0.5, 0.1, 400)
    few, many = (pool(draws[:m], np.full(m, 0.04), complete_df=30) for m in (50, 400))
    assert few.std_error == pytest.approx(many.std_error, rel=0.1)


@pytest.mark.parametrize(
    ("estimates", "variances", "df"),
    [
        ([0.1], [0.1], 9),
        ([0.1, math.nan], [0.1, 0.1], 9),
        ([0.1, 0.2], [0.1, 0], 9),
        ([0.1, 0.2], [0.1, 0.1], 0),
    ],
)
def test_what_cannot_be_pooled_is_refused(estimates, variances, df):
    with pytest.raises(DesignError):
        pool(estimates, variances, complete_df=df)
