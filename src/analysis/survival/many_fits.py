"""Many Cox models at once: one array operation a Newton step, not a loop over fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.cox import COLLAPSED
from analysis.survival.observations import observations
from analysis.survival.partial_likelihood import FLAT

Floats = NDArray[np.float64]
_ITERATIONS = 60
_TOGETHER = 250
"""Data sets in one array operation: as many as stay in a processor's cache."""
_HALVINGS = 30
_RUNAWAY = 50.0
"""Largest change of the linear predictor per standard deviation that is still believed to be an estimate."""


@dataclass(frozen=True, eq=False)
class ManyFits:
    """Coefficients of many Cox models and their standard errors, both of shape (b, p).

    Rows without a finite estimate (separation, no event, a constant column) are NaN.
    """

    coefficients: Floats
    std_errors: Floats
    method: str = "Cox regression, Efron ties"

    @property
    def finite(self) -> NDArray[np.bool_]:
        """Which fits have an estimate, shape (b,)."""
        return np.asarray(np.isfinite(self.coefficients).all(axis=1))


@logged("simulation", measure="Cox models")
def cox_many(time: ArrayLike, event: ArrayLike, design: ArrayLike) -> ManyFits:
    """Fit one Cox model (Efron ties) to each of many data sets of the same size.

    Parameters
    ----------
    time, event : array-like, shape (b, n)
        Times and events of each data set. A repeated patient of a bootstrap sample is a tie, as in R.
    design : array-like of float, shape (b, n, p)
        Covariates.

    References
    ----------
    Efron 1977, doi 10.1080/01621459.1977.10480613; Newton's method with step halving.
    """
    times, events, columns = np.asarray(time, float), np.asarray(event, bool), np.asarray(design, float)
    if (
        times.ndim != 2
        or events.shape != times.shape
        or columns.shape[:2] != times.shape
        or columns.ndim != 3
    ):
        raise DesignError(
            f"shapes {times.shape}, {events.shape} and {columns.shape} do not fit together",
            expected="(b, n), (b, n) and (b, n, p)",
        )
    found, errors = (np.full((times.shape[0], columns.shape[2]), np.nan) for _ in range(2))
    for start in range(0, times.shape[0], _TOGETHER):
        part = slice(start, start + _TOGETHER)
        # A model that runs away, and is given up, leaves the range of floating point on its way.
        with np.errstate(all="ignore"):
            found[part], errors[part] = _newton(ManyRiskSets.of(times[part], events[part], columns[part]))
    return ManyFits(found, errors)


@logged("simulation", measure="Cox models")
def bootstrap_cox(
    time: ArrayLike, event: ArrayLike, design: ArrayLike, *, indices: NDArray[np.int64]
) -> ManyFits:
    """Fit a Cox model to each bootstrap sample.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        Times and events of the patients.
    design : array-like of float, shape (n, p)
        Covariates.
    indices : numpy.ndarray of int, shape (b, m)
        Patients of each sample, counted from 0, from :func:`bootstrap_indices` or drawn elsewhere.
    """
    seen = observations(time, event)
    columns = np.asarray(design, float).reshape(seen.n, -1)
    return cox_many(seen.time[indices], seen.event[indices], columns[indices])


def bootstrap_indices(n: int, *, samples: int, seed: int) -> NDArray[np.int64]:
    """Patients of each bootstrap sample, shape (samples, n), the same for one seed everywhere."""
    return np.random.default_rng(np.random.SeedSequence(seed)).integers(0, n, size=(samples, n))


