"""Repeated measurements of the same patients: linear mixed model by REML, with Satterthwaite's degrees of freedom."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.biomarkers.curvature import gradient, hessian
from analysis.errors import DesignError
from analysis.logbook import logged

METHOD = "linear mixed model, REML; t test with Satterthwaite's degrees of freedom"


@dataclass(frozen=True)
class FixedEffect:
    """One fixed effect, or one linear combination of them.

    Parameters
    ----------
    term : str
        Its name.
    estimate, std_error : float
        In the unit of the outcome.
    low, high : float
        95 % interval from the t distribution.
    degrees_of_freedom : float
        Satterthwaite's; infinity where the method is a large-sample one.
    p_value : float
        Two-sided, of no effect.
    n : int
        Patients.
    method : str
        Model and test.
    """

    term: str
    estimate: float
    std_error: float
    low: float
    high: float
    degrees_of_freedom: float
    p_value: float
    n: int
    method: str


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fitted linear mixed model.

    Parameters
    ----------
    terms : tuple of str
        Names of the fixed effects, p of them.
    coefficients : numpy.ndarray, shape (p,)
        Fixed effects.
    covariance : numpy.ndarray, shape (p, p)
        Of the fixed effects, at the variances found.
    random_covariance : numpy.ndarray, shape (q, q)
        Between patients, in the squared unit of the outcome.
    residual_variance : float
        Within patients.
    log_likelihood : float
        Restricted, at its maximum.
    n, observations : int
        Patients and measurements.
    singular : bool
        Whether a variance between patients is zero: the degrees of freedom are then those of the rest.
    """

    terms: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    random_covariance: np.ndarray
    residual_variance: float
    log_likelihood: float
    n: int
    observations: int
    singular: bool
    _covariance_slopes: np.ndarray
    _variance_covariance: np.ndarray

    def contrast(self, weights: ArrayLike, *, name: str) -> FixedEffect:
        """Linear combination of the fixed effects, weights of shape (p,), with interval and test."""
        from scipy.stats import t

        w = np.asarray(weights, dtype=float)
        if w.shape != self.coefficients.shape:
            raise DesignError(f"{w.size} weights for {len(self.terms)} fixed effects", where=name)
        estimate, variance = float(w @ self.coefficients), float(w @ self.covariance @ w)
        slope = np.einsum("i,ijk,j->k", w, self._covariance_slopes, w)
        spread = float(slope @ self._variance_covariance @ slope)
        df = 2 * variance**2 / spread if spread > 0 else math.inf
        error = math.sqrt(variance)
        half = float(t.ppf(0.975, df)) * error
        p = float(2 * t.sf(abs(estimate) / error, df))
        return FixedEffect(name, estimate, error, estimate - half, estimate + half, df, p, self.n, METHOD)

    def effect(self, term: str) -> FixedEffect:
        """One fixed effect by its name."""
        if term not in self.terms:
            raise DesignError(f"the model has no term {term!r}", expected="one of " + ", ".join(self.terms))
        return self.contrast(np.eye(len(self.terms))[self.terms.index(term)], name=term)


