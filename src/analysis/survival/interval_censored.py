"""Times known only to lie between two visits: Turnbull's estimate and Weibull regression.

Progression is seen at a visit, not when it happens; the Kaplan-Meier curve of visit days is therefore late by about
half the distance of visits. These two are its interval-censored twins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import LEVEL, Estimate
from analysis.survival.maximum import maximise
from analysis.survival.observations import numbers, refuse

Floats = NDArray[np.float64]
_STEPS = 500
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class IntervalCurve:
    """Non-parametric maximum-likelihood estimate from intervals (L, R].

    Parameters
    ----------
    left, right : numpy.ndarray of float, shape (k,)
        Innermost intervals that carry probability, days; ``right`` is infinite where the last one is open.
    probability : numpy.ndarray of float, shape (k,)
        Probability that the event lies in each; within an interval the data cannot say where.
    log_likelihood : float
        At the estimate.
    n : int
        Patients.
    events : int
        Patients whose interval is closed.
    """

    left: Floats
    right: Floats
    probability: Floats
    log_likelihood: float
    n: int
    events: int
    method: str = "Turnbull's non-parametric maximum-likelihood estimate"

    def survival_at(self, days: ArrayLike) -> tuple[Floats, Floats]:
        """Lowest and highest survival just after each of ``days`` that the data allow; equal outside the intervals."""
        wanted = np.asarray(days, float)[..., None]
        low = 1 - (self.probability * (self.left < wanted)).sum(axis=-1)
        high = 1 - (self.probability * (self.right <= wanted)).sum(axis=-1)
        return np.clip(low, 0, 1), np.clip(high, 0, 1)

    @property
    def median(self) -> tuple[float, float]:
        """Interval (days) in which survival passes one half; its end is infinite where it does not."""
        beyond = np.flatnonzero(np.cumsum(self.probability) >= 0.5 - 1e-9)
        return (float(self.left[beyond[0]]), float(self.right[beyond[0]]))


@logged("description", measure="survival curve")
def turnbull(left: ArrayLike, right: ArrayLike) -> IntervalCurve:
    """Survival curve from intervals.

    Parameters
    ----------
    left : array-like of float, shape (n,)
        Last visit without the event, days; 0 if there was none. Missing values are refused.
    right : array-like of float, shape (n,)
        First visit with the event; infinite or missing if it was never seen.

    Raises
    ------
    DesignError
        For an interval that ends before it begins (positions named), or a search that does not converge.

    References
    ----------
    Turnbull 1976, doi 10.1111/j.2517-6161.1976.tb01597.x; found by the constrained Newton method of Wang 2007,
    doi 10.1111/j.1467-9868.2007.00583.x, because self-consistency alone stops early.

    Examples
    --------
    >>> curve = turnbull([0, 0, 8, 8], [8, 8, 16, float("inf")])
    >>> curve.right.tolist(), curve.probability.round(3).tolist()
    ([8.0, 16.0], [0.5, 0.5])
    """
    low, high = _intervals(left, right)
    starts, ends = _innermost(low, high)
    holds = (starts >= low[:, None]) & (ends <= high[:, None])
    # An interval of no width, L = R, is an event seen on that day: it holds only itself.
    exact = low == high
    holds[exact] = (starts == low[exact, None]) & (ends == high[exact, None])
    share, value = _most_likely(holds.astype(float))
    carried = share > 1e-9
    return IntervalCurve(
        starts[carried],
        ends[carried],
        share[carried] / share[carried].sum(),
        value,
        low.size,
        int(np.isfinite(high).sum()),
    )


def _intervals(left: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    low, high = numbers(left, "left"), numbers(right, "right")
    if low.size != high.size or low.size == 0:
        raise DesignError(
            f"{low.size} left ends stand beside {high.size} right ends", expected="one pair a patient"
        )
    high = np.where(np.isnan(high), np.inf, high)
    refuse(
        "The last visit without the event is missing or negative",
        ~(np.isfinite(low) & (low >= 0)),
        expected="days from 0 upwards",
    )
    refuse(
        "An interval ends before it begins",
        high < low,
        expected="left <= right",
        do="correct the days of the two visits",
    )
    return low, high


def _innermost(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Intervals from a left end to the next right end with no other left end between: only these can carry anything."""
    # (L, R]: at one and the same day a right end comes before a left end, except of an exact time.
    points = sorted(
        {(float(b), 0 if a != b else 2, 1) for a, b in zip(low, high, strict=True)}
        | {(float(a), 1, 0) for a in low}
    )
    pairs = [(before[0], after[0]) for before, after in pairwise(points) if before[2] == 0 and after[2] == 1]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def _most_likely(holds: Floats) -> tuple[Floats, float]:
    """Probabilities that maximise the likelihood: quadratic steps solved by non-negative least squares."""
    patterns, counts = np.unique(holds, axis=0, return_counts=True)
    weight = np.sqrt(counts)
    share = np.full(holds.shape[1], 1 / holds.shape[1])
    value = float(counts @ np.log(patterns @ share))
    for _ in range(_STEPS):
        slope = patterns / (patterns @ share)[:, None]
        gain = counts @ slope
        if gain.max() <= counts.sum() * (1 + _TOLERANCE) and np.all(
            share * (counts.sum() - gain) <= counts.sum() * _TOLERANCE
        ):
            return share, value
        scale = 1e3 * weight.sum()
        aim, _ = nnls(
            np.vstack([slope * weight[:, None], np.full((1, share.size), scale)]),
            np.append(2 * weight, scale),
        )
        aim /= aim.sum()
        step = 1.0
        while step > 1e-12:
            trial = share + step * (aim - share)
            with np.errstate(divide="ignore"):
                reached = float(counts @ np.log(patterns @ trial))
            if reached >= value + step * 1e-4 * float(gain @ (aim - share)):
                break
            step /= 2
        if step <= 1e-12 or reached - value < 1e-13 * abs(value):
            return share, value
        share, value = trial, reached
    raise DesignError(
        "the estimate from intervals does not converge", do="check the intervals for a typing error"
    )


