"""How far local and central readers agree on progression: whether, and when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.concordance import concordance
from analysis.survival.observations import observations


@dataclass(frozen=True)
class ReaderAgreement:
    """Counts of patients by what the two readers saw, and rates of disagreement.

    Parameters
    ----------
    label : str
        Whose.
    n : int
        Patients.
    same, local_later, local_earlier : int
        Progressed by both: at the same time, within the tolerance; later, or earlier, by the local reader.
    local_only, central_only, neither : int
        Progressed by one reader, or by none.
    early_rate : float
        Share of the local progressions that the central reader sees later or never: how often the local reader is ahead.
    late_rate : float
        Of all disagreements, the share in which the local reader is behind: later, or never.
    days_apart : tuple of float
        Quartiles of local minus central time in days, of patients who progressed by both; NaN without any.
    estimate, low, high : float
        Harrell's concordance of the local time with the order of the central ones.
    """

    label: str
    n: int
    same: int
    local_later: int
    local_earlier: int
    local_only: int
    central_only: int
    neither: int
    early_rate: float
    late_rate: float
    days_apart: tuple[float, float, float]
    estimate: float
    low: float
    high: float
    method: str = "early and late discrepancy rates; Harrell's concordance of times"

    @property
    def both(self) -> int:
        """Progressed by both readers."""
        return self.same + self.local_later + self.local_earlier


@logged("agreement", measure="concordance of times")
def reader_agreement(
    local_time: ArrayLike,
    local_event: ArrayLike,
    central_time: ArrayLike,
    central_event: ArrayLike,
    *,
    tolerance_days: float,
    label: str = "",
) -> ReaderAgreement:
    """Compare progression as two readers see it in the same patients.

    Parameters
    ----------
    local_time, local_event, central_time, central_event : array-like, shape (n,)
        Days since randomisation, and whether progression or death was seen, by each reader.
    tolerance_days : float
        Times so close are the same: half the distance of two visits.
    label : str
        Whose, e.g. an arm.

    Raises
    ------
    DesignError
        For impossible data, or different numbers of patients.

    References
    ----------
    Amit et al. 2011, doi 10.1016/j.ejca.2011.02.013: early discrepancy rate (b + a3) / (a + b), late discrepancy rate
    (c + a2) / (b + c + a2 + a3). A difference of the arms in them points to biased local reading.

    Examples
    --------
    >>> found = reader_agreement([50, 60, 90, 80], [1, 1, 1, 0], [50, 90, 90, 80], [1, 1, 0, 0], tolerance_days=10)
    >>> found.same, found.local_earlier, found.local_only, round(found.early_rate, 3), found.late_rate
    (1, 1, 1, 0.667, 0.0)
    """
    local, central = observations(local_time, local_event), observations(central_time, central_event)
    if local.n != central.n:
        raise DesignError(
            f"{local.n} local readings stand beside {central.n} central ones",
            expected="both readings of the same patients, in one order",
            do="compare only patients whom both readers have seen",
        )
    both = local.event & central.event
    apart = local.time - central.time
    late, early = both & (apart > tolerance_days), both & (apart < -tolerance_days)
    only = local.event & ~central.event
    missed = central.event & ~local.event
    ahead, behind = int(only.sum() + early.sum()), int(missed.sum() + late.sum())
    progressed = int(local.event.sum())
    try:
        concordant = concordance(central.time, central.event, -local.time)
        limits = (concordant.estimate, concordant.low, concordant.high)
    except DesignError:  # no pair can be ordered
        limits = (math.nan, math.nan, math.nan)
    quartiles = np.quantile(apart[both], [0.25, 0.5, 0.75]) if both.any() else [math.nan] * 3
    return ReaderAgreement(
        label=label,
        n=local.n,
        same=int((both & ~late & ~early).sum()),
        local_later=int(late.sum()),
        local_earlier=int(early.sum()),
        local_only=int(only.sum()),
        central_only=int(missed.sum()),
        neither=int((~local.event & ~central.event).sum()),
        early_rate=ahead / progressed if progressed else math.nan,
        late_rate=behind / (ahead + behind) if ahead + behind else math.nan,
        days_apart=(float(quartiles[0]), float(quartiles[1]), float(quartiles[2])),
        estimate=limits[0],
        low=limits[1],
        high=limits[2],
    )
