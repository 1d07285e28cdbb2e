"""A proportion with its exact interval, and what it becomes if the missing are counted against or for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from analysis.errors import DesignError
from analysis.logbook import logged

METHODS = ("clopper_pearson", "wilson", "mid_p")
"""Intervals on offer: the first is the protocol's, the others stand beside it."""


@dataclass(frozen=True)
class Proportion:
    """k of n, with a two-sided interval; all but the counts are fractions of 1.

    ``estimate`` is NaN when n is 0; the interval is then 0 to 1, which is all that is known.
    """

    k: int
    n: int
    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class MissingCases:
    """The same proportion among those observed, and with every missing patient counted as failure or success."""

    observed: Proportion
    worst: Proportion
    best: Proportion
    missing: int


def _whole(value: int, name: str) -> int:
    if isinstance(value, bool) or int(value) != value or value < 0:
        raise DesignError(f"{name} is {value!r}", expected="a whole number from 0")
    return int(value)


def _check(k: int, n: int, level: float) -> tuple[int, int]:
    k, n = _whole(k, "k"), _whole(n, "n")
    if k > n:
        raise DesignError(f"k = {k} exceeds n = {n}", expected="k from 0 to n")
    if not 0 < level < 1:
        raise DesignError(f"the confidence level is {level!r}", expected="a fraction above 0 and below 1")
    return k, n


def _clopper_pearson(k: int, n: int, tail: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def _wilson(k: int, n: int, tail: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z2 = float(ndtri(tail)) ** 2
    centre = (k + z2 / 2) / (n + z2)
    half = math.sqrt(z2) / (n + z2) * math.sqrt(k * (n - k) / n + z2 / 4)
    # At k = 0 and k = n the limit is 0 or 1 exactly; the subtraction would leave rounding error.
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def _mid_p(k: int, n: int, tail: float) -> tuple[float, float]:
    from scipy.optimize import root_scalar
    from scipy.special import bdtr, bdtrc

    def upper_tail(p: float) -> float:
        """Return P(X > k) + P(X = k) / 2, which rises with p."""
        above = float(bdtrc(k, n, p))
        from_k = 1.0 if k == 0 else float(bdtrc(k - 1, n, p))
        return (above + from_k) / 2

    def lower_tail(p: float) -> float:
        below = 0.0 if k == 0 else float(bdtr(k - 1, n, p))
        return (below + float(bdtr(k, n, p))) / 2

    def root(tail_of: Callable[[float], float]) -> float:
        return float(root_scalar(lambda p: tail_of(p) - tail, bracket=(0, 1), xtol=1e-14, rtol=1e-14).root)

    return (0.0 if k == 0 else root(upper_tail)), (1.0 if k == n else root(lower_tail))


@logged("description", measure="share")
def proportion(k: int, n: int, *, method: str = "clopper_pearson", level: float = 0.95) -> Proportion:
    """Proportion k/n with its two-sided confidence interval.

    Parameters
    ----------
    k, n : int
        Patients with the property, and patients assessed for it. The missing belong to neither:
        count them with :func:`missing_cases`.
    method : str
        ``clopper_pearson`` (exact, never below nominal coverage), ``wilson`` (score) or ``mid_p``.
    level : float
        Confidence level, a fraction.

    Raises
    ------
    DesignError
        If k is not within 0 to n, or the method is unknown.

    References
    ----------
    Clopper & Pearson 1934, doi 10.1093/biomet/26.4.404; Wilson 1927, doi 10.1080/01621459.1927.10502953;
    mid-p: Berry & Armitage 1995, doi 10.2307/2348891.

    Examples
    --------
    >>> found = proportion(12, 46)
    >>> round(found.low, 4), round(found.high, 4)
    (0.1427, 0.4113)
    """
    k, n = _check(k, n, level)
    intervals = {"clopper_pearson": _clopper_pearson, "wilson": _wilson, "mid_p": _mid_p}
    if method not in intervals:
        raise DesignError(f"unknown interval {method!r}", expected="one of " + ", ".join(METHODS))
    if n == 0:
        return Proportion(0, 0, math.nan, 0.0, 1.0, method)
    low, high = intervals[method](k, n, (1 - level) / 2)
    return Proportion(k, n, k / n, low, high, method)


@logged("description", measure="share", whole="observed")
def missing_cases(k: int, n: int, missing: int, *, method: str = "clopper_pearson") -> MissingCases:
    """Proportion among those assessed, and its worst and best case for those who were not.

    Parameters
    ----------
    k, n : int
        Successes and patients assessed.
    missing : int
        Patients of the population who were not assessed: all failures in the worst case, all
        successes in the best.
    method : str
        Interval, as in :func:`proportion`.

    Examples
    --------
    >>> cases = missing_cases(15, 45, 3)
    >>> (cases.worst.k, cases.worst.n), (cases.best.k, cases.best.n)
    ((15, 48), (18, 48))
    """
    missing = _whole(missing, "missing")
    return MissingCases(
        observed=proportion(k, n, method=method),
        worst=proportion(k, n + missing, method=method),
        best=proportion(k + missing, n + missing, method=method),
        missing=missing,
    )
