"""Repeated measurements, some only known to lie below a limit: a mixed model by its likelihood, without substitution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.curvature import gradient
from analysis.biomarkers.mixed_model import FixedEffect, mixed_model
from analysis.errors import DesignError
from analysis.logbook import logged

METHOD = "random-intercept model for left-censored values, maximum likelihood; likelihood-ratio test, Wald interval"
NODES = 60
"""Of the Gauss–Hermite quadrature over the patient's level; twice as many move no printed digit (tested)."""


@dataclass(frozen=True, eq=False)
class CensoredModel:
    """A fitted random-intercept model of left-censored values.

    ``effects`` holds one :class:`FixedEffect` a term, or a contrast asked for; tests and intervals are large-sample ones (degrees of
    freedom infinite). ``between`` and ``within`` are standard deviations in the unit of the outcome,
    ``below`` the number of measurements known only as below their limit.
    """

    effects: tuple[FixedEffect, ...]
    between: float
    within: float
    log_likelihood: float
    n: int
    observations: int
    below: int

    def effect(self, term: str) -> FixedEffect:
        """One fixed effect by its name."""
        found = {one.term: one for one in self.effects}
        if term not in found:
            raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(found))
        return found[term]


class _Likelihood:
    """Minus log likelihood of (coefficients, log within, log between), with its slope.

    The measurements above the limit are normal with a common level of the patient, in closed form; given
    them, that level is normal too, and the chance that the others lie below their limits is its expectation.
    The slope is the expectation, given all that was measured, of the slope with the level known (Fisher's
    identity).
    """

    def __init__(
        self, y: np.ndarray, below: np.ndarray, x: np.ndarray, group: np.ndarray, nodes: int
    ) -> None:
        self.y, self.x, self.group = y, x, group
        self.below, self.seen = np.flatnonzero(below), np.flatnonzero(~below)
        self.patients = int(group.max()) + 1
        points, weights = np.polynomial.hermite_e.hermegauss(nodes)
        self.points, self.log_weights = points, np.log(weights / weights.sum())

    def _sum(self, rows: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(self.group[rows], values, minlength=self.patients)

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        from scipy.special import log_ndtr

        within, between = np.exp(parameters[-2:])
        rest = self.y - self.x @ parameters[:-2]
        seen, below = self.seen, self.below
        m, total, squares = self._sum(seen), self._sum(seen, rest[seen]), self._sum(seen, rest[seen] ** 2)
        spread = within**2 + m * between**2
        log_seen = -0.5 * (
            m * math.log(2 * math.pi * within**2)
            + np.log(spread / within**2)
            + (squares - between**2 * total**2 / spread) / within**2
        )
        level = between**2 * total / spread
        points = level[:, None] + np.sqrt(between**2 * within**2 / spread)[:, None] * self.points
        chances = np.tile(self.log_weights, (self.patients, 1))
        owner = self.group[below]
        z = (rest[below, None] - points[owner]) / within
        log_below = log_ndtr(z)
        np.add.at(chances, owner, log_below)
        largest = chances.max(axis=1, keepdims=True)
        share = np.exp(chances - largest)
        of_patient = share.sum(axis=1)
        share /= of_patient[:, None]
        value = float(log_seen.sum() + (np.log(of_patient) + largest[:, 0]).sum())
        mean, square = (share * points).sum(axis=1), (share * points**2).sum(axis=1)
        ratio = np.exp(-0.5 * z**2 - 0.5 * math.log(2 * math.pi) - log_below)
        hazard = (share[owner] * ratio).sum(axis=1)
        far = (share[owner] * ratio * z).sum(axis=1)
        by_mean = self.x[seen].T @ (rest[seen] - mean[self.group[seen]]) / within**2
        by_mean -= self.x[below].T @ hazard / within
        gaps = squares - 2 * mean * total + m * square
        by_within = float((gaps / within**2 - m).sum() - far.sum())
        by_between = float((square / between**2 - 1).sum())
        return -value, -np.concatenate([by_mean, [by_within, by_between]])


@logged("association", measure="difference of means")
def censored_model(
    outcome: ArrayLike,
    below: ArrayLike,
    design: ArrayLike,
    patients: ArrayLike,
    *,
    terms: tuple[str, ...],
    contrasts: Mapping[str, ArrayLike] | None = None,
    nodes: int = NODES,
) -> CensoredModel:
    """Fit a random-intercept model where some values are known only as below a limit.

    Parameters
    ----------
    outcome : array of float, shape (n,)
        Measurements; where ``below``, the limit that the value lies under. None missing.
    below : array of bool, shape (n,)
        Whether the value lies below what ``outcome`` holds.
    design, patients, terms
        As in :func:`analysis.biomarkers.mixed_model`; p columns.
    contrasts : mapping of str to array of float, shape (p,), optional
        Linear combinations of the fixed effects to report, by name; by default each term.
    nodes : int
        Points of the quadrature.

    Returns
    -------
    CensoredModel
        Without a measurement below a limit, the maximum-likelihood fit of the mixed model.

    Raises
    ------
    DesignError
        For what :func:`analysis.biomarkers.mixed_model` refuses, and where no finite maximum is found: so few
        values lie above the limit that they do not determine the model.

    References
    ----------
    Hughes 1999, doi 10.1111/j.0006-341X.1999.00625.x; Tobin 1958, doi 10.2307/1907382.

    Examples
    --------
    >>> y, visit = np.array([1.0, 2.0, 2.0, 4.0, 5.0, 5.5]), np.array([0, 1] * 3)
    >>> model = censored_model(y, [False, True] + [False] * 4, np.column_stack([np.ones(6), visit]),
    ...                        [1, 1, 2, 2, 3, 3], terms=("mean", "change"))
    >>> model.below, round(model.effect("change").estimate, 2)
    (1, 0.99)
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    censored = np.asarray(below, dtype=bool)
    if censored.shape != y.shape:
        raise DesignError(f"{censored.size} marks for {y.size} measurements", where="censored model")
    if (~censored).sum() <= x.shape[1] + 2:
        raise DesignError(
            f"{(~censored).sum()} values above the limit of detection for {x.shape[1]} effects",
            where="censored model",
            do="describe the detection instead",
        )
    start = mixed_model(y, x, patients, terms=terms)
    group = np.unique(np.asarray(patients), return_inverse=True)[1]
    scale = math.sqrt(start.residual_variance + float(start.random_covariance[0, 0]))
    between = math.sqrt(max(float(start.random_covariance[0, 0]), 0.01 * scale**2)) / scale
    within = math.sqrt(start.residual_variance) / scale
    first = np.concatenate([start.coefficients / scale, np.log([within, between])])
    minus = _Likelihood(y / scale, censored, x, group, nodes)
    top, best = _maximum(minus, first, terms)
    curve = gradient(lambda point: minus(point)[1], best)
    curve = (curve + curve.T) / 2
    # A variance between patients at zero leaves its own direction flat; the others stand.
    values, vectors = np.linalg.eigh(curve)
    sure = values > 1e-5 * values.max()
    covariance = (vectors[:, sure] / values[sure]) @ vectors[:, sure].T
    n = int(group.max()) + 1
    asked = dict(zip(terms, np.eye(len(terms)), strict=True)) if contrasts is None else contrasts
    effects = []
    for name, given in asked.items():
        weights = np.asarray(given, dtype=float)
        # The columns are turned so that the combination is one of the coefficients, and that one is left out.
        place = int(np.argmax(np.abs(weights)))
        turn = np.eye(len(terms))
        turn[place] = weights
        columns = np.delete(x @ np.linalg.inv(turn), place, axis=1)
        # Where the maximum would be without it if the likelihood were exactly a parabola: a start near the end.
        along = covariance[:, :-2] @ weights
        near = best - along * float(weights @ best[:-2]) / float(weights @ along[:-2])
        begin = np.append(np.delete(turn @ near[:-2], place), np.clip(near[-2:], -6.0, 4.0))
        null, _ = _maximum(_Likelihood(y / scale, censored, columns, group, nodes), begin, terms)
        error = math.sqrt(float(weights @ covariance[:-2, :-2] @ weights)) * scale
        effects.append(_effect(name, float(weights @ best[:-2]) * scale, error, null - top, n))
    spread_within, spread_between = (np.exp(best[-2:]) * scale).tolist()
    seen = int((~censored).sum())
    return CensoredModel(
        tuple(effects),
        spread_between,
        spread_within,
        -top - seen * math.log(scale),
        n,
        y.size,
        int(censored.sum()),
    )


def _effect(term: str, estimate: float, error: float, drop: float, n: int) -> FixedEffect:
    from scipy.stats import chi2, norm

    half = float(norm.ppf(0.975)) * error
    p = float(chi2.sf(max(2 * drop, 0.0), 1))
    return FixedEffect(term, estimate, error, estimate - half, estimate + half, math.inf, p, n, METHOD)


def _maximum(minus: _Likelihood, start: np.ndarray, terms: tuple[str, ...]) -> tuple[float, np.ndarray]:
    from scipy.optimize import minimize

    limits = [(-60.0, 60.0)] * (start.size - 2) + [(-7.0, 5.0)] * 2
    found = minimize(
        minus, start, method="L-BFGS-B", jac=True, bounds=limits, options={"ftol": 1e-13, "gtol": 1e-6}
    )
    at_edge = (np.abs(found.x[:-2]) > 59).any() or (found.x[-2:] > 4.9).any() or found.x[-2] < -6.9
    if not np.isfinite(found.fun) or at_edge:
        raise DesignError(
            "the likelihood of the censored values has no maximum that can be found",
            where="terms " + ", ".join(terms),
            do="use fewer terms, or describe the detection instead",
        )
    return float(found.fun), found.x
