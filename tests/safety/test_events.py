"""Adverse events counted by hand: worst grades, rates over the time watched, first events with competing ends."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.safety import (
    ANY,
    event_table,
    exposure,
    exposure_adjusted_rates,
    most_frequent,
    risk_differences,
    time_to_first_event,
)
from analysis.survival import cumulative_incidence

ARMS = pd.Series({"A": "eve", "B": "eve", "C": "eve", "D": "pbo", "E": "pbo"})
EVENTS = pd.DataFrame(
    [
        ("A", "stomatitis", 1, 10.0),
        ("A", "stomatitis", 3, 40.0),
        ("A", "rash", 2, 20.0),
        ("B", "stomatitis", 2, 15.0),
        ("D", "rash", 4, 5.0),
        ("D", "rash", 1, 300.0),  # after the time watched
    ],
    columns=["patient_id", "term", "grade", "onset_day"],
)
OUTCOMES = pd.DataFrame(
    {
        "patient_id": list("ABCDE"),
        "treatment_end_day": [100.0, np.nan, 12.0, 150.0, 60.0],
        "os_days": [500.0, 200.0, 20.0, 400.0, 60.0],
        "os_event": [True, False, True, False, True],
    }
)


def test_a_patient_counts_once_a_term_at_the_worst_grade():
    table = event_table(EVENTS, ARMS).set_index(["term", "group"])
    stomatitis = table.loc[("stomatitis", "eve")]
    assert (stomatitis["any"], stomatitis["severe"], stomatitis["events"]) == (2, 1, 3)
    assert (stomatitis["grade_1"], stomatitis["grade_2"], stomatitis["grade_3"]) == (0, 1, 1)
    assert stomatitis["percent"] == pytest.approx(200 / 3)
    assert table.loc[("stomatitis", "pbo"), "any"] == 0
    assert table.loc[(ANY, "pbo"), ["any", "severe", "grade_4"]].tolist() == [1, 1, 1]
    assert table.index.get_level_values("term").unique().tolist() == [ANY, "rash", "stomatitis"]


def test_patients_and_events_may_stand_in_any_order():
    shuffled = event_table(EVENTS[::-1], ARMS).sort_values(["term", "group"], ignore_index=True)
    plain = event_table(EVENTS, ARMS).sort_values(["term", "group"], ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, plain)


def test_differences_are_of_the_named_groups_in_percentage_points():
    rows = risk_differences(event_table(EVENTS, ARMS), group="eve", reference="pbo").set_index("term")
    assert rows.loc["stomatitis", "estimate"] == pytest.approx(200 / 3)
    assert rows.loc["rash", "estimate"] == pytest.approx(100 / 3 - 50)
    assert rows.loc["rash", "low"] < rows.loc["rash", "estimate"] < rows.loc["rash", "high"]
    with pytest.raises(DesignError, match="no group control"):
        risk_differences(event_table(EVENTS, ARMS), group="eve", reference="control")


def test_only_frequent_terms_are_kept_for_a_figure():
    assert set(most_frequent(event_table(EVENTS, ARMS), 60)["term"]) == {ANY, "stomatitis"}


def test_patients_are_watched_until_four_weeks_after_the_last_dose_or_death_or_last_contact():
    assert exposure(OUTCOMES)["watched_days"].tolist() == [128.0, 200.0, 20.0, 178.0, 60.0]
    assert exposure(OUTCOMES, grace_days=0)["watched_days"].tolist() == [100.0, 200.0, 12.0, 150.0, 60.0]


def test_rates_count_first_events_over_time_to_them_and_all_events_over_all_time():
    table = exposure_adjusted_rates(EVENTS, exposure(OUTCOMES), ARMS, per=1.0)
    row = table.set_index(["term", "group", "measure"])
    first, every = (
        row.loc[("stomatitis", "eve", "incidence rate")],
        row.loc[("stomatitis", "eve", "event rate")],
    )
    assert first["estimate"] == pytest.approx(2 / ((10 + 15 + 20) / 365.25))
    assert every["estimate"] == pytest.approx(3 / ((128 + 200 + 20) / 365.25))
    rash = row.loc[("rash", "pbo", "event rate")]
    assert (rash["events"], rash["outside"]) == (1, 1)


def test_an_event_competes_with_stopping_and_death():
    first = time_to_first_event(EVENTS, exposure(OUTCOMES), "stomatitis")
    assert first.days.tolist() == [10.0, 15.0, 12.0, 150.0, 60.0]
    assert first.kind.tolist() == [1, 1, 2, 2, 3]  # E died on the day of the last dose
    severe = time_to_first_event(EVENTS, exposure(OUTCOMES), "stomatitis", least_grade=3)
    assert severe.days.tolist() == [40.0, 200.0, 12.0, 150.0, 60.0]
    assert severe.kind.tolist() == [1, 0, 2, 2, 3]
    curve = cumulative_incidence(first.days, first.kind)
    assert curve.incidence[-1] == pytest.approx(
        0.2 + 0.2
    )  # day 10: 1 of 5; day 12: C stops; day 15: 1 of 3 of 3/5


def test_an_event_after_the_last_dose_is_counted_as_after_it():
    late = EVENTS.assign(onset_day=[110.0, 120.0, 20.0, 15.0, 5.0, 300.0])
    first = time_to_first_event(late, exposure(OUTCOMES), "stomatitis")
    assert (first.kind[0], first.days[0], first.after_stop) == (2, 100.0, 1)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("grade", np.nan, "has no grade"),
        ("grade", 6, "none of the CTCAE"),
        ("term", "", "has no term"),
        ("patient_id", "Z", "nobody who is analysed"),
    ],
)
def test_a_faulty_event_is_refused_with_its_patient(column, value, message):
    wrong = EVENTS.astype({column: object})
    wrong.loc[0, column] = value
    with pytest.raises(DesignError, match=message) as caught:
        event_table(wrong, ARMS)
    assert caught.value.offenders == (("Z",) if column == "patient_id" else ("A",))


def test_an_event_without_its_first_day_has_no_rate():
    wrong = EVENTS.assign(onset_day=[np.nan, *EVENTS["onset_day"][1:]])
    with pytest.raises(DesignError, match="first day of an adverse event is missing"):
        exposure_adjusted_rates(wrong, exposure(OUTCOMES), ARMS)
    with pytest.raises(DesignError, match="first day of an adverse event is missing"):
        time_to_first_event(wrong, exposure(OUTCOMES), "stomatitis")


def test_a_missing_arm_is_refused():
    with pytest.raises(DesignError, match="group of a patient is missing"):
        event_table(EVENTS, ARMS.where(ARMS.index != "E"))


def test_a_group_without_any_event_is_counted_with_zeros():
    assert event_table(EVENTS[:0], ARMS)["any"].tolist() == [0, 0]


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 5)), min_size=1, max_size=30))
def test_grades_add_up_to_patients_with_the_event(rows):
    events = pd.DataFrame(rows, columns=["patient_id", "grade"]).assign(term="rash")
    table = event_table(events, ARMS)
    grades = table[[f"grade_{g}" for g in range(1, 6)]]
    assert (grades.sum(axis=1) == table["any"]).all()
    assert table.loc[table["term"] == "rash", "events"].sum() == len(rows)


def test_without_any_event_the_rate_of_any_is_0_with_an_upper_limit():
    """Garwood's upper limit of no event: -log(0.025) = 3.688879 over the time watched."""
    table = exposure_adjusted_rates(EVENTS, exposure(OUTCOMES), ARMS, least_grade=5, per=1.0)
    assert table["term"].unique().tolist() == [ANY]
    row = table.set_index(["group", "measure"]).loc[("eve", "event rate")]
    assert (row["estimate"], row["low"], row["events"]) == (0, 0, 0)
    assert row["high"] == pytest.approx(3.688879454113936 / ((128 + 200 + 20) / 365.25), rel=1e-9)
    assert len(exposure_adjusted_rates(EVENTS[:0], exposure(OUTCOMES), ARMS)) == 4


