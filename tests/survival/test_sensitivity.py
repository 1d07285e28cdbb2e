import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import (
    RULES_OF_CHOICE,
    early_response,
    firth_cox,
    grouping,
    hazard_ratio_per,
    kaplan_meier,
    landmark,
    marker_effect,
    predictive_values,
    sensitivity_analyses,
    timed_marker,
    turnbull,
)
from analysis.units import days

GENERATOR = np.random.default_rng(np.random.SeedSequence(4))
N = 60
CLASSES = np.where(GENERATOR.random(N) < 0.5, "poor", "good")
TIME = np.ceil(12 + GENERATOR.exponential(np.where(CLASSES == "poor", 90, 220)))
EVENT = GENERATOR.random(N) < 0.85
SCAN = np.where(np.arange(N) % 10 == 0, 20.0, 14.0)
KNOWN = grouping(CLASSES, SCAN, name="response")
CHANGE = timed_marker(
    GENERATOR.normal(np.where(CLASSES == "poor", 0, -40), 15), SCAN, name="change, per 10 points"
)
PLAN = {"reference": "good", "landmark_day": 14, "window_days": 6}


@pytest.fixture(scope="module")
def found():
    last_free = np.maximum(TIME - 40, 0)
    return early_response(
        TIME, EVENT, KNOWN, **PLAN, end_point="PFS", tau_months=6, rates_at_months=[3, 6], seed=1, permutations=200,
        predict_at_months=[3, 6], marker=CHANGE, sensitivity=True, visit_window=(10, 18),
        intervals=(np.where(EVENT, last_free, TIME), np.where(EVENT, TIME, np.inf)),
    )  # fmt: skip


def test_one_call_answers_in_every_way(found):
    names = [row.name for row in found.sensitivity.rows]
    assert names == ["Firth", "delayed entry", "time-dependent", "inside the window", "interval-censored"]
    ratios = np.array([row.estimate.estimate for row in found.sensitivity.rows])
    assert ((ratios > 1) == (found.hazard_ratio.estimate > 1)).all()
    inside = found.sensitivity.rows[3]
    assert inside.n == int(((TIME > 14) & (SCAN == 14)).sum())


def test_the_parts_are_those_of_their_own_functions(found):
    left, mine = found.landmark, found.in_group
    firth = firth_cox(left.time, left.event, mine.astype(float), terms=("group",)).hazard_ratio("group")
    assert found.sensitivity.rows[0].estimate.estimate == pytest.approx(firth.estimate)
    assert found.predictive[0] == predictive_values(left.time, left.event, mine, day=days(3))
    assert found.marker.hazard_ratio == hazard_ratio_per(
        left.time, left.event, CHANGE.values[left.kept], step=10, name="change, per 10 points"
    )
    assert found.marker.spline.n == left.n
    assert found.concordance.estimate > 0.5


def test_turnbulls_curves_lie_under_the_curve_of_visit_days_where_nobody_is_censored():
    # F(t) = mean P(T <= t | interval) >= share of right ends up to t, by self-consistency
    last_free = np.maximum(TIME - 40, 0)
    twin = sensitivity_analyses(TIME, np.ones(N), KNOWN, **PLAN, intervals=(last_free, TIME)).intervals
    left = landmark(TIME, np.ones(N), day=14, window_days=6, grouping=KNOWN)
    poor = (CLASSES == "poor")[left.kept]
    for curve, mine in zip(twin.curves, (poor, ~poor), strict=True):
        at = np.unique(left.time[mine])
        visits = 1 - (left.time[mine] <= at[:, None]).mean(axis=1)
        assert (curve.survival_at(at)[0] <= visits + 1e-6).all()  # the tolerance of the search
        assert (curve.survival_at(at)[1] < visits - 0.02).any()


def test_intervals_count_from_each_patients_own_clock():
    ends = (np.array([0.0, 50, 80, 56, 30, 110]), np.array([30.0, 60, np.inf, 90, 70, np.inf]))
    group = grouping(["a", "b", "a", "b", "a", "b"], [14, 20, 14, 14, 14, 14])
    twin = sensitivity_analyses(
        [30, 60, 80, 90, 70, 110], [1, 1, 0, 1, 1, 0], group, reference="b", landmark_day=14, window_days=6,
        intervals=ends,
    ).intervals  # fmt: skip
    expected = turnbull([30, 42, 96], [40, 76, np.inf])
    assert twin.curves[1].right.tolist() == expected.right.tolist()
    assert (twin.n, twin.events) == (6, 4)


def test_an_analysis_that_cannot_be_made_is_a_row_with_its_reason():
    group = grouping(list("aaabbb"), [14] * 6)
    found = sensitivity_analyses(
        [30, 40, 50, 60, 70, 80], [1, 1, 1, 0, 0, 0], group, reference="b", landmark_day=14
    )
    rows = {row.name: row for row in found.rows}
    assert rows["Firth"].estimate is not None
    assert rows["delayed entry"].estimate is None
    assert "no finite estimate" in rows["delayed entry"].refusal
    assert found.intervals is None


def test_what_was_known_at_the_start_has_no_delayed_entry():
    found = sensitivity_analyses(TIME, EVENT, grouping(CLASSES, 0), reference="good", landmark_day=0)
    assert [row.name for row in found.rows] == ["Firth"]


def test_few_events_leave_the_spline_out_and_say_so():
    marker = timed_marker(np.arange(12.0), 0.0, name="marker")
    time = np.array([70.0, 20, 90, 40, 50, 60, 10, 80, 30, 100, 110, 120])
    left = marker_effect(time, np.ones(12, bool), marker, landmark_day=0, window_days=0, step=1)
    assert left.spline is None
    assert left.spline_refusal == "12 events are too few for a spline; it needs 20"


def test_thin_tails_are_said(found):
    left = landmark(TIME, EVENT, day=14, grouping=KNOWN, window_days=6)
    at_risk = kaplan_meier(left.time, left.event).at_risk_at(days(6))
    assert at_risk > 0
    thin = [rate for rate in found.rates if rate.at_risk < 5]
    assert any("at risk at" in warning for warning in found.warnings) == bool(thin)
    assert len(RULES_OF_CHOICE) == 5


def test_a_marker_known_after_the_landmark_is_refused():
    late = timed_marker(CHANGE.values, 40.0, name="change")
    with pytest.raises(DesignError, match="immortal time"):
        marker_effect(TIME, EVENT, late, landmark_day=14, window_days=6, step=10)
