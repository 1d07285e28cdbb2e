"""How the patients without a marker would have to be for the conclusion to be another."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.estimates import LEVEL
from analysis.survival.groups import Grouping
from analysis.survival.landmark import landmark
from analysis.survival.many_fits import cox_many
from analysis.survival.observations import observations

Floats = NDArray[np.float64]
ALL_UP_TO = 10
"""Patients without a group up to which every one of their 2^u classifications is tried."""
DRAWS = 40
"""Beyond that: random choices of who, in each cell of the grid."""


@dataclass(frozen=True, eq=False)
class LandmarkWithMissing:
    """Patients at the landmark, classified or not: ``in_group`` is NaN for those without a group."""

    day: float
    time: Floats
    event: NDArray[np.bool_]
    in_group: Floats
    kept: NDArray[np.bool_]
    labels: tuple[str, str]


@dataclass(frozen=True, eq=False)
class TippingPoint:
    """Hazard ratios over every way in which the patients without a group could be classified.

    The grid counts how many of them belong to the compared group: row i of those whose time ended in the earlier half,
    column j of the others (ordered by time; half of them each).

    Parameters
    ----------
    estimate : float
        Hazard ratio of the classified patients alone (Cox, Efron ties), with ``low`` and ``high`` (Wald).
    p_value : float
        Wald.
    middle, least, most : numpy.ndarray of float, shape (early + 1, late + 1)
        Geometric mean, smallest and largest hazard ratio over who they are.
    changed : numpy.ndarray of float, shape (early + 1, late + 1)
        Share of the classifications in a cell whose interval excludes 1 although the classified patients' does not, or
        the other way round.
    early, late : int
        Patients without a group, by half.
    n, events : int
        Classified patients and their events.
    tried : int
        Classifications fitted.
    every : bool
        Whether they are all that there are.
    labels : tuple of str
        Compared group and reference.
    method : str
        Printed beside it.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    middle: Floats
    least: Floats
    most: Floats
    changed: Floats
    early: int
    late: int
    n: int
    events: int
    tried: int
    every: bool
    labels: tuple[str, str]
    method: str = "Cox regression, Efron ties, Wald; patients without a group given every group"

    @property
    def excludes_one(self) -> bool:
        """Whether the interval of the classified patients excludes 1."""
        return not self.low <= 1 <= self.high

    def sentence(self) -> str:
        """What would have to be true for another conclusion, in one sentence."""
        unknown = self.early + self.late
        now = "excludes" if self.excludes_one else "includes"
        other = "includes" if self.excludes_one else "excludes"
        begin = (
            f"The interval of the hazard ratio of the {self.n} classified patients {now} 1 "
            f"({self.estimate:.2f}, {self.low:.2f} to {self.high:.2f})"
        )
        whole = (
            f"over {'every classification' if self.every else f'{self.tried} classifications'} of the {unknown} without a group "
            f"it lies between {self.least.min():.2f} and {self.most.max():.2f}"
        )
        if not self.changed.any():
            return f"{begin}; {whole}, and none of them changes that."
        early, late = self._nearest()
        return (
            f"{begin}; {whole}. It {other} 1 in some of them, for example if {early} of the {self.early} whose time ended "
            f"early and {late} of the {self.late} others were {self.labels[0]}."
        )

    def _nearest(self) -> tuple[int, int]:
        """The cell most often changed; of several the one nearest to the classified patients' share."""
        cells = np.argwhere(self.changed == self.changed.max())
        return int(cells[0, 0]), int(cells[0, 1])


def landmark_with_missing(
    time_days: ArrayLike,
    event: ArrayLike,
    group: Grouping,
    *,
    landmark_day: float,
    window_days: float,
    reference: object,
    labels: Mapping[object, str],
) -> LandmarkWithMissing:
    """Everyone at the landmark: classified patients as in the comparison, the others from the landmark day itself.

    Parameters
    ----------
    time_days, event : array-like, shape (n,)
        Days since treatment start to event or censoring, and whether the event was seen.
    group : Grouping
        Two groups with the day each was known; None is unknown.
    landmark_day, window_days : float
        As in :func:`~analysis.survival.landmark`.
    reference : hashable
        Value of the reference group.
    labels : mapping from value to str
        Printed names of both groups.

    Raises
    ------
    DesignError
        For impossible data, or a group known too late.
    """
    seen = observations(time_days, event)
    known = group.known
    filled = Grouping(
        group.name,
        tuple(reference if value is None else value for value in group.values),
        np.where(known, group.known_at_days, float(landmark_day)),
    )
    left = landmark(seen.time, seen.event, day=landmark_day, grouping=filled, window_days=window_days)
    member = np.array([np.nan if value is None else float(value != reference) for value in group.values])
    other = next(name for value, name in labels.items() if value != reference)
    return LandmarkWithMissing(
        left.day, left.time, left.event, member[left.kept], left.kept, (other, labels[reference])
    )


