"""Tables and numbers of the survival notebook, from results made of a few patients."""

import numpy as np
import pandas as pd
import pytest

from analysis.results.day_tables import day_table
from analysis.results.early_response_tables import prediction_table, sensitivity_table
from analysis.results.endpoint_tables import (
    censoring_table,
    hold_follow_up,
    incidence_sentence,
    rule_set_table,
)
from analysis.results.survival_numbers import (
    curve_numbers,
    forest_numbers,
    sensitivity_numbers,
    spline_numbers,
)
from analysis.results.survival_values import hold_search
from analysis.results.survival_words import search_sentence
from analysis.study import AssessmentSchedule
from analysis.survival import (
    compare_days,
    compare_rule_sets,
    cumulative_incidence,
    early_response,
    early_risks,
    follow_up_of,
    grouping,
    search_cutoff,
    study_end_points,
    timed_marker,
)

GENERATOR = np.random.default_rng(np.random.SeedSequence(9))
N = 50
CHANGE = GENERATOR.normal(-20, 15, N)
TIME = np.ceil(20 + GENERATOR.exponential(150, N) * np.exp(-CHANGE / 40))
EVENT = GENERATOR.random(N) < 0.9
CLASSES = np.where(CHANGE > -25, "no", "yes")
SCHEDULE = AssessmentSchedule(8, 24, 12, 14)


@pytest.fixture(scope="module")
def found():
    return early_response(
        TIME, EVENT, grouping(CLASSES, 14, name="response"), landmark_day=14, reference="yes",
        labels={"no": "non-responders", "yes": "responders"}, end_point="PFS", tau_months=6, rates_at_months=[3],
        predict_at_months=[3, 6], seed=1, permutations=99, sensitivity=True,
        marker=timed_marker(CHANGE, 14, name="change, per 10 points"),
    )  # fmt: skip


class Book:
    def __init__(self):
        self.values = {}

    def value(self, name, value, **details):
        self.values[name] = (value, details)

    def estimate(self, name, result, **details):
        self.values[name] = (result.estimate, details)


def test_every_way_stands_in_the_sensitivity_table_without_p_where_they_are_withheld(found):
    table = sensitivity_table({"PFS": found})
    assert table["Analysis"].tolist() == ["main analysis", "Firth", "delayed entry", "time-dependent"]
    assert f"{found.hazard_ratio.estimate:.2f}" in table.loc[0, "Hazard ratio (95 % CI)"]
    assert set(sensitivity_table({"PFS": found}, without_p=True)["p"]) == {"withheld"}


def test_predictive_values_are_in_percent_with_the_groups_they_are_of(found):
    table = prediction_table({"PFS": found})
    at = found.predictive[0]
    assert table.loc[0, "With the event, %"].startswith(f"{100 * at.ppv.estimate:.0f} (")
    assert table.loc[0, "With the event, %"].endswith("non-responders")
    assert table["Months"].tolist() == ["3", "6"]


def test_the_numbers_of_a_curve_are_its_steps_and_end_where_few_are_at_risk(found):
    whole = curve_numbers(found.curves)
    assert whole["events"].sum() == found.landmark.n_events
    few = curve_numbers(found.curves, smallest=5)
    assert list(few.columns) == ["group", "months", "survival", "low", "high"]
    assert len(few) < len(whole)


def test_forests_hold_the_estimates_and_no_p_of_a_searched_cut_off(found):
    rows = forest_numbers(
        {"PFS": found, "again": found}, {"PFS": "primary", "again": "post hoc"}, without_p=["again"]
    )
    assert rows["family"].tolist() == ["Primary", "Post hoc"]
    assert np.isnan(rows["p_value"]).tolist() == [False, True]
    ways = sensitivity_numbers(found)
    assert ways.loc[0, "estimate"] == found.hazard_ratio.estimate
    assert len(ways) == 4


def test_the_numbers_of_a_spline_are_one_at_its_reference(found):
    numbers = spline_numbers(found.marker.spline)
    near = (numbers["marker"] - found.marker.spline.reference).abs().idxmin()
    assert numbers.loc[near, "hazard_ratio"] == pytest.approx(1, abs=0.05)


