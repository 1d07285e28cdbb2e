"""Conversions between the units of the tables and of the text, each with its definition."""

from __future__ import annotations

DAYS_PER_MONTH = 30.4375
"""Mean Gregorian month, 365.25 / 12 days: the convention for survival times printed in months."""


def months(days: float) -> float:
    """Months of 30.4375 days.

    Works on arrays alike; a missing value (NaN) stays missing.

    >>> months(365.25)
    12.0
    """
    return days / DAYS_PER_MONTH


def days(months_: float) -> float:
    """Days of a time given in months of 30.4375 days.

    >>> days(12)
    365.25
    """
    return months_ * DAYS_PER_MONTH