@dataclass(frozen=True, eq=False)
class _Products:
    """Cross products within each patient: all that the likelihood needs of the data, g patients."""

    zz: np.ndarray
    zx: np.ndarray
    zy: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: float
    n: int

    def solved(self, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
        """X'W⁻¹X, the coefficients, the residual sum of squares and log |W| for W = I + Z Λ Λ' Z'.

        By Woodbury's identity, W⁻¹ = I − Z Λ (I + Λ'Z'Z Λ)⁻¹ Λ'Z' patient by patient: a variance of zero needs
        no exception.
        """
        size = factor.shape[0]
        inner = np.eye(size) + factor.T @ self.zz @ factor
        left = np.concatenate([self.zx, self.zy[:, :, None]], axis=2)
        turned = factor.T @ left
        kept = np.einsum("gqi,gqj->ij", turned, np.linalg.solve(inner, turned))
        p = self.xx.shape[0]
        information = self.xx - kept[:p, :p]
        right = self.xy - kept[:p, p]
        coefficients = np.linalg.solve(information, right)
        rest = float(self.yy - kept[p, p] - right @ coefficients)
        return information, coefficients, rest, float(np.linalg.slogdet(inner)[1].sum())


def _factor(theta: np.ndarray, q: int) -> np.ndarray:
    """Lower triangle Λ of the random effects' covariance relative to the residual variance."""
    factor = np.zeros((q, q))
    factor[np.tril_indices(q)] = theta
    return factor


@logged("association", measure="mixed model")
def mixed_model(
    outcome: ArrayLike,
    design: ArrayLike,
    patients: ArrayLike,
    *,
    terms: tuple[str, ...],
    random: ArrayLike | None = None,
) -> MixedModel:
    """Fit a linear mixed model by restricted maximum likelihood.

    Parameters
    ----------
    outcome : array of float, shape (n,)
        Measurements, none missing; patients may have any number of them (missing at random).
    design : array of float, shape (n, p)
        Fixed effects, the intercept included.
    patients : array, shape (n,)
        Whose measurement it is.
    terms : tuple of str
        Names of the p columns.
    random : array of float, shape (n, q), optional
        Columns whose effect varies between patients, correlated without restriction; by default the
        intercept.

    Returns
    -------
    MixedModel
        ``effect(term)`` gives each fixed effect with its interval and test.

    Raises
    ------
    DesignError
        For missing values, columns that depend on each other, or fewer measurements than the model needs.

    References
    ----------
    Laird & Ware 1982, doi 10.2307/2529876; Satterthwaite's degrees of freedom as in lmerTest: Kuznetsova et al.
    2017, doi 10.18637/jss.v082.i13. The parameters of the variances are those of lme4: Bates et al. 2015,
    doi 10.18637/jss.v067.i01.

    Examples
    --------
    Three patients, two visits: balanced, so that the change is that of the paired t test, with 2 degrees of freedom.

    >>> y, visit = np.array([1.0, 2.0, 2.0, 4.0, 5.0, 5.5]), np.array([0, 1] * 3)
    >>> model = mixed_model(y, np.column_stack([np.ones(6), visit]), [1, 1, 2, 2, 3, 3], terms=("mean", "change"))
    >>> change = model.effect("change")
    >>> round(change.estimate, 4), round(change.degrees_of_freedom, 3), round(change.p_value, 4)
    (1.1667, 2.0, 0.1181)
    """
    from scipy.optimize import minimize

    y, x = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    z = np.ones((y.size, 1)) if random is None else np.asarray(random, dtype=float).reshape(y.size, -1)
    group = np.unique(np.asarray(patients), return_inverse=True)[1]
    _refuse(y, x, z, group, terms)
    n, p, q = y.size, x.shape[1], z.shape[1]
    # Standardised, so that steps of differentiation and tolerances mean the same for every unit.
    scale = float(np.sqrt(np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2) / (n - p)))
    if scale <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise DesignError("every measurement is explained exactly", where="mixed model", do="use fewer terms")
    products = _products(y / scale, x, z, group)

    def deviance(theta: np.ndarray, log_sigma: float | None = None) -> float:
        """−2 log restricted likelihood; without sigma at its best value."""
        information, _, rest, log_w = products.solved(_factor(theta, q))
        variance = rest / (n - p) if log_sigma is None else math.exp(2 * log_sigma)
        log_x = float(np.linalg.slogdet(information)[1])
        return log_w + log_x + (n - p) * math.log(2 * math.pi * variance) + rest / variance

    rows, columns = np.tril_indices(q)
    start = np.where(rows == columns, 1.0, 0.0)
    limits = [(0.0 if i == j else None, None) for i, j in zip(rows, columns, strict=True)]
    best = min(
        (minimize(deviance, start * size, method="L-BFGS-B", bounds=limits,
                  options={"ftol": 1e-15, "gtol": 1e-9, "maxls": 60}) for size in (1.0, 0.2)),
        key=lambda found: found.fun,
    )  # fmt: skip
    theta = _polished(deviance, best.x)
    _, coefficients, rest, _ = products.solved(_factor(theta, q))
    at = np.append(theta, 0.5 * math.log(rest / (n - p)))

    def covariance(parameters: np.ndarray) -> np.ndarray:
        found = np.linalg.inv(products.solved(_factor(parameters[:-1], q))[0])
        return math.exp(2 * parameters[-1]) * found

    curve = hessian(lambda point: deviance(point[:-1], float(point[-1])), at)
    values, vectors = np.linalg.eigh(curve)
    sure = values > 1e-4 * values.max()  # a direction without curvature says nothing about the variances
    variance_covariance = 2 * (vectors[:, sure] / values[sure]) @ vectors[:, sure].T
    factor, sigma2 = _factor(theta, q), math.exp(2 * at[-1]) * scale**2
    return MixedModel(
        terms=tuple(terms),
        coefficients=coefficients * scale,
        covariance=covariance(at) * scale**2,
        random_covariance=factor @ factor.T * sigma2,
        residual_variance=sigma2,
        log_likelihood=-0.5 * deviance(theta) - (n - p) * math.log(scale),
        n=int(group.max()) + 1,
        observations=n,
        singular=bool((np.abs(np.diag(factor)) < 1e-4).any()),
        _covariance_slopes=gradient(covariance, at) * scale**2,
        _variance_covariance=variance_covariance,
    )


