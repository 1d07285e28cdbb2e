import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.study import AssessmentSchedule, load_protocol
from analysis.survival import RULES, compare_rule_sets, follow_up_of, grouping, study_end_points, turnbull

SCHEDULE = AssessmentSchedule(8, 24, 12, 14)


def study(patients):
    """Tables of patients given as {name: (visits, {column: day})}."""
    rows, visits = [], []
    for name, (seen, days) in patients.items():
        visits += [(name, float(day), "local", response) for day, response in seen.items()]
        rows.append({"patient_id": name, "last_contact_day": 900.0, **days})
    columns = ["patient_id", "pfs_days", "pfs_event", "death_day", "last_contact_day", "treatment_end_day",
               "treatment_end_reason", "new_therapy_day"]  # fmt: skip
    outcomes = pd.DataFrame(rows, columns=columns).astype(
        {name: "float64" for name in columns if name.endswith("_day") or name == "pfs_days"}
        | {"pfs_event": "boolean", "treatment_end_reason": "string", "patient_id": "string"}
    )
    return outcomes, pd.DataFrame(visits, columns=["patient_id", "assessed_day", "reader", "response"])


TRIAL = study(
    {
        "A": ({56: "SD", 112: "PD"}, {"pfs_days": 112, "pfs_event": True}),
        "B": ({56: "SD", 80: "PD"}, {"pfs_days": 95, "pfs_event": True}),
        "C": ({56: "SD", 110: "SD"}, {"pfs_days": 110, "pfs_event": True, "new_therapy_day": 120.0}),
        "D": ({56: "SD"}, {"death_day": 90.0}),
        "E": ({}, {"pfs_days": 400, "pfs_event": False, "treatment_end_day": 40.0, "treatment_end_reason": "progression"}),
    }
)  # fmt: skip


def test_the_planned_days_are_those_of_the_protocol():
    planned = load_protocol().assessments.planned_days(400)
    assert planned[:5] == (56, 112, 168, 252, 336)
    assert planned[-2] <= 400 < planned[-1]


def test_typed_times_are_compared_with_derived_ones_patient_by_patient():
    found = study_end_points(*TRIAL, SCHEDULE)
    assert found.derived
    assert found.given == 4
    rows = found.differences.set_index("patient_id")
    assert rows[["derived_days", "given_days"]].loc["B"].tolist() == [80, 95]
    assert rows.loc["C", ["derived_event", "given_event"]].tolist() == [False, True]
    assert rows.loc["E", "reason"] == "no readable assessment after treatment start"
    assert found.difference_table()["patients"].sum() == 3


def test_a_study_without_assessments_has_its_times_as_given():
    outcomes = TRIAL[0][["patient_id", "pfs_days", "pfs_event"]]
    found = study_end_points(outcomes, None, SCHEDULE)
    assert not found.derived
    assert (found.os, found.ttp) == (None, None)
    assert found.times["pfs_days"].tolist() == [112, 95, 110, 400]
    with pytest.raises(DesignError, match="without the assessments"):
        found.pfs.intervals()
    with pytest.raises(DesignError, match="neither assessments nor times"):
        study_end_points(outcomes.assign(pfs_days=np.nan), None, SCHEDULE)


def test_an_event_lies_between_the_last_visit_without_it_and_the_first_with_it():
    left, right = study_end_points(*TRIAL, SCHEDULE).pfs.intervals()
    assert left.tolist() == [56, 56, 110, 56, 0]
    assert right.tolist() == [112, 80, np.inf, 90, np.inf]
    assert turnbull(left, right).events == 3


def ends(name):
    table = study_end_points(*TRIAL, SCHEDULE, rules=RULES[name]).pfs.table
    return table["time"].tolist(), table["event"].tolist()


@pytest.mark.parametrize(
    ("rules", "times", "events"),
    [
        ("documented", [112, 80, 110, 90, 0], [True, True, False, True, False]),
        ("all events", [112, 80, 110, 90, 0], [True, True, False, True, False]),
        # B's progression was seen between the visits of days 56 and 112; C's last visit is that of day 112
        ("planned visits", [112, 112, 112, 90, 0], [True, True, False, True, False]),
        ("clinical", [112, 80, 110, 90, 40], [True, True, False, True, True]),
        ("new therapy", [112, 80, 120, 90, 40], [True, True, True, True, True]),
    ],
)
def test_each_set_of_rules_by_hand(rules, times, events):
    assert ends(rules) == (times, events)


def test_rule_sets_stand_side_by_side_with_the_hazard_ratio_of_each():
    group = grouping(["n", "n", "r", "r", "n"], 14, name="response")
    found = compare_rule_sets(*TRIAL, SCHEDULE, group=group, reference="r", landmark_day=14)
    assert [one.rules.name for one in found] == list(RULES)
    assert [one.curve.n_events for one in found] == [3, 3, 3, 4, 5]
    assert all((one.hazard_ratio is None) == bool(one.refusal) for one in found)
    assert found[0].hazard_ratio.n == 4  # E is censored on day 0


def test_both_readers_are_shown_where_there_are_two():
    central = TRIAL[1].assign(reader="central", assessed_day=TRIAL[1]["assessed_day"] + 1)
    found = compare_rule_sets(TRIAL[0], pd.concat([TRIAL[1], central]), SCHEDULE)
    assert [one.reader for one in found] == ["local"] * 5 + ["central"] * 5
    assert found[5].curve.times.max() == 113


def test_follow_up_has_quartiles_and_its_completeness_by_hand():
    found = follow_up_of([10, 20, 30, 40], [0, 0, 0, 0], potential_days=[20, 20, 30, 50])
    assert (found.lower_quartile, found.curve.median, found.upper_quartile) == (15, 25, 35)
    assert found.completeness == pytest.approx(100 / 120)
    with pytest.raises(DesignError, match="shorter than what was observed"):
        follow_up_of([10, 20], [0, 0], potential_days=[5, 20])
