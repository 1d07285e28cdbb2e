"""Survival that a Cox model predicts for given covariates, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import CoxFit
from analysis.survival.estimates import LEVEL
from analysis.survival.observations import numbers, refuse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PredictedSurvival:
    """Predicted survival of each row of covariates at each day.

    Parameters
    ----------
    days : numpy.ndarray of float, shape (k,)
        Days asked for.
    survival, low, high : numpy.ndarray of float, shape (m, k)
        Prediction and its log-log limits; limits are NaN where the prediction is 1 or 0.
    std_error_log : numpy.ndarray of float, shape (m, k)
        Standard error of the log of the survival.
    n, events : int
        Patients and events of the model.
    method : str
        Printed beside it.
    warnings : tuple of str
        Whole sentences; says when a day lies beyond the follow-up.
    """

    days: Floats
    survival: Floats
    low: Floats
    high: Floats
    std_error_log: Floats
    n: int
    events: int
    method: str
    warnings: tuple[str, ...] = ()

    @property
    def risk(self) -> Floats:
        """Predicted probability of the event by each day, shape (m, k)."""
        return 1 - self.survival


@logged("prediction", measure="predicted survival")
def predicted_survival(
    fit: CoxFit, design: ArrayLike, days: ArrayLike, *, level: float = LEVEL
) -> PredictedSurvival:
    """Predict survival from a Cox model.

    The baseline hazard handles ties as the fit does. The standard error holds the uncertainty of the baseline and of
    the coefficients.

    Parameters
    ----------
    fit : CoxFit
        A finite fit without strata and delayed entry.
    design : array-like of float, shape (m, p)
        Covariates in the units of the fit, one row a prediction. A missing value is refused.
    days : array-like of float, shape (k,)
        Days at which survival is wanted. Beyond the last observed time the last value stands, with a warning.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        If the fit has no finite estimate, or has strata or delayed entry; for covariates of another shape, or a day
        that is missing or negative.

    References
    ----------
    Tsiatis 1981, doi 10.1214/aos/1176345462; Therneau and Grambsch 2000, section 10.2.3; equals R's survfit.coxph.

    Examples
    --------
    >>> from analysis.survival import cox
    >>> fit = cox([1, 2, 3, 4], [1, 1, 1, 1], [1, 0, 1, 0])
    >>> predicted_survival(fit, [[0], [1]], [2]).survival.round(3).tolist()
    [[0.698], [0.398]]
    """
    if not fit.finite:
        raise DesignError(
            "the Cox model has no finite estimate and predicts nothing (separation)",
            do="use the Kaplan-Meier curves of the groups",
        )
    if len(fit.likelihood.strata) > 1 or fit.likelihood.strata[0].entry is not None:
        raise DesignError("survival is predicted without strata and delayed entry only")
    rows = np.asarray(design, dtype=float)
    rows = rows.reshape(-1, len(fit.terms)) if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] != len(fit.terms):
        raise DesignError(
            f"covariates of shape {rows.shape} for the terms {', '.join(fit.terms)}",
            expected="one column a term",
        )
    refuse(
        "A covariate is missing or infinite",
        ~np.asarray(np.isfinite(rows).all(axis=1)),
        expected="a number a term",
    )
    wanted = np.atleast_1d(numbers(np.atleast_1d(np.asarray(days)), "days"))
    if not (wanted >= 0).all():
        raise DesignError(
            "survival is asked at a day that is missing or negative", expected="days from 0 upwards"
        )
    at = fit.likelihood.moments(fit.coefficients)[0]
    hazard = np.exp(-at.log_weight)
    upto = np.searchsorted(at.time, wanted, side="right")

    def summed(values: Floats) -> Floats:
        """Sum over the events up to each day."""
        return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])[upto]

    away = rows - fit.likelihood.centre
    risk = np.exp(away @ fit.coefficients)[:, None]
    cumulative = risk * summed(hazard)[None, :]
    pull = summed(hazard[:, None] * at.mean)[None] - summed(hazard)[None, :, None] * away[:, None, :]
    variance = summed(hazard**2)[None] + np.einsum("mki,ij,mkj->mk", pull, fit.covariance, pull)
    spread = risk * np.sqrt(variance)
    survival = np.exp(-cumulative)
    z = float(norm.ppf((1 + level) / 2))
    known = cumulative > 0
    width = np.exp(z * np.divide(spread, cumulative, out=np.full_like(spread, np.nan), where=known))
    last = float(fit.likelihood.observations.time.max())
    late = wanted[wanted > last]
    return PredictedSurvival(
        days=wanted,
        survival=survival,
        low=np.exp(-cumulative * width),
        high=np.exp(-cumulative / width),
        std_error_log=spread,
        n=fit.n,
        events=fit.events,
        method=f"Cox regression, {fit.ties.capitalize()} ties, log-log interval",
        warnings=tuple(
            f"Day {day:g} lies beyond the last observed time, day {last:g}, whose value is carried forward."
            for day in late
        ),
    )
