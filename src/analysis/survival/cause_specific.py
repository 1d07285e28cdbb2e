"""Cause-specific hazards: a Cox model of one kind of event, the others ending observation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.competing_risks import checked_kinds
from analysis.survival.cox import CoxFit, cox


@logged("association", measure="Cox model of a cause-specific hazard", whole="likelihood_ratio")
def cause_specific_cox(
    time: ArrayLike,
    kind: ArrayLike,
    design: ArrayLike,
    *,
    cause: int = 1,
    terms: tuple[str, ...] | None = None,
    ties: str = "efron",
    strata: Iterable[Any] | None = None,
) -> CoxFit:
    """Fit a Cox model to the hazard of one kind of event.

    Its hazard ratios say how covariates act on the rate of this event among those still free of any; they say
    nothing of the other kinds, which need a model each, nor by themselves of the cumulative incidence.

    Parameters
    ----------
    time, kind : array-like, shape (n,)
        As in :func:`~analysis.survival.cumulative_incidence`.
    design, terms, ties, strata
        As in :func:`~analysis.survival.cox`.
    cause : int
        Kind of event, 1 or more.

    Raises
    ------
    DesignError
        For impossible times or kinds (positions named), no event of the kind, or a singular design.

    References
    ----------
    Prentice et al. 1978, doi 10.2307/2530374; Latouche et al. 2013, doi 10.1016/j.jclinepi.2012.09.017.
    """
    times, kinds = checked_kinds(time, kind)
    if cause < 1 or not (kinds == cause).any():
        raise DesignError(
            f"there is no event of kind {cause}", expected="at least one event", do="give the counts instead"
        )
    return cox(times, kinds == cause, design, terms=terms, ties=ties, strata=strata)
