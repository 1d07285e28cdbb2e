import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.logbook import Logbook
from analysis.results import survival_values as module
from analysis.results.survival_values import attempt, hold_early_response
from analysis.results.survival_words import curve_sentence, primary_answer, rate_table, survival_table
from analysis.survival import early_response


class Book:
    smallest_cell = 0

    @staticmethod
    def too_few(n):
        return False

    """Takes values and notes as a notebook's session does."""

    def __init__(self):
        self.values, self.notes = {}, []
        self.log = Logbook(lambda: "")

    def value(self, name, value, **details):
        assert name not in self.values
        self.values[name] = (value, details)

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def compared():
    time = np.array([20, 60, 90, 120, 200, 300, 310, 400, 410, 420, 430.0])
    return early_response(
        time,
        np.ones(11),
        ["no"] * 5 + ["yes"] * 6,
        landmark_day=14,
        reference="yes",
        labels={"no": "non-responders", "yes": "responders"},
        end_point="PFS",
        tau_months=12,
        rates_at_months=[6],
        seed=1,
        permutations=999,
    )


def test_the_same_names_are_held_with_and_without_a_result(compared):
    with_result, without = Book(), Book()
    hold_early_response(with_result, "pfs", compared, otherwise="")
    hold_early_response(without, "pfs", None, otherwise="the study has no PET")
    assert set(with_result.values) == set(without.values) == {f"pfs.{name}" for name in module.NAMES}
    assert {value for value, _ in without.values.values()} == {None}
    assert {details["reason"] for _, details in without.values.values()} == {"the study has no PET"}


def test_medians_are_in_months_and_name_the_right_group(compared):
    book = Book()
    hold_early_response(book, "pfs", compared, otherwise="")
    median, details = book.values["pfs.group_median"]
    assert median == pytest.approx((90 - 14) / 30.4375)
    assert details["unit"] == "months"
    assert "non-responders" in details["definition"]


def test_a_question_the_data_do_not_allow_becomes_a_note():
    def refuses(_):
        raise DesignError("one group is empty")

    book = Book()
    assert attempt(book, "PFS by response", refuses, 1) is None
    assert book.notes == ["PFS by response: not answered. one group is empty."]


def test_another_error_is_not_swallowed():
    def broken():
        raise KeyError("x")

    with pytest.raises(KeyError):
        attempt(Book(), "x", broken)


def test_a_cut_off_chosen_after_looking_has_no_p_value_anywhere(compared):
    answer = primary_answer(compared, planned=False, chosen_after_looking=True)
    assert answer.startswith("Post hoc: ")
    assert ", p " not in answer
    assert ", p " not in curve_sentence(compared, chosen_after_looking=True)
    book = Book()
    hold_early_response(book, "pfs", compared, otherwise="", chosen_after_looking=True)
    for name in ("hr_p", "logrank_p", "permutation_p", "rmst_p", "sentence"):
        value, details = book.values[f"pfs.{name}"]
        assert value is None
        assert "after the data were seen" in details["reason"]
    table = survival_table({"PFS": compared}, {"PFS": "post hoc"}, without_p={"PFS"})
    assert table.loc[0, ["Status", "Log-rank p"]].tolist() == ["post hoc", "withheld"]


def test_the_answer_names_what_leads_and_never_says_no_difference(compared):
    answer = primary_answer(compared, planned=True)
    assert answer.startswith("Non-responders (5) against responders (6)")
    assert "no difference" not in answer
    assert f"{compared.hazard_ratio.estimate:.2f}" in answer
    assert ("restricted mean leads" in answer) == (compared.leading == "rmst")


def test_rates_come_with_their_interval_and_the_number_at_risk(compared):
    rates = rate_table({"PFS": compared})
    assert rates["Group"].tolist() == ["non-responders", "responders"]
    assert rates.loc[0, ["Months from landmark", "At risk"]].tolist() == ["6", 1]
