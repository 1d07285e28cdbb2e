"""Events per time watched, with exact Poisson intervals, and the ratio of two such rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import binomtest, chi2

from analysis.cohort import proportion
from analysis.errors import DesignError
from analysis.logbook import logged


@dataclass(frozen=True)
class Rate:
    """Events per patient-year with its exact interval; ``patient_years`` watched, ``events`` counted."""

    estimate: float
    low: float
    high: float
    events: int
    patient_years: float
    method: str = "exact Poisson interval"


@dataclass(frozen=True)
class RateRatio:
    """Rate of the group over that of the reference, with the exact conditional interval and test."""

    estimate: float
    low: float
    high: float
    p_value: float
    events: int
    method: str = "exact, conditional on the number of events"


@logged("description", measure="events per patient-year")
def rate(events: int, patient_years: float, *, level: float = 0.95) -> Rate:
    """Rate of a Poisson count with Garwood's exact interval.

    Parameters
    ----------
    events : int
        Events counted.
    patient_years : float
        Time watched, above 0.
    level : float
        Confidence level, a fraction.

    Raises
    ------
    DesignError
        For a negative count, or no time.

    References
    ----------
    Garwood F. Biometrika 1936;28:437-442, doi 10.1093/biomet/28.3-4.437; equals R's poisson.test.

    Examples
    --------
    >>> found = rate(11, 8.0)
    >>> found.estimate, round(found.low, 4), round(found.high, 4)
    (1.375, 0.6864, 2.4603)
    """
    count = _checked(events, patient_years)
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * count)) / 2
    high = float(chi2.ppf(1 - tail, 2 * count + 2)) / 2
    return Rate(count / patient_years, low / patient_years, high / patient_years, count, float(patient_years))


@logged("comparison", measure="rate ratio")
def rate_ratio(
    events: int, patient_years: float, events_reference: int, years_reference: float, *, level: float = 0.95
) -> RateRatio:
    """Ratio of two Poisson rates, exact given the sum of both counts.

    Parameters
    ----------
    events, patient_years
        Of the group.
    events_reference, years_reference
        Of the reference.
    level : float
        Confidence level, a fraction.

    Raises
    ------
    DesignError
        For negative counts, no time, or no event at all, where there is no ratio.

    References
    ----------
    Przyborowski J, Wilenski H. Biometrika 1940;31:313-323, doi 10.1093/biomet/31.3-4.313; equals R's poisson.test.
    """
    one, two = _checked(events, patient_years), _checked(events_reference, years_reference)
    total = one + two
    if total == 0:
        raise DesignError("neither group has an event", expected="at least one event", do="print both rates")
    among = proportion(one, total, level=level)
    odds = [
        math.inf if share == 1 else share / (1 - share) * years_reference / patient_years
        for share in (among.low, among.high)
    ]
    estimate = math.inf if two == 0 else (one / patient_years) / (two / years_reference)
    p_value = binomtest(one, total, patient_years / (patient_years + years_reference)).pvalue
    return RateRatio(estimate, odds[0], odds[1], float(p_value), total)


def _checked(events: int, patient_years: float) -> int:
    if int(events) != events or events < 0:
        raise DesignError(f"{events!r} events were counted", expected="a whole number from 0")
    if not (math.isfinite(patient_years) and patient_years > 0):
        raise DesignError(f"the time watched is {patient_years!r} patient-years", expected="a time above 0")
    return int(events)
