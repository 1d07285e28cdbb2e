import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.survival import follow_up, kaplan_meier
from analysis.survival.quantile import curve_quantile

DATA = ("veteran", "veteran46", "lung", "aml")
CONF = {"loglog": "log-log", "log": "log", "plain": "plain"}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("conf", CONF)
def test_curve_limits_and_quantiles_equal_survfit(name, conf, strata, reference, number):
    for stratum, data in strata(name).items():
        expected = reference(name)["km"][stratum][conf]
        curve = kaplan_meier(data["time"], data["status"], conf_type=CONF[conf])
        assert curve.times[1:] == pytest.approx(number(expected["time"]), abs=1e-9)
        assert curve.at_risk[1:].tolist() == expected["n_risk"]
        assert curve.events[1:].tolist() == expected["n_event"]
        assert curve.censored[1:].tolist() == expected["n_censor"]
        assert curve.survival[1:] == pytest.approx(number(expected["surv"]), abs=1e-9)
        assert curve.low[1:] == pytest.approx(number(expected["lower"]), abs=1e-9, nan_ok=True)
        assert curve.high[1:] == pytest.approx(number(expected["upper"]), abs=1e-9, nan_ok=True)
        assert (curve.n, curve.n_events) == (expected["n"], expected["events"])
        for band, key in ((curve.survival, "quantile"), (curve.low, "q_lower"), (curve.high, "q_upper")):
            found = [curve_quantile(curve.times[1:], band[1:], 1 - q) for q in expected["quantile_probs"]]
            assert found == pytest.approx(number(expected[key]), abs=1e-9, nan_ok=True)
        medians = [curve.median, curve.median_low, curve.median_high]
        wanted = [expected[key][1] for key in ("quantile", "q_lower", "q_upper")]
        assert medians == pytest.approx(number(wanted), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", DATA)
def test_survival_at_fixed_times_equals_summary_survfit(name, strata, reference, number):
    for stratum, data in strata(name).items():
        expected = reference(name)["km"][stratum]["loglog"]["at"]
        curve = kaplan_meier(data["time"], data["status"])
        at = [curve.survival_at(day) for day in expected["times"]]
        assert [e.estimate for e in at] == pytest.approx(number(expected["surv"]), abs=1e-9)
        assert [e.low for e in at] == pytest.approx(number(expected["lower"]), abs=1e-9, nan_ok=True)
        assert [e.high for e in at] == pytest.approx(number(expected["upper"]), abs=1e-9, nan_ok=True)
        assert curve.at_risk_at(expected["times"]).tolist() == expected["n_risk"]


@pytest.mark.parametrize("name", DATA)
def test_standard_error_is_greenwoods(name, table, reference, number):
    expected = reference(name)["km"]["overall"]["loglog"]
    data = table(name)
    curve = kaplan_meier(data["time"], data["status"])
    wanted = number(expected["std_err_S"])
    assert curve.std_error[1:][np.isfinite(wanted)] == pytest.approx(wanted[np.isfinite(wanted)], abs=1e-9)


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung"])
def test_median_follow_up_equals_reverse_survfit(name, strata, reference, number):
    for stratum, expected in reference(name)["revkm"].items():
        data = strata(name)[stratum]
        curve = follow_up(data["time"], data["status"])
        found = [curve.median, curve.median_low, curve.median_high]
        wanted = [expected["loglog"][key] for key in ("median", "median_lower", "median_upper")]
        assert found == pytest.approx(number(wanted), abs=1e-9, nan_ok=True)


def test_edge_cases_equal_survfit(reference, number):
    for case in reference("edge")["edge"]:
        curve = kaplan_meier(np.atleast_1d(case["t"]), np.atleast_1d(case["s"]))
        assert curve.survival[1:] == pytest.approx(number(case["surv"]), abs=1e-9), case["name"]
        assert curve.low[1:] == pytest.approx(number(case["lower"]), abs=1e-9, nan_ok=True), case["name"]
        assert curve.high[1:] == pytest.approx(number(case["upper"]), abs=1e-9, nan_ok=True), case["name"]
        found = [curve.median, curve.median_low, curve.median_high]
        wanted = [case[key] for key in ("median", "median_lower", "median_upper")]
        assert found == pytest.approx(number(wanted), abs=1e-9, nan_ok=True), case["name"]


def test_hand_computed_curve_counts_events_before_censorings_at_a_tie():
    curve = kaplan_meier([5, 5, 5, 8, 8, 10], [1, 0, 1, 0, 1, 0], label="all")
    assert curve.times.tolist() == [0, 5, 8, 10]
    assert curve.at_risk.tolist() == [6, 6, 3, 1]
    assert curve.survival == pytest.approx([1, 4 / 6, 4 / 6 * 2 / 3, 4 / 6 * 2 / 3])
    assert curve.at_risk_at([0, 5, 5.1, 8, 9, 11]).tolist() == [6, 6, 3, 3, 1, 0]


def test_median_on_a_plateau_follows_the_stated_rule():
    within, final = ([1, 2, 3, 4], [1, 1, 1, 1]), ([1, 2, 3, 4], [1, 1, 0, 0])
    assert [kaplan_meier(*within, median_rule=rule).median for rule in ("R", "SAS", "inf")] == [2.5, 2.5, 2]
    last = [kaplan_meier(*final, median_rule=rule).median for rule in ("R", "SAS", "inf")]
    assert last == pytest.approx([3, np.nan, 2], nan_ok=True)


def test_survival_beyond_the_last_time_says_that_it_is_carried_forward():
    curve = kaplan_meier([1, 2], [1, 0])
    assert "carried forward" in curve.survival_at(3).method
    assert "carried forward" not in curve.survival_at(2).method


@pytest.mark.parametrize(
    "options", [{"conf_type": "loglog"}, {"median_rule": "Stata"}], ids=["interval", "median rule"]
)
def test_unknown_option_is_refused(options):
    with pytest.raises(DesignError, match="unknown"):
        kaplan_meier([1, 2], [1, 1], **options)


patients = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(patients, st.randoms(use_true_random=False), st.sampled_from([0.5, 3.0, 30.4375]))
def test_order_of_patients_does_not_matter_and_scaling_time_scales_the_median(rows, shuffler, factor):
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one = kaplan_meier(*zip(*rows, strict=True))
    two = kaplan_meier([t * factor for t, _ in shuffled], [e for _, e in shuffled])
    assert two.survival == pytest.approx(one.survival)
    assert two.median == pytest.approx(one.median * factor, nan_ok=True)
    assert two.median_high == pytest.approx(one.median_high * factor, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(patients)
def test_curve_falls_from_1_inside_its_limits(rows):
    for conf in ("log-log", "log", "plain"):
        curve = kaplan_meier(*zip(*rows, strict=True), conf_type=conf)
        assert np.all(np.diff(curve.survival) <= 0)
        limited = ~np.isnan(curve.low)
        assert np.all(curve.low[limited] <= curve.survival[limited] + 1e-12)
        assert np.all(curve.high[limited] >= curve.survival[limited] - 1e-12)
        assert (curve.events.sum() + curve.censored.sum()) == curve.n
