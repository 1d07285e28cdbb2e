"""Two unfavourable signs beside each other: what each tells about survival that the other does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.concordance import (
    Concordance,
    ConcordanceDifference,
    concordance,
    concordance_difference,
)
from analysis.survival.estimates import HazardRatio, TestResult
from analysis.survival.firth import firth_cox
from analysis.survival.observations import Observations, numbers, observations, refuse


@dataclass(frozen=True, eq=False)
class AddedValue:
    """What each of two signs adds to the other.

    Parameters
    ----------
    labels : (str, str)
        Names of the signs.
    n, events : int
        Patients with both known, and their events.
    alone : (HazardRatio, HazardRatio)
        Each sign by itself.
    adjusted : (HazardRatio, HazardRatio)
        Each sign beside the other; the p value is the penalised likelihood-ratio test of adding it.
    interaction : HazardRatio or None
        Ratio of the second sign's hazard ratio with the first to that without it; None where it cannot be estimated.
    concordance : (Concordance, Concordance, Concordance)
        C of the first sign, of the second, and of their number (0, 1, 2). Nothing is fitted for it, so that it is
        not optimistic.
    gain : (ConcordanceDifference, ConcordanceDifference)
        C of the number of signs minus C of the second alone (what the first adds), and minus C of the first alone.
    warnings : tuple of str
        Sentences for the reader.
    """

    labels: tuple[str, str]
    n: int
    events: int
    alone: tuple[HazardRatio, HazardRatio]
    adjusted: tuple[HazardRatio, HazardRatio]
    interaction: HazardRatio | None
    concordance: tuple[Concordance, Concordance, Concordance]
    gain: tuple[ConcordanceDifference, ConcordanceDifference]
    warnings: tuple[str, ...] = ()

    @property
    def tests(self) -> tuple[TestResult, TestResult]:
        """Penalised likelihood-ratio tests of adding the first sign to the second, and the second to the first."""
        first, second = (TestResult(np.nan, 1, one.p_value, one.method) for one in self.adjusted)
        return first, second


@logged("comparison", measure="hazard ratio", whole="interaction")
def added_value(
    time: ArrayLike, event: ArrayLike, first: ArrayLike, second: ArrayLike, *, labels: tuple[str, str]
) -> AddedValue:
    """Compare two yes/no signs, alone, together and in interaction, on the same patients.

    Hazard ratios are Firth-penalised with profile limits: finite also where a class has no event.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which both signs were known.
    first, second : array-like of bool, shape (n,)
        Whether the patient has the unfavourable sign; none missing.
    labels : (str, str)
        Names of the signs.

    Raises
    ------
    DesignError
        For impossible data, or where a sign is the same in all patients or equal to the other.

    References
    ----------
    Penalised likelihood ratio: Heinze & Schemper 2001, doi 10.1111/j.0006-341X.2001.00114.x.

    Examples
    --------
    >>> found = added_value([3, 5, 6, 8, 9, 12], [1, 1, 1, 1, 0, 0], [1, 1, 0, 1, 0, 0], [1, 0, 1, 0, 0, 0],
    ...                     labels=("PET", "ctDNA"))
    >>> [round(c.estimate, 3) for c in found.concordance]
    [0.75, 0.714, 0.893]
    """
    seen = observations(time, event)
    signs = np.column_stack(
        [_call(seen, values, label) for values, label in zip((first, second), labels, strict=True)]
    )
    if (signs[:, 0] == signs[:, 1]).all() or (signs[:, 0] != signs[:, 1]).all():
        raise DesignError(
            "the two signs say the same", where=" and ".join(labels), expected="different calls"
        )
    number = signs.sum(axis=1)
    both = firth_cox(seen.time, seen.event, signs, terms=labels)
    alone = tuple(
        firth_cox(seen.time, seen.event, signs[:, [j]], terms=(label,)).hazard_ratio(label)
        for j, label in enumerate(labels)
    )
    adjusted = tuple(both.hazard_ratio(label) for label in labels)
    interaction, warnings = _interaction(seen, signs, labels)
    risks = (signs[:, 0], signs[:, 1], number)
    separate = tuple(concordance(seen.time, seen.event, risk) for risk in risks)
    gains = tuple(concordance_difference(seen.time, seen.event, number, signs[:, j]) for j in (1, 0))
    return AddedValue(
        labels=labels,
        n=seen.n,
        events=seen.n_events,
        alone=(alone[0], alone[1]),
        adjusted=(adjusted[0], adjusted[1]),
        interaction=interaction,
        concordance=(separate[0], separate[1], separate[2]),
        gain=(gains[0], gains[1]),
        warnings=warnings,
    )


def _call(seen: Observations, values: ArrayLike, label: str) -> NDArray[np.float64]:
    call = numbers(values, label)
    if call.size != seen.n:
        raise DesignError(f"{call.size} calls for {seen.n} patients", where=label, expected="one a patient")
    refuse(f"{label} is neither yes nor no", ~np.isin(call, (0, 1)), expected="True or False")
    if call.min() == call.max():
        raise DesignError(
            "the sign is the same in all patients", where=label, expected="patients with and without"
        )
    return call


def _interaction(
    seen: Observations, signs: NDArray[np.float64], labels: Sequence[str]
) -> tuple[HazardRatio | None, tuple[str, ...]]:
    product = signs[:, 0] * signs[:, 1]
    empty = [
        f"no patient has {labels[0]} {'yes' if a else 'no'} and {labels[1]} {'yes' if b else 'no'}"
        for a in (0, 1)
        for b in (0, 1)
        if not ((signs[:, 0] == a) & (signs[:, 1] == b)).any()
    ]
    if empty:
        return None, (f"No interaction: {empty[0]}.",)
    name = f"{labels[0]} × {labels[1]}"
    try:
        fit = firth_cox(seen.time, seen.event, np.column_stack([signs, product]), terms=(*labels, name))
        return fit.hazard_ratio(name), ()
    except DesignError as error:
        return None, (f"No interaction: {error}",)