@dataclass(frozen=True, eq=False)
class WeibullFit:
    """Weibull accelerated-failure-time model, log T = x'β + σ W, from intervals.

    ``coefficients`` are the intercept and the terms, ``log_scale`` log σ; ``covariance`` covers both, log σ last.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    log_scale: float
    covariance: Floats
    log_likelihood: float
    n: int
    events: int
    method: str = "Weibull regression on intervals between visits"

    def hazard_ratio(self, term: str, *, level: float = LEVEL) -> Estimate:
        """Hazard ratio of a term, exp(−β / σ), with a Wald interval by the delta method."""
        if term not in self.terms:
            raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(self.terms))
        j = self.terms.index(term) + 1
        log_ratio = -self.coefficients[j] / np.exp(self.log_scale)
        slope = np.zeros(self.coefficients.size + 1)
        slope[j], slope[-1] = -np.exp(-self.log_scale), -log_ratio
        se = float(np.sqrt(slope @ self.covariance @ slope))
        z = norm.ppf((1 + level) / 2)
        low, high = np.exp(log_ratio - z * se), np.exp(log_ratio + z * se)
        return Estimate(
            float(np.exp(log_ratio)), float(low), float(high),
            "Weibull regression on intervals between visits, Wald interval", float(2 * norm.sf(abs(log_ratio) / se)),
        )  # fmt: skip


@logged("association", measure="Weibull model")
def weibull_regression(
    left: ArrayLike, right: ArrayLike, design: ArrayLike | None = None, *, terms: tuple[str, ...] = ()
) -> WeibullFit:
    """Weibull regression on intervals (L, R].

    Parameters
    ----------
    left, right
        As in :func:`turnbull`; ``left = right`` is refused here, because progression is never seen to the day.
    design : array-like of float, shape (n,) or (n, p), optional
        Covariates; missing values are refused.
    terms : tuple of str, length p
        Names of the columns.

    Raises
    ------
    DesignError
        For impossible intervals or covariates, or no closed interval.

    References
    ----------
    Kalbfleisch and Prentice 2002, chapter 3; equals R's survreg(Surv(L, R, type = "interval2")).
    """
    low, high = _intervals(left, right)
    refuse(
        "An interval has no width",
        low == high,
        expected="left < right",
        do="give the two visits around the event",
    )
    if not np.isfinite(high).any():
        raise DesignError("no interval is closed: there is no event", expected="at least one event")
    columns = np.ones((low.size, 1))
    if design is not None:
        given = np.asarray(design, float).reshape(low.size, -1)
        refuse(
            "A covariate is missing or infinite",
            np.asarray(~np.isfinite(given).all(axis=1)),
            expected="a number a patient and term",
        )
        columns = np.hstack([columns, given])
    if len(terms) != columns.shape[1] - 1:
        raise DesignError(
            f"{len(terms)} term names for {columns.shape[1] - 1} columns", expected="one name a column"
        )
    with np.errstate(divide="ignore"):
        ends = np.log(low), np.log(high)
    middle = np.log(
        np.where(np.isfinite(high), (low + np.where(np.isfinite(high), high, low)) / 2, np.maximum(low, 1))
    )
    start = np.append(np.linalg.lstsq(columns, middle, rcond=None)[0], np.log(max(float(middle.std()), 0.1)))
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # far from the top a step is halved, whatever its curvature
        top = maximise(lambda at: _weibull_likelihood(at, columns, ends), start)
    if not top.converged:
        raise DesignError(
            "the Weibull model has no finite estimate",
            where="terms " + ", ".join(terms),
            do="leave out the term that separates events from censored patients",
        )
    return WeibullFit(
        terms,
        top.at[:-1],
        float(top.at[-1]),
        np.linalg.inv(top.information).astype(np.float64),
        top.value,
        low.size,
        int(np.isfinite(high).sum()),
    )


def _weibull_likelihood(
    at: Floats, columns: Floats, ends: tuple[Floats, Floats]
) -> tuple[float, Floats, Floats]:
    """Value, gradient and negative Hessian of the log likelihood in (β, log σ)."""
    scale = np.exp(at[-1])
    size = at.size
    survival, first, second = [], [], []
    for end in ends:
        inside = np.isfinite(end)
        u = np.where(inside, (np.where(inside, end, 0.0) - columns @ at[:-1]) / scale, 0.0)
        u = np.clip(u, -50, 6)  # beyond, S is 1 or 0 in double precision
        hazard = np.where(inside, np.exp(u), 0.0)
        s = np.where(inside, np.exp(-hazard), np.where(end < 0, 1.0, 0.0))
        du = np.hstack([-columns / scale, -u[:, None]])
        ds = (-hazard * s)[:, None] * du
        d2u = np.zeros((u.size, size, size))
        d2u[:, :-1, -1] = d2u[:, -1, :-1] = columns / scale
        d2u[:, -1, -1] = u
        curve = (hazard * (hazard - 1) * s)[:, None, None] * du[:, :, None] * du[:, None, :]
        survival.append(s)
        first.append(ds)
        second.append(curve - (hazard * s)[:, None, None] * d2u)
    mass = np.maximum(survival[0] - survival[1], 1e-300)
    gradient = (first[0] - first[1]) / mass[:, None]
    hessian = ((second[0] - second[1]) / mass[:, None, None]).sum(axis=0) - gradient.T @ gradient
    return float(np.log(mass).sum()), gradient.sum(axis=0), -hessian
