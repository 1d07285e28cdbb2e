"""Adverse events: tables by term and grade, differences, exposure-adjusted rates, first events with competing ends.

Cumulative incidence itself is :func:`analysis.survival.cumulative_incidence`, given ``days`` and ``kind`` of
:func:`time_to_first_event`.
"""

from analysis.safety.adjusted import exposure_adjusted_rates
from analysis.safety.checked_events import GRADES, SEVERE
from analysis.safety.event_table import ANY, event_table, most_frequent
from analysis.safety.exposure import GRACE_DAYS, exposure
from analysis.safety.first_events import KINDS, FirstEvents, time_to_first_event
from analysis.safety.rates import Rate, RateRatio, rate, rate_ratio
from analysis.safety.risk_difference import RiskDifference, risk_difference, risk_differences

__all__ = [
    "ANY",
    "GRACE_DAYS",
    "GRADES",
    "KINDS",
    "SEVERE",
    "FirstEvents",
    "Rate",
    "RateRatio",
    "RiskDifference",
    "event_table",
    "exposure",
    "exposure_adjusted_rates",
    "most_frequent",
    "rate",
    "rate_ratio",
    "risk_difference",
    "risk_differences",
    "time_to_first_event",
]
