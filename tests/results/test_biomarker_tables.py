"""Tables of markers: what is printed is what was computed, and rows of few patients say nothing."""

import numpy as np
import pandas as pd
import pytest

from analysis.biomarkers import early_progression, joint_agreement, joint_classes
from analysis.biomarkers.plasma_course import AT_LIMIT, CENSORED
from analysis.results.biomarker_tables import (
    added_value_table,
    course_columns,
    decision_table,
    hazard_rows,
    rule_table,
)
from analysis.results.joint_survival import joint_at_landmark
from analysis.results.resistance import (
    ALTERATIONS,
    PLASMA,
    Markers,
    early_progression_associations,
    resistance_hazards,
)
from analysis.study import load_protocol
from analysis.survival import added_value, decisions, firth_cox, marker_hazards

TIME = np.array([50, 100, 150, 200, 250, 300, 40, 60, 80, 400], dtype=float)
EVENT = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
FIRST = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 1], dtype=bool)
SECOND = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 1], dtype=bool)
NAMES = ("PET", "ctDNA")
CALLS = (("good", "bad"), ("none", "found"))
PATIENTS = [f"p{i}" for i in range(10)]
OUTCOMES = pd.DataFrame({"patient_id": PATIENTS, "pfs_days": TIME, "pfs_event": EVENT})


def test_a_row_says_in_ten_what_its_curve_says_in_percent():
    table = decision_table(decisions(TIME, EVENT, FIRST, SECOND, months=[3, 6]), names=NAMES, calls=CALLS)
    worst = table.iloc[3]
    assert (worst["PET"], worst["ctDNA"], worst["Patients"], worst["Events"]) == ("bad", "found", 4, 3)
    assert worst["Free at 6 months, %"].startswith("25 (")
    assert worst["In words"].startswith("about 2 of 10 free of progression at 6 months")


def test_rows_of_few_patients_give_no_proportion():
    found = decisions(TIME, EVENT, FIRST, SECOND, months=[3])
    table = decision_table(found, names=NAMES, calls=CALLS, smallest=3)
    assert table["Free at 3 months, %"].tolist()[1:3] == ["", ""]
    assert table["In words"].tolist()[1] == "fewer than 3 women"


def test_rules_stand_with_their_predictive_values():
    found = decisions(TIME, EVENT, FIRST, SECOND, months=[3])
    table = rule_table(found, NAMES).set_index("Unfavourable by")
    assert table.loc["PET and ctDNA", "Called"] == 4
    assert table.loc["PET or ctDNA", "Called"] == 6
    assert table.loc["PET and ctDNA", "Event if called (PPV), %"].startswith("50 (")


def test_what_each_adds_stands_in_both_directions():
    found = added_value(TIME, EVENT, FIRST, SECOND, labels=NAMES)
    table = added_value_table(found).set_index("What")
    assert table.loc["Gain of C: ctDNA added to PET", "Estimate"] == found.gain[1].estimate
    assert table.loc["Hazard ratio, PET beside ctDNA", "p"] == found.adjusted[0].p_value


def test_q_values_are_made_within_each_family():
    markers = {"a": FIRST.astype(float), "b": SECOND.astype(float), "c": np.ones(10)}
    rows = hazard_rows(
        marker_hazards(TIME, EVENT, markers), {"a": "one", "b": "two", "c": "two"}, load_protocol()
    )
    assert rows["q_value"].tolist()[:2] == rows["p_value"].tolist()[:2]
    assert rows["note"].tolist() == ["", "", "every patient has the same value"]
    assert rows["power"].tolist()[2] == ""


COURSE = pd.DataFrame(
    [
        {
            "quantity": "Fraction",
            "way": CENSORED,
            "effect": "day 14",
            "estimate": 0.5,
            "p_value": 0.1,
            "note": "",
        },
        {
            "quantity": "Fraction",
            "way": AT_LIMIT,
            "effect": "day 14",
            "estimate": 0.7,
            "p_value": 0.2,
            "note": "",
        },
        {
            "quantity": "Frequency",
            "way": CENSORED,
            "effect": None,
            "estimate": np.nan,
            "p_value": np.nan,
            "note": "few",
        },
        {
            "quantity": "Frequency",
            "way": AT_LIMIT,
            "effect": "day 14",
            "estimate": 0.8,
            "p_value": 0.3,
            "note": "",
        },
    ]
).assign(low=np.nan, high=np.nan, n=10, measurements=20, below=4, degrees_of_freedom=9.0)


