"""The hazard ratio of two groups, by the method that the number of events allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.logbook import logged
from analysis.survival.cox import CoxFit, cox
from analysis.survival.estimates import LEVEL, HazardRatio
from analysis.survival.firth import firth_cox
from analysis.survival.groups import Grouping, two_groups
from analysis.survival.observations import Observations, observations

FEWEST_EVENTS = 5
"""With fewer events than this in either group Cox's estimate is biased, and Firth's penalty is used."""


@logged("comparison", measure="hazard ratio")
def hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    reference: object,
    labels: Mapping[object, str] | None = None,
    interval: str = "profile",
    level: float = LEVEL,
) -> HazardRatio:
    """Hazard ratio of one group against the reference, with its interval and a stated method.

    Cox regression with Efron ties. With fewer than :data:`FEWEST_EVENTS` events in a group, or when all
    events of a risk set keep to one group (separation), Firth's penalised regression answers instead, and
    the result says so in ``method`` and ``warnings``.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events, as in :func:`~analysis.survival.kaplan_meier`.
    group : array-like, shape (n,), or Grouping
        Two groups. A :class:`~analysis.survival.Grouping` known after time zero is refused.
    reference : hashable
        Value of the reference group: a ratio above 1 means more events than there.
    labels : mapping from value to str, optional
        Printed names of the two groups.
    interval : {"profile", "wald"}
        ``profile``: profile-likelihood limits with the likelihood-ratio test, right in small samples;
        ``wald``: for comparison with published numbers.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, not exactly two groups, no event, or no event while both are at risk.

    Examples
    --------
    >>> ratio = hazard_ratio([1, 2, 3, 4], [1, 1, 0, 0], ["a", "a", "b", "b"], reference="b")
    >>> ratio.method
    'Firth-penalised Cox regression, Breslow ties, penalised likelihood-ratio test'
    """
    seen = observations(time, event)
    mine, name, base = two_groups(group, seen.n, reference=reference, labels=labels)
    return ratios_of_one_fit(seen, mine, (name, base), intervals=(interval,), level=level)[1][0]


def ratios_of_one_fit(
    seen: Observations,
    mine: NDArray[np.bool_],
    labels: tuple[str, str],
    *,
    intervals: Sequence[str],
    level: float = LEVEL,
) -> tuple[CoxFit, tuple[HazardRatio, ...]]:
    """One Cox model of two groups, and its hazard ratio with every interval asked for, as :func:`hazard_ratio` has them.

    Parameters
    ----------
    seen : Observations
        Checked times and events.
    mine : numpy.ndarray of bool, shape (n,)
        Who is in the compared group.
    labels : tuple of str
        Of the compared group and of the reference.
    intervals : sequence of str
        Each as in :func:`hazard_ratio`.
    level : float
        Confidence level.

    Returns
    -------
    tuple
        The fit, which may not be finite, and one ratio an interval.
    """
    name, base = labels
    comparison = f"{name} v {base}"
    counts = {name: int(seen.event[mine].sum()), base: int(seen.event[~mine].sum())}
    column = mine.astype(float)
    fit = cox(seen.time, seen.event, column, terms=(comparison,))
    few = [f"{label} has {count}" for label, count in counts.items() if count < FEWEST_EVENTS]
    if fit.finite and not few:
        plain = [fit.hazard_ratio(comparison, interval=interval, level=level) for interval in intervals]
        return fit, tuple(with_open_limits(one) for one in plain)
    reason = (
        "few events (" + ", ".join(few) + f"; fewer than {FEWEST_EVENTS})"
        if few
        else "complete separation of the groups' events"
    )
    said = (f"Firth's penalised regression was used because of {reason}.",)
    penalised = firth_cox(seen.time, seen.event, column, terms=(comparison,))
    found = [penalised.hazard_ratio(comparison, interval=interval, level=level) for interval in intervals]
    return fit, tuple(with_open_limits(replace(one, warnings=said)) for one in found)


def with_open_limits(ratio: HazardRatio) -> HazardRatio:
    """Say in words that a limit does not exist, so that no infinite number is printed unexplained."""
    open_sides = [
        side for side, open_ in (("lower", ratio.low == 0), ("upper", bool(np.isinf(ratio.high)))) if open_
    ]
    if not open_sides:
        return ratio
    sentence = f"The data set no {' and no '.join(open_sides)} limit to the hazard ratio."
    return replace(ratio, warnings=(*ratio.warnings, sentence))
