"""The log notes what the estimating functions were asked and found, and nothing can be kept from it."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.biomarkers import binary_association
from analysis.errors import DesignError
from analysis.logbook import Analysis, Logbook, logged, open_logbook
from analysis.survival import concordance, early_response, grouping, kaplan_meier, logrank

DAYS = [20, 60, 90, 120, 200, 300, 310, 400, 410, 420, 430]
CLASSES = ["no"] * 5 + ["yes"] * 6
ASKED = {
    "landmark_day": 14,
    "reference": "yes",
    "end_point": "PFS",
    "tau_months": 12,
    "rates_at_months": [6],
    "seed": 1,
    "permutations": 99,
}


@pytest.fixture
def log():
    book = open_logbook(lambda: "the-cell")
    yield book
    book.close()


def respond(classes=CLASSES, **changed):
    by = grouping(classes, 14, name="metabolic response at day14")
    return early_response(DAYS, [1] * 11, by, **{**ASKED, **changed})


def test_a_call_is_noted_with_what_was_asked_and_what_was_found(log):
    found = respond()
    (noted,) = log.analyses
    assert noted.cell == "the-cell"
    assert noted.function == "survival.early_response"
    assert (noted.outcome, noted.variables, noted.landmark_day) == (
        "PFS",
        ("metabolic response at day14",),
        14,
    )
    assert (noted.given, noted.n, noted.events) == (11, found.landmark.n, found.landmark.n_events)
    assert (noted.measure, noted.estimate) == ("hazard ratio", found.hazard_ratio.estimate)
    assert (noted.low, noted.high, noted.p_value) == (
        found.hazard_ratio.low,
        found.hazard_ratio.high,
        found.hazard_ratio.p_value,
    )


def test_what_a_call_calls_on_its_way_is_a_part_of_it_and_no_analysis_of_its_own(log):
    respond()
    assert len(log.analyses) == 1
    assert {"survival.kaplan_meier", "survival.hazard_ratio", "survival.cox"} <= set(log.analyses[0].parts)


def test_a_refused_call_is_noted_with_the_reason(log):
    with pytest.raises(DesignError):
        logrank([3, -1], [1, 0], ["a", "b"])
    (noted,) = log.analyses
    assert "A time is negative" in noted.refused
    assert noted.estimate is None


def test_after_a_refusal_the_next_call_is_an_analysis_again(log):
    with pytest.raises(DesignError):
        respond(classes=["yes"] * 11)
    respond()
    assert [bool(noted.refused) for noted in log.analyses] == [True, False]


def test_two_groupings_of_one_name_are_two_analyses(log):
    respond()
    respond(classes=["no"] * 7 + ["yes"] * 4)
    assert len(log.analyses) == 2


def test_the_very_same_analysis_again_is_counted_not_listed_twice(log):
    respond()
    respond()
    (noted,) = log.analyses
    assert noted.times == 2


def test_columns_give_the_names_of_outcome_and_marker(log):
    frame = pd.DataFrame({"pfs_days": DAYS, "pfs_event": [1] * 11, "group": CLASSES})
    logrank(frame["pfs_days"], frame["pfs_event"], frame["group"])
    (noted,) = log.analyses
    assert (noted.outcome, noted.variables) == ("PFS", ("group",))


def test_the_question_put_by_the_author_stands_beside_the_analysis(log):
    with log.question("PFS of the young"):
        kaplan_meier(DAYS, [1] * 11)
    kaplan_meier(DAYS[1:], [1] * 10)
    assert [noted.question for noted in log.analyses] == ["PFS of the young", ""]


def test_without_an_open_log_a_function_is_the_plain_function():
    calls = []

    @logged("description")
    def plain(value):
        calls.append(value)
        return value

    assert plain(3) == 3
    assert plain.__wrapped__(4) == 4
    assert calls == [3, 4]


def test_a_new_log_takes_the_place_of_the_one_before(log):
    second = open_logbook(lambda: "")
    kaplan_meier(DAYS, [1] * 11)
    assert (len(log.analyses), len(second.analyses)) == (0, 1)
    second.close()


def test_a_thousand_analyses_of_one_question_share_a_line_from_the_fifty_first(log):
    for day in range(1000):
        log.note(function="survival.cox", kind="association", variables=("age",), estimate=float(day))
    assert len(log.analyses) == 51
    assert log.analyses[-1].times == 950


def test_an_analysis_comes_back_from_json_as_it_was(log):
    respond()
    (noted,) = log.analyses
    assert Analysis.from_document(noted.as_document()) == noted


def test_what_is_no_number_becomes_json_that_has_none():
    noted = Analysis(cell="", question="", function="f", kind="search", high=math.inf, p_value=math.nan)
    assert (noted.as_document()["high"], noted.as_document()["p_value"]) == ("inf", None)


def test_an_earlier_session_is_carried_on_and_marked():
    first, second = Logbook(lambda: "a"), Logbook(lambda: "a")
    first.note(function="survival.cox", kind="association", estimate=1.0)
    first.note(function="survival.cox", kind="association", estimate=2.0)
    second.note(function="survival.cox", kind="association", estimate=2.0)
    second.carry_on(first.analyses)
    assert [(one.estimate, one.earlier) for one in second.analyses] == [(2.0, False), (1.0, True)]


def test_further_answers_of_one_call_are_listed_under_the_function_that_gives_them(log):
    respond(sensitivity=True, predict_at_months=[3])
    named = [(noted.function, noted.kind) for noted in log.analyses]
    assert named[0] == ("survival.early_response", "comparison")
    assert {
        "survival.predictive_values",
        "survival.concordance",
        "survival.delayed_entry",
        "survival.mantel_byar",
    } <= {function for function, _ in named}


def test_the_outcome_of_an_association_is_metabolic_response_unless_the_column_has_another_name(log):
    marker = pd.Series([True, False, True, False], index=list("abcd"), dtype="boolean")
    groups = pd.Series(["responder", "non_responder"] * 2, index=list("abcd"))
    for name in ("response", "early progression"):
        binary_association("x", marker, response=groups.rename(name))
    assert [noted.outcome for noted in log.analyses] == ["metabolic response", "early progression"]


def test_an_answer_to_a_further_question_has_the_measure_of_the_function_that_answers_it(log):
    found = concordance(DAYS, [1] * 11, range(11))

    @logged("comparison", measure="hazard ratio")
    def compare():
        return SimpleNamespace(estimate=2.0, further_findings=[("survival.concordance", "prediction", found)])

    compare()
    assert [noted.measure for noted in log.analyses][-2:] == ["hazard ratio", "C"]
