"""Results of several imputed data sets as one: Rubin's rules with small-sample degrees of freedom."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from analysis.errors import DesignError
from analysis.survival.estimates import LEVEL
from analysis.survival.observations import numbers


@dataclass(frozen=True)
class Pooled:
    """One estimate from m completed data sets.

    Parameters
    ----------
    estimate, low, high : float
        On the scale of what was pooled (a log hazard ratio stays one).
    p_value : float
        Two-sided, of no effect (0).
    std_error : float
        Root of the total variance.
    degrees_of_freedom : float
        Barnard and Rubin's; infinite where all data sets agree and the complete data had infinitely many.
    within, between : float
        Variance within, and between data sets.
    increase : float
        Relative increase of variance due to what is missing.
    missing_information : float
        Fraction of missing information, a fraction of 1.
    imputations : int
        m.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    std_error: float
    degrees_of_freedom: float
    within: float
    between: float
    increase: float
    missing_information: float
    imputations: int


def pool(estimates: ArrayLike, variances: ArrayLike, *, complete_df: float, level: float = LEVEL) -> Pooled:
    """Combine the same estimate of several imputed data sets.

    Parameters
    ----------
    estimates, variances : array-like of float, shape (m,)
        Of each data set, approximately normal (log hazard ratios and their squared standard errors).
    complete_df : float
        Degrees of freedom that complete data would have had: patients, or in a Cox model events, minus parameters.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        If there are fewer than two, one is missing, or a variance or the degrees of freedom are not positive.

    References
    ----------
    Rubin 1987, doi 10.1002/9780470316696; Barnard & Rubin 1999, doi 10.1093/biomet/86.4.948.

    Examples
    --------
    >>> found = pool([-0.42, -0.35, -0.51, -0.39, -0.47], [0.031, 0.029, 0.035, 0.030, 0.033], complete_df=43)
    >>> round(found.estimate, 3), round(found.std_error**2, 6), round(found.degrees_of_freedom, 3)
    (-0.428, 0.036424, 30.855)
    """
    q, u = numbers(estimates, "estimates"), numbers(variances, "variances")
    m = q.size
    if m < 2 or u.size != m:
        raise DesignError(
            f"{m} estimates and {u.size} variances", expected="at least two of each, as many of both"
        )
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u > 0).all()):
        raise DesignError(
            "an estimate or its variance is missing or not positive",
            expected="an estimate from every imputed data set",
            do="find the data set without an estimate: a group without events cannot be imputed away",
        )
    if not complete_df > 0:
        raise DesignError(
            f"{complete_df:g} degrees of freedom are left", expected="more events than parameters"
        )
    mean, within, between = float(q.mean()), float(u.mean()), float(q.var(ddof=1))
    added = (1 + 1 / m) * between
    total = within + added
    share = added / total
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    df = observed if share == 0 else 1 / (share**2 / (m - 1) + 1 / observed)
    increase = added / within
    error = math.sqrt(total)
    reach = float(student.ppf((1 + level) / 2, df)) * error
    return Pooled(
        estimate=mean,
        low=mean - reach,
        high=mean + reach,
        p_value=float(2 * student.sf(abs(mean) / error, df)),
        std_error=error,
        degrees_of_freedom=df,
        within=within,
        between=between,
        increase=increase,
        missing_information=(increase + 2 / (df + 3)) / (increase + 1),
        imputations=m,
    )
