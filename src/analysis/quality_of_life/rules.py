"""What counts as a deterioration: reference, threshold, confirmation, death. Every choice is a switch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from analysis.errors import DesignError

REFERENCES = {"baseline": "baseline", "best": "the best score before", "previous": "the score before"}
"""``baseline``: the last score up to time zero. ``best``: the best score before the form, baseline included.
``previous``: the last score before the form, so that a slow decline in small steps is none. Beside each, its words."""

CONFIRMATIONS = ("first", "confirmed", "confirmed_or_last", "definitive")
"""``first``: one worse score. ``confirmed``: the next available score is worse too. ``confirmed_or_last``: the same, and
a worse last score counts, as of patients who answer no more. ``definitive``: no later score is back above the
threshold; a worse last score counts."""

UNITS = ("percent", "points")
THRESHOLDS: tuple[tuple[float, str], ...] = ((5, "percent"), (5, "points"), (10, "points"), (15, "points"))
"""5 % of the reference (BOLERO-2's main rule), and 5, 10 and 15 of the 100 points of the scale."""

_WORDS = {
    "first": "first deterioration",
    "confirmed": "deterioration confirmed by the next form",
    "confirmed_or_last": "deterioration confirmed by the next form, or on the last one",
    "definitive": "definitive deterioration",
}


@dataclass(frozen=True, kw_only=True)
class DeteriorationRule:
    """One definition of time to deterioration.

    Parameters
    ----------
    threshold : float
        How much worse than the reference, at least, in ``unit``.
    unit : {"percent", "points"}
        Of the reference score, or points of the scale.
    reference : {"baseline", "best", "previous"}
        See :data:`REFERENCES`.
    confirmation : {"first", "confirmed", "confirmed_or_last", "definitive"}
        See :data:`CONFIRMATIONS`.
    death : bool
        Whether death without deterioration before is an event.

    Raises
    ------
    DesignError
        For an unknown choice, or a threshold that is not above 0 and at most 100.

    References
    ----------
    Anota A et al. Qual Life Res 2015;24:5-18, doi 10.1007/s11136-013-0583-6.
    Bonnetain F et al. Eur J Cancer 2010;46:2753-2762, doi 10.1016/j.ejca.2010.07.023.

    Examples
    --------
    >>> DeteriorationRule(threshold=5, unit="percent").name
    'definitive deterioration by 5 %, against baseline, death censored'
    """

    threshold: float
    unit: str
    reference: str = "baseline"
    confirmation: str = "definitive"
    death: bool = False

    def __post_init__(self) -> None:
        for given, allowed, what in (
            (self.unit, UNITS, "unit"),
            (self.reference, tuple(REFERENCES), "reference score"),
            (self.confirmation, CONFIRMATIONS, "confirmation"),
        ):
            if given not in allowed:
                raise DesignError(f"the {what} {given!r} is unknown", expected="one of " + ", ".join(allowed))
        if not 0 < self.threshold <= 100:
            raise DesignError(
                f"the threshold is {self.threshold!r}", expected="a number above 0 and at most 100"
            )

    @property
    def name(self) -> str:
        """The rule in words, for tables and the log of analyses."""
        unit = "%" if self.unit == "percent" else "points"
        against = REFERENCES[self.reference]
        death = "death an event" if self.death else "death censored"
        return f"{_WORDS[self.confirmation]} by {self.threshold:g} {unit}, against {against}, {death}"


def deterioration_rules(
    *,
    thresholds: Iterable[tuple[float, str]] = THRESHOLDS,
    references: Iterable[str] = REFERENCES,
    confirmations: Iterable[str] = CONFIRMATIONS,
    deaths: Iterable[bool] = (False, True),
) -> tuple[DeteriorationRule, ...]:
    """Every combination of the choices, for the table of all rules; BOLERO-2's come first.

    Parameters
    ----------
    thresholds, references, confirmations, deaths : iterable
        The choices to combine; by default all of them, which are 96 rules.

    Examples
    --------
    >>> len(deterioration_rules()), deterioration_rules()[0].name
    (96, 'definitive deterioration by 5 %, against baseline, death censored')
    """
    ordered = sorted(confirmations, key=lambda one: CONFIRMATIONS.index(one), reverse=True)
    return tuple(
        DeteriorationRule(threshold=size, unit=unit, reference=against, confirmation=how, death=death)
        for how, against, death, (size, unit) in product(
            ordered, tuple(references), tuple(deaths), tuple(thresholds)
        )
    )
