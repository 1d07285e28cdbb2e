import numpy as np
import pandas as pd
import pytest

from analysis.cohort import Flow, FlowStep
from analysis.results import figure_numbers as numbers
from analysis.results.small_cells import NOT_SHOWN, SmallCells
from analysis.results.small_tables import Counted, withheld_table
from analysis.survival import decisions, tipping_point

RULE = SmallCells(5, zeros_shown=True, applies=True)


def test_every_box_of_the_flow_and_every_reason_is_a_row():
    flow = Flow(
        (
            FlowStep("Enrolled", 30, name="all", groups=(("pilot", 10), ("extension", 20))),
            FlowStep("With PET", 25, (("no scan", 5), ("withdrew", 0)), name="pet", parent="all"),
            FlowStep("With plasma", None, name="plasma", parent="all"),
        )
    )
    assert numbers.flow_numbers(flow).fillna(-1).to_numpy().tolist() == [
        ["Enrolled", "in it", 30],
        ["Enrolled", "of these: pilot", 10],
        ["Enrolled", "of these: extension", 20],
        ["With PET", "in it", 25],
        ["With PET", "not in it: no scan", 5],
        ["With plasma", "in it", -1],
    ]


def test_quartiles_of_uptake_are_those_of_hand():
    # 1, 2, 3, 6: quartiles at places 0.75, 1.5 and 2.25 are 1.75, 2.5 and 3 + 0.25 * 3 = 3.75
    lesions = pd.DataFrame(
        {"visit": "baseline", "site": ["liver"] * 4 + ["spleen", None], "suv_max": [6.0, 1, 3, 2, 5, np.nan]}
    )
    found = numbers.uptake_numbers(lesions, column="suv_max")
    assert found.to_numpy().tolist() == [
        ["liver", "baseline", 4, 1.75, 2.5, 3.75],
        ["other", "baseline", 1, 5.0, 5.0, 5.0],
    ]


def test_boxes_of_few_lesions_do_not_leave():
    lesions = pd.DataFrame(
        {"visit": "baseline", "site": ["liver"] * 6 + ["lung"], "suv_max": np.arange(1.0, 8)}
    )
    found = withheld_table(
        numbers.uptake_numbers(lesions, column="suv_max"),
        RULE,
        Counted(labels=["site", "visit"], counts=["lesions"], parts=False),
    )
    assert found.iloc[1].tolist() == ["lung", "baseline", "< 5", NOT_SHOWN, NOT_SHOWN, NOT_SHOWN]
    assert found.iloc[0, 2:].tolist() == [6, 2.25, 3.5, 4.75]


def test_a_small_cell_of_two_calls_takes_a_second_with_it():
    counts = pd.DataFrame([[12, 2], [7, 9]], index=["responder", "non_responder"], columns=["clear", "found"])
    table = numbers.joint_numbers(counts)
    assert table["calls"].tolist()[1] == "responder, found"
    shown = withheld_table(table, RULE, Counted(labels=["calls"], counts=["patients"]))["patients"].tolist()
    assert shown == [12, "< 5", NOT_SHOWN, 9]


def test_a_volcano_lists_what_was_tested():
    rows = pd.DataFrame(
        {"name": ["a", "b"], "estimate": [2.0, 1.0], "low": 0.5, "p_value": [0.04, np.nan], "q_value": 0.1}
    )
    found = numbers.volcano_numbers({"Odds ratio": rows}).to_dict("records")
    assert [(row["panel"], row["name"], row["p_value"]) for row in found] == [("Odds ratio", "a", 0.04)]


def test_the_decision_table_has_a_row_a_combination():
    # Five of each class; the event of the third of the first class at day 100: 4 of 5 are free at 6 months (183 days).
    time = np.full(20, 400.0)
    time[2] = 100
    event = np.arange(20) == 2
    first, second = np.repeat([False, False, True, True], 5), np.repeat([False, True, False, True], 5)
    table = decisions(time, event, first, second, months=(6.0,))
    found = numbers.call_numbers(table, (("good", "bad"), ("clear", "found")))
    assert found.columns.tolist()[4:] == ["free_at_6_months", "free_at_6_months_low", "free_at_6_months_high"]
    assert found.iloc[0, :5].tolist() == ["good", "clear", 5, 1, pytest.approx(0.8)]
    assert found.iloc[3, :4].tolist() == ["bad", "found", 5, 0]


def test_the_grid_of_the_missing_is_listed_cell_by_cell():
    rng = np.random.default_rng(3)
    time, event = rng.exponential(200, 24).round(1) + 1, np.ones(24, bool)
    in_group = pd.array([True] * 10 + [False] * 10 + [None] * 4, dtype="boolean")
    grid = tipping_point(time, event, in_group, labels=("worse", "better"), seed=1)
    found = numbers.tipping_numbers(grid)
    assert len(found) == grid.middle.size
    row = found[(found["ended_early"] == 1) & (found["ended_late"] == 2)].iloc[0]
    assert row["mean"] == grid.middle[1, 2]


def test_operating_characteristics_are_those_drawn():
    table = pd.DataFrame(
        {"effect": ["none", "none", "strong"], "n": [20, 40, 40], "name": "p_rule", "words": "w", "kind": "share",
         "estimate": [0.05, 0.04, 0.8], "low": 0.0, "high": 1.0, "trials": 100}
    )  # fmt: skip
    found = numbers.characteristic_numbers(table, ["p_rule"], effects=["none"], n=40)
    assert found["estimate"].tolist() == [0.04]
    assert "kind" not in found
