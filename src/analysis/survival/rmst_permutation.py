"""Difference of restricted means tested by re-dealing patients: for samples too small for its normal approximation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.dealing import BATCH_CELLS
from analysis.survival.estimates import TestResult
from analysis.survival.groups import Grouping, two_groups
from analysis.survival.observations import observations

Floats = NDArray[np.float64]


@logged("comparison", measure="difference of restricted means")
def permutation_rmst(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[Any] | Grouping,
    *,
    reference: object,
    tau_days: float,
    seed: int,
    permutations: int = 10_000,
) -> TestResult:
    """Test that two groups have the same restricted mean survival time.

    The statistic is the difference of the areas under the two Kaplan-Meier curves up to tau. A re-dealt group whose
    longest time is a censoring before tau keeps its last height until tau; the observed groups must reach tau, as in
    :func:`~analysis.survival.restricted_mean`. Valid when censoring does not depend on the group.

    Parameters
    ----------
    time, event, group : array-like, shape (n,)
        As in :func:`~analysis.survival.hazard_ratio`.
    reference : hashable
        Value of the reference group.
    tau_days : float
        Horizon in days.
    seed : int
        Seed of :class:`numpy.random.SeedSequence`.
    permutations : int
        Number of re-dealings; p is ``(1 + hits) / (permutations + 1)``, two-sided.

    Returns
    -------
    TestResult
        ``statistic`` in days, group minus reference.

    Raises
    ------
    DesignError
        For impossible data, no event, not exactly two groups, or a tau that is not positive or beyond a group's follow-up.

    References
    ----------
    Horiguchi and Uno 2020, doi 10.1002/sim.8565.

    Examples
    --------
    Of the 6 ways to choose two of four patients, 2 are as extreme: p is near 1/3.

    >>> found = permutation_rmst([1, 2, 3, 4], [1] * 4, list("aabb"), reference="b", tau_days=4, seed=1)
    >>> found.statistic, round(found.p_value, 1)
    (-2.0, 0.3)
    """
    seen = observations(time, event)
    mine, name, base = two_groups(group, seen.n, reference=reference)
    if not tau_days > 0:
        raise DesignError(f"tau is {tau_days} days", expected="a positive number of days")
    if seen.n_events == 0:
        raise DesignError("there is no event", expected="at least one event", do="describe the groups")
    if permutations < 1:
        raise DesignError(f"{permutations} permutations", expected="at least one")
    order = np.lexsort((~seen.event, seen.time))
    times, events, mine = seen.time[order], seen.event[order], mine[order]
    for label, part in ((name, mine), (base, ~mine)):
        last = np.flatnonzero(part)[-1]
        if times[last] < tau_days and not events[last]:
            raise DesignError(
                f"tau of {tau_days:g} days lies beyond the longest follow-up of {times[last]:g} days",
                where=f"group {label!r}",
                expected="a tau inside the follow-up of both groups",
                do="lower tau",
            )
    cut = np.minimum(times, tau_days)
    widths = np.diff(np.append(cut, tau_days))

    def difference(members: NDArray[np.bool_]) -> Floats:
        return _areas(members, events, cut[0], widths) - _areas(~members, events, cut[0], widths)

    observed = float(difference(mine[None, :])[0])
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    hits, left = 0, permutations
    while left:
        rows = min(left, max(1, BATCH_CELLS // (4 * seen.n)))
        dealt = generator.permuted(np.tile(mine, (rows, 1)), axis=1)
        hits += int((np.abs(difference(dealt)) >= abs(observed) * (1 - 1e-10)).sum())
        left -= rows
    return TestResult(
        observed,
        float("nan"),
        (1 + hits) / (permutations + 1),
        f"permutation test of the difference of restricted means to {tau_days:g} days, {permutations} permutations",
        n=seen.n,
        events=seen.n_events,
    )


def _areas(members: NDArray[np.bool_], events: NDArray[np.bool_], first: float, widths: Floats) -> Floats:
    """Area under the curve of each row's members; tied events one after the other give the same curve at their end."""
    at_risk = np.cumsum(members[:, ::-1], axis=1)[:, ::-1]
    factor = np.where(members & events, 1 - 1 / np.maximum(at_risk, 1), 1.0)
    return first + np.cumprod(factor, axis=1) @ widths
