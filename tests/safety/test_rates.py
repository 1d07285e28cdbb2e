"""Rates and differences against R 4.2.2; each value stands beside the call that made it."""

import math

import pytest

from analysis.errors import DesignError
from analysis.safety import rate, rate_ratio, risk_difference


@pytest.mark.parametrize(
    ("events", "years", "low", "high"),
    [
        (11, 8.0, 0.686395045904605, 2.460254814162744),  # by poisson.test in R, with 11, 8)$conf.int
        (0, 3.2, 0.0, 1.1527748294106),  # by poisson.test in R, with 0, 3.2)$conf.int
    ],
)
def test_a_rate_has_the_interval_of_poisson_test(events, years, low, high):
    found = rate(events, years)
    assert (found.estimate, found.low, found.high) == pytest.approx((events / years, low, high), rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # poisson.test in R of 11, 21 events in 800, 3011: estimate, conf.int, p.value
        ((11, 800, 21, 3011), (1.9714880952381, 0.858426403391639, 4.277265943654071, 0.0796686330333295)),
        # the same of 0, 4 in 100, 120
        ((0, 100, 4, 120), (0.0, 0.0, 1.81784023123904, 0.13120688477563)),
        # the same of 59, 5 in 250.5, 110.25
        (
            (59, 250.5, 5, 110.25),
            (5.19341317365269, 2.10424381970294, 16.58326081353461, 1.69565134632622e-05),
        ),
    ],
)
def test_a_rate_ratio_is_that_of_poisson_test(counts, expected):
    found = rate_ratio(*counts)
    assert (found.estimate, found.low, found.high, found.p_value) == pytest.approx(expected, rel=1e-9)


def test_without_events_in_the_reference_the_ratio_has_no_upper_limit():
    found = rate_ratio(4, 120, 0, 100)
    assert math.isinf(found.estimate)
    assert math.isinf(found.high)
    assert found.low == pytest.approx(1 / 1.81784023123904)  # the mirror image of the case above


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # w <- prop.test(k, n, correct = FALSE)$conf.int of each group, then Newcombe's method 10
        (
            (56, 70, 48, 80),
            (0.2, 0.0524314724023649, 0.3338726540369059),
        ),  # printed by Newcombe: 0.0524, 0.3339
        ((9, 10, 3, 10), (0.6, 0.170522723934503, 0.809017973535488)),  # printed: 0.1705, 0.8090
        ((10, 10, 0, 20), (1.0, 0.679086037141915, 1.0)),  # printed: 0.6791, 1.0000
        ((5, 56, 0, 29), (0.0892857142857143, -0.0381371479035369, 0.1925600138551116)),
        ((79, 100, 4, 37), (0.681891891891892, 0.516426946407223, 0.776386342599648)),
    ],
)
def test_a_risk_difference_has_newcombes_interval(counts, expected):
    found = risk_difference(*counts)
    assert (found.estimate, found.low, found.high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("events", "years"), [(-1, 3.0), (1, 0.0), (1.5, 2.0), (1, math.nan)])
def test_impossible_counts_and_times_are_refused(events, years):
    with pytest.raises(DesignError):
        rate(events, years)


def test_two_groups_without_events_have_no_ratio():
    with pytest.raises(DesignError, match="neither group has an event"):
        rate_ratio(0, 1.0, 0, 2.0)
