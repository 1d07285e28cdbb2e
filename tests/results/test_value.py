import pytest

from analysis.errors import PublicationError
from analysis.results import Value
from analysis.results.value import number, p_text


def value(**details):
    return Value(**{"name": "pfs.hr", "value": 0.77, "definition": "hazard ratio", **details})


def test_a_value_prints_with_its_decimals_and_its_interval_with_an_en_dash():
    made = value(low=0.4, high=1.5)
    assert (made.text, made.interval_text) == ("0.77", "0.40–1.50")


def test_a_negative_number_has_a_true_minus_sign_and_zero_has_none():
    assert number(-3.24, 1) == "−3.2"
    assert number(-0.001, 1) == "0.0"
    assert number(-4, 0) == "−4"


def test_an_infinite_median_or_limit_is_not_reached_rather_than_a_number():
    made = value(value=float("inf"), low=3.1, high=float("inf"), digits=1)
    assert (made.text, made.interval_text) == ("not reached", "3.1–not reached")


def test_a_missing_value_is_a_dash_and_must_say_why():
    assert value(value=None, reason="no PET").text == "—"
    assert value(value=float("nan"), low=1.0, high=2.0, reason="no PET").interval_text == ""
    with pytest.raises(PublicationError, match="without a reason"):
        value(value=None)


@pytest.mark.parametrize("name", ["", "PFS", "pfs hr", "pfs..hr", "1pfs", "pfs.hr.", "a}}"])
def test_a_name_that_a_shortcode_could_not_hold_is_refused(name):
    with pytest.raises(PublicationError, match="not a name"):
        value(name=name)


def test_p_values_print_with_their_relation():
    assert [p_text(p) for p in (0.00049, 0.0449, 0.44, float("nan"))] == ["< 0.001", "= 0.045", "= 0.44", "—"]


def test_an_interval_with_a_negative_limit_says_to():
    assert value(value=-3.7, low=-36.2, high=28.8, digits=0).interval_text == "−36 to 29"


def test_a_p_value_keeps_its_number_and_prints_with_its_relation():
    made = value(value=0.0004, kind="p")
    assert (made.value, made.text) == (0.0004, "< 0.001")


def test_an_interval_of_which_neither_limit_was_reached_is_not_printed():
    assert value(value=float("inf"), low=float("nan"), high=float("inf")).interval_text == ""