@logged("association", measure="hazard ratio")
def tipping_point(
    time: ArrayLike,
    event: ArrayLike,
    in_group: ArrayLike,
    *,
    labels: tuple[str, str],
    seed: int,
    name: str = "",
    level: float = LEVEL,
) -> TippingPoint:
    """Refit the hazard ratio over the ways in which the patients without a group could be classified.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark.
    in_group : array-like of float, shape (n,)
        1 in the compared group, 0 in the reference, NaN without a group.
    labels : tuple of str
        Compared group and reference.
    seed : int
        Of the choices of who, where not every classification is tried (more than ten patients without a group).
    name : str
        What is compared, for the log.
    level : float
        Confidence level.

    Raises
    ------
    DesignError
        For impossible data, nobody without a group, or classified patients without a finite hazard ratio.

    References
    ----------
    Liublinska & Rubin 2014, doi 10.1002/sim.6197.

    Examples
    --------
    >>> found = tipping_point([5, 8, 9, 12, 20, 21, 30, 31], [1, 1, 1, 1, 1, 0, 1, 0],
    ...     [1, 1, float("nan"), 0, 1, 0, 0, float("nan")], labels=("bad", "good"), seed=1)
    >>> found.early, found.late, found.tried, found.every
    (1, 1, 4, True)
    """
    seen = observations(time, event)
    group = np.asarray(in_group, float)
    if group.size != seen.n:
        raise DesignError(f"{group.size} groups for {seen.n} patients", expected="one a patient")
    unknown = np.flatnonzero(np.isnan(group))
    if not unknown.size:
        raise DesignError(
            "every patient has a group", expected="at least one without", do="there is nothing to tip"
        )
    known = ~np.isnan(group)
    unknown = unknown[np.argsort(seen.time[unknown], kind="stable")]
    early = (unknown.size + 1) // 2
    choices, every = _choices(early, unknown.size - early, seed)
    dealt = np.repeat(group[None], len(choices), axis=0)
    dealt[:, unknown] = choices
    alone = cox_many(seen.time[None, known], seen.event[None, known], group[None, known, None])
    if not alone.finite[0]:
        raise DesignError(
            "the classified patients have no finite hazard ratio",
            expected="both groups at risk at an event, and an event in each",
            do="report how many could not be classified, and no ratio",
        )
    shape = (len(choices), seen.n)
    fits = cox_many(np.broadcast_to(seen.time, shape), np.broadcast_to(seen.event, shape), dealt[:, :, None])
    reach = float(norm.ppf((1 + level) / 2))
    at, error = float(alone.coefficients[0, 0]), float(alone.std_errors[0, 0])
    excludes = abs(at) > reach * error
    found, errors = fits.coefficients[:, 0], fits.std_errors[:, 0]
    differs = (np.abs(found) > reach * errors) != excludes
    cells = (choices[:, :early].sum(axis=1), choices[:, early:].sum(axis=1))
    grid = (early + 1, unknown.size - early + 1)
    middle, least, most, changed = (np.full(grid, np.nan) for _ in range(4))
    for i, j in itertools.product(*map(range, grid)):
        here = (cells[0] == i) & (cells[1] == j) & np.isfinite(found)
        if here.any():
            middle[i, j], least[i, j], most[i, j] = np.exp(
                [found[here].mean(), found[here].min(), found[here].max()]
            )
            changed[i, j] = differs[here].mean()
    return TippingPoint(
        estimate=float(np.exp(at)),
        low=float(np.exp(at - reach * error)),
        high=float(np.exp(at + reach * error)),
        p_value=float(2 * norm.sf(abs(at) / error)),
        middle=middle,
        least=least,
        most=most,
        changed=changed,
        early=early,
        late=unknown.size - early,
        n=int(known.sum()),
        events=int(seen.event[known].sum()),
        tried=len(choices),
        every=every,
        labels=labels,
    )


def _choices(early: int, late: int, seed: int) -> tuple[Floats, bool]:
    """Rows of 0 and 1 for the patients without a group: all of them, or some for each cell of the grid."""
    size = early + late
    if size <= ALL_UP_TO:
        return np.array(list(itertools.product((0.0, 1.0), repeat=size))), True
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    rows = []
    for i, j in itertools.product(range(early + 1), range(late + 1)):
        for _ in range(DRAWS):
            row = np.zeros(size)
            row[generator.permutation(early)[:i]] = 1
            row[early + generator.permutation(late)[:j]] = 1
            rows.append(row)
    return np.unique(np.array(rows), axis=0), False