def test_assumptions_stand_beside_each_other_and_a_missing_one_says_why():
    table = course_columns(COURSE).set_index("Quantity")
    assert table.loc["Fraction", ["Ratio", "At the limit"]].tolist() == [0.5, 0.7]
    assert np.isnan(table.loc["Frequency", "Ratio"])
    assert table.loc["Frequency", ["At the limit", "Remark"]].tolist() == [0.8, "few"]


def test_a_quantity_without_any_estimate_keeps_its_row():
    for course in (COURSE.iloc[[0, 2]], COURSE.iloc[[2]]):
        table = course_columns(course).set_index("Quantity")
        assert table.loc["Frequency", "Remark"] == "few"
        assert len(table) == len(course)


def series(values):
    return pd.Series(np.asarray(values, dtype=float), index=pd.Index(PATIENTS, name="patient_id"))


def test_hazards_count_from_the_landmark_and_leave_out_who_had_the_event_before():
    markers = Markers({"a": series(FIRST)}, {"a": PLASMA}, frozenset({"a"}))
    calls = pd.DataFrame({"patient_id": PATIENTS, "visit": "day14", "sampled_day": [45.0] + [14.0] * 9})
    rows = resistance_hazards(markers, OUTCOMES, load_protocol(), calls, visit="day14")
    # The first patient's sample was taken on day 45: that clock starts then, the others' on day 14.
    start = np.array([45.0] + [14.0] * 9)
    alone = firth_cox(TIME - start, EVENT, FIRST.astype(float), terms=("a",)).hazard_ratio("a")
    assert rows.loc[0, ["estimate", "low", "high"]].astype(float).tolist() == pytest.approx(
        [alone.estimate, alone.low, alone.high]
    )
    late = calls.assign(sampled_day=[60.0] + [14.0] * 9)
    assert resistance_hazards(markers, OUTCOMES, load_protocol(), late, visit="day14").loc[0, "n"] == 9


def test_early_progression_counts_who_is_known():
    markers = Markers(
        {"gene altered": series(FIRST), "stain expression": series(TIME)},
        {"gene altered": ALTERATIONS, "stain expression": "tissue, expression"},
        frozenset({"gene altered"}),
    )
    yes, scale = early_progression_associations(markers, OUTCOMES, months=4)  # 121.75 days
    # Events by then 50, 100, 40, 60; beyond 150, 200, 250, 300, 400; censored at 80: unknown.
    assert [group.n for group in yes.groups] == [4, 5]
    assert [group.positive for group in yes.groups] == [3, 2]
    assert scale.estimate < 0
    assert early_progression(OUTCOMES, months=4).isna().sum() == 1


def test_the_joint_landmark_waits_for_the_later_of_the_two_calls():
    index = pd.Index(PATIENTS, name="patient_id")
    joint = joint_classes(
        pd.Series(np.where(FIRST, "non_responder", "responder"), index=index),
        pd.Series(SECOND, index=index, dtype="boolean"),
    )
    known = pd.Series([55.0, 20.0], index=PATIENTS[:2])
    found = joint_at_landmark(joint, OUTCOMES, known, day=14)
    assert (found.n, found.excluded) == (9, 1)
    assert found.time[0] == 80.0
    assert found.pet.tolist() == FIRST[1:].tolist()


def test_joint_classes_that_agree_have_a_kappa_of_one():
    index = pd.Index(PATIENTS, name="patient_id")
    response = pd.Series(np.where(FIRST, "non_responder", "responder"), index=index)
    joint = joint_classes(response, pd.Series(SECOND, index=index, dtype="boolean"))
    same = joint_agreement(joint, joint)
    assert (same.n, same.kappa, same.same.k) == (10, pytest.approx(1.0), 10)
    other = joint_agreement(joint, joint_classes(response, pd.Series(~SECOND, index=index, dtype="boolean")))
    # Both favourable and both unfavourable become discordant; of the two discordant one becomes each.
    assert other.same.k == 0
    assert other.table.loc["both_favourable", "discordant"] == 4
