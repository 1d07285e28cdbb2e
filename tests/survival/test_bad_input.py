"""Every public function meets impossible and degenerate patients: an error that names them, or an answer that is one."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import survival
from analysis.errors import DesignError

N = 12
X = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])
GROUP = np.tile([0, 1], 6)
RISK = X / 10
TIME = np.array([70.0, 30, 90, 40, 75, 20, 110, 61, 83, 94, 55, 12])
EVENT = np.array([1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1])

CALLS = {
    "added_value": lambda t, e: survival.added_value(t, e, GROUP, X > 3, labels=("a", "b")),
    "decisions": lambda t, e: survival.decisions(t, e, GROUP, X > 3, months=[1]),
    "bootstrap_cox": lambda t, e: survival.bootstrap_cox(
        t, e, X, indices=np.zeros((2, N), int) + np.arange(N)
    ),
    "brier_score": lambda t, e: survival.brier_score(t, e, RISK, day=50),
    "calibration": lambda t, e: survival.calibration(t, e, RISK, day=50),
    "cause_specific_cox": lambda t, e: survival.cause_specific_cox(t, e, X),
    "concordance": lambda t, e: survival.concordance(t, e, X),
    "concordance_difference": lambda t, e: survival.concordance_difference(t, e, X, RISK[::-1]),
    "corrected_discrimination": lambda t, e: survival.corrected_discrimination(t, e, X, samples=20, seed=1),
    "cox": lambda t, e: survival.cox(t, e, X),
    "cumulative_incidence": lambda t, e: survival.cumulative_incidence(t, e),
    "decision_curve": lambda t, e: survival.decision_curve(t, e, {"m": RISK}, day=50, thresholds=[0.3]),
    "episodes": lambda t, e: survival.episodes(t, e),
    "firth_cox": lambda t, e: survival.firth_cox(t, e, X),
    "follow_up": lambda t, e: survival.follow_up(t, e),
    "gray_test": lambda t, e: survival.gray_test(t, e, GROUP),
    "hazard_ratio": lambda t, e: survival.hazard_ratio(t, e, GROUP, reference=0),
    "hazard_ratio_per": lambda t, e: survival.hazard_ratio_per(t, e, X, step=1, name="x"),
    "impute": lambda t, e: survival.impute(
        t, e, {"x": X, "group": np.where(X == 4, np.nan, GROUP)}, seed=1, imputations=50, iterations=2
    ),
    "integrated_brier": lambda t, e: survival.integrated_brier(
        t, e, np.column_stack([RISK, RISK]), days=[45, 60]
    ),
    "interaction": lambda t, e: survival.interaction(
        t, e, GROUP, np.arange(N) % 4 < 2, control=0, end_point="PFS", name="x"
    ),
    "kaplan_meier": lambda t, e: survival.kaplan_meier(t, e),
    "landmark": lambda t, e: survival.landmark(t, e, day=15),
    "left_out_risks": lambda t, e: survival.left_out_risks(t, e, X, day=50),
    "logrank": lambda t, e: survival.logrank(t, e, GROUP),
    "maximally_selected": lambda t, e: survival.maximally_selected(t, e, X, seed=1, permutations=9),
    "nelson_aalen": lambda t, e: survival.nelson_aalen(t, e),
    "permutation_logrank": lambda t, e: survival.permutation_logrank(t, e, GROUP, seed=1, permutations=9),
    "permutation_rmst": lambda t, e: survival.permutation_rmst(
        t, e, GROUP, reference=0, tau_days=60, seed=1, permutations=9
    ),
    "predictive_values": lambda t, e: survival.predictive_values(t, e, GROUP, day=50),
    "ratio_at_cutoff": lambda t, e: survival.ratio_at_cutoff(
        t, e, X, survival.PreSpecifiedCutoff(4.5, "g", "protocol")
    ),
    "restricted_mean": lambda t, e: survival.restricted_mean(t, e, tau_days=60),
    "search_cutoff": lambda t, e: survival.search_cutoff(
        t, e, X, seed=1, permutations=9, samples=5, repeats=3
    ),
    "spline_effect": lambda t, e: survival.spline_effect(t, e, X, reference=4, grid=[2, 6]),
    "subgroup_effects": lambda t, e: survival.subgroup_effects(
        t, e, GROUP, pd.DataFrame({"x": np.where(np.arange(N) % 4 < 2, "a", "b")}), control=0, end_point="PFS"
    ),
    "tipping_point": lambda t, e: survival.tipping_point(
        t, e, [None, *GROUP[1:].tolist()], labels=("a", "b"), seed=1
    ),
    "time_dependent_auc": lambda t, e: survival.time_dependent_auc(t, e, X, day=50),
}
ELSEWHERE = {
    "cox_many", "choose_day", "compare_days", "delayed_entry", "early_response", "entry_curve", "follow_up_of", "interval_twin",
    "mantel_byar", "marker_effect", "marker_hazards", "sensitivity_analyses",
}  # fmt: skip
"""Functions of landmark and day, whose own tests hold this; and fits of arrays that have been checked."""


def test_every_public_function_of_times_and_events_is_met_here():
    taking = {
        name
        for name in survival.__all__
        if inspect.isfunction(getattr(survival, name))
        and {"time"} <= set(inspect.signature(getattr(survival, name)).parameters)
        and {"event", "kind"} & set(inspect.signature(getattr(survival, name)).parameters)
    }
    assert taking - ELSEWHERE <= set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_good_data_are_answered(name):
    assert CALLS[name](TIME, EVENT) is not None


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("time", -3.0, "negative"), ("time", np.nan, "missing or infinite"), ("event", np.nan, ".")],
    ids=["negative time", "missing time", "missing event"],
)
def test_an_impossible_patient_is_named(name, column, value, message):
    time, event = TIME.copy(), EVENT.astype(float)
    (time if column == "time" else event)[[2, 7]] = value
    with pytest.raises(DesignError, match=message) as caught:
        CALLS[name](time, event)
    assert caught.value.offenders == ("2", "7")
    assert caught.value.expected


@pytest.mark.parametrize("name", CALLS)
def test_times_beside_fewer_events_are_refused(name):
    with pytest.raises(DesignError):
        CALLS[name](TIME, EVENT[:-1])


NO_EVENT_IS_DESCRIBED = {
    "cumulative_incidence", "decision_curve", "decisions", "episodes", "follow_up", "kaplan_meier", "landmark", "nelson_aalen",
    "restricted_mean", "bootstrap_cox", "impute", "subgroup_effects",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(CALLS) - NO_EVENT_IS_DESCRIBED))
def test_without_an_event_nothing_is_compared(name):
    with pytest.raises(DesignError, match=r"event|finite estimate|order"):
        CALLS[name](TIME, np.zeros(N))


GROUPED = ["gray_test", "hazard_ratio", "logrank", "permutation_logrank", "permutation_rmst"]


@pytest.mark.parametrize("name", GROUPED)
def test_a_group_without_patients_is_refused_with_the_counts(name, monkeypatch):
    monkeypatch.setitem(globals(), "GROUP", np.zeros(N, int))
    with pytest.raises(DesignError, match="at least 2 groups") as caught:
        CALLS[name](TIME, EVENT)
    assert "0: 12" in str(caught.value)


def test_a_group_without_an_event_has_a_finite_ratio_and_says_how():
    event = np.where(GROUP == 1, 0, EVENT)
    found = survival.hazard_ratio(TIME, event, GROUP, reference=0)
    assert np.isfinite(found.estimate)
    assert found.method.startswith("Firth")
    assert "1 has 0" in found.warnings[0]


MODELS = ["cox", "firth_cox", "hazard_ratio_per", "cause_specific_cox"]


@pytest.mark.parametrize("name", MODELS)
def test_a_design_without_an_answer_names_its_terms(name, monkeypatch):
    monkeypatch.setitem(globals(), "X", np.full(N, 2.0))
    with pytest.raises(DesignError, match="never differs") as caught:
        CALLS[name](TIME, EVENT)
    assert caught.value.offenders


patients = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1)), min_size=N, max_size=N)


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"search_cutoff", "corrected_discrimination"}))
@settings(max_examples=8, deadline=None)
@given(rows=patients)
def test_any_patients_get_an_answer_or_a_refusal_and_never_a_crash(name, rows):
    time, event = (np.array(column) for column in zip(*rows, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = CALLS[name](time, event)
        except DesignError:
            return
    if isinstance(found, survival.HazardRatio):
        assert np.isfinite(found.estimate)
        assert found.warnings or (found.low > 0 and np.isfinite(found.high))
        assert 0 <= found.p_value <= 1


LAST = [2, 11, 18, 3, 16, 9, 11, 1, 16, 11, 11, 5], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
FOUND = {
    "the only event is the last time": (LAST, ["gray_test", "maximally_selected"]),
    "every patient has the event": (
        ([16.5, 18.5, 4.5, 1.5, 10.5, 4.5, 2.5, 16.5, 11.5, 14.5, 10.5, 20.5], [1] * 12),
        ["gray_test"],
    ),
    "the events at the end are tied": (
        ([0.5, 3.5, 1.5, 3.5, 1.5, 2.5, 0.5, 3.5, 0.5, 2.5, 0.5, 2.5], [1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1]),
        ["gray_test"],
    ),
    "samples without two patients in order": (
        ([110, 109, 115, 110, 94, 0, 35, 15, 110, 22, 98, 104], [1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]),
        ["corrected_discrimination"],
    ),
    "a step of Newton's too far": (
        ([13, 20, 2, 18, 1, 5, 8, 2, 0, 14, 0, 7], [0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1]),
        ["spline_effect", "cox"],
    ),
    "two events in twelve": (
        ([14, 9, 39, 0, 108, 27, 88, 6, 22, 63, 118, 20], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        ["search_cutoff"],
    ),
    "only one group is left at the only event": (
        ([50, 111, 67, 17, 75, 90, 20, 100, 66, 92, 24, 19], [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ["tipping_point", "decisions"],
    ),
    "no information left on the way to infinity": (
        ([4, 1, 1, 3, 1, 0, 0, 2, 1, 0, 3, 2], [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1]),
        ["subgroup_effects"],
    ),
}
"""Patients at which a search of random ones once found a crash."""


@pytest.mark.parametrize("case", FOUND)
def test_patients_that_once_crashed_are_answered_or_refused(case):
    (time, event), names = FOUND[case]
    for name in names:
        try:
            assert CALLS[name](time, event) is not None
        except DesignError as refused:
            assert case == "the only event is the last time" or "finite" in str(refused)  # noqa: PT017


def test_grays_test_with_every_event_seen_is_finite():
    time, event = FOUND["every patient has the event"][0]
    found = survival.gray_test(time, event, GROUP)
    assert found.statistic >= 0
    assert 0 <= found.p_value <= 1
