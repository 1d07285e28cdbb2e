"""What a reconstruction would have been had the figure been digitised again: the uncertainty of the hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from analysis.errors import DesignError
from analysis.evidence.digitised import DigitisedArm
from analysis.evidence.reconstruction import reconstruct_many
from analysis.logbook import logged
from analysis.survival import cox_many
from analysis.survival.quantile import curve_quantile

Floats = NDArray[np.float64]
TIME_SHARE, SURVIVAL = 0.002, 0.002
"""Standard deviations of a digitised point: of the time axis, and of survival. Assumed: about a pixel of a figure 500
pixels wide and high; a coarser figure asks for more."""


@dataclass(frozen=True, eq=False)
class Redigitised:
    """Results of many digitisations of one figure.

    Parameters
    ----------
    hazard_ratios : numpy.ndarray of float, shape (b,)
        Of the arm that is not the control, in each digitisation.
    medians : dict of str to numpy.ndarray of float, shape (b,)
        By arm, in the figure's unit; NaN where not reached.
    events : dict of str to numpy.ndarray of int, shape (b,)
        By arm.
    """

    hazard_ratios: Floats
    medians: dict[str, Floats]
    events: dict[str, NDArray[np.int64]]
    method: str

    @property
    def samples(self) -> int:
        """Digitisations."""
        return self.hazard_ratios.size

    @property
    def n(self) -> int:
        """Digitisations, for the log of analyses."""
        return self.samples

    @property
    def estimate(self) -> float:
        """Median hazard ratio of the digitisations."""
        return float(np.median(self.hazard_ratios))

    def middle(self, values: Floats, level: float = 0.95) -> tuple[float, float]:
        """Limits between which the middle ``level`` of values lie; NaN where a limit is not reached."""
        tails = ((1 - level) / 2, (1 + level) / 2)
        low, high = np.quantile(np.where(np.isnan(values), np.inf, values), tails, method="nearest")
        return tuple(float(v) if np.isfinite(v) else np.nan for v in (low, high))  # type: ignore[return-value]

    @property
    def low(self) -> float:
        """Lower limit of the middle 95 % of hazard ratios."""
        return self.middle(self.hazard_ratios)[0]

    @property
    def high(self) -> float:
        """Upper limit of the middle 95 % of hazard ratios."""
        return self.middle(self.hazard_ratios)[1]


@logged("simulation", measure="hazard ratio over digitisations")
def redigitise(
    arms: Sequence[DigitisedArm],
    *,
    control: str,
    seed: int,
    samples: int = 200,
    time_share: float = TIME_SHARE,
    survival: float = SURVIVAL,
) -> Redigitised:
    """Hazard ratio and medians when every digitised point is moved a little, many times.

    This is the uncertainty of digitising, beside the sampling interval of the hazard ratio, not in its place. Numbers at
    risk and totals of events are printed, and stay.

    Parameters
    ----------
    arms : sequence of DigitisedArm
        Two arms of one figure.
    control : str
        Name of the reference.
    seed : int
        Root of the random numbers.
    samples : int
        Digitisations.
    time_share, survival : float
        Standard deviations of a point: as share of the time axis, and of survival.

    Raises
    ------
    DesignError
        If there are not two arms of which one is the control, or a setting is impossible.

    References
    ----------
    Guyot P et al. 2012, doi 10.1186/1471-2288-12-9: reproducibility over digitisations.
    """
    names = [arm.arm for arm in arms]
    if len(arms) != 2 or control not in names:
        raise DesignError(
            f"the figure has the arms {', '.join(names)}",
            expected=f"two, one of them the control {control!r}",
        )
    if samples < 1 or time_share < 0 or survival < 0:
        raise DesignError(
            "a setting of the digitisations is impossible", expected="samples from 1, deviations from 0"
        )
    axis = max(float(arm.times[-1]) for arm in arms)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(len(arms))]
    found = {
        arm.arm: reconstruct_many(arm, *moved(arm, samples, rng, time_share * axis, survival))
        for arm, rng in zip(arms, streams, strict=True)
    }
    time = np.hstack([one.time for one in found.values()])
    event = np.hstack([one.event for one in found.values()])
    treated = np.repeat([float(name != control) for name in names], [arm.n for arm in arms])
    fits = cox_many(time, event, np.broadcast_to(treated[:, None], (*time.shape, 1)))
    return Redigitised(
        hazard_ratios=np.exp(fits.coefficients[:, 0]),
        medians={
            name: np.array([_median(*row) for row in zip(one.time, one.event, strict=True)])
            for name, one in found.items()
        },
        events={name: one.event.sum(axis=1) for name, one in found.items()},
        method=f"{samples} digitisations, SD {time_share:.1%} of the time axis and {survival:g} of survival",
    )


def moved(
    arm: DigitisedArm, samples: int, rng: np.random.Generator, time_sd: float, survival_sd: float
) -> tuple[Floats, Floats]:
    """Points of the arm digitised again, shape (samples, k): still falling, still in order, the same end.

    A point stays between the printed numbers at risk that it lies between: whoever digitises sees the ticks of the axis.
    """
    shape = (samples, arm.times.size)
    times = arm.times + time_sd * rng.standard_normal(shape)
    heights = arm.survival + survival_sd * rng.standard_normal(shape)
    part = np.searchsorted(arm.risk_times, arm.times, side="right") - 1
    after = np.append(arm.risk_times[1:], np.inf)[part]
    times = np.clip(times, arm.risk_times[part], np.minimum(np.nextafter(after, 0), arm.times[-1]))
    times[:, 0], times[:, -1], heights[:, 0] = 0.0, arm.times[-1], 1.0
    heights[:, arm.survival == 0] = 0.0  # the floor of the figure is seen as such
    heights = np.clip(heights, 0, 1)
    # Isotonic, not a running minimum, which would lower a curve of many small steps.
    falling = [isotonic_regression(row, increasing=False).x for row in heights]
    return np.array([isotonic_regression(row).x for row in times]), np.array(falling)


def _median(time: Floats, event: NDArray[np.bool_]) -> float:
    distinct, place = np.unique(time, return_inverse=True)
    ended = np.bincount(place, minlength=distinct.size)
    at_risk = time.size - np.concatenate([[0], np.cumsum(ended)[:-1]])
    survival = np.cumprod(1 - np.bincount(place, weights=event, minlength=distinct.size) / at_risk).astype(
        np.float64
    )
    return curve_quantile(distinct, survival, 0.5, rule="R")
