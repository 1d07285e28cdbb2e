"""Cox's partial likelihood with its derivatives, prepared once for many evaluations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.survival.groups import coded
from analysis.survival.observations import Observations, numbers, observations, refuse

TIES = ("efron", "breslow")
FLAT = 1e-10
"""Information on a combination of columns, per event and in standard deviations, that is none but rounding."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stratum:
    """Patients of one stratum by rising time, and where its events and risk sets lie.

    ``patients`` are their positions in the data as given, ``last`` and ``entry`` end and start of observation.
    ``leave`` and ``enter`` index, for each event time, the first patient still at risk in the order of
    times and the first not yet entered in the order of entries. One entry of ``step`` and ``fraction``
    belongs to each event: its event time, and the share of the tied events that Efron removes. ``suffered`` counts
    the events up to each patient's end of observation, ``missed`` those up to the start.
    """

    patients: NDArray[np.int64]
    last: Floats
    entry: Floats | None
    design: Floats
    event: NDArray[np.bool_]
    late_entry: NDArray[np.int64] | None
    enter: NDArray[np.int64]
    leave: NDArray[np.int64]
    step: NDArray[np.int64]
    fraction: Floats
    times: Floats
    suffered: NDArray[np.int64]
    missed: NDArray[np.int64] | None
    tied: bool
    total: Floats


@dataclass(frozen=True, eq=False)
class EventMoments:
    """At each event, in order of time: log of the risk set's weight, weighted mean and covariance of it."""

    log_weight: Floats
    mean: Floats
    covariance: Floats
    row: Floats
    linear: Floats
    time: Floats
    step: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """Log partial likelihood of a design, as a function of the coefficients.

    Columns are centred inside, at ``centre``; the coefficients are those of the columns as given.
    """

    strata: tuple[Stratum, ...]
    terms: tuple[str, ...]
    ties: str
    n: int
    n_events: int
    spread: Floats
    centre: Floats
    observations: Observations

    def moments(self, coefficients: Floats) -> list[EventMoments]:
        """Risk-set moments at every event, one entry a stratum."""
        return [_moments(stratum, coefficients) for stratum in self.strata]

    def evaluate(self, coefficients: Floats) -> tuple[float, Floats, Floats]:
        """Log likelihood, score, shape (p,), and information, shape (p, p)."""
        value, score = 0.0, np.zeros(len(self.terms))
        information = np.zeros((len(self.terms), len(self.terms)))
        for stratum in self.strata:
            with np.errstate(all="ignore"):  # a step too far has no value, and is halved
                own, slope, curvature = _evaluate(stratum, coefficients)
            value, score, information = value + own, score + slope, information + curvature
        return value, score, information

    @cached_property
    def at_no_effect(self) -> tuple[float, Floats, Floats]:
        """What :meth:`evaluate` gives when all coefficients are 0."""
        return self.evaluate(np.zeros(len(self.terms)))


def partial_likelihood(
    time: ArrayLike,
    event: ArrayLike,
    design: ArrayLike,
    *,
    terms: tuple[str, ...] | None = None,
    ties: str = "efron",
    entry: ArrayLike | None = None,
    strata: Iterable[Any] | None = None,
) -> PartialLikelihood:
    """Partial likelihood of these patients and columns.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        End of each patient's (or interval's) observation and whether it was an event.
    design : array-like of float, shape (n,) or (n, p)
        Covariates; a missing value is refused.
    terms : tuple of str, length p, optional
        Names of the columns, for messages and tables.
    ties : {"efron", "breslow"}
        Approximation for tied events.
    entry : array-like of float, shape (n,), optional
        Start of observation: delayed entry, or intervals of a time-dependent covariate. A patient is at
        risk after ``entry`` up to and including ``time``.
    strata : array-like, shape (n,), optional
        Risk sets are formed within strata.

    Raises
    ------
    DesignError
        For impossible data (positions named), no event, or a column that does not vary in any risk set.
    """
    seen = observations(time, event)
    columns = _design(design, seen.n)
    names = terms or tuple(f"x{j + 1}" for j in range(columns.shape[1]))
    if len(names) != columns.shape[1]:
        raise DesignError(
            f"{len(names)} term names for {columns.shape[1]} columns", expected="one name a column"
        )
    if ties not in TIES:
        raise DesignError(f"handling of ties {ties!r} is unknown", expected="one of " + ", ".join(TIES))
    if seen.n_events == 0:
        raise DesignError(
            "there is no event, and a hazard ratio has no meaning without one",
            expected="at least one event",
            do="report the number of patients and their follow-up",
        )
    starts = None if entry is None else numbers(entry, "entry")
    if starts is not None:
        if starts.size != seen.n:
            raise DesignError(f"{starts.size} entries for {seen.n} patients", expected="one entry a patient")
        refuse(
            "Entry is missing, or not before the end of observation",
            ~(starts < seen.time),
            expected="entry < time",
            do="leave out patients whose observation ended before it began",
        )
    layers = np.zeros(seen.n, dtype=int) if strata is None else coded(strata, seen.n, least=1)[0]
    centre = columns.mean(axis=0)
    centred = columns - centre
    prepared = tuple(
        _stratum(mine, seen, centred, starts, ties)
        for mine in (np.flatnonzero(layers == layer) for layer in range(layers.max() + 1))
        if seen.event[mine].any()
    )
    found = PartialLikelihood(prepared, names, ties, seen.n, seen.n_events, columns.std(axis=0), centre, seen)
    _refuse_singular(found)
    return found