@dataclass(frozen=True, eq=False)
class ManyRiskSets:
    """Data sets by rising time: where each risk set starts, which events are tied, and Efron's fractions.

    A patient censored at time 0 is in no risk set: that is how data sets of different sizes share one array.
    """

    event: NDArray[np.bool_]
    design: Floats
    spread: Floats
    first: NDArray[np.int64]
    after_last: NDArray[np.int64]
    fraction: Floats
    tied: bool

    @property
    def at_risk(self) -> NDArray[np.int64]:
        """Patients at risk at each patient's time, shape (b, n)."""
        return self.event.shape[1] - self.first

    @property
    def tied_events(self) -> Floats:
        """Events at each patient's time, shape (b, n)."""
        return self.tied_sums(self.event.astype(float))

    @classmethod
    def of(cls, time: Floats, event: NDArray[np.bool_], design: Floats) -> ManyRiskSets:
        """Sort the data sets; shapes (b, n), (b, n) and (b, n, p). Columns are centred."""
        order = np.argsort(time, axis=1, kind="stable")
        time, event = np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1)
        design = np.take_along_axis(design, order[:, :, None], 1)
        design = design - design.mean(axis=1, keepdims=True)
        places = np.arange(time.shape[1])
        new = np.ones(time.shape, bool)
        new[:, 1:] = time[:, 1:] != time[:, :-1]
        first = np.maximum.accumulate(np.where(new, places, 0), axis=1)
        ends = np.ones(time.shape, bool)
        ends[:, :-1] = new[:, 1:]
        after = np.where(ends, places + 1, time.shape[1])[:, ::-1]
        after_last = np.minimum.accumulate(after, axis=1)[:, ::-1]
        before = np.concatenate([np.zeros((time.shape[0], 1)), np.cumsum(event, axis=1)], axis=1)
        rank = before[:, :-1] - np.take_along_axis(before, first, 1)
        tied = np.take_along_axis(before, after_last, 1) - np.take_along_axis(before, first, 1)
        fraction = np.divide(rank, tied, out=np.zeros_like(rank), where=event & (tied > 0))
        return cls(event, design, design.std(axis=1), first, after_last, fraction, not new.all())

    def rows(self, keep: NDArray[np.int64]) -> ManyRiskSets:
        """The data sets of these numbers, rising."""
        if keep.size == self.event.shape[0]:
            return self
        return ManyRiskSets(
            event=self.event[keep],
            design=self.design[keep],
            spread=self.spread[keep],
            first=self.first[keep],
            after_last=self.after_last[keep],
            fraction=self.fraction[keep],
            tied=self.tied,
        )

    def evaluate(self, coefficients: Floats) -> tuple[Floats, Floats, Floats]:
        """Log likelihood (b,), score (b, p) and information (b, p, p), summed as for a single data set."""
        with np.errstate(all="ignore"):  # a step too far has no value, and is halved
            return self._evaluate(coefficients)

    def _evaluate(self, coefficients: Floats) -> tuple[Floats, Floats, Floats]:
        linear = (self.design @ coefficients[:, :, None])[:, :, 0]
        peak = linear.max(axis=1, keepdims=True)
        weight = np.exp(linear - peak)
        first = self.design * weight[:, :, None]
        dead = self.event.astype(float)
        total, moment = self.risk_set_sums(weight), self.risk_set_sums(first)
        if self.tied:
            total = total - self.fraction * self.tied_sums(weight * dead)
            moment = moment - self.fraction[:, :, None] * self.tied_sums(first * dead[:, :, None])
        hazard = dead / total
        value = ((linear - peak - np.log(total)) * dead).sum(axis=1)
        score = (dead[:, None, :] @ self.design - hazard[:, None, :] @ moment)[:, 0]
        lived = np.cumsum(hazard, axis=1)
        if self.tied:
            lived = np.take_along_axis(lived, self.after_last - 1, 1)
            lived -= dead * self.tied_sums(self.fraction * hazard)
        mean = moment * hazard[:, :, None]
        information = first.transpose(0, 2, 1) @ (lived[:, :, None] * self.design)
        information -= mean.transpose(0, 2, 1) @ mean
        return value, score, information

    def risk_set_sums(self, values: Floats) -> Floats:
        """Sum of the values, shape (b, n) or (b, n, k), over the risk set at each patient's time."""
        sums = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
        return _rows(sums, self.first) if self.tied else sums

    def tied_sums(self, values: Floats) -> Floats:
        """Sum of the values, shape (b, n) or (b, n, k), over those who share each patient's time."""
        zero = np.zeros((values.shape[0], 1, *values.shape[2:]))
        upto = np.concatenate([zero, np.cumsum(values, axis=1)], axis=1)
        return _rows(upto, self.after_last) - _rows(upto, self.first)


