import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import RULES, overall_survival, progression_free_survival, time_to_progression

SCHEDULE = range(56, 3000, 56)


def end(*, visits, death=None, therapy=None, stopped=None, contact=2000, rules="documented", reader="local"):
    """One patient's PFS: visits as {day: response}."""
    assessments = pd.DataFrame(
        [("P1", day, reader, response) for day, response in visits.items()],
        columns=["patient_id", "assessed_day", "reader", "response"],
    ).astype({"assessed_day": float})
    outcomes = pd.DataFrame(
        {
            "patient_id": ["P1"],
            "death_day": [np.nan if death is None else float(death)],
            "last_contact_day": [float(contact)],
            "treatment_end_day": [np.nan if stopped is None else float(stopped)],
            "treatment_end_reason": pd.array(
                ["progression" if stopped is not None else pd.NA], dtype="string"
            ),
            "new_therapy_day": [np.nan if therapy is None else float(therapy)],
        }
    )
    found = progression_free_survival(assessments, outcomes, rules=RULES[rules], schedule_days=SCHEDULE)
    return tuple(found.table[["time", "event", "kind", "reason"]].iloc[0])


def test_progression_is_the_first_assessment_read_as_such():
    assert end(visits={56: "SD", 112: "PD", 168: "PD"})[:3] == (112, True, "progression")


def test_death_before_any_progression_is_an_event():
    assert end(visits={56: "SD"}, death=80)[:3] == (80, True, "death")


def test_without_event_the_last_readable_assessment_ends_observation():
    assert end(visits={56: "SD", 112: "PR", 168: "NE"}) == (
        112,
        False,
        "censored",
        "no progression at the last readable assessment",
    )


def test_nothing_read_after_treatment_start_is_no_follow_up():
    assert end(visits={}) == (0, False, "censored", "no readable assessment after treatment start")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("documented", (56, False, "censored")),
        ("clinical", (56, False, "censored")),
        ("all events", (168, True, "progression")),
        ("new therapy", (90, True, "new therapy")),
    ],
)
def test_another_treatment_before_progression(rules, expected):
    assert end(visits={56: "SD", 112: "SD", 168: "PD"}, therapy=90, rules=rules)[:3] == expected


def test_another_treatment_on_the_day_of_progression_changes_nothing():
    assert end(visits={56: "SD", 112: "PD"}, therapy=112)[:3] == (112, True, "progression")


@pytest.mark.parametrize(("day", "expected"), [(182, (182, True)), (183, (56, False))])
def test_two_missed_visits_before_an_event_end_observation_before_them(day, expected):
    # the visits of day 112 and, once the event is more than 14 days after it, of day 168 were missed
    assert end(visits={56: "SD", day: "PD"})[:2] == expected
    assert end(visits={56: "SD", day: "PD"}, rules="all events")[:2] == (day, True)


def test_clinical_progression_is_an_event_only_where_the_rules_say_so():
    history = {"visits": {56: "SD"}, "stopped": 70}
    assert end(**history) == (
        56,
        False,
        "censored",
        "treatment ended for progression that no assessment shows",
    )
    assert end(**history, rules="clinical")[:3] == (70, True, "clinical progression")


def test_the_other_readers_assessments_are_not_read():
    assert end(visits={56: "PD"}, reader="central")[:3] == (0, False, "censored")


def test_death_before_progression_is_refused_by_name():
    with pytest.raises(DesignError, match="P1"):
        end(visits={112: "PD"}, death=100)


def test_death_without_progression_competes_with_time_to_progression():
    assessments = pd.DataFrame(
        {"patient_id": ["P1"], "assessed_day": [56.0], "reader": ["local"], "response": ["SD"]}
    )
    outcomes = pd.DataFrame(
        {"patient_id": ["P1"], "death_day": [80.0], "last_contact_day": [80.0], "treatment_end_day": [np.nan],
         "treatment_end_reason": pd.array([pd.NA], dtype="string"), "new_therapy_day": [np.nan]}
    )  # fmt: skip
    pfs = progression_free_survival(assessments, outcomes, rules=RULES["documented"], schedule_days=SCHEDULE)
    found = time_to_progression(pfs).table.iloc[0]
    assert (found["event"], found["kind"], found["reason"]) == (False, "death", "death without progression")
    assert pfs.censoring_table()["patients"].sum() == 1


def test_overall_survival_ends_at_death_or_last_contact():
    outcomes = pd.DataFrame(
        {"patient_id": ["A", "B"], "death_day": [10.0, np.nan], "last_contact_day": [10.0, 50.0]}
    )
    found = overall_survival(outcomes).table
    assert found["time"].tolist() == [10, 50]
    assert found["event"].tolist() == [True, False]


def test_a_patient_without_any_last_day_is_refused_by_name():
    with pytest.raises(DesignError, match="B"):
        overall_survival(
            pd.DataFrame({"patient_id": ["B"], "death_day": [np.nan], "last_contact_day": [np.nan]})
        )
