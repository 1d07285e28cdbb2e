import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import bootstrap_cox, bootstrap_indices, corrected_discrimination, cox, cox_many


@pytest.fixture
def optimism(reference, table, shared):
    expected = reference("veteran46")["optimism"]
    drawn = pd.read_csv(shared / "reference" / "survival" / "veteran46_boot_idx.csv", header=None)
    return table("veteran46"), expected, drawn.to_numpy() - expected["index_base"]


def test_every_bootstrap_fit_equals_a_fit_of_its_own(optimism):
    data, expected, drawn = optimism
    design = data[expected["terms"]].to_numpy(float)
    found = bootstrap_cox(data["time"], data["status"], design, indices=drawn[:40])
    for row, errors, sample in zip(found.coefficients, found.std_errors, drawn[:40], strict=True):
        one = cox(data["time"].to_numpy()[sample], data["status"].to_numpy()[sample], design[sample])
        assert row == pytest.approx(one.coefficients, abs=1e-8)
        assert errors == pytest.approx(one.std_errors, rel=1e-5)


def test_optimism_of_the_same_samples_equals_r(optimism):
    data, expected, drawn = optimism
    found = corrected_discrimination(data["time"], data["status"], data[expected["terms"]], indices=drawn)
    assert found.apparent == pytest.approx(expected["apparent"], abs=1e-12)
    assert found.optimism == pytest.approx(expected["optimism"], abs=1e-12)
    assert found.corrected == pytest.approx(expected["corrected"], abs=1e-12)
    assert found.slope == pytest.approx(expected["slope_corrected"], abs=1e-9)
    assert found.samples == expected["B"]


def test_a_group_that_is_alone_at_every_event_has_no_estimate():
    event = np.array([[False, False, True, False, False], [True] * 5])
    groups = np.array([[0.0, 0, 1, 1, 1], [0, 1, 0, 1, 1]])
    found = cox_many(np.arange(10.0).reshape(2, 5), event, groups[:, :, None])
    assert found.finite.tolist() == [False, True]
    assert np.isnan(found.std_errors[0, 0])


def test_noise_is_not_discrimination():
    rng = np.random.default_rng(2)
    time, noise = rng.exponential(100, 46), rng.normal(size=(46, 8))
    found = corrected_discrimination(time, np.ones(46), noise, samples=200, seed=1)
    assert found.apparent > 0.58
    assert abs(found.corrected - 0.5) < 0.09
    assert found.slope < 0.6


def test_separation_has_no_estimate():
    time, event = [[1, 2, 3, 4, 10, 11, 12, 13]], [[1, 1, 1, 1, 1, 1, 1, 0]]
    design = np.array([[1, 1, 1, 1, 0, 0, 0, 0]], float)[:, :, None]
    assert not cox_many(time, event, design).finite[0]


def test_a_constant_column_has_no_estimate():
    assert not cox_many([[1, 2, 3]], [[1, 1, 1]], np.ones((1, 3, 1))).finite[0]


def test_samples_depend_on_the_seed_alone():
    assert (bootstrap_indices(5, samples=3, seed=1) == bootstrap_indices(5, samples=3, seed=1)).all()
    assert (bootstrap_indices(5, samples=3, seed=1) != bootstrap_indices(5, samples=3, seed=2)).any()


def test_a_model_that_mostly_has_no_estimate_is_refused():
    with pytest.raises(DesignError, match="bootstrap samples"):
        corrected_discrimination(range(1, 9), [1] * 8, [1, 1, 1, 1, 0, 0, 0, 0], samples=50, seed=1)
