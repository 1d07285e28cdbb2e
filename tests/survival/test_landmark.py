import inspect

import numpy as np
import pandas as pd
import pytest

from analysis import survival
from analysis.errors import DesignError
from analysis.survival import cox, grouping, hazard_ratio, kaplan_meier, landmark, logrank, timed_marker


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_landmark_analysis_equals_r(name, table, reference, number):
    data = table(name)
    for key, expected in reference(name)["landmark"].items():
        left = landmark(data["time"], data["status"], day=float(key.removeprefix("L=")))
        assert (left.n, left.n_events) == (expected["n"], expected["events"])
        assert (left.excluded, left.excluded_events) == (expected["excluded"], expected["excluded_events"])
        group = data["group"].to_numpy()[left.kept]
        fit = cox(left.time, left.event, group)
        assert fit.coefficients[0] == pytest.approx(expected["cox"]["coef"], abs=1e-7)
        assert fit.std_errors[0] == pytest.approx(expected["cox"]["se"], abs=1e-7)
        tested = logrank(left.time, left.event, group)
        assert tested.statistic == pytest.approx(expected["logrank_chisq"], abs=1e-9)
        medians = [kaplan_meier(left.time[group == g], left.event[group == g]).median for g in (0, 1)]
        assert medians == pytest.approx(number(expected["median"]), abs=1e-9, nan_ok=True)


RESPONSE = grouping(["yes", "no", "yes", "no"], [14, 13, 16, 14], name="metabolic response")
TIMES, EVENTS = [100, 50, 80, 60], [1, 1, 1, 1]


@pytest.mark.parametrize(
    "compare",
    [logrank, lambda *data: hazard_ratio(*data, reference="no")],
    ids=["log-rank", "hazard ratio"],
)
def test_comparing_a_later_grouping_from_the_start_is_refused_as_immortal_time(compare):
    with pytest.raises(DesignError, match="immortal time") as caught:
        compare(TIMES, EVENTS, RESPONSE)
    assert caught.value.offenders == ("0", "1", "2", "3")


def test_a_group_known_after_the_landmark_is_refused_unless_the_window_allows_it():
    with pytest.raises(DesignError, match="immortal time") as caught:
        landmark(TIMES, EVENTS, day=14, grouping=RESPONSE)
    assert caught.value.offenders == ("2",)
    left = landmark(TIMES, EVENTS, day=14, grouping=RESPONSE, window_days=4)
    assert left.late == 1
    assert left.time.tolist() == [86, 36, 64, 46]  # the late patient's clock starts on day 16


def test_a_grouping_known_at_the_start_needs_no_landmark():
    baseline = grouping(["a", "b", "a", "b"], [0, -3, 0, 0])
    assert logrank(TIMES, EVENTS, baseline).df == 1


def test_ignoring_the_landmark_invents_an_effect_that_the_landmark_removes():
    # no effect: exponential times and a coin; but only who lives to day 60 can be called a responder
    generator = np.random.default_rng(np.random.SeedSequence(11))
    time = generator.exponential(90, 3000)
    responder = (generator.random(3000) < 0.5) & (time > 60)
    event = np.ones(3000)
    naive = hazard_ratio(time, event, responder, reference=False)
    left = landmark(time, event, day=60)
    honest = hazard_ratio(left.time, left.event, responder[left.kept], reference=False)
    assert naive.high < 0.6
    assert honest.low < 1 < honest.high


def test_a_time_ending_on_the_landmark_is_excluded_with_its_event():
    left = landmark([14, 65], [1, 0], day=14)
    assert (left.excluded, left.excluded_events, left.n) == (1, 1, 1)


def test_times_in_months_are_refused_with_the_way_to_convert_them():
    with pytest.raises(DesignError, match=r"convert them \(analysis\.units\.days\)"):
        landmark([3.1, 6.0, 27.4], [1, 1, 0], day=14)


def test_a_landmark_after_everybody_is_refused():
    with pytest.raises(DesignError, match="no patient is followed beyond day 90"):
        landmark([70, 80], [1, 1], day=90)


def test_times_that_cannot_be_days_are_refused():
    with pytest.raises(DesignError, match="fifty years"):
        landmark([30000, 20], [1, 1], day=14)


def test_a_classified_patient_without_a_day_is_refused():
    with pytest.raises(DesignError, match="day on which") as caught:
        grouping(["yes", None, "no"], [14, np.nan, np.nan])
    assert caught.value.offenders == ("2",)


CHANGE = timed_marker([-30.0, -5.0, -40.0, 10.0], [14, 13, 16, 14], name="change of SUVmax")


def arms(arm, **details):
    """Two arms compared."""
    control = "no" if arm is RESPONSE else "a"
    return survival.compare_arms(
        TIMES, EVENTS, arm, control=control, end_point="PFS", tau_months=1, rates_at_months=[1], **details
    )


