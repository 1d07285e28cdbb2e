"""The effect of an arm in subgroups known before treatment, always beside the test of whether it differs there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import cox
from analysis.survival.estimates import HazardRatio
from analysis.survival.groups import two_groups, values_at_start
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.observations import Observations, numbers, observations, refuse


@dataclass(frozen=True)
class Interaction:
    """Whether the effect of an arm is another in a subgroup than in the other patients.

    ``estimate`` is the hazard ratio inside over that outside: 1 where they are the same, below 1 where the arm does more
    inside. ``p_value`` is that of the likelihood-ratio test of the product term.
    """

    name: str
    inside: HazardRatio
    outside: HazardRatio
    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    events: int
    method: str


@dataclass(frozen=True)
class SubgroupEffect:
    """The hazard ratio in one level of one characteristic.

    ``interaction_p`` is the test of the whole characteristic, the same at each of its levels; NaN where it cannot be made.
    A level whose patients are all in one arm, or without an event, has no estimate, and ``note`` says why. ``in_arms`` are
    patients and events of the arm and of the control.
    """

    subgroup: str
    level: str
    n: int
    events: int
    estimate: float
    low: float
    high: float
    interaction_p: float
    note: str = ""
    method: str = ""
    in_arms: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    @property
    def name(self) -> str:
        """Characteristic and level."""
        return f"{self.subgroup}: {self.level}"


@logged("comparison", measure="ratio of hazard ratios")
def interaction(
    time: ArrayLike,
    event: ArrayLike,
    arm: Iterable[Any],
    inside: ArrayLike,
    *,
    control: object,
    end_point: str,
    name: str,
    labels: Mapping[object, str] | None = None,
) -> Interaction:
    """Test whether the effect of an arm differs between a subgroup and the other patients.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Days since randomisation, and whether the event was seen.
    arm : array-like, shape (n,)
        Two arms.
    inside : array-like of bool, shape (n,)
        Who belongs to the subgroup, by what was known before treatment; none missing.
    control : hashable
        Value of the control arm.
    end_point, name : str
        Names of the end-point and of the question, for the log.
    labels : mapping from value to str, optional
        Printed names of the arms.

    Raises
    ------
    DesignError
        If membership is missing, neither yes nor no, or of another number of patients; if the subgroup or the others
        have no patient of an arm, no event, or no finite estimate.

    Notes
    -----
    Cox regression with arm, subgroup and their product, profile-likelihood limits. A hazard ratio inside with an interval
    below 1, beside one outside with an interval across it, is no evidence that they differ; this test is the evidence.

    References
    ----------
    Altman and Bland 2003, doi 10.1136/bmj.326.7382.219; Wang et al. 2007, doi 10.1056/NEJMsr077003.
    """
    seen = observations(time, event)
    values = values_at_start(arm)
    mine, _, base = two_groups(values, seen.n, reference=control, labels=labels)
    within = _membership(inside, seen.n, name)
    for part, word in ((within, "the subgroup"), (~within, "the other patients")):
        reason = _refusal(part, mine, seen, control=base)
        if reason:
            raise DesignError(f"{word}: {reason}", where=name, do="do not compare it with the others")
    columns = np.column_stack([mine, within, mine & within]).astype(float)
    product = cox(seen.time, seen.event, columns, terms=("arm", "subgroup", "product")).hazard_ratio(
        "product"
    )
    ratios = [
        hazard_ratio(
            seen.time[part],
            seen.event[part],
            [value for value, keep in zip(values, part, strict=True) if keep],
            reference=control,
            labels=labels,
        )
        for part in (within, ~within)
    ]
    return Interaction(
        name=name,
        inside=ratios[0],
        outside=ratios[1],
        estimate=product.estimate,
        low=product.low,
        high=product.high,
        p_value=product.p_value,
        n=seen.n,
        events=seen.n_events,
        method="Cox regression with arm, subgroup and product, likelihood-ratio test",
    )


@logged("comparison", measure="hazard ratio")
def subgroup_effects(
    time: ArrayLike,
    event: ArrayLike,
    arm: Iterable[Any],
    subgroups: pd.DataFrame,
    *,
    control: object,
    end_point: str,
    labels: Mapping[object, str] | None = None,
) -> tuple[SubgroupEffect, ...]:
    """Effect of an arm in every level of every characteristic, with one test of interaction a characteristic.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Days since randomisation, and whether the event was seen.
    arm : array-like, shape (n,)
        Two arms.
    subgroups : DataFrame of text, n rows
        One column a characteristic known before treatment, named as it shall be printed; a missing level leaves the patient
        out of that characteristic. Levels come in the order of a categorical column, else sorted.
    control : hashable
        Value of the control arm.
    end_point : str
        For the log.
    labels : mapping from value to str, optional
        Printed names of the arms.

    Returns
    -------
    tuple of SubgroupEffect
        In the order of the columns.

    Raises
    ------
    DesignError
        For impossible data, or not two arms. A level that lacks an arm is a row that says so, not an error.

    References
    ----------
    Cuzick 2005, doi 10.1016/S0140-6736(05)61026-4 (reading a forest of subgroups).
    """
    seen = observations(time, event)
    values = values_at_start(arm)
    mine, _, base = two_groups(values, seen.n, reference=control, labels=labels)
    if len(subgroups) != seen.n:
        raise DesignError(
            f"{len(subgroups)} rows of characteristics stand beside {seen.n} patients",
            expected="one row a patient, in the order of the times",
            do="take times and characteristics from one table",
        )
    found: list[SubgroupEffect] = []
    for column in subgroups.columns:
        level = subgroups[column]
        levels = list(level.cat.categories) if hasattr(level, "cat") else sorted(level.dropna().unique())
        parts = {str(each): np.asarray((level == each).fillna(False), dtype=bool) for each in levels}
        usable = [part for part in parts.values() if not _refusal(part, mine, seen, control=base)]
        p = _interaction_p(seen, mine, usable)
        for each, part in parts.items():
            n, events = int(part.sum()), int(seen.event[part].sum())
            arm_n, arm_events = int(mine[part].sum()), int(seen.event[part & mine].sum())
            in_arms = ((arm_n, arm_events), (n - arm_n, events - arm_events))
            reason = _refusal(part, mine, seen, control=base)
            if reason:
                found.append(
                    SubgroupEffect(
                        str(column),
                        each,
                        n,
                        events,
                        math.nan,
                        math.nan,
                        math.nan,
                        p,
                        f"not estimated: {reason}",
                        in_arms=in_arms,
                    )
                )
                continue
            arms = [value for value, keep in zip(values, part, strict=True) if keep]
            ratio = hazard_ratio(seen.time[part], seen.event[part], arms, reference=control, labels=labels)
            found.append(
                SubgroupEffect(
                    str(column), each, n, events, ratio.estimate, ratio.low, ratio.high, p,
                    " ".join(ratio.warnings), ratio.method, in_arms,
                )
            )  # fmt: skip
    return tuple(found)


def _membership(inside: ArrayLike, n: int, name: str) -> NDArray[np.bool_]:
    """Who is in the subgroup; a missing value is refused before it could pass for a yes."""
    given = numbers(inside, "membership of the subgroup")
    if given.size != n:
        raise DesignError(
            f"{given.size} memberships of the subgroup stand beside {n} patients",
            where=name,
            expected="one yes or no a patient",
        )
    refuse(
        f"It is not known, or is neither yes nor no, whether the patient is in the subgroup {name}:",
        ~np.isin(given, (0.0, 1.0)),
        expected="True or False for every patient compared",
        do="leave these patients out before the comparison, and say how many they are",
    )
    return given == 1


def _refusal(part: NDArray[np.bool_], mine: NDArray[np.bool_], seen: Observations, *, control: str) -> str:
    """Why two arms cannot be compared among these patients; empty where they can."""
    if not part.any():
        return "there is no patient"
    if mine[part].all():
        return f"there is no patient of the arm {control}"
    if not mine[part].any():
        return f"every patient is of the arm {control}"
    return "" if seen.event[part].any() else "there is no event"


def _interaction_p(seen: Observations, mine: NDArray[np.bool_], parts: Sequence[NDArray[np.bool_]]) -> float:
    """P value of the likelihood-ratio test of all products of arm and level; NaN with fewer than two levels."""
    if len(parts) < 2:
        return math.nan
    kept = np.any(parts, axis=0)
    levels = np.column_stack([part[kept] for part in parts[1:]]).astype(float)
    arm = mine[kept].astype(float)[:, None]
    fits = [
        cox(seen.time[kept], seen.event[kept], np.hstack(columns))
        for columns in ((arm, levels), (arm, levels, arm * levels))
    ]
    if not all(fit.finite for fit in fits):
        return math.nan
    drop = 2 * (fits[1].log_likelihood - fits[0].log_likelihood)
    return float(chdtrc(levels.shape[1], max(drop, 0.0)))
