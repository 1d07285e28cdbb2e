"""What a small-sample test gives: an effect with its interval, a p value, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ExactTest:
    """Result of one test.

    Parameters
    ----------
    measure : str
        What ``estimate`` is, e.g. ``odds ratio``.
    estimate, low, high : float
        Effect with its 95 % interval. NaN where the data do not bound it; ``warnings`` says so.
    p_value : float
        Two-sided; NaN where there is nothing to test, and then ``reason`` says why.
    n : int
        Patients in the test.
    method : str
        The test and the interval, as they are named in a methods section.
    reason : str
        Why there is no p value; empty where there is one.
    warnings : tuple of str
        What the reader must know beside the numbers.
    """

    measure: str
    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    method: str
    reason: str = ""
    warnings: tuple[str, ...] = ()


def not_tested(measure: str, n: int, method: str, reason: str) -> ExactTest:
    """Return the result of a test that cannot be made: every number NaN, and why."""
    return ExactTest(measure, math.nan, math.nan, math.nan, math.nan, n, method, reason)


def finite(value: float) -> float:
    """Return the value, or NaN for an infinite one: an unbounded effect is never printed as a number."""
    return float(value) if math.isfinite(value) else math.nan
