"""Time to deterioration: hand-checked cases of every rule, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.quality_of_life import DeteriorationRule, deterioration_rules, time_to_deterioration

REL5 = DeteriorationRule(threshold=5, unit="percent")
ABS10 = DeteriorationRule(threshold=10, unit="points")
ABS10_DEATH = DeteriorationRule(threshold=10, unit="points", death=True)


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        (REL5, ["t_rel5", "e_rel5"]),
        (ABS10, ["t_abs10", "e_abs10"]),
        (ABS10_DEATH, ["t_abs10_death", "e_abs10_death"]),
    ],
    ids=["5 %", "10 points", "10 points or death"],
)
def test_the_hand_checked_cases_come_out_exactly(shared, rule, columns):
    folder = shared / "reference" / "survival"
    forms, expected = pd.read_csv(folder / "ttd_scores.csv"), pd.read_csv(folder / "ttd_expected.csv")
    found = time_to_deterioration(
        forms["id"],
        forms["day"],
        forms["ghs"],
        rule,
        patients=list(expected["id"]),
        death_day=forms.groupby("id")["death_day"].first().reindex(expected["id"]),
    )
    assert found.days.tolist() == expected[columns[0]].tolist()
    assert found.event.astype(int).tolist() == expected[columns[1]].tolist()


def one(scores, *, days=None, **rule):
    """Day and event of one patient whose baseline is the first score; visits every 6 weeks."""
    days = 42.0 * np.arange(len(scores)) if days is None else days
    found = time_to_deterioration(
        ["A"] * len(scores),
        days,
        scores,
        DeteriorationRule(**{"threshold": 10, "unit": "points"} | rule),
        patients=["A"],
    )
    return float(found.days[0]), bool(found.event[0])


@pytest.mark.parametrize(
    ("confirmation", "expected"),
    [
        ("first", (42, True)),  # 70 <= 80 - 10
        ("confirmed", (126, True)),  # 70 was followed by 75; 60 by 70
        ("confirmed_or_last", (126, True)),
        ("definitive", (252, True)),  # 80 came after 60 and 70; the last score stays
    ],
)
def test_each_confirmation_finds_its_own_day(confirmation, expected):
    assert one([80, 70, 75, 60, 70, 80, 65], confirmation=confirmation) == expected


def test_a_return_above_the_threshold_undoes_what_came_before():
    scores = [80, 60, 60, 80, 65]
    assert one(scores, confirmation="definitive") == (168, True)
    assert one(scores, confirmation="confirmed") == (42, True)


def test_a_worse_last_score_is_unconfirmed_unless_the_rule_says_so():
    scores = [80, 80, 60]
    assert one(scores, confirmation="confirmed") == (84, False)
    assert one(scores, confirmation="confirmed_or_last") == (84, True)
    assert one(scores, confirmation="definitive") == (84, True)


def test_against_the_best_score_before_a_fall_from_a_gain_is_found():
    scores = [50, 75, 60, 60]
    assert one(scores, reference="baseline") == (126, False)
    assert one(scores, reference="best") == (84, True)  # 60 <= 75 - 10


@pytest.mark.parametrize(
    ("scores", "baseline", "best", "previous"),
    [
        # 10 points: 7 and 6 are too small a step, 80 - 67 is not
        ([80, 73, 67, 61], (84, True), (84, True), (126, False)),
        # up to 90 and down by 10 at once: 80 is not below the baseline
        ([80, 90, 80, 80], (126, False), (84, True), (84, True)),
        # up to 90, down in two steps of 6: only the best score before tells it
        ([80, 90, 84, 78], (126, False), (126, True), (126, False)),
    ],
)
def test_each_reference_finds_its_own_day(scores, baseline, best, previous):
    """Anota 2015: against the baseline, the best score before and the score just before."""
    for reference, expected in (("baseline", baseline), ("best", best), ("previous", previous)):
        assert one(scores, reference=reference, confirmation="definitive") == expected


def test_the_score_before_is_the_last_one_that_was_given():
    assert one([80, np.nan, 70], reference="previous") == (
        84,
        True,
    )  # 70 <= 80 - 10, the form between is none


def test_against_the_score_before_a_return_is_judged_by_the_same_limit():
    scores = [80, 60, 75, 65]  # 60 <= 70; 75 is above 70; 65 <= 75 - 10
    assert one(scores, reference="previous", confirmation="first") == (42, True)
    assert one(scores, reference="previous", confirmation="definitive") == (126, True)
    assert one(scores, reference="previous", confirmation="confirmed") == (126, False)


def test_on_the_courses_of_the_hand_checked_cases_the_score_before_finds_these_days(shared):
    """10 points below the score before, found by hand: P01 falls by 5, 5 and 10, P10 by 8.3 and 8.3."""
    forms = pd.read_csv(shared / "reference" / "survival" / "ttd_scores.csv")
    rule = DeteriorationRule(threshold=10, unit="points", reference="previous")
    by_hand = {
        "P01": (168, True),  # 80 80 75 70 60: 60 <= 70 - 10
        "P02": (126, True),  # 80 60 80 60 60: the first fall comes back
        "P03": (168, False),  # 80 60 78 80 80: comes back
        "P05": (84, True),  # 80 80 60, no more forms
        "P06": (1, False),  # no score after baseline
        "P07": (0, False),  # no baseline
        "P09": (168, False),  # 100 100 95 95 100
        "P10": (168, False),  # 66.67 58.33 58.33 50 50
    }
    found = time_to_deterioration(forms["id"], forms["day"], forms["ghs"], rule, patients=list(by_hand))
    assert list(zip(found.days, found.event, strict=True)) == list(by_hand.values())


def test_a_symptom_deteriorates_upwards():
    found = time_to_deterioration(
        ["A", "A", "B", "B"],
        [0, 42, 0, 42],
        [33.3, 44.4, 44.4, 33.3],
        ABS10,
        patients=["A", "B"],
        higher_is_better=False,
    )
    assert found.event.tolist() == [True, False]


def test_nothing_is_below_a_baseline_of_zero_and_it_is_said():
    found = time_to_deterioration(["A", "A"], [0, 42], [0, 0], REL5, patients=["A"])
    assert not found.event[0]
    assert found.no_room[0]


def test_of_two_forms_before_treatment_the_later_is_the_baseline():
    assert one([40, 80, 72], days=[-14, -1, 42], unit="percent", threshold=5) == (42, True)


def test_a_patient_without_any_form_stays_in_the_analysis():
    found = time_to_deterioration([], [], [], ABS10_DEATH, patients=["A"], death_day=[50])
    assert (found.days.tolist(), found.event.tolist(), found.state) == ([0.0], [False], ("no baseline",))


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ((["A"], [0], [101]), "outside its scale"),
        ((["A"], [np.nan], [50]), "day of a form is missing"),
        ((["A", "A"], [42, 42], [50, 60]), "Two scores stand on one day"),
        ((["B"], [0], [50]), "nobody who is analysed"),
    ],
)
def test_impossible_forms_are_refused_with_the_patient(forms, message):
    with pytest.raises(DesignError, match=message) as caught:
        time_to_deterioration(*forms, ABS10, patients=["A"])
    assert caught.value.offenders in (("A",), ("B",))


@pytest.mark.parametrize("rule", [ABS10, ABS10_DEATH])
@pytest.mark.parametrize(
    ("died", "message"), [(-5, "A death lies before day 0"), (20, "A score was given after the day of death")]
)
def test_a_death_that_contradicts_the_forms_is_refused_whatever_the_rule(rule, died, message):
    with pytest.raises(DesignError, match=message) as caught:
        time_to_deterioration(["A", "A"], [0, 42], [50, 45], rule, patients=["A"], death_day=[died])
    assert caught.value.offenders == ("A",)


def test_a_form_without_a_score_after_death_is_no_form():
    found = time_to_deterioration(
        ["A", "A"], [0, 42], [50, np.nan], ABS10_DEATH, patients=["A"], death_day=[20]
    )
    assert (found.days.tolist(), found.state) == ([20.0], ("died",))


def test_a_rule_that_counts_death_needs_the_days():
    with pytest.raises(DesignError, match="no days of death"):
        time_to_deterioration(["A"], [0], [50], ABS10_DEATH, patients=["A"])


@pytest.mark.parametrize(
    "wrong", [{"threshold": 0}, {"unit": "%"}, {"reference": "last"}, {"confirmation": "twice"}]
)
def test_an_unknown_rule_is_refused(wrong):
    with pytest.raises(DesignError):
        DeteriorationRule(**{"threshold": 10, "unit": "points"} | wrong)


STEPS = st.one_of(st.just(np.nan), st.integers(0, 12).map(lambda k: k * 100 / 12))


@given(
    st.lists(st.lists(STEPS, min_size=1, max_size=7), min_size=1, max_size=5),
    st.lists(st.one_of(st.just(np.nan), st.integers(300, 900).map(float)), min_size=5, max_size=5),
    st.sampled_from(deterioration_rules()),
    st.booleans(),
)
def test_array_code_agrees_with_the_definition_read_form_by_form(courses, deaths, rule, up):
    """Independent of the grid: a loop over forms that follows the words of the rule."""
    who = [i for i, course in enumerate(courses) for _ in course]
    day = [42.0 * k for course in courses for k in range(len(course))]
    found = time_to_deterioration(
        who,
        day,
        np.concatenate(courses),
        rule,
        patients=range(len(courses)),
        death_day=deaths[: len(courses)],
        higher_is_better=up,
    )
    for i, course in enumerate(courses):
        assert (found.days[i], found.event[i]) == by_the_words(course, deaths[i], rule, up)


def by_the_words(course, death, rule, up):
    if np.isnan(course[0]):
        return 0.0, False
    forms = [(42.0 * k, value) for k, value in enumerate(course) if k and not np.isnan(value)]
    best = course[0]
    for at, (when, value) in enumerate(forms):
        before = forms[at - 1][1] if at else course[0]
        against = {"baseline": course[0], "best": best, "previous": before}[rule.reference]

        def worse(score, against=against):
            fall = against - score if up else score - against
            least = rule.threshold * against / 100 if rule.unit == "percent" else rule.threshold
            return fall > 0 and fall >= least - 1e-9

        later = [worse(score) for _, score in forms[at + 1 :]]
        kept = {
            "first": True,
            "confirmed": bool(later) and later[0],
            "confirmed_or_last": not later or later[0],
            "definitive": all(later),
        }[rule.confirmation]
        if worse(value) and kept:
            return when, True
        best = max(best, value) if up else min(best, value)
    if rule.death and not np.isnan(death):
        return death, True
    return (forms[-1][0] if forms else 1.0), False
