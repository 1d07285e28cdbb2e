import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, grouping, hazard_ratio, kaplan_meier, landmark, logrank


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
