"""Residuals of a Cox model, and the standard errors that hold when the model does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import CoxFit
from analysis.survival.estimates import LEVEL, HazardRatio, TestResult
from analysis.survival.groups import coded

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoxResiduals:
    """Residuals of each patient (or interval), in the order of the data.

    Parameters
    ----------
    martingale : numpy.ndarray, shape (n,)
        Events seen minus expected.
    deviance : numpy.ndarray, shape (n,)
        The same on a scale that is nearly symmetric.
    score, dfbeta : numpy.ndarray, shape (n, p)
        Contribution of each patient to the score, and change of the coefficients when the patient's weight changes.
    """

    martingale: Floats
    deviance: Floats
    score: Floats
    dfbeta: Floats


def cox_residuals(fit: CoxFit) -> CoxResiduals:
    """Martingale, deviance, score and dfbeta residuals.

    Parameters
    ----------
    fit : CoxFit
        A finite fit, with strata or delayed entry if it has them.

    References
    ----------
    Therneau and Grambsch 2000, sections 4.2 and 7.2; ties as R's residuals.coxph.
    """
    n, p = fit.n, len(fit.terms)
    martingale, score = np.zeros(n), np.zeros((n, p))
    martingale[:] = fit.likelihood.observations.event
    for stratum, at in zip(fit.likelihood.strata, fit.likelihood.moments(fit.coefficients), strict=True):
        risk = np.exp(stratum.design @ fit.coefficients)
        hazard = np.exp(-at.log_weight)
        tables = np.column_stack([hazard, hazard[:, None] * at.mean])
        upto = np.vstack([np.zeros(p + 1), np.cumsum(tables, axis=0)])
        seen = np.searchsorted(at.time, stratum.last, side="right")
        suffered = upto[seen]
        if stratum.entry is not None:
            suffered = suffered - upto[np.searchsorted(at.time, stratum.entry, side="right")]
        # Efron: at its own time a tied event counts as at risk only for the share that has not yet been removed.
        groups = int(at.step.max()) + 1
        removed, mean = np.zeros((groups, p + 1)), np.zeros((groups, p))
        np.add.at(removed, at.step, stratum.fraction[:, None] * tables)
        np.add.at(mean, at.step, at.mean)
        mean /= np.bincount(at.step, minlength=groups)[:, None]
        suffered[stratum.event] -= removed[at.step]
        expected = risk * suffered[:, 0]
        own = -risk[:, None] * (stratum.design * suffered[:, :1] - suffered[:, 1:])
        own[stratum.event] += at.row - mean[at.step]
        score[stratum.patients] = own
        martingale[stratum.patients] -= expected
    event = fit.likelihood.observations.event
    spent = np.where(event, event - martingale, 1.0)
    inside = -2 * (martingale + np.where(event, np.log(np.maximum(spent, 1e-300)), 0.0))
    deviance = np.sign(martingale) * np.sqrt(np.maximum(inside, 0.0))
    return CoxResiduals(martingale, deviance, score, score @ fit.covariance)


def robust_covariance(fit: CoxFit, *, cluster: Iterable[Any] | None = None) -> Floats:
    """Sandwich covariance of the coefficients, shape (p, p).

    Parameters
    ----------
    fit : CoxFit
        A finite fit.
    cluster : array-like, shape (n,), optional
        Patient of each row where a patient has several; missing values are refused.

    Raises
    ------
    DesignError
        If the fit has no finite estimate, or there are fewer than two clusters.

    References
    ----------
    Lin and Wei 1989, doi 10.1080/01621459.1989.10478874; equals R's coxph(robust = TRUE), also with ties.
    """
    if not fit.finite:
        raise DesignError(
            "the Cox model has no finite estimate, and so no standard error (separation)", do="use firth_cox"
        )
    change = cox_residuals(fit).dfbeta
    if cluster is not None:
        code, labels = coded(cluster, fit.n, least=2)
        summed = np.zeros((len(labels), change.shape[1]))
        np.add.at(summed, code, change)
        change = summed
    return change.T @ change


def robust_std_errors(fit: CoxFit, *, cluster: Iterable[Any] | None = None) -> Floats:
    """Sandwich standard errors of the coefficients, shape (p,); see :func:`robust_covariance`."""
    return np.sqrt(np.diag(robust_covariance(fit, cluster=cluster)))


@logged("association", measure="Wald test")
def robust_wald(fit: CoxFit, *, cluster: Iterable[Any] | None = None) -> TestResult:
    """Wald test of no effect of any term, with the sandwich covariance."""
    statistic = float(
        fit.coefficients @ np.linalg.solve(robust_covariance(fit, cluster=cluster), fit.coefficients)
    )
    df = len(fit.terms)
    return TestResult(
        statistic,
        df,
        float(chi2.sf(statistic, df)),
        "Wald test of no effect, Cox model, sandwich covariance",
        fit.n,
        fit.events,
    )


@logged("association", measure="hazard ratio")
def robust_hazard_ratio(
    fit: CoxFit,
    term: str,
    *,
    cluster: Iterable[Any] | None = None,
    per: float = 1.0,
    comparison: str = "",
    level: float = LEVEL,
) -> HazardRatio:
    """Hazard ratio of one term whose interval and test hold when the model does not.

    Parameters
    ----------
    fit, cluster
        As in :func:`robust_covariance`.
    term, per, comparison, level
        As in :meth:`analysis.survival.CoxFit.hazard_ratio`.

    Raises
    ------
    DesignError
        If the term is unknown, or the fit has no finite estimate.
    """
    if term not in fit.terms:
        raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(fit.terms))
    j = fit.terms.index(term)
    centre = float(fit.coefficients[j])
    se = float(robust_std_errors(fit, cluster=cluster)[j])
    z = float(norm.ppf((1 + level) / 2))
    low, high = sorted(np.exp(np.array([centre - z * se, centre + z * se]) * per))
    return HazardRatio(
        estimate=float(np.exp(centre * per)),
        low=float(low),
        high=float(high),
        p_value=float(2 * norm.sf(abs(centre / se))),
        n=fit.n,
        events=fit.events,
        method=f"Cox regression, {fit.ties.capitalize()} ties, Wald test with sandwich standard error",
        interval="robust",
        comparison=comparison or term,
        level=level,
    )
