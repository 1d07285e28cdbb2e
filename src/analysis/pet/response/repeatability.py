"""How sure a measured change is, given how much an unchanged lesion varies between two scans.

Of an unchanged lesion, ln(second / first) is normal around 0 with variance s₁² + s₂², where s² = ln(1 + wCV²) at each
scan, and no smaller than the measure's smallest difference allows. With no prior opinion about the true change (a flat
prior on its logarithm), the truth is normal around what was measured, with the same variance. Everything here follows
in closed form. Where most patients truly change alike, the truth lies nearer to their mean than such a prior says:
that is what :mod:`analysis.pet.response.change_prior` is for.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.errors import DesignError, ParameterError
from analysis.study import project_root
from analysis.yaml_text import yaml_content

_REACH = float(ndtri(0.975))


@dataclass(frozen=True)
class Repeatability:
    """How one lesion measure varies between scans of an unchanged lesion.

    Parameters
    ----------
    metric : str
        Column of the lesions.
    wcv_percent : float
        Within-subject coefficient of variation of one measurement.
    smallest_difference : float
        In the measure's unit: the 95 % limit of the difference of two measurements is never taken to be smaller.
    shared : float
        Share of the variance common to all lesions of a scan, 0 to 1.
    basis, source : str
        Where the numbers come from.
    verified : bool
        Whether they were read in the source.
    """

    metric: str
    wcv_percent: float
    smallest_difference: float = 0.0
    shared: float = 0.0
    basis: str = "assumed"
    source: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        _checked(self.wcv_percent)
        if not (self.smallest_difference >= 0 and 0 <= self.shared <= 1):
            raise DesignError(
                f"repeatability of {self.metric}: smallest difference {self.smallest_difference}, shared {self.shared}",
                expected="a difference of 0 or more, and a share from 0 to 1",
            )

    @property
    def common_variance(self) -> float:
        """Variance of the logarithm of one measurement that all lesions of its scan have in common."""
        return self.shared * math.log1p((self.wcv_percent / 100) ** 2)

    def log_sd_at(self, value: ArrayLike) -> NDArray[np.float64]:
        """Standard deviation of the logarithm of one measurement of this value; the floor cannot tell anything about 0.

        >>> Repeatability("suv_max", 10, 0.5).log_sd_at(np.array([8.0, 1.0])).round(3).tolist()
        [0.1, 0.18]
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            floor = self.smallest_difference / (_REACH * math.sqrt(2)) / np.asarray(value, float)
        return np.fmax(math.sqrt(math.log1p((self.wcv_percent / 100) ** 2)), np.nan_to_num(floor, posinf=0.0))

    def log_sd_of_change(self, baseline: ArrayLike, follow_up: ArrayLike) -> NDArray[np.float64]:
        """Standard deviation of ln(follow-up / baseline) of these measurements."""
        return np.hypot(self.log_sd_at(baseline), self.log_sd_at(follow_up))


@functools.cache
def load_repeatability(path: Path | None = None) -> dict[str, Repeatability]:
    """Repeatability of every measure; without a path, the project's own ``data/repeatability.yml``.

    Raises
    ------
    ParameterError
        If an entry lacks a field or holds an impossible number; the message names the measure.
    """
    source = path or project_root() / "data" / "repeatability.yml"
    document = yaml_content(source.read_text(encoding="utf-8"))
    found = {}
    for metric, entry in document["measures"].items():
        try:
            found[metric] = Repeatability(
                metric, **entry, shared=float(document["shared_within_scan"]["value"])
            )
        except (TypeError, KeyError, DesignError) as error:
            raise ParameterError(
                f"the repeatability of {metric} cannot be read: {error}",
                where=f"{source.parent.name}/{source.name}",
                expected="wcv_percent above 0, smallest_difference, basis, verified, source; shared_within_scan",
            ) from error
    return found


def repeatability_of(metric: str) -> Repeatability:
    """Repeatability of a lesion measure, from ``data/repeatability.yml``.

    Raises
    ------
    ParameterError
        If the file has none for this measure.
    """
    known = load_repeatability()
    if metric not in known:
        raise ParameterError(
            f"nothing is known of the repeatability of {metric!r}",
            where="data/repeatability.yml",
            expected="one of " + ", ".join(known),
            do="add the measure with its source",
        )
    return known[metric]


@dataclass(frozen=True)
class RepeatabilityLimits:
    """Limits, in percent, within which an unchanged lesion's change lies with the given probability."""

    low_percent: float
    high_percent: float
    probability: float


def log_sd(wcv_percent: float) -> float:
    """Standard deviation of ln(second / first) of an unchanged lesion that is not cool.

    Raises
    ------
    DesignError
        If the coefficient of variation is not above 0.

    >>> round(log_sd(10), 4)
    0.1411
    """
    return math.sqrt(2 * math.log1p((_checked(wcv_percent) / 100) ** 2))


def _checked(wcv_percent: float) -> float:
    if not 0 < wcv_percent < math.inf:
        raise DesignError(f"a within-subject variation of {wcv_percent} %", expected="a percentage above 0")
    return wcv_percent


def repeatability_limits(wcv_percent: float, *, probability: float = 0.95) -> RepeatabilityLimits:
    """Limits of the change of an unchanged lesion.

    >>> limits = repeatability_limits(10)
    >>> round(limits.low_percent, 1), round(limits.high_percent, 1)
    (-24.2, 31.8)
    """
    reach = float(ndtri(0.5 + probability / 2)) * log_sd(wcv_percent)
    return RepeatabilityLimits(100 * math.expm1(-reach), 100 * math.expm1(reach), probability)


def probability_of_chance(change_percent: ArrayLike, wcv_percent: float) -> NDArray[np.float64]:
    """Probability that an unchanged lesion shows a change at least as large in the same direction.

    A change of -100 % (disappeared) has probability 0; a missing one is missing.

    >>> probability_of_chance(np.array([-15.0, -25.0]), 10).round(3)
    array([0.125, 0.021])
    """
    with np.errstate(divide="ignore"):
        return ndtr(-np.abs(np.log1p(np.asarray(change_percent, float) / 100)) / log_sd(wcv_percent))
