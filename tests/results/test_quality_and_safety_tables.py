"""Quality of life and adverse events in tables: counts as they are, nothing where there is nothing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.quality_of_life import DeteriorationRule, completion
from analysis.results.quality_tables import completion_table, deterioration_row, scores_of
from analysis.results.safety_tables import dumbbell_rows, events_table, first_event_rows, rates_table
from analysis.safety import event_table, exposure_adjusted_rates, risk_differences
from analysis.survival import HazardRatio, cumulative_incidence, kaplan_meier

ARMS = ("drug", "placebo")
OF = pd.Series({"A": "placebo", "B": "drug", "C": "drug", "D": "placebo"})
EVENTS = pd.DataFrame(
    {
        "patient_id": ["B", "B", "C", "A"],
        "term": ["rash", "rash", "rash", "cough"],
        "grade": [1, 3, 2, 1],
        "onset_day": [10, 30, 20, 5],
    }
)


def study_with(**tables):
    return SimpleNamespace(tables=tables, table=tables.__getitem__)


def test_a_patient_counts_once_at_the_worst_grade_and_arms_come_in_order():
    table = events_table({"whole trial": event_table(EVENTS, OF)}, ["rash"], ARMS)
    assert table["Arm"].tolist() == list(ARMS)
    drug = table.iloc[0]
    assert (
        drug["Any grade"],
        drug["Treated"],
        drug["Grade 2"],
        drug["Grade 3"],
        drug["Grade 3 or more"],
    ) == (2, 2, 1, 1, 1)
    assert table.iloc[1]["Any grade"] == 0


def test_a_dumbbell_has_the_shares_of_both_arms_and_the_counts_behind_them():
    table = event_table(EVENTS, OF)
    differences = {"whole trial": risk_differences(table, group="drug", reference="placebo")}
    [row] = dumbbell_rows({"whole trial": table}, differences, ["rash"], ARMS).to_dict("records")
    assert (row["arm"], row["control"], row["difference"]) == (100, 0, 100)
    assert (row["arm_events"], row["arm_patients"], row["control_events"]) == (2, 2, 0)


def test_rates_stand_beside_the_time_that_they_rest_on():
    watched = pd.DataFrame({"patient_id": list(OF.index), "watched_days": [365.25] * 4})
    table = rates_table(exposure_adjusted_rates(EVENTS, watched, OF), ["rash"], ARMS)
    drug = table.iloc[0]
    assert (drug["Treated"], drug["Incidence rate, events"], drug["Event rate, events"]) == (2, 2, 3)
    assert drug["Event rate, patient-years"] == "2"
    assert drug["Event rate, per 100"].startswith("150.0 (")  # 3 events in 2 years


def test_an_event_that_nobody_had_has_no_interval():
    curve = cumulative_incidence([30.0, 60.0], [2, 0], label="placebo")
    [row] = first_event_rows("pneumonitis", [curve], None, [12])
    assert row["By 12 months, %"] == "0 (nobody)"
    assert (row["With the event"], row["Stopped or died before it"]) == ("0 of 2", "1 of 2")
    assert row["Gray's test p"] == "—"


def test_forms_of_both_arms_stand_side_by_side():
    found = completion(
        ["A", "B", "B"], [0, 0, 42], patients=["A", "B"], until_day=[50, 50], group=["placebo", "drug"]
    )
    table = completion_table(found, ARMS, until_week=6)
    assert table["drug: received of expected"].tolist() == ["1 of 1", "1 of 1"]
    assert table["placebo, %"].tolist() == ["100", "0"]


def test_scores_are_made_of_the_items_where_the_study_has_no_scores():
    items = {f"item_{number}": [1.0] for number in range(1, 31)} | {"item_29": [4.0], "item_30": [6.0]}
    study = study_with(
        quality_of_life_items=pd.DataFrame({"patient_id": ["A"], "completed_day": [0.0], **items})
    )
    [row] = scores_of(study, "global_health_status").to_dict("records")
    assert row["score"] == pytest.approx(100 * (5 - 1) / 6)
    assert row["day"] == 0


def test_scores_that_the_study_gives_are_taken_as_they_are():
    rows = pd.DataFrame(
        {
            "patient_id": ["A", "A"],
            "completed_day": [0.0, 0.0],
            "scale": ["pain", "fatigue"],
            "score": [10.0, 20.0],
        }
    )
    assert scores_of(study_with(quality_of_life=rows), "pain")["score"].tolist() == [10]
    with pytest.raises(StudyError, match="no scores of global_health_status"):
        scores_of(study_with(quality_of_life=rows), "global_health_status")


def test_a_rule_says_what_counts():
    rule = DeteriorationRule(
        threshold=10, unit="points", reference="best", confirmation="confirmed", death=True
    )
    curve = kaplan_meier(np.array([30.4375, 60.875, 91.3125]), np.array([1, 1, 0]))
    row = deterioration_row(
        rule, (curve, curve), HazardRatio(1, 0.5, 2, 1, 6, 4, "Cox", "wald"), planned=False
    )
    assert (row["Worse by"], row["Than"], row["Death"]) == ("10 points", "the best score before", "an event")
    assert (row["Events, arm"], row["Events, control"]) == ("2 of 3", "2 of 3")
    assert row["Median, months"] == "2.0 v 2.0"
