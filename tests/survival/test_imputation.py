import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import impute, pooled_cox

EFFECT = 0.9


def trial(generator, n):
    """Response and a marker that goes with it; the response is missing where marker and early event say so (MAR).

    The marker has no effect beside the response, so the log hazard ratio of response alone is ``EFFECT``.
    """
    marker = generator.normal(size=n)
    response = (generator.random(n) < 1 / (1 + np.exp(-1.5 * marker))).astype(float)
    time = generator.exponential(200 / np.exp(EFFECT * response))
    end = generator.uniform(100, 900, n)
    event = time <= end
    time = np.minimum(time, end) + 1e-6
    early = event & (time < 60)
    lost = generator.random(n) < 1 / (
        1 + np.exp(2.5 - 5 * early * (marker > 0) - 2.5 * ~early * (marker < 0))
    )
    return time, event, np.where(lost, np.nan, response), marker, response


@pytest.fixture(scope="module")
def found():
    """Thirty simulated trials of 300: log hazard ratio by imputation and by complete cases."""
    rows = []
    for seed in np.random.SeedSequence(20140101).spawn(30):
        generator = np.random.default_rng(seed)
        time, event, response, marker, _ = trial(generator, 300)
        imputed = impute(
            time,
            event,
            {"response": response, "marker": marker},
            seed=int(generator.integers(2**31)),
            imputations=20,
            iterations=5,
        )
        both = pooled_cox(imputed, model=("response",), of="response")
        ratio = both.hazard_ratio
        rows.append(
            (
                np.log(ratio.estimate),
                np.log(both.complete_cases.estimate),
                ratio.low <= np.exp(EFFECT) <= ratio.high,
            )
        )
    return np.array(rows, dtype=float)


def test_imputation_finds_the_truth_where_complete_cases_miss_it(found):
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert abs(found[:, 0].mean() - EFFECT) < 4 * error[0]
    assert found[:, 1].mean() - EFFECT < -4 * error[1]


def test_the_interval_covers_the_truth_about_as_often_as_it_says(found):
    assert found[:, 2].mean() >= 0.85  # of 30; 0.95 less two and a half standard errors


def test_observed_values_stay_and_drawn_ones_are_of_those_seen():
    generator = np.random.default_rng(3)
    time, event, response, marker, _ = trial(generator, 46)
    marker = np.where(generator.random(46) < 0.2, np.nan, marker)
    done = impute(time, event, {"response": response, "marker": marker}, seed=4)
    assert done.values.shape == (50, 46, 2)
    assert np.isfinite(done.values).all()
    known = ~done.missing
    assert (done.values[:, known] == np.column_stack([response, marker])[known]).all()
    assert np.isin(done.values[:, :, 0], (0, 1)).all()
    assert np.isin(done.values[:, :, 1], marker[np.isfinite(marker)]).all()


def test_the_same_seed_gives_the_same_data_sets_and_another_seed_others():
    time, event, response, marker, _ = trial(np.random.default_rng(3), 46)
    asked = {"response": response, "marker": marker}
    one, same, other = (impute(time, event, asked, seed=seed).values for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_nothing_missing_gives_the_complete_cases():
    time, event, _, marker, response = trial(np.random.default_rng(3), 60)
    both = pooled_cox(
        impute(time, event, {"response": response, "marker": marker}, seed=1),
        model=("response",),
        of="response",
    )
    assert both.missing == 0
    assert both.hazard_ratio.estimate == pytest.approx(both.complete_cases.estimate, rel=1e-12)


def test_a_predictor_that_separates_does_not_send_the_draws_to_infinity():
    time = np.arange(1.0, 31)
    response = np.array([1.0] * 15 + [0.0] * 15)
    response[[3, 20]] = np.nan
    done = impute(time, np.ones(30), {"response": response, "same": (time <= 15).astype(float)}, seed=1)
    assert np.isin(done.values[:, :, 0], (0, 1)).all()


@pytest.mark.parametrize("values", [[1.0] * 10, [np.nan] * 7 + [1.0, 2.0, 3.0]])
def test_a_variable_without_information_is_refused_by_name(values):
    with pytest.raises(DesignError, match="marker cannot be imputed"):
        impute(range(1, 11), [1] * 10, {"marker": values}, seed=1)