def _rows(values: Floats, places: NDArray[np.int64]) -> Floats:
    """Row ``places[b, i]`` of each table ``values[b]``, shape (b, n) or (b, n, k)."""
    if values.ndim == 2:
        return np.take_along_axis(values, places, 1)
    b, n, k = values.shape
    return np.ascontiguousarray(values).reshape(b * n, k)[places + n * np.arange(b)[:, None]]


def _newton(data: ManyRiskSets) -> tuple[Floats, Floats]:
    b, _, p = data.design.shape
    found, errors = np.full((b, p), np.nan), np.full((b, p), np.nan)
    left = np.flatnonzero((data.spread > 0).all(axis=1) & data.event.any(axis=1))
    data = data.rows(left)
    value, score, information = data.evaluate(np.zeros((left.size, p)))
    known = _estimable(data, information)
    if not known.all():
        data, left = data.rows(np.flatnonzero(known)), left[known]
        value, score, information = value[known], score[known], information[known]
    at, at_no_effect = np.zeros((left.size, p)), information
    for _ in range(_ITERATIONS):
        solvable = _solvable(information)
        step = np.zeros_like(at)
        step[solvable] = np.linalg.solve(information[solvable], score[solvable][:, :, None])[:, :, 0]
        promise = (step * score).sum(axis=1)
        done = solvable & (promise < 1e-12)  # the error left after this step is of the order of its square
        if done.any():
            held = np.flatnonzero(done)[~_collapsed(information[done], at_no_effect[done])]
            found[left[held]] = (at + step)[held]
            errors[left[held]] = np.sqrt(np.einsum("bpp->bp", np.linalg.inv(information[held])))
        runaway = np.abs(at * data.spread).max(axis=1, initial=0.0) > _RUNAWAY
        keep = np.flatnonzero(~done & solvable & ~runaway)
        if keep.size == 0:
            return found, errors
        at_no_effect = at_no_effect[keep]
        data, left, at, step, value, promise = (
            data.rows(keep),
            left[keep],
            at[keep],
            step[keep],
            value[keep],
            promise[keep],
        )
        at, value, score, information = _ascend(data, at, step, value, promise)
    return found, errors


def _estimable(data: ManyRiskSets, at_no_effect: Floats) -> NDArray[np.bool_]:
    """Whether every column varies among the patients at risk at some event, and none is a sum of others."""
    scaled = at_no_effect / data.spread[:, :, None] / data.spread[:, None, :]
    return np.linalg.eigvalsh(scaled)[:, 0] >= FLAT * data.event.sum(axis=1)


def _solvable(information: Floats) -> NDArray[np.bool_]:
    spread = np.sqrt(np.einsum("bpp->bp", information).clip(min=1e-300))
    return np.linalg.det(information / spread[:, :, None] / spread[:, None, :]) > 1e-14


def _collapsed(information: Floats, at_no_effect: Floats) -> NDArray[np.bool_]:
    """Whether the likelihood has become flat in some direction: it rises for ever (separation)."""
    least = np.linalg.eigvals(np.linalg.solve(at_no_effect, information)).real.min(axis=1)
    return least < COLLAPSED


def _ascend(
    data: ManyRiskSets, at: Floats, step: Floats, value: Floats, promise: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """One step for every row, halved in the rows whose likelihood would fall."""
    size = np.ones(at.shape[0])
    for _ in range(_HALVINGS):
        trial = at + size[:, None] * step
        reached, score, information = data.evaluate(trial)
        # Near the top a gain is lost in rounding; there the full step is right.
        falls = ~(reached >= value - 1e-10) & (promise > 1e-12)
        if not falls.any():
            break
        size[falls] /= 2
    return trial, reached, score, information