@dataclass(frozen=True, eq=False)
class MixedContrast:
    """A fitted model, and the one combination of its fixed effects that was asked for."""

    model: MixedModel
    effect: FixedEffect


@logged("comparison", measure="difference", whole="effect")
def mixed_contrast(
    outcome: ArrayLike,
    design: ArrayLike,
    patients: ArrayLike,
    *,
    terms: tuple[str, ...],
    weights: ArrayLike,
    name: str,
    random: ArrayLike | None = None,
) -> MixedContrast:
    """Fit a linear mixed model and test one combination of its fixed effects: one question, one line of the log.

    Parameters
    ----------
    outcome, design, patients, terms, random
        As for :func:`mixed_model`.
    weights : array of float, shape (p,)
        Of the fixed effects.
    name : str
        What they make together, for the log: "difference of the arms".

    Raises
    ------
    DesignError
        As :func:`mixed_model`, or for another number of weights than of terms.

    Examples
    --------
    >>> y, visit = np.array([1.0, 2.0, 2.0, 4.0, 5.0, 5.5]), np.array([0, 1] * 3)
    >>> found = mixed_contrast(y, np.column_stack([np.ones(6), visit]), [1, 1, 2, 2, 3, 3], terms=("mean", "change"),
    ...                        weights=[0, 1], name="change")
    >>> round(found.effect.estimate, 4)
    1.1667
    """
    model = mixed_model(outcome, design, patients, terms=terms, random=random)
    return MixedContrast(model, model.contrast(weights, name=name))


def _polished(deviance: Callable[[np.ndarray], float], theta: np.ndarray) -> np.ndarray:
    """Newton's steps to the optimum's last digits, for parameters that are not at zero."""
    free = np.abs(theta) > 1e-4
    for _ in range(5):
        if not free.all():
            break
        slope, curve = gradient(lambda t: np.array(deviance(t)), theta), hessian(deviance, theta)
        if not (np.linalg.eigvalsh(curve) > 0).all():
            break
        step = np.linalg.solve(curve, slope)
        if deviance(theta - step) > deviance(theta) + 1e-9:
            break
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    return theta


def _products(y: np.ndarray, x: np.ndarray, z: np.ndarray, group: np.ndarray) -> _Products:
    def within(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        found = np.zeros((int(group.max()) + 1, left.shape[1], right.shape[1]))
        np.add.at(found, group, left[:, :, None] * right[:, None, :])
        return found

    zy = within(z, y[:, None])[:, :, 0]
    return _Products(within(z, z), within(z, x), zy, x.T @ x, x.T @ y, float(y @ y), y.size)


def _refuse(y: np.ndarray, x: np.ndarray, z: np.ndarray, group: np.ndarray, terms: tuple[str, ...]) -> None:
    if x.shape != (y.size, len(terms)) or group.size != y.size:
        raise DesignError(
            f"design of shape {x.shape}, {group.size} patients and {len(terms)} names for {y.size} measurements",
            where="mixed model",
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(z).all()):
        raise DesignError("a value is missing or infinite", where="mixed model", do="leave these rows out")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise DesignError("the fixed effects depend on each other", where="terms " + ", ".join(terms))
    patients = int(group.max()) + 1 if group.size else 0
    if patients < 2 or y.size <= x.shape[1] + 1 or patients >= y.size:
        raise DesignError(
            f"{y.size} measurements of {patients} patients",
            where="mixed model",
            expected="more measurements than patients and than fixed effects",
        )