def _design(design: ArrayLike, n: int) -> Floats:
    try:
        columns = np.asarray(design, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(
            "the covariates are not all numbers", expected="one number a patient and term"
        ) from None
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[0] != n:
        raise DesignError(
            f"covariates of shape {columns.shape} stand beside {n} patients", expected="one row a patient"
        )
    refuse(
        "A covariate is missing or infinite",
        ~np.asarray(np.isfinite(columns).all(axis=1)),
        expected="a number for every patient and term",
        do="list these patients with a reason and leave them out, or impute",
    )
    return columns


def _stratum(
    mine: NDArray[np.int64], seen: Observations, design: Floats, starts: Floats | None, ties: str
) -> Stratum:
    mine = mine[np.lexsort((~seen.event[mine], seen.time[mine]))]
    time, event, design = seen.time[mine], seen.event[mine], design[mine]
    entry = None if starts is None else starts[mine]
    at = np.flatnonzero(event)
    distinct, step, tied = np.unique(time[at], return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(tied)[:-1]])
    fraction = (np.arange(at.size) - first[step]) / tied[step] if ties == "efron" else np.zeros(at.size)
    late = None if entry is None else np.argsort(entry, kind="stable")
    enter = (
        np.zeros(0, dtype=np.int64)
        if entry is None
        else np.searchsorted(np.sort(entry), distinct, side="left")
    )
    leave = np.searchsorted(time, distinct, side="left")
    return Stratum(
        patients=mine,
        last=time,
        entry=entry,
        design=design,
        event=event,
        late_entry=late,
        enter=enter,
        leave=leave,
        step=step,
        fraction=fraction,
        times=time[at],
        suffered=np.searchsorted(time[at], time, side="right"),
        missed=None if entry is None else np.searchsorted(time[at], entry, side="right"),
        tied=bool(fraction.any()),
        total=design[at].sum(axis=0),
    )


def _evaluate(stratum: Stratum, coefficients: Floats) -> tuple[float, Floats, Floats]:
    """Log likelihood, score and information of one stratum, without a table for each event.

    The sum over events of weighted second moments is a sum over patients, each with the hazard it has lived through;
    only first moments are needed event by event.
    """
    design = stratum.design
    linear = design @ coefficients
    peak = linear.max()
    weight = np.exp(linear - peak)
    first = weight[:, None] * design
    total, moment = _from_end(weight, stratum), _from_end(first, stratum)
    dead, share, steps = stratum.event, stratum.fraction, stratum.leave.size
    if stratum.tied:
        total = total - share * np.bincount(stratum.step, weight[dead], steps)[stratum.step]
        tied = np.zeros((steps, design.shape[1]))
        np.add.at(tied, stratum.step, first[dead])
        moment = moment - share[:, None] * tied[stratum.step]
    hazard = 1 / total
    value = float(linear[stratum.event].sum() - np.log(total).sum() - peak * total.size)
    upto = np.concatenate([[0.0], np.cumsum(hazard)])
    lived = upto[stratum.suffered]
    if stratum.missed is not None:
        lived = lived - upto[stratum.missed]
    if stratum.tied:  # at its own time a tied event is at risk only until Efron has removed it
        lived[dead] -= np.bincount(stratum.step, share * hazard, steps)[stratum.step]
    mean = moment * hazard[:, None]
    second = first.T @ (lived[:, None] * design)
    return value, stratum.total - mean.sum(axis=0), (second + second.T) / 2 - mean.T @ mean


def _moments(stratum: Stratum, coefficients: Floats) -> EventMoments:
    """Weighted sums over risk sets as differences of cumulative sums from the end."""
    design = stratum.design
    linear = design @ coefficients
    peak = linear.max()
    weight = np.exp(linear - peak)
    first = weight[:, None] * design
    second = first[:, :, None] * design[:, None, :]
    sums = [_from_end(values, stratum) for values in (weight, first, second)]
    if stratum.tied:
        dead = stratum.event
        for total, values in zip(sums, (weight, first, second), strict=True):
            tied = np.zeros((stratum.leave.size, *values.shape[1:]))
            np.add.at(tied, stratum.step, values[dead])
            total -= stratum.fraction.reshape(-1, *[1] * (values.ndim - 1)) * tied[stratum.step]
    mean = sums[1] / sums[0][:, None]
    covariance = sums[2] / sums[0][:, None, None] - mean[:, :, None] * mean[:, None, :]
    rows = stratum.event
    return EventMoments(
        np.log(sums[0]) + peak, mean, covariance, design[rows], linear[rows], stratum.times, stratum.step
    )


def _from_end(values: Floats, stratum: Stratum) -> Floats:
    """Sum of ``values`` over the risk set of each event."""
    empty = np.zeros((1, *values.shape[1:]))
    tail = np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], empty])
    totals = tail[stratum.leave]
    if stratum.late_entry is not None:
        not_yet = np.concatenate([np.cumsum(values[stratum.late_entry][::-1], axis=0)[::-1], empty])
        totals = totals - not_yet[stratum.enter]
    return totals[stratum.step]


def _refuse_singular(likelihood: PartialLikelihood) -> None:
    """Refuse a column that is constant in every risk set, or a sum of others: it has no coefficient."""
    _, _, information = likelihood.at_no_effect
    scale = np.where(likelihood.spread > 0, likelihood.spread, 1.0)
    scaled = information / np.outer(scale, scale) / likelihood.n_events
    flat = [term for term, own in zip(likelihood.terms, np.diag(scaled), strict=True) if own < FLAT]
    if flat or np.linalg.eigvalsh(scaled)[0] < FLAT:
        raise DesignError(
            "the model has no unique answer: "
            + (
                f"{', '.join(flat)} never differs between patients at risk" if flat else "terms are collinear"
            ),
            where="terms " + ", ".join(likelihood.terms),
            expected="terms that vary among the patients at risk at some event, none a sum of others",
            do="leave out the term, or describe the groups without a model",
            offenders=flat,
        )
