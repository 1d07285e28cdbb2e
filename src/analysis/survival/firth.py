"""Firth's penalised Cox regression: a finite, less biased hazard ratio when events are few."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import LEVEL, HazardRatio, TestResult
from analysis.survival.maximum import maximise
from analysis.survival.observations import observations
from analysis.survival.partial_likelihood import partial_likelihood
from analysis.survival.profile import dropped, profile_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PenalisedLikelihood:
    """Log partial likelihood (Breslow ties) plus half the log determinant of its information.

    ``at_risk`` holds one row an event, ``rows`` the covariates of the patients with events.
    """

    design: Floats
    rows: Floats
    event_rows: NDArray[np.int64]
    at_risk: NDArray[np.bool_]

    def evaluate(self, coefficients: Floats) -> tuple[float, Floats, Floats]:
        """Penalised value, modified score, and the unpenalised information."""
        linear = self.design @ coefficients
        linear = linear - linear.max()
        weight = np.where(self.at_risk, np.exp(linear), 0.0)
        total = weight.sum(axis=1)
        if (total <= 0).any():
            return -np.inf, np.zeros_like(coefficients), np.eye(coefficients.size)
        share = weight / total[:, None]
        mean = share @ self.design
        gap = self.design[None, :, :] - mean[:, None, :]
        weighted = share[:, :, None] * gap
        information = np.einsum("enr,ens->rs", weighted, gap)
        sign, log_determinant = np.linalg.slogdet(information)
        if sign <= 0 or not np.isfinite(log_determinant):
            return -np.inf, np.zeros_like(coefficients), np.eye(coefficients.size)
        slope = np.einsum("enr,ens,ent->rst", weighted, gap, gap, optimize=True)
        penalty = 0.5 * np.einsum("rs,rst->t", np.linalg.inv(information), slope)
        value = float((linear[self.event_rows] - np.log(total)).sum()) + 0.5 * log_determinant
        return value, (self.rows - mean).sum(axis=0) + penalty, information


@dataclass(frozen=True, eq=False)
class FirthFit:
    """A fitted Firth-penalised Cox model; fields as in :class:`~analysis.survival.cox.CoxFit`.

    The standard errors come from the unpenalised information at the penalised estimate.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    likelihood_ratio: TestResult
    n: int
    events: int
    likelihood: PenalisedLikelihood = field(repr=False)

    @property
    def method(self) -> str:
        """Printed beside it."""
        return "Firth-penalised Cox regression, Breslow ties"

    @property
    def std_errors(self) -> Floats:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def penalised_likelihood_ratio(self, term: str) -> TestResult:
        """Test of one term, its coefficient held at 0 while the penalty keeps every column.

        Dropping the column would change the penalty too, and gives another, wrong, statistic.

        References
        ----------
        Heinze and Schemper 2001, doi 10.1111/j.0006-341X.2001.00114.x.
        """
        drop = dropped(
            self.likelihood.evaluate, self.coefficients, self.log_likelihood, self.terms.index(term)
        )
        return TestResult(
            drop, 1, float(chi2.sf(drop, 1)), "penalised likelihood-ratio test", self.n, self.events
        )

    def hazard_ratio(
        self,
        term: str,
        *,
        interval: str = "profile",
        per: float = 1.0,
        comparison: str = "",
        level: float = LEVEL,
    ) -> HazardRatio:
        """Hazard ratio of one term, as :meth:`analysis.survival.cox.CoxFit.hazard_ratio` gives it."""
        if term not in self.terms:
            raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(self.terms))
        if interval not in ("profile", "wald"):
            raise DesignError(f"interval {interval!r} is unknown", expected="profile or wald")
        j = self.terms.index(term)
        centre, se = float(self.coefficients[j]), float(self.std_errors[j])
        if interval == "wald":
            z = float(norm.ppf((1 + level) / 2))
            limits = (centre - z * se, centre + z * se)
            p_value, test = float(2 * norm.sf(abs(centre / se))), "Wald test"
        else:
            limits = profile_interval(
                self.likelihood.evaluate, self.coefficients, self.log_likelihood, j, se, level=level
            )
            tested = self.penalised_likelihood_ratio(term)
            p_value, test = tested.p_value, tested.method
        low, high = sorted(np.exp(np.array(limits) * per))
        return HazardRatio(
            estimate=float(np.exp(centre * per)),
            low=float(low),
            high=float(high),
            p_value=p_value,
            n=self.n,
            events=self.events,
            method=f"Firth-penalised Cox regression, Breslow ties, {test}",
            interval=interval,
            comparison=comparison or term,
            level=level,
        )


@logged("association", measure="Firth's Cox model", whole="likelihood_ratio")
def firth_cox(
    time: ArrayLike, event: ArrayLike, design: ArrayLike, *, terms: tuple[str, ...] | None = None
) -> FirthFit:
    """Fit a Cox model with Firth's penalty: finite even when one group has no event.

    Parameters
    ----------
    time, event, design, terms
        As in :func:`~analysis.survival.partial_likelihood.partial_likelihood`. Ties by Breslow, as in
        coxphf.

    Raises
    ------
    DesignError
        For impossible data, no event, or a singular design.

    References
    ----------
    Firth 1993, doi 10.1093/biomet/80.1.27; Heinze and Schemper 2001.

    Examples
    --------
    Two patients: the penalised estimate is log 3, where Cox's runs to infinity.

    >>> fit = firth_cox([1, 2], [1, 1], [1, 0])
    >>> round(float(np.exp(fit.coefficients[0])), 6)
    3.0
    """
    checked = partial_likelihood(time, event, design, terms=terms, ties="breslow")
    seen = observations(time, event)
    columns = np.asarray(design, dtype=float).reshape(seen.n, -1)
    columns = columns - columns.mean(axis=0)
    at = np.flatnonzero(seen.event)
    likelihood = PenalisedLikelihood(columns, columns[at], at, seen.time[None, :] >= seen.time[at, None])
    start = np.zeros(columns.shape[1])
    null, _, _ = likelihood.evaluate(start)
    top = maximise(likelihood.evaluate, start)
    if not top.converged:
        raise DesignError(
            "the penalised likelihood has no maximum that can be found",
            where="terms " + ", ".join(checked.terms),
            do="use fewer terms",
        )
    statistic = 2 * (top.value - null)
    return FirthFit(
        terms=checked.terms,
        coefficients=top.at,
        covariance=np.linalg.inv(top.information).astype(np.float64),
        log_likelihood=top.value,
        log_likelihood_null=null,
        likelihood_ratio=TestResult(
            statistic,
            start.size,
            float(chi2.sf(statistic, start.size)),
            "penalised likelihood-ratio test",
            seen.n,
            seen.n_events,
        ),
        n=seen.n,
        events=seen.n_events,
        likelihood=likelihood,
    )