def test_only_events_that_count_need_their_first_day():
    wrong = EVENTS.assign(onset_day=[np.nan, *EVENTS["onset_day"][1:]])  # of grade 1
    table = exposure_adjusted_rates(wrong, exposure(OUTCOMES), ARMS, least_grade=2)
    # eve: first events of A (rash) and B, and both with A's stomatitis of day 40; pbo: the rash of D
    assert table.loc[table["term"] == ANY, "events"].tolist() == [2, 3, 1, 1]
    assert time_to_first_event(wrong, exposure(OUTCOMES), "stomatitis", least_grade=2).days[0] == 40


@pytest.mark.parametrize(
    "counted",
    [
        lambda events: exposure_adjusted_rates(events, exposure(OUTCOMES), ARMS),
        lambda events: time_to_first_event(events, exposure(OUTCOMES), "stomatitis"),
    ],
)
def test_what_is_wrong_with_first_days_is_said_alike_with_what_to_do(counted):
    with pytest.raises(DesignError, match="no column onset_day") as caught:
        counted(EVENTS.drop(columns="onset_day"))
    assert caught.value.do
    with pytest.raises(DesignError, match="earliest possible day") as caught:
        counted(EVENTS.assign(onset_day=[np.nan, *EVENTS["onset_day"][1:]]))
    assert caught.value.offenders == ("A",)


def test_a_patient_who_was_never_treated_is_not_taken_for_one_still_on_treatment():
    begun = OUTCOMES.assign(treatment_start_day=[0.0, np.nan, 0.0, 0.0, 0.0])
    with pytest.raises(DesignError, match="never treated") as caught:
        exposure(begun)
    assert (caught.value.offenders, caught.value.do) == (("B",), "leave the untreated out")
    assert len(exposure(begun[begun["treatment_start_day"].notna()])) == 4
