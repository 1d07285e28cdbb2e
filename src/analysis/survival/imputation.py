"""Multiple imputation by chained equations for a Cox model: all chains at once, in arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cumulative_hazard import nelson_aalen
from analysis.survival.estimates import LEVEL, HazardRatio
from analysis.survival.imputation_draws import draw_binary, draw_matched
from analysis.survival.many_fits import cox_many
from analysis.survival.observations import Observations, numbers, observations
from analysis.survival.pooling import Pooled, pool

Floats = NDArray[np.float64]
FEWEST = 50
"""Imputed data sets that are enough for an interval: White, Royston & Wood 2011, doi 10.1002/sim.4067."""


@dataclass(frozen=True, eq=False)
class Imputed:
    """Completed data sets.

    Parameters
    ----------
    names : tuple of str, length p
        Variables, in the order of the columns.
    values : numpy.ndarray of float, shape (m, n, p)
        Observed values as they were; missing ones drawn.
    missing : numpy.ndarray of bool, shape (n, p)
        What was missing.
    seen : Observations
        Times and events.
    method : str
        Printed beside results.
    """

    names: tuple[str, ...]
    values: Floats
    missing: NDArray[np.bool_]
    seen: Observations
    method: str


@dataclass(frozen=True)
class PooledCox:
    """One hazard ratio from imputed data, beside the one of complete cases.

    Parameters
    ----------
    hazard_ratio : HazardRatio
        Pooled.
    complete_cases : HazardRatio or None
        Of the patients without a missing value in the model; None where it has no finite estimate.
    pooled : Pooled
        The log hazard ratio's pooling: degrees of freedom, missing information.
    missing : int
        Patients with a missing value in the model.
    """

    hazard_ratio: HazardRatio
    complete_cases: HazardRatio | None
    pooled: Pooled
    missing: int


@logged("simulation", measure="completed data sets")
def impute(
    time: ArrayLike,
    event: ArrayLike,
    variables: Mapping[str, ArrayLike],
    *,
    seed: int,
    imputations: int = FEWEST,
    iterations: int = 10,
) -> Imputed:
    """Complete missing covariates, with event and Nelson–Aalen hazard among the predictors.

    A variable with the values 0 and 1 is drawn from a Bayesian logistic model, any other by predictive mean matching, so
    that only values occur that were seen.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark; never missing.
    variables : mapping of str to array-like of float, shape (n,)
        Covariates of the model and auxiliary variables; NaN is missing.
    seed : int
        Of all draws.
    imputations, iterations : int
        Data sets, and cycles through the variables before one is taken.

    Raises
    ------
    DesignError
        For impossible times, a variable of which fewer than five values are known or all are equal, or fewer than two
        imputations.

    References
    ----------
    White & Royston 2009, doi 10.1002/sim.3618 (event and hazard as predictors); van Buuren 2007,
    doi 10.1177/0962280206074463 (chained equations).
    """
    seen = observations(time, event)
    names = tuple(variables)
    table = np.column_stack([numbers(variables[name], name) for name in names]) if names else np.empty((0, 0))
    if not names or table.shape[0] != seen.n:
        raise DesignError(
            f"{table.shape[0]} values for {seen.n} patients", expected="one value a patient and variable"
        )
    if imputations < 2 or iterations < 1:
        raise DesignError(
            f"{imputations} imputations after {iterations} cycles",
            expected="at least two imputations and one cycle",
        )
    missing = ~np.isfinite(table)
    for place, name in enumerate(names):
        known = table[~missing[:, place], place]
        if known.size < 5 or np.ptp(known) == 0:
            raise DesignError(
                f"{name} cannot be imputed: {known.size} values are known, {np.unique(known).size} different",
                expected="at least five known values that are not all equal",
                do="leave it out of the model",
            )
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    binary = [bool(np.isin(table[~missing[:, place], place], (0, 1)).all()) for place in range(len(names))]
    outcome = np.column_stack([seen.event.astype(float), nelson_aalen(seen.time, seen.event).at(seen.time)])
    outcome = (outcome - outcome.mean(0)) / np.where(outcome.std(0) > 0, outcome.std(0), 1)
    values = np.repeat(table[None], imputations, axis=0)
    for place in range(len(names)):  # begin with draws from what was seen
        gaps = missing[:, place]
        known = table[~gaps, place]
        values[:, gaps, place] = generator.choice(known, size=(imputations, int(gaps.sum())))
    order = sorted(range(len(names)), key=lambda place: int(missing[:, place].sum()))
    for _ in range(iterations):
        for place in order:
            gaps = missing[:, place]
            if not gaps.any():
                continue
            others = np.delete(values, place, axis=2)
            spread = others.std(axis=1, keepdims=True)
            others = (others - others.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
            ones = np.ones((imputations, seen.n, 1))
            design = np.concatenate([ones, np.repeat(outcome[None], imputations, axis=0), others], axis=2)
            draw = draw_binary if binary[place] else draw_matched
            values[:, gaps, place] = draw(design[:, ~gaps], table[~gaps, place], design[:, gaps], generator)
    method = f"{imputations} imputations by chained equations, with event and Nelson–Aalen hazard"
    return Imputed(names, values, missing, seen, method)


@logged("association", measure="hazard ratio", whole="hazard_ratio")
def pooled_cox(
    imputed: Imputed, *, model: tuple[str, ...], of: str, name: str = "", level: float = LEVEL
) -> PooledCox:
    """Hazard ratio of one covariate from all imputed data sets, with the complete cases' beside it.

    Parameters
    ----------
    imputed : Imputed
        From :func:`impute`.
    model : tuple of str
        Covariates of the Cox model, of the imputed variables; the others only helped to impute.
    of : str
        Covariate whose hazard ratio is wanted.
    name : str
        What is compared, for the text and the log.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For an unknown variable, or where a completed data set has no finite estimate.
    """
    unknown = [variable for variable in (*model, of) if variable not in imputed.names]
    if unknown or of not in model:
        raise DesignError(
            f"{(unknown or [of])[0]!r} is not in the model", expected="one of " + ", ".join(imputed.names)
        )
    columns = [imputed.names.index(variable) for variable in model]
    place, seen = model.index(of), imputed.seen
    m = imputed.values.shape[0]
    times, events = (np.repeat(values[None], m, axis=0) for values in (seen.time, seen.event))
    fits = cox_many(times, events, imputed.values[:, :, columns])
    incomplete = imputed.missing[:, columns].any(axis=1)
    pooled = pool(
        fits.coefficients[:, place],
        fits.std_errors[:, place] ** 2,
        complete_df=seen.n_events - len(model),
        level=level,
    )
    ratio = HazardRatio(
        estimate=math.exp(pooled.estimate),
        low=math.exp(pooled.low),
        high=math.exp(pooled.high),
        p_value=pooled.p_value,
        n=seen.n,
        events=seen.n_events,
        method=f"{imputed.method}; Cox regression, Efron ties; Rubin's rules, Barnard–Rubin degrees of freedom",
        interval="wald",
        comparison=name or of,
        level=level,
    )
    kept = ~incomplete
    complete = _complete(
        Observations(seen.time[kept], seen.event[kept]),
        imputed.values[0][kept][:, columns],
        place,
        name or of,
        level,
    )
    return PooledCox(ratio, complete, pooled, int(incomplete.sum()))


def _complete(seen: Observations, design: Floats, place: int, name: str, level: float) -> HazardRatio | None:
    from scipy.stats import norm

    fit = cox_many(seen.time[None], seen.event[None], design[None])
    at, error = float(fit.coefficients[0, place]), float(fit.std_errors[0, place])
    if not (math.isfinite(at) and math.isfinite(error)):
        return None
    reach = float(norm.ppf((1 + level) / 2)) * error
    return HazardRatio(
        estimate=math.exp(at),
        low=math.exp(at - reach),
        high=math.exp(at + reach),
        p_value=float(2 * norm.sf(abs(at) / error)),
        n=seen.n,
        events=seen.n_events,
        method="Cox regression, Efron ties, Wald; complete cases",
        interval="wald",
        comparison=name,
        level=level,
    )
