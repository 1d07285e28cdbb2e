"""What became of the patients by two early calls: event-free at fixed months, class by class and rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import PredictiveValues, predictive_values
from analysis.survival.estimates import Estimate
from analysis.survival.kaplan_meier import kaplan_meier
from analysis.survival.observations import numbers, observations, refuse
from analysis.units import days

RULES = {
    "first": "the first alone",
    "second": "the second alone",
    "both": "both unfavourable (AND)",
    "any": "at least one unfavourable (OR)",
}
"""Ways to make one call of two."""
EXACT = "Kaplan-Meier; exact limit of those followed"


@dataclass(frozen=True)
class DecisionRow:
    """Patients of one combination of the two calls.

    ``first`` and ``second`` say whether each is unfavourable; ``event_free`` holds the Kaplan-Meier proportion with
    its log-log interval at each of the months; ``median_days`` the median (NaN: not reached).
    """

    first: bool
    second: bool
    n: int
    events: int
    median_days: float
    event_free: tuple[Estimate, ...]
    at_risk: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Decisions:
    """The four rows, favourable first, and the predictive values of the rules.

    ``rules`` maps each of :data:`RULES` to its predictive values at each month; None where nobody has, or nobody is
    observed without, the event by then.
    """

    months: tuple[float, ...]
    rows: tuple[DecisionRow, ...]
    rules: dict[str, tuple[PredictiveValues | None, ...]]
    n: int
    events: int


@logged("prediction", measure="event-free")
def decisions(
    time: ArrayLike, event: ArrayLike, first: ArrayLike, second: ArrayLike, *, months: Sequence[float]
) -> Decisions:
    """Event-free patients by two early calls, and what the rules made of the calls predict.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Days from the landmark at which both calls were known, and whether the event was seen.
    first, second : array-like of bool, shape (n,)
        Whether the call is unfavourable; none missing.
    months : sequence of float
        Times after the landmark, months of 30.4375 days.

    Returns
    -------
    Decisions
        A class of nobody has NaN instead of proportions.

    Raises
    ------
    DesignError
        For impossible data, or calls that are neither yes nor no.

    Examples
    --------
    >>> found = decisions([50, 100, 150, 200, 250, 300], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0],
    ...                   [1, 1, 0, 1, 0, 0], months=[3])
    >>> [(row.n, row.event_free[0].estimate) for row in found.rows]
    [(2, 1.0), (1, 1.0), (1, 1.0), (2, 0.5)]
    """
    seen = observations(time, event)
    calls = []
    for name, values in (("first call", first), ("second call", second)):
        call = numbers(values, name)
        if call.size != seen.n:
            raise DesignError(
                f"{call.size} calls for {seen.n} patients", where=name, expected="one a patient"
            )
        refuse(f"The {name} is neither yes nor no", ~np.isin(call, (0, 1)), expected="True or False")
        calls.append(call.astype(bool))
    one, two = calls
    horizons = [days(month) for month in months]
    rows = tuple(
        _row(seen.time, seen.event, (one == a) & (two == b), (a, b), horizons)
        for a in (False, True)
        for b in (False, True)
    )
    called = {"first": one, "second": two, "both": one & two, "any": one | two}

    def values_of(call: NDArray[np.bool_], day: float) -> PredictiveValues | None:
        try:
            found = predictive_values(seen.time, seen.event, call, day=day)
        except DesignError:  # nobody with the event by then, or nobody still observed without it
            return None
        free = replace(
            found.ppv, estimate=1 - found.ppv.estimate, low=1 - found.ppv.high, high=1 - found.ppv.low
        )
        free = _bounded(free, seen.time[call], day)
        return replace(
            found,
            npv=_bounded(found.npv, seen.time[~call], day),
            ppv=replace(free, estimate=1 - free.estimate, low=1 - free.high, high=1 - free.low),
        )

    rules = {name: tuple(values_of(call, day) for day in horizons) for name, call in called.items()}
    return Decisions(tuple(float(month) for month in months), rows, rules, seen.n, seen.n_events)


def _bounded(found: Estimate, time: NDArray[np.float64], day: float) -> Estimate:
    """A proportion of 0 or 1, for which the log-log interval does not exist, with the exact limit of those followed.

    Of k patients still at risk at the day without an event before, at least 0.025 ** (1 / k) are event-free with 97.5 %
    confidence (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404); of n patients who all had it, no more than 1 minus
    that. Who was censored before counts for nothing, which makes the limit wider.
    """
    if found.estimate == 1:
        followed = int((time >= day).sum())
        return replace(found, low=0.025 ** (1 / followed) if followed else 0.0, high=1.0, method=EXACT)
    if found.estimate == 0:
        return replace(found, low=0.0, high=1 - 0.025 ** (1 / time.size), method=EXACT)
    return found


def _row(
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    calls: tuple[bool, bool],
    horizons: Sequence[float],
) -> DecisionRow:
    n = int(chosen.sum())
    if not n:
        none = Estimate(np.nan, np.nan, np.nan, "nobody")
        return DecisionRow(*calls, 0, 0, np.nan, (none,) * len(horizons), (0,) * len(horizons))
    curve = kaplan_meier(time[chosen], event[chosen])
    return DecisionRow(
        *calls,
        n,
        int(event[chosen].sum()),
        float(curve.median),
        tuple(_bounded(curve.survival_at(day), time[chosen], day) for day in horizons),
        tuple(int((time[chosen] >= day).sum()) for day in horizons),
    )
