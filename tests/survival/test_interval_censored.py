import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import kaplan_meier, turnbull, weibull_regression

BLOCKS = [("veteran46_interval", "turnbull"), ("lung_interval", "turnbull_lung")]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_turnbulls_curve_equals_npsurv(name, block, table, reference, number):
    data, expected = table(name), reference("interval")[block]["npsurv"]
    found = turnbull(data["L"], data["R"])
    assert found.left.tolist() == expected["left"]
    assert found.right.tolist() == [np.inf if r is None else r for r in expected["right"]]
    assert found.probability == pytest.approx(number(expected["p"]), abs=1e-6)
    assert found.log_likelihood == pytest.approx(expected["loglik"], abs=1e-9)
    low, high = found.survival_at(found.right[:-1])
    assert low == pytest.approx(number(expected["surv_after_right"])[:-1], abs=1e-6)
    assert high == pytest.approx(low)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_the_weibull_model_equals_survreg(name, block, table, reference):
    data, expected = table(name), reference("interval")[block]["weibull"]
    found = weibull_regression(data["L"], data["R"])
    assert found.coefficients[0] == pytest.approx(expected["intercept"], abs=1e-8)
    assert np.exp(found.log_scale) == pytest.approx(expected["scale"], abs=1e-8)
    assert found.log_likelihood == pytest.approx(expected["loglik"], abs=1e-8)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(expected["se"], abs=1e-7)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_survfits_em_stops_near_turnbulls_curve(name, block, table, reference):
    data, expected = table(name), reference("interval")[block]["survfit_em"]
    found = turnbull(data["L"], data["R"])
    low, _ = found.survival_at(found.right[np.isfinite(found.right)])
    # R's steps stand in the middle of the intervals that carry probability
    steps = np.array(expected["surv"])
    assert np.abs(low[:, None] - steps[None, :]).min(axis=1).max() < 2e-3


def test_without_gaps_between_visits_turnbull_is_kaplan_meier(table):
    data = table("veteran46")
    ends = np.where(data["status"] == 1, data["time"], np.inf)
    found = turnbull(np.where(data["status"] == 1, data["time"] - 1e-6, data["time"]), ends)
    curve = kaplan_meier(data["time"], data["status"])
    days = np.arange(20, 400, 7) + 0.5
    expected = [curve.survival_at(day).estimate for day in days]
    assert found.survival_at(days)[0] == pytest.approx(expected, abs=1e-6)


def test_a_hazard_ratio_put_into_visits_is_found_again():
    rng = np.random.default_rng(7)
    treated = rng.integers(0, 2, 4000)
    time = 200 * rng.weibull(1.3, 4000) * np.exp(0.6 * treated)
    visit = 56
    left = np.floor(time / visit) * visit
    right = np.where(left >= 448, np.inf, left + visit)
    found = weibull_regression(np.minimum(left, 448), right, treated, terms=("treated",))
    assert found.hazard_ratio("treated").estimate == pytest.approx(np.exp(-0.6 * 1.3), rel=0.08)


def test_the_order_of_patients_changes_nothing(table):
    data = table("lung_interval")
    mixed = data.sample(frac=1, random_state=3)
    assert turnbull(mixed["L"], mixed["R"]).probability == pytest.approx(
        turnbull(data["L"], data["R"]).probability, abs=1e-7
    )


def test_an_event_seen_on_its_day_carries_its_own_probability():
    found = turnbull([3, 5], [3, 5])
    assert (found.left.tolist(), found.probability.tolist()) == ([3.0, 5.0], pytest.approx([0.5, 0.5]))


def test_an_interval_that_ends_before_it_begins_names_the_patient():
    with pytest.raises(DesignError, match="positions counted from 0: 1"):
        turnbull([0, 9], [5, 8])


def test_never_seen_progression_may_be_missing():
    data = pd.DataFrame({"left": [0, 8, 8], "right": [8, 16, np.nan]})
    assert turnbull(data["left"], data["right"]).events == 2


def test_a_start_where_the_likelihood_is_not_concave_still_leads_to_its_top():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        group = (rng.random(26) < 0.7).astype(float)
        time = np.exp(1.35 + 0.8 * rng.standard_normal(26)) * 30.4
        left = np.maximum(0.0, np.floor(time / 56) * 56 - 14)
        right = np.where(rng.random(26) < 0.25, np.inf, left + np.where(rng.random(26) < 0.6, 10, 56))
        found = weibull_regression(left, right, group, terms=("group",))
        assert np.linalg.eigvalsh(found.covariance)[0] > 0
        ratio = found.hazard_ratio("group")
        assert 0 < ratio.low < ratio.estimate < ratio.high
