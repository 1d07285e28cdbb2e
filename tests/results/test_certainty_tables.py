"""How sure responses are, in tables that hold no patient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.pet import RULES, Agreement, Repeatability, ResponseCertainty, agreement_of, lesion_rules
from analysis.results import certainty_tables as sure


def certain(probabilities, cutoff=0.5, errors=1.2):
    chance = np.array(probabilities, float)
    table = pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(len(chance))],
            "response": np.where(chance >= cutoff, "responder", "non_responder"),
            "change_percent": -50 * chance,
            "probability_responder": chance,
        }
    )
    return ResponseCertainty(table, errors, 0.0, 3.0, 2.0, 1.0, 3.0, 100, "study")


def two_days() -> tuple[Agreement, dict[str, ResponseCertainty], pd.DataFrame]:
    days = {"day14": certain([0.99, 0.6, 0.1]), "day28": certain([0.98, 0.3, 0.99])}
    both = agreement_of(*(day.patients for day in days.values()))
    switches = pd.DataFrame(
        {
            "patient_id": ["P0", "P1", "P2"],
            "switched": [False, True, True],
            "probability_switch": [0.0, 0.5, 0.97],
        }
    )
    return both, days, switches


def test_a_patient_is_undecided_when_neither_class_reaches_95_percent():
    chances = [0.99, 0.6, 0.01]
    row = sure.certainty_table({"x": certain(chances)}, {"x": certain(chances, errors=0.9)}).iloc[0]
    assert row[["Responders", "Undecided"]].tolist() == ["2 of 3", 1]
    assert row["Wrong class"] == "1.2 (0 to 3)"
    assert row["Wrong class, measurement alone"] == "0.9 (0 to 3)"
    assert row["True responders"] == "2.0 (1 to 3)"


def test_the_classes_say_how_many_are_expected_to_be_right():
    table = sure.class_table({"Rule": sure.classes_of_rule(certain([0.99, 0.6, 0.01]))})
    assert table["Patients"].tolist() == [2, 1]
    assert table["Expected to be right"].round(2).tolist() == [1.59, 0.99]
    assert table["Right with 95 %"].tolist() == [1, 1]


def test_switches_are_counted_by_direction_with_those_beyond_repeatability():
    table = sure.switch_table(*two_days())
    assert table["Patients"].tolist() == [1, 1, 1, 0]
    assert table["Different with 95 %"].tolist() == [0, 0, 1, 0]
    assert "patient_id" not in table


def test_the_sentence_of_the_days_counts_switches_and_those_that_are_sure():
    both, _, switches = two_days()
    text = sure.day_sentence(both, switches)
    assert "Of 3 patients" in text
    assert "2 change their class" in text
    assert "one of the switches is beyond repeatability" in text


def test_the_list_of_switchers_has_both_probabilities():
    listed = sure.switchers(*two_days())
    assert listed["patient_id"].tolist() == ["P1", "P2"]
    assert listed["beyond_repeatability"].tolist() == [False, True]
    assert listed["second_probability"].tolist() == [0.3, 0.99]


def test_a_repeatability_nobody_checked_carries_its_mark():
    assert (
        sure.source_sentence(Repeatability("x", 10, source="somewhere"))
        == "somewhere (assumed, not verified)"
    )
    assert sure.source_sentence(Repeatability("x", 10, source="read", verified=True)) == "read"


def test_every_rule_is_printed_with_definition_and_source():
    table = sure.definition_table(lesion_rules(), RULES)
    assert len(table) == len(lesion_rules()) + len(RULES)
    assert (table[["Definition", "Source"]] != "").all().all()
