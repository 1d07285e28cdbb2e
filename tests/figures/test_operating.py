"""Alternative texts of the operating characteristics state the finding, and a missing scenario is said."""

from __future__ import annotations

import pytest

from analysis.errors import DesignError
from analysis.figures import describe_landmark_cost, describe_power, describe_type_one, draw_type_one


def test_power_is_said_at_the_smallest_and_the_largest_size(hand):
    text = describe_power(hand.characteristics, **hand.operating)
    assert text.startswith("Share of 200 simulated trials with p below 0.05")
    assert "Log-rank, published effect: 23 % with 30 patients, 33 % with 130" in text


def test_the_tests_that_err_too_often_are_named(hand):
    text = describe_type_one(hand.characteristics, n=30, tests=["p", "q"])
    assert "Beyond chance above 5 %: log-rank and searched cut-off." in text
    assert "searched cut-off 40.0 % (38.0 %–43.0 %)" in text


def test_a_test_whose_interval_holds_five_percent_is_not_named(hand):
    rows = hand.characteristics.assign(low=0.01)
    assert "None is beyond chance above 5 %" in describe_type_one(rows, n=30, tests=["p"])


def test_both_ways_of_counting_are_said_for_every_size(hand):
    text = describe_landmark_cost(hand.characteristics, **hand.costs)
    assert "No effect, from the first dose: 1.20 with 30, 1.20 with 130 patients" in text


def test_a_size_that_was_not_simulated_is_refused(hand):
    with pytest.raises(DesignError, match="no trials of 46 patients"):
        draw_type_one(hand.characteristics, n=46, tests=["p"], simulated=True)