def test_apparent_risks_are_those_of_the_groups_and_of_the_marker(found):
    risks = early_risks(found, day=90, names=("Response", "Change"))
    mine = 1 - found.curves[0].survival_at(90).estimate
    assert set(np.round(risks["Response"][found.in_group], 12)) == {round(mine, 12)}
    order = np.argsort(found.marker.values)
    rising = np.diff(risks["Change"][order]) >= 0
    assert rising.all() == (found.marker.hazard_ratio.estimate > 1)


def test_a_searched_cut_off_is_held_with_what_knows_of_the_search(found):
    best = search_cutoff(
        found.marker.landmark.time, found.marker.landmark.event, found.marker.values, seed=1, permutations=199,
        samples=50, repeats=3,
    )  # fmt: skip
    with_result, without = Book(), Book()
    hold_search(with_result, "search", best, otherwise="")
    hold_search(without, "search", None, otherwise="no PET")
    assert set(with_result.values) == set(without.values)
    assert with_result.values["search.p"][0] == best.p_permutation
    assert "corrected for the search" in with_result.values["search.p"][1]["definition"]
    sentence = search_sentence(best)
    assert sentence.startswith("Post hoc: ")
    assert f"{best.cross_validated.estimate:.2f}" in sentence


def tables():
    outcomes = pd.DataFrame(
        {"patient_id": ["A", "B", "C"], "death_day": [np.nan, 90.0, np.nan], "last_contact_day": [400.0, 90, 300],
         "treatment_end_day": np.nan, "treatment_end_reason": pd.array([pd.NA] * 3, dtype="string"),
         "new_therapy_day": np.nan, "pfs_days": np.nan, "pfs_event": pd.array([pd.NA] * 3, dtype="boolean")}
    )  # fmt: skip
    seen = [("A", 56.0, "SD"), ("A", 112.0, "PD"), ("B", 56.0, "SD"), ("C", 56.0, "PR")]
    assessments = pd.DataFrame(seen, columns=["patient_id", "assessed_day", "response"]).assign(
        reader="local"
    )
    return outcomes, assessments


def test_the_censoring_table_counts_each_end_point_to_its_patients():
    table = censoring_table(study_end_points(*tables(), SCHEDULE))
    counts = table["Patients"].str.extract(r"(\d+) of 3")[0].astype(int)
    assert counts.groupby(table["End-point"]).sum().to_dict() == {"OS": 3, "PFS": 3, "Time to progression": 3}


def test_the_rule_sets_name_the_primary_one():
    table = rule_set_table(compare_rule_sets(*tables(), SCHEDULE), primary="documented")
    assert table["Rules"].str.contains("primary").tolist() == [True, False, False, False, False]
    assert table["Events / patients"].tolist() == ["2 / 3"] * 5


def test_follow_up_is_held_in_months_with_its_completeness_or_the_reason_why_not():
    book = Book()
    hold_follow_up(book, follow_up_of([30.4375, 60.875], [0, 0], potential_days=[60.875, 60.875]))
    assert book.values["survival.completeness"][0] == pytest.approx(75)
    again = Book()
    hold_follow_up(again, follow_up_of([30, 60], [0, 0]))
    assert again.values["survival.completeness"][0] is None


def test_progression_with_death_competing_is_said_in_percent():
    said = incidence_sentence(cumulative_incidence([20, 40, 60, 400], [1, 2, 1, 0]), [3])
    assert "2 progressions, 1 such deaths" in said
    assert "50 %" in said


def test_the_days_stand_side_by_side_with_their_difference():
    late = timed_marker(CHANGE + 1, 28)
    calls = [grouping(CLASSES, day) for day in (14, 28)]
    compared = compare_days(
        TIME + 20, EVENT, (timed_marker(CHANGE, 14), late), calls, positive="no", landmark_day=28, horizon_months=[3],
        early_days=183, labels=("day 14", "day 28"), seed=1, resamples=100,
    )  # fmt: skip
    table = day_table(compared)
    assert table["Measure"].str.contains("C,|the same|AUC|NPV|PPV|called rightly").all()
    assert table.loc[0, "Day 14"] == table.loc[0, "Day 28"]
    assert table.loc[0, "Difference (95 % CI)"] == "0.00 (0.00 to 0.00)"