GUARDED = {
    "Kaplan-Meier by group": lambda: logrank(TIMES, EVENTS, RESPONSE),
    "permutation": lambda: survival.permutation_logrank(TIMES, EVENTS, RESPONSE, seed=1, permutations=9),
    "permutation of restricted means": lambda: survival.permutation_rmst(
        TIMES, EVENTS, RESPONSE, reference="no", tau_days=50, seed=1, permutations=9
    ),
    "hazard ratio": lambda: hazard_ratio(TIMES, EVENTS, RESPONSE, reference="no"),
    "Gray": lambda: survival.gray_test(TIMES, EVENTS, RESPONSE),
    "strata": lambda: cox(TIMES, EVENTS, [1, 2, 3, 5], strata=RESPONSE),
    "predictive values": lambda: survival.predictive_values(TIMES, EVENTS, RESPONSE, day=70),
    "Cox": lambda: cox(TIMES, EVENTS, CHANGE),
    "cause-specific Cox": lambda: survival.cause_specific_cox(TIMES, EVENTS, CHANGE),
    "Firth": lambda: survival.firth_cox(TIMES, EVENTS, CHANGE),
    "hazard ratio per step": lambda: survival.hazard_ratio_per(TIMES, EVENTS, CHANGE, step=10, name="change"),
    "spline": lambda: survival.spline_effect(TIMES, EVENTS, CHANGE, reference=0, grid=[0, 1]),
    "C": lambda: survival.concordance(TIMES, EVENTS, CHANGE),
    "difference of C": lambda: survival.concordance_difference(TIMES, EVENTS, [1, 2, 3, 4], CHANGE),
    "AUC": lambda: survival.time_dependent_auc(TIMES, EVENTS, CHANGE, day=70),
    "search of a cut-off": lambda: survival.search_cutoff(TIMES, EVENTS, CHANGE, seed=1),
    "its statistic": lambda: survival.maximally_selected(TIMES, EVENTS, CHANGE, seed=1),
    "comparison at a cut-off": lambda: survival.ratio_at_cutoff(
        TIMES, EVENTS, CHANGE, survival.PreSpecifiedCutoff(-25, "%", "protocol")
    ),
    "Brier score": lambda: survival.brier_score(TIMES, EVENTS, CHANGE, day=70),
    "calibration": lambda: survival.calibration(TIMES, EVENTS, CHANGE, day=70),
    "risks left out": lambda: survival.left_out_risks(TIMES, EVENTS, CHANGE, day=70),
    "decision curve": lambda: survival.decision_curve(
        TIMES, EVENTS, {"change": CHANGE}, day=70, thresholds=[0.5]
    ),
    "added value": lambda: survival.added_value(TIMES, EVENTS, CHANGE, [1, 0, 1, 0], labels=("a", "b")),
    "decisions": lambda: survival.decisions(TIMES, EVENTS, CHANGE, [1, 0, 1, 0], months=[2]),
    "Weibull": lambda: survival.weibull_regression([1, 2, 3, 4], [5, 6, 7, 8], CHANGE, terms=("change",)),
    "many fits": lambda: survival.bootstrap_cox(TIMES, EVENTS, CHANGE, indices=np.zeros((1, 4), int)),
    "optimism": lambda: survival.corrected_discrimination(TIMES, EVENTS, CHANGE, seed=1),
    "arms": lambda: arms(RESPONSE),
    "strata of arms": lambda: arms(["a", "b", "a", "b"], strata=RESPONSE),
    "interaction": lambda: survival.interaction(
        TIMES, EVENTS, RESPONSE, [True] * 4, control="no", end_point="PFS", name="x"
    ),
    "subgroups": lambda: survival.subgroup_effects(
        TIMES, EVENTS, RESPONSE, pd.DataFrame({"x": ["1"] * 4}), control="no", end_point="PFS"
    ),
    "day choice": lambda: survival.choose_day(
        TIMES, EVENTS, CHANGE, CHANGE, landmark_day=12, margin=0.05, labels=("a", "b")
    ),
}


@pytest.mark.parametrize("name", GUARDED)
def test_no_function_takes_what_was_known_later_from_the_start(name):
    with pytest.raises(DesignError, match="immortal time"):
        GUARDED[name]()


def test_every_function_that_compares_or_relates_is_guarded():
    # a new function of the room that takes a group, marker, design, risk or strata must be added above
    taking = {
        "arm",
        "group",
        "groups",
        "marker",
        "design",
        "risk",
        "risks",
        "positive",
        "strata",
        "first",
        "earlier",
    }
    found = {
        name
        for name in survival.__all__
        if inspect.isfunction(getattr(survival, name))
        and taking & set(inspect.signature(getattr(survival, name)).parameters)
    }
    from_landmark = {
        "early_response",
        "delayed_entry",
        "mantel_byar",
        "compare_rule_sets",
        "marker_effect",
        "sensitivity_analyses",
        "compare_days",
        "landmark_with_missing",
    }  # take care themselves
    shown = {"grouping", "timed_marker"}
    known = {
        "logrank", "cause_specific_cox", "permutation_logrank", "permutation_rmst", "hazard_ratio", "gray_test", "cox", "predictive_values", "firth_cox",
        "hazard_ratio_per", "spline_effect", "concordance", "concordance_difference", "time_dependent_auc",
        "search_cutoff", "maximally_selected", "ratio_at_cutoff", "weibull_regression", "bootstrap_cox", "corrected_discrimination", "choose_day", "cox_many",
        "brier_score", "auc_difference", "rmst_difference", "decision_curve", "calibration", "left_out_risks", "added_value", "decisions",
        "compare_arms", "interaction", "subgroup_effects", "integrated_brier", "predicted_survival",  # the last two of what a model predicts, whose fit is guarded
    }  # fmt: skip
    assert found - from_landmark - shown - known == set()


def test_a_marker_known_at_the_start_is_plain_numbers_and_so_is_one_after_its_landmark():
    baseline = timed_marker(CHANGE.values, 0.0)
    assert np.asarray(baseline).tolist() == [-30, -5, -40, 10]
    left = landmark(TIMES, EVENTS, day=14, grouping=CHANGE, window_days=4)
    assert left.late == 1
    with pytest.raises(DesignError, match="immortal time"):
        landmark(TIMES, EVENTS, day=14, grouping=CHANGE)
