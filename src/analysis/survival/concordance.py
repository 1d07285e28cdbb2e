"""Harrell's C with its standard error, and the paired difference of two C on the same patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.survival.estimates import LEVEL
from analysis.survival.observations import numbers, observations, refuse


@dataclass(frozen=True, eq=False)
class Concordance:
    """Harrell's C: how often the patient at higher risk has the earlier event.

    Parameters
    ----------
    estimate, low, high, std_error : float
        C, Wald limits cut at 0 and 1, and infinitesimal-jackknife standard error.
    n, events : int
        Patients and events.
    concordant, discordant, tied_risk, tied_time, tied_both : int
        Pairs by kind; pairs tied in risk count one half, pairs of events at one time not at all.
    influence : numpy.ndarray, shape (n,)
        Change of C per unit weight of each patient.
    method : str
        Printed beside it.
    """

    estimate: float
    low: float
    high: float
    std_error: float
    n: int
    events: int
    concordant: int
    discordant: int
    tied_risk: int
    tied_time: int
    tied_both: int
    influence: NDArray[np.float64]
    method: str
    level: float = LEVEL


@dataclass(frozen=True, eq=False)
class ConcordanceDifference:
    """C of ``first`` minus C of ``second``, of the same patients, with the test that they are equal."""

    estimate: float
    low: float
    high: float
    p_value: float
    std_error: float
    first: Concordance
    second: Concordance
    n: int
    events: int
    level: float
    method: str


def harrell_c(time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, level: float = LEVEL) -> Concordance:
    """Concordance of a risk score with the order of events.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events; a censoring at the time of an event counts as later.
    risk : array-like of float, shape (n,)
        Higher means an earlier event. Missing values are refused.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data (positions named), or when no pair of patients can be compared.

    References
    ----------
    Harrell et al. 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4;
    Therneau and Atkinson, concordance vignette of R's survival.

    Examples
    --------
    >>> harrell_c([1, 2, 3], [1, 1, 1], [3, 2, 1]).estimate
    1.0
    """
    seen = observations(time, event)
    scores = numbers(risk, "risk")
    if scores.size != seen.n:
        raise DesignError(f"{scores.size} risk scores for {seen.n} patients", expected="one a patient")
    refuse("The risk score is missing", ~np.isfinite(scores), expected="a score for every patient compared")
    same = seen.time[:, None] == seen.time[None, :]
    earlier = (seen.time[:, None] < seen.time[None, :]) | (same & ~seen.event[None, :])
    usable = seen.event[:, None] & earlier
    sign = np.sign(scores[:, None] - scores[None, :])
    agrees = np.where(usable, 0.5 * (1 + sign), 0.0)
    pairs = usable.sum()
    if pairs == 0:
        raise DesignError(
            "no two patients can be put in order", expected="an event before another patient's time"
        )
    estimate = float(agrees.sum() / pairs)
    both = np.triu(same & seen.event[:, None] & seen.event[None, :], 1)
    own_pairs = usable.sum(axis=0) + usable.sum(axis=1)
    influence = (agrees.sum(axis=0) + agrees.sum(axis=1) - estimate * own_pairs) / pairs
    std_error = float(np.sqrt((influence**2).sum()))
    z = float(norm.ppf((1 + level) / 2))
    return Concordance(
        estimate=estimate,
        low=max(0.0, estimate - z * std_error),
        high=min(1.0, estimate + z * std_error),
        std_error=std_error,
        n=seen.n,
        events=seen.n_events,
        concordant=int((usable & (sign > 0)).sum()),
        discordant=int((usable & (sign < 0)).sum()),
        tied_risk=int((usable & (sign == 0)).sum()),
        tied_time=int((both & (sign != 0)).sum()),
        tied_both=int((both & (sign == 0)).sum()),
        influence=influence,
        method="Harrell's C, infinitesimal-jackknife standard error",
        level=level,
    )


def concordance_difference(
    time: ArrayLike,
    event: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    level: float = LEVEL,
) -> ConcordanceDifference:
    """Difference of two C, ``first`` minus ``second``, which respects that the patients are the same.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark common to both scores.
    first, second : array-like of float, shape (n,)
        Two risk scores of the same patients, for instance the change at day 14 and at day 28.
    level : float
        Confidence level; 0.90 for a one-sided 5 % non-inferiority rule.

    References
    ----------
    Variance: sum of squared differences of the two influences; equals R's concordance(fit1, fit2).
    """
    one, two = (harrell_c(time, event, score, level=level) for score in (first, second))
    difference = one.estimate - two.estimate
    std_error = float(np.sqrt(((one.influence - two.influence) ** 2).sum()))
    z = float(norm.ppf((1 + level) / 2))
    return ConcordanceDifference(
        estimate=difference,
        low=difference - z * std_error,
        high=difference + z * std_error,
        p_value=float(2 * norm.sf(abs(difference) / std_error)) if std_error > 0 else 1.0,
        std_error=std_error,
        first=one,
        second=two,
        n=one.n,
        events=one.events,
        level=level,
        method="paired difference of Harrell's C, infinitesimal jackknife",
    )
