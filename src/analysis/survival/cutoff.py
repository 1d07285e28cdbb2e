"""Cut-offs: a pre-specified one is a number with a source, a searched one carries its corrected p."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import with_marker
from analysis.survival.cutoff_p_values import exact_gauss, lausen_1992, lausen_1994
from analysis.survival.cutoff_search import bootstrap_cutoffs, cross_validated_ratio
from analysis.survival.dealing import dealt
from analysis.survival.estimates import LEVEL, HazardRatio
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.observations import Observations
from analysis.survival.wording import p_text, ratio_text

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PreSpecifiedCutoff:
    """A cut-off fixed before the data were seen, with where it was fixed.

    Patients with a marker up to and including ``value`` form the lower group.
    """

    value: float
    unit: str
    source: str
    pre_specified: ClassVar[bool] = True

    def words(self) -> str:
        """Say that it was fixed in advance, and where."""
        return f"pre-specified cut-off of {self.value:g} {self.unit} ({self.source})"


@dataclass(frozen=True, eq=False)
class MaximallySelected:
    """The largest of many log-rank statistics, and p-values that know it is the largest.

    Enough for a simulation of many trials; what is shown of one trial's cut-off is a :class:`PostHocCutoff`.

    Parameters
    ----------
    value : float
        Patients with a marker up to and including it form the lower group.
    statistic : float
        Largest absolute standardised log-rank statistic.
    p_lausen_1992, p_lausen_1994, p_gauss, p_permutation : float
        Corrected p-values: two approximations, the probability under the joint normal distribution of all the
        statistics, and by re-dealing patients over the same search.
    permutations : int
        Number of re-dealings.
    cutoffs, statistics : numpy.ndarray, shape (cuts,)
        Every cut-off tried and its absolute statistic.
    smallest_share : float
        Least share of patients on either side.
    n, events : int
        Patients and events.
    method : str
        Begins with "post hoc".
    """

    value: float
    statistic: float
    p_lausen_1992: float
    p_lausen_1994: float
    p_gauss: float
    p_permutation: float
    permutations: int
    cutoffs: Floats
    statistics: Floats
    smallest_share: float
    n: int
    events: int
    method: str
    pre_specified: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class PostHocCutoff(MaximallySelected):
    """A searched cut-off with all that may be said of it.

    The p-value of an ordinary test at this cut-off has 37 % type-I error with 46 patients; it is not
    computed here and must not be printed.

    Parameters
    ----------
    low, high : float
        Percentile interval of the cut-offs found in bootstrap samples. It shows how far the cut-off moves; its
        coverage is not guaranteed, because a searched cut-off converges too slowly for the bootstrap.
    resampled : numpy.ndarray, shape (samples,)
        Those cut-offs; NaN where a sample had none to try.
    cross_validated : HazardRatio
        What is left of the effect when each patient is cut where the others say (shrunken hazard ratio).
    warnings : tuple of str
        Whole sentences for the reader.
    level : float
        Confidence level.
    """

    low: float
    high: float
    resampled: Floats
    cross_validated: HazardRatio
    warnings: tuple[str, ...] = ()
    level: float = LEVEL

    def words(self) -> str:
        """Say that it was searched, how far it moves, its corrected p-value and what is left of its effect."""
        left = self.cross_validated
        share = 100 * self.level
        return (
            f"post hoc cut-off of {self.value:g}, searched in the same {self.n} patients ({self.events} events); "
            f"in {share:.0f} % of bootstrap samples between {self.low:g} and {self.high:g}; "
            f"{p_text(self.p_permutation)} corrected for the search by {self.permutations} permutations; "
            f"cross-validated hazard ratio {ratio_text(left.estimate)} ({share:.0f} % CI {ratio_text(left.low)} to "
            f"{ratio_text(left.high)})"
        )


@logged("search", measure="cut-off")
def search_cutoff(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    seed: int,
    smallest_share: float = 0.1,
    permutations: int = 10_000,
    samples: int = 1_000,
    folds: int = 2,
    repeats: int = 100,
    level: float = LEVEL,
) -> PostHocCutoff:
    """Find the best cut-off of a marker, how far it moves, and what is left of its effect.

    Parameters
    ----------
    time, event, marker, seed, smallest_share, permutations
        As in :func:`maximally_selected`.
    samples : int
        Bootstrap samples in which the search is repeated.
    folds, repeats : int
        Parts of a cross-validation, and number of random divisions into them.
    level : float
        Confidence level of both intervals.

    Raises
    ------
    DesignError
        For impossible data, no event, or a marker without a cut-off to try.

    References
    ----------
    As in :func:`maximally_selected`; Faraggi and Simon 1996,
    doi 10.1002/(SICI)1097-0258(19961030)15:20<2203::AID-SIM357>3.0.CO;2-G (cross-validation).
    """
    _refuse_too_few(permutations=permutations, samples=samples, folds=folds - 1, repeats=repeats)
    searched = maximally_selected(
        time, event, marker, seed=seed, smallest_share=smallest_share, permutations=permutations
    )
    seen, values = with_marker(time, event, marker)
    resampled = bootstrap_cutoffs(seen, values, smallest_share=smallest_share, samples=samples, seed=seed)
    known = resampled[np.isfinite(resampled)]
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(known, tails, method="inverted_cdf") if known.size else (np.nan, np.nan)
    validated = cross_validated_ratio(
        seen, values, smallest_share=smallest_share, folds=folds, repeats=repeats, seed=seed, level=level
    )
    lost = samples - known.size
    none = (f"{lost} of {samples} bootstrap samples had no cut-off to try.",) if lost else ()
    return PostHocCutoff(
        **vars(searched),
        low=float(low),
        high=float(high),
        resampled=resampled,
        cross_validated=validated,
        warnings=(*none, *validated.warnings),
        level=level,
    )


@logged("search", measure="cut-off")
def maximally_selected(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    seed: int,
    smallest_share: float = 0.1,
    permutations: int = 10_000,
    deals: NDArray[np.int64] | None = None,
) -> MaximallySelected:
    """Find the cut-off with the largest log-rank statistic, and its corrected p-values.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark on which the marker is known.
    marker : array-like of float, shape (n,)
        Missing values are refused.
    seed : int
        Seed of the permutation p-value.
    smallest_share : float
        Cut-offs leave at least this share of patients on either side.
    permutations : int
        Number of re-dealings; p is ``(1 + hits) / (permutations + 1)``.
    deals : numpy.ndarray of int, shape (permutations, n), optional
        The re-dealings themselves, from :func:`~analysis.survival.dealing.deal_indices`; replaces ``seed`` and
        ``permutations``.

    Raises
    ------
    DesignError
        For impossible data, no event, or a marker without a cut-off to try.

    References
    ----------
    Lausen and Schumacher 1992, doi 10.2307/2532740; 1994, doi 10.1016/0167-9473(94)00086-4;
    Hothorn and Lausen 2003, doi 10.1016/S0167-9473(02)00225-6.
    """
    seen, values = with_marker(time, event, marker)
    if seen.n_events == 0:
        raise DesignError("there is no event", expected="at least one event")
    if not 0 < smallest_share < 0.5:
        raise DesignError(f"the smallest share is {smallest_share}", expected="between 0 and 0.5")
    order = np.argsort(values, kind="stable")
    scores = hothorn_lausen_scores(seen)[order]
    cutoffs, sizes = np.unique(values, return_counts=True)
    below = np.cumsum(sizes)
    n = seen.n
    # at least one patient on either side, and the shares of maxstat: floor(n * share)
    tried = (below >= max(1, int(n * smallest_share))) & (below <= min(n - 1, int(n * (1 - smallest_share))))
    if not tried.any():
        raise DesignError(
            "the marker has no cut-off that leaves enough patients on either side",
            expected=f"at least {smallest_share:.0%} of patients on either side",
            do="describe the marker without a cut-off",
        )
    if scores.max() - scores.min() < 1e-12:
        raise DesignError(
            "all patients have the same log-rank score: the only events are the last times",
            expected="an event while patients are still observed",
            do="describe the marker without a cut-off",
        )
    below = below[tried]
    mean, squares = scores.sum() / n, n * (scores**2).sum() - scores.sum() ** 2
    spread = np.sqrt(below * (n - below) / (n**2 * (n - 1)) * squares)

    def standardised(ordered: Floats) -> Floats:
        sums = np.cumsum(ordered, axis=1)[:, below - 1]
        return np.abs(sums - below * mean) / spread

    statistics = standardised(scores[None, :])[0]
    best = int(np.argmax(statistics))
    highest = float(statistics[best])
    hits, permutations = 0, permutations if deals is None else len(deals)
    for batch in dealt(scores, permutations=permutations, seed=seed, deals=deals):
        hits += int((standardised(batch).max(axis=1) >= highest * (1 - 1e-10)).sum())
    return MaximallySelected(
        value=float(cutoffs[tried][best]),
        statistic=highest,
        p_lausen_1992=lausen_1992(highest, smallest_share),
        p_lausen_1994=lausen_1994(highest, n, below),
        p_gauss=exact_gauss(highest, n, below),
        p_permutation=(1 + hits) / (permutations + 1),
        permutations=permutations,
        cutoffs=cutoffs[tried],
        statistics=statistics,
        smallest_share=smallest_share,
        n=n,
        events=seen.n_events,
        method="post hoc cut-off, maximally selected log-rank statistic",
    )


@logged("comparison", measure="hazard ratio")
def ratio_at_cutoff(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    cutoff: PreSpecifiedCutoff | PostHocCutoff,
    *,
    interval: str = "profile",
    level: float = LEVEL,
) -> HazardRatio:
    """Hazard ratio of patients above a cut-off against the others, by what kind of cut-off it is.

    Parameters
    ----------
    time, event, marker : array-like, shape (n,)
        From the landmark on which the marker is known.
    cutoff : PreSpecifiedCutoff or PostHocCutoff
        A pre-specified one is compared by :func:`~analysis.survival.hazard_ratio`. A searched one is never: it gives
        its cross-validated hazard ratio and the permutation p-value of its search, in words that begin with
        "post hoc"; the data must be those it was searched in.
    interval, level
        As in :func:`~analysis.survival.hazard_ratio`; a searched cut-off brings its own.

    Raises
    ------
    DesignError
        For impossible data, a bare number, which does not say whether it was fixed in advance, a searched cut-off of
        other data, or a cut-off with all patients on one side.
    """
    if isinstance(cutoff, bool | int | float | np.number):
        raise DesignError(
            f"a cut-off of {cutoff} does not say whether it was fixed before the data were seen",
            expected="a PreSpecifiedCutoff with its source, or the result of search_cutoff",
        )
    seen, values = with_marker(time, event, marker)
    above = values > cutoff.value
    if isinstance(cutoff, PreSpecifiedCutoff):
        found = hazard_ratio(seen.time, seen.event, above, reference=False, interval=interval, level=level)
        limit = f"{cutoff.value:g} {cutoff.unit}".strip()
        return replace(found, comparison=f"above v up to {limit}", method=f"{cutoff.words()}; {found.method}")
    if (seen.n, seen.n_events) != (cutoff.n, cutoff.events) or cutoff.value not in values:
        raise DesignError(
            f"a cut-off searched in {cutoff.n} patients with {cutoff.events} events is applied to {seen.n} with "
            f"{seen.n_events}",
            expected="the data in which it was searched",
            do="to test it in other patients, state it in advance: PreSpecifiedCutoff(value, unit, source)",
        )
    return replace(cutoff.cross_validated, p_value=cutoff.p_permutation)


def _refuse_too_few(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise DesignError(f"{name} is too small for a search", expected="at least one, and two folds")


def hothorn_lausen_scores(seen: Observations) -> Floats:
    """Log-rank scores with Hothorn and Lausen's ranks for ties, in the order of the patients."""
    up_to = np.searchsorted(np.sort(seen.time), seen.time, side="right")
    distinct, place = np.unique(seen.time, return_inverse=True)
    hazard = np.zeros(distinct.size)
    np.add.at(hazard, place, seen.event / (seen.n - up_to + 1))
    return seen.event - np.cumsum(hazard)[place]
