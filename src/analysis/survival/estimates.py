"""Results that other rooms read: an estimate, a test, a hazard ratio, a restricted mean survival time."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVEL = 0.95
"""Two-sided confidence level of every interval, unless a function is told otherwise."""


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval and how both were made.

    ``low`` and ``high`` are NaN where the method gives no limit (for a survival curve: while it is 1 or
    once it is 0). ``p_value`` is NaN when no test belongs to the number.
    """

    estimate: float
    low: float
    high: float
    method: str
    p_value: float = math.nan


@dataclass(frozen=True)
class TestResult:
    """Statistic, degrees of freedom, two-sided p-value and name of one test.

    ``df`` is NaN for a permutation test, whose p-value comes from counting. ``n`` and ``events`` are the patients and
    events tested, None where a test is of no patients.
    """

    __test__ = False  # pytest collects every class named Test*

    statistic: float
    df: float
    p_value: float
    method: str
    n: int | None = None
    events: int | None = None


@dataclass(frozen=True)
class HazardRatio:
    """Hazard ratio with interval, p-value and the stated method.

    Parameters
    ----------
    estimate, low, high : float
        Hazard ratio and its limits. ``low`` may be 0 and ``high`` infinite where the likelihood sets no
        limit; ``warnings`` then says so.
    p_value : float
        Of the test named in ``method``.
    n, events : int
        Patients and events analysed.
    method : str
        Estimator, handling of ties and test.
    interval : str
        ``profile`` (profile likelihood), ``wald``, ``score`` or ``robust`` (Wald with sandwich standard error).
    warnings : tuple of str
        Whole sentences for the reader; empty when there is nothing to say.
    comparison : str
        What is compared with what, the reference last; or the step of a continuous variable.
    level : float
        Confidence level.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    events: int
    method: str
    interval: str
    warnings: tuple[str, ...] = ()
    comparison: str = ""
    level: float = LEVEL

    @property
    def measure(self) -> str:
        """What the estimate is, for the log of analyses."""
        return "hazard ratio"


@dataclass(frozen=True)
class Rmst:
    """Restricted mean survival time of one group: the mean event-free time up to ``tau_days``, in days."""

    label: str
    estimate: float
    low: float
    high: float
    std_error: float
    tau_days: float
    n: int
    events: int
    method: str


@dataclass(frozen=True)
class RmstDifference:
    """Difference of two restricted mean survival times, in days: ``group`` minus ``reference``.

    ``ratio`` is RMST over RMST, ``rmtl_ratio`` the ratio of the restricted mean times lost (tau minus RMST).
    ``warnings`` says when tau had to be lowered.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    tau_days: float
    group: Rmst
    reference: Rmst
    ratio: Estimate
    rmtl_ratio: Estimate
    method: str
    warnings: tuple[str, ...] = ()
