"""Decision table: by hand, and against the curve and the predictive values it is made of."""

import math

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import decisions, kaplan_meier, predictive_values
from analysis.units import days

TIME = np.array([50, 100, 150, 200, 250, 300, 40, 60, 80, 400], dtype=float)
EVENT = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
FIRST = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 1], dtype=bool)
SECOND = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 1], dtype=bool)


def test_every_patient_is_in_one_row_and_the_favourable_row_is_first():
    found = decisions(TIME, EVENT, FIRST, SECOND, months=[3, 6])
    assert [(row.first, row.second, row.n, row.events) for row in found.rows] == [
        (False, False, 4, 1),
        (False, True, 1, 1),
        (True, False, 1, 1),
        (True, True, 4, 3),
    ]
    assert (found.n, found.events) == (10, 6)


def test_event_free_is_the_product_by_hand():
    # Both unfavourable: 40, 50, 100 with the event, 400 without. After 3 months (91.3 days) two of four are gone, after
    # 6 (182.6) three: 2/4 and 1/4; at risk 2 and 1.
    worst = decisions(TIME, EVENT, FIRST, SECOND, months=[3, 6]).rows[3]
    assert [one.estimate for one in worst.event_free] == pytest.approx([0.5, 0.25])
    assert worst.at_risk == (2, 1)


def test_rows_and_rules_are_those_of_curve_and_predictive_values():
    found = decisions(TIME, EVENT, FIRST, SECOND, months=[3])
    best = ~FIRST & ~SECOND
    at = kaplan_meier(TIME[best], EVENT[best]).survival_at(days(3))
    assert found.rows[0].event_free[0] == at
    for rule, call in (("any", FIRST | SECOND), ("both", FIRST & SECOND)):
        one, expected = found.rules[rule][0], predictive_values(TIME, EVENT, call, day=days(3))
        assert (one.positive, one.negative) == (expected.positive, expected.negative)
        assert (one.npv.estimate, one.ppv.low) == pytest.approx((expected.npv.estimate, expected.ppv.low))


def test_a_class_without_an_event_has_the_exact_limit_of_those_followed():
    # Three event-free and followed beyond 3 months: 0.025 ** (1/3) = 0.292; a fourth censored before adds nothing.
    time, event = [100, 120, 200, 50, 30, 40], [0, 0, 1, 0, 1, 1]
    call = [0, 0, 0, 0, 1, 1]
    found = decisions(time, event, call, call, months=[3])
    best, worst = found.rows[0].event_free[0], found.rows[3].event_free[0]
    assert (best.estimate, best.low, best.high) == pytest.approx((1, 0.025 ** (1 / 3), 1))
    assert (worst.estimate, worst.low, worst.high) == pytest.approx((0, 0, 1 - 0.025**0.5))
    assert found.rules["first"][0].ppv.low == pytest.approx(0.025**0.5)


def test_a_class_of_nobody_has_no_proportion():
    found = decisions(TIME, EVENT, FIRST, FIRST, months=[3])
    assert found.rows[1].n == 0
    assert math.isnan(found.rows[1].event_free[0].estimate)


def test_a_horizon_that_nobody_reaches_has_no_predictive_value():
    found = decisions(TIME, EVENT, FIRST, SECOND, months=[3, 60])
    assert found.rules["first"][1] is None
    assert found.rules["first"][0] is not None


def test_calls_that_are_neither_yes_nor_no_are_refused():
    with pytest.raises(DesignError, match="neither yes nor no"):
        decisions(TIME, EVENT, FIRST * 2.0, SECOND, months=[3])
