"""Harrell's and Uno's C with standard errors, and the paired difference of two C on the same patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.censoring import Censoring
from analysis.survival.estimates import LEVEL
from analysis.survival.observations import Observations, numbers, observations, refuse

KINDS = ("harrell", "uno")


@dataclass(frozen=True, eq=False)
class Concordance:
    """How often the patient at higher risk has the earlier event.

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


@logged("prediction", measure="C")
def concordance(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, kind: str = "harrell", level: float = LEVEL
) -> Concordance:
    """Concordance of a risk score with the order of events.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events; a censoring at the time of an event counts as later.
    risk : array-like of float, shape (n,)
        Higher means an earlier event. Missing values are refused.
    kind : {"harrell", "uno"}
        ``harrell`` counts every pair that can be ordered once, and so depends on who was censored; ``uno`` weights
        a pair by the inverse squared probability of being uncensored before its event, and estimates what would be
        seen without censoring.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data (positions named), an unknown kind, or when no pair of patients can be compared.

    References
    ----------
    Harrell et al. 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4;
    Uno et al. 2011, doi 10.1002/sim.4154; Therneau and Atkinson, concordance vignette of R's survival (Uno's weights
    are its timewt = "n/G2", the standard error takes them as known).

    Examples
    --------
    >>> concordance([1, 2, 3], [1, 1, 1], [3, 2, 1]).estimate
    1.0
    """
    if kind not in KINDS:
        raise DesignError(f"concordance {kind!r} is unknown", expected="one of " + ", ".join(KINDS))
    seen = observations(time, event)
    scores = numbers(risk, "risk")
    if scores.size != seen.n:
        raise DesignError(f"{scores.size} risk scores for {seen.n} patients", expected="one a patient")
    refuse("The risk score is missing", ~np.isfinite(scores), expected="a score for every patient compared")
    same = seen.time[:, None] == seen.time[None, :]
    earlier = (seen.time[:, None] < seen.time[None, :]) | (same & ~seen.event[None, :])
    usable = seen.event[:, None] & earlier
    sign = np.sign(scores[:, None] - scores[None, :])
    weight = np.ones(seen.n) if kind == "harrell" else _uno_weights(seen)
    counted = usable * weight[:, None]
    agrees = counted * 0.5 * (1 + sign)
    pairs = counted.sum()
    if pairs == 0:
        raise DesignError(
            "no two patients can be put in order", expected="an event before another patient's time"
        )
    estimate = float(agrees.sum() / pairs)
    both = np.triu(same & seen.event[:, None] & seen.event[None, :], 1)
    own_pairs = counted.sum(axis=0) + counted.sum(axis=1)
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
        method=f"{kind.capitalize()}'s C, infinitesimal-jackknife standard error",
        level=level,
    )


def _uno_weights(seen: Observations) -> NDArray[np.float64]:
    uncensored = Censoring.of(seen).before_own_time()
    return np.where(seen.event, 1 / np.where(seen.event, uncensored, 1.0) ** 2, 0.0)


@logged("prediction", measure="difference of C")
def concordance_difference(
    time: ArrayLike,
    event: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    kind: str = "harrell",
    level: float = LEVEL,
) -> ConcordanceDifference:
    """Difference of two C, ``first`` minus ``second``, which respects that the patients are the same.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark common to both scores.
    first, second : array-like of float, shape (n,)
        Two risk scores of the same patients, for instance the change at day 14 and at day 28.
    kind : {"harrell", "uno"}
        As in :func:`concordance`.
    level : float
        Confidence level; 0.90 for a one-sided 5 % non-inferiority rule.

    References
    ----------
    Variance: sum of squared differences of the two influences; equals R's concordance(fit1, fit2).
    """
    one, two = (concordance(time, event, score, kind=kind, level=level) for score in (first, second))
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
        method=f"paired difference of {kind.capitalize()}'s C, infinitesimal jackknife",
    )
