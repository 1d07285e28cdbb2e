"""Cox regression: Efron or Breslow ties, delayed entry, strata; Wald, likelihood-ratio and score tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.special import chdtrc, ndtr, ndtri

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import LEVEL, HazardRatio, TestResult
from analysis.survival.maximum import maximise
from analysis.survival.partial_likelihood import PartialLikelihood, partial_likelihood
from analysis.survival.profile import dropped, profile_interval, score_interval, score_statistic

INTERVALS = ("profile", "wald", "score")
COLLAPSED = 1e-5
"""Information this far below that of no effect: the likelihood rises for ever (separation)."""


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted Cox model.

    Parameters
    ----------
    terms : tuple of str
        Names of the columns.
    coefficients : numpy.ndarray, shape (p,)
        Log hazard ratios.
    covariance : numpy.ndarray, shape (p, p)
        Inverse information.
    log_likelihood, log_likelihood_null : float
        At the estimate and at no effect.
    likelihood_ratio, wald, score : TestResult
        Global tests of no effect.
    finite : bool
        False when a coefficient runs away (separation): then nothing of this fit may be printed, and
        :func:`~analysis.survival.firth_cox` answers.
    ties : str
        ``efron`` or ``breslow``.
    n, events : int
        Patients (or intervals) and events.
    likelihood : PartialLikelihood
        For profile intervals and tests of single terms.
    """

    terms: tuple[str, ...]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    log_likelihood: float
    log_likelihood_null: float
    likelihood_ratio: TestResult
    wald: TestResult
    score: TestResult
    finite: bool
    ties: str
    n: int
    events: int
    likelihood: PartialLikelihood = field(repr=False)

    @property
    def method(self) -> str:
        """Printed beside it."""
        return f"Cox regression, {self.ties.capitalize()} ties"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Whole sentences for the reader; empty when the fit is finite."""
        if self.finite:
            return ()
        return ("The Cox model has no finite estimate (separation).",)

    @property
    def std_errors(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def hazard_ratio(
        self,
        term: str,
        *,
        interval: str = "profile",
        per: float = 1.0,
        comparison: str = "",
        level: float = LEVEL,
    ) -> HazardRatio:
        """Hazard ratio of one term.

        Parameters
        ----------
        term : str
            One of :attr:`terms`.
        interval : {"profile", "wald", "score"}
            ``profile``: profile-likelihood limits and the likelihood-ratio test of leaving the term out;
            ``wald``: estimate plus and minus standard errors, and the Wald test;
            ``score``: the values that the score test does not reject, and the score test, which for two groups
            is the log-rank test.
        per : float
            Step of the covariate that the ratio stands for.
        comparison : str
            Printed beside the ratio.
        level : float
            Confidence level.

        Raises
        ------
        DesignError
            If the term is unknown, or its coefficient is not finite (separation).
        """
        if term not in self.terms:
            raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(self.terms))
        if interval not in INTERVALS:
            raise DesignError(f"interval {interval!r} is unknown", expected="one of " + ", ".join(INTERVALS))
        if not self.finite:
            raise DesignError(
                "the Cox model has no finite estimate: one group or value has all the events (separation)",
                where="term " + term,
                do="use firth_cox, or hazard_ratio, which changes to it by itself",
            )
        j = self.terms.index(term)
        centre, se = float(self.coefficients[j]), float(self.std_errors[j])
        if interval == "wald":
            z = float(ndtri((1 + level) / 2))
            limits = (centre - z * se, centre + z * se)
            p_value, test = float(2 * ndtr(-abs(centre / se))), "Wald test"
        elif interval == "score":
            limits = score_interval(self.likelihood.evaluate, self.coefficients, j, se, level=level)
            without = np.where(np.arange(len(self.terms)) == j, 0.0, self.coefficients)
            held = maximise(self.likelihood.evaluate, without, fixed=(j,))
            p_value = float(chdtrc(1, score_statistic(self.likelihood.evaluate, held, j)))
            test = "score test"
        else:
            args = (self.likelihood.evaluate, self.coefficients, self.log_likelihood, j, se)
            limits = profile_interval(*args, level=level)
            drop = dropped(*args[:4])
            p_value, test = float(chdtrc(1, drop)), "likelihood-ratio test"
        low, high = sorted(np.exp(np.array(limits) * per))
        return HazardRatio(
            estimate=float(np.exp(centre * per)),
            low=float(low),
            high=float(high),
            p_value=p_value,
            n=self.n,
            events=self.events,
            method=f"Cox regression, {self.ties.capitalize()} ties, {test}",
            interval=interval,
            comparison=comparison or term,
            level=level,
        )


@logged("association", measure="Cox model", whole="likelihood_ratio")
def cox(
    time: ArrayLike,
    event: ArrayLike,
    design: ArrayLike,
    *,
    terms: tuple[str, ...] | None = None,
    ties: str = "efron",
    entry: ArrayLike | None = None,
    strata: Iterable[Any] | None = None,
) -> CoxFit:
    """Fit a Cox model by Newton's method with step halving.

    Parameters
    ----------
    time, event, design, terms, ties, entry, strata
        As in :func:`~analysis.survival.partial_likelihood.partial_likelihood`.

    Raises
    ------
    DesignError
        For impossible data, no event, or a singular design.

    References
    ----------
    Cox 1972; Efron 1977, doi 10.1080/01621459.1977.10480613.

    Examples
    --------
    >>> fit = cox([1, 2, 3, 4], [1, 1, 1, 1], [1, 0, 1, 0], terms=("marker",))
    >>> round(float(fit.coefficients[0]), 4)
    0.9406
    """
    likelihood = partial_likelihood(time, event, design, terms=terms, ties=ties, entry=entry, strata=strata)
    null, score, information_null = likelihood.at_no_effect
    top = maximise(likelihood.evaluate, np.zeros(len(likelihood.terms)), known=likelihood.at_no_effect)
    finite = top.converged and _least_left(top.information, information_null) > COLLAPSED
    p = len(likelihood.terms)
    covariance = np.linalg.inv(top.information).astype(np.float64) if finite else np.full((p, p), np.nan)
    global_tests = {
        "likelihood-ratio": 2 * (top.value - null),
        "Wald": float(top.at @ top.information @ top.at) if finite else np.nan,
        "score": float(score @ np.linalg.solve(information_null, score)),
    }
    results = {
        name: TestResult(
            float(value),
            p,
            float(chdtrc(p, value)),
            f"{name} test of no effect, Cox model",
            likelihood.n,
            likelihood.n_events,
        )
        for name, value in global_tests.items()
    }
    return CoxFit(
        terms=likelihood.terms,
        coefficients=top.at,
        covariance=covariance,
        log_likelihood=top.value,
        log_likelihood_null=null,
        likelihood_ratio=results["likelihood-ratio"],
        wald=results["Wald"],
        score=results["score"],
        finite=finite,
        ties=ties,
        n=likelihood.n,
        events=likelihood.n_events,
        likelihood=likelihood,
    )


def _least_left(information: NDArray[np.float64], at_no_effect: NDArray[np.float64]) -> float:
    """Smallest share of the information at no effect that is left, over all directions."""
    return float(np.min(np.asarray(eigh(information, at_no_effect, eigvals_only=True))))
