"""Repeatability estimated anew from scans made twice without treatment between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DesignError
from analysis.logbook import logged


@dataclass(frozen=True)
class RepeatabilityEstimate:
    """Within-subject coefficient of variation in percent, with its 95 % interval.

    Parameters
    ----------
    wcv_percent, low_percent, high_percent : float
        Of one measurement.
    bias_percent, bias_low_percent, bias_high_percent : float
        Mean change from first to second scan with its 95 % interval: an interval without 0 speaks of two scans that
        were not made alike.
    n, patients : int
        Pairs, and the patients they come from.
    degrees_of_freedom : float
        Of the interval; fewer than pairs where the pairs of a patient vary together.
    """

    wcv_percent: float
    low_percent: float
    high_percent: float
    bias_percent: float
    bias_low_percent: float
    bias_high_percent: float
    n: int
    patients: int
    degrees_of_freedom: float


@logged(
    "description",
    measure="within-subject coefficient of variation, %",
    estimate="wcv_percent",
    low="low_percent",
    high="high_percent",
)
def re_estimate(pairs: pd.DataFrame) -> RepeatabilityEstimate:
    """Repeatability from test-retest pairs of one measure.

    s² is half the mean square of ln(second / first), wCV = √(e^s² − 1). The interval is that of a variance, by χ² with
    one degree of freedom a pair; where ``patient_id`` is given and the pairs of a patient vary together, with the
    fewer degrees that match the variance of s² between patients (Satterthwaite).

    Parameters
    ----------
    pairs : DataFrame
        ``first, second``: the measure at both scans, above 0; rows with a missing value are left out and not counted
        in ``n``. Optionally ``patient_id``.

    Raises
    ------
    DesignError
        If a value is not above 0, or there are fewer than two pairs.

    References
    ----------
    Bland and Altman 1996, doi 10.1136/bmj.312.7047.1654; Lodge 2017, doi 10.2967/jnumed.116.179499.

    >>> found = re_estimate(pd.DataFrame({"first": [5.0, 8.0, 6.0], "second": [5.5, 7.2, 6.3]}))
    >>> round(found.wcv_percent, 1), found.n
    (6.1, 3)
    """
    known = pairs.dropna(subset=["first", "second"])
    first, second = known["first"].to_numpy(dtype=float), known["second"].to_numpy(dtype=float)
    if len(known) < 2 or not (np.all(first > 0) and np.all(second > 0)):
        raise DesignError(
            f"{len(known)} test-retest pairs", expected="at least two, both values of each above 0"
        )
    n = len(known)
    from scipy.stats import chi2, t

    difference = np.log(second / first)
    variance = float(np.mean(difference**2)) / 2
    groups = known["patient_id"].astype(str).to_numpy() if "patient_id" in known else np.arange(n)
    patients, member = np.unique(groups, return_inverse=True)
    k = len(patients)
    degrees = float(n)
    if 1 < k < n and variance > 0:
        excess = np.bincount(member, weights=difference**2 / 2 - variance)
        between = k / (k - 1) * float(np.sum(excess**2)) / n**2
        degrees = min(degrees, max(2 * variance**2 / between, 1.0)) if between > 0 else degrees
    elif k == 1:
        degrees = 1.0
    low, high = (degrees * variance / float(chi2.ppf(p, degrees)) for p in (0.975, 0.025))
    means = np.bincount(member, weights=difference) / np.bincount(member)
    centre = float(means.mean())
    reach = float(t.ppf(0.975, k - 1)) * float(means.std(ddof=1)) / math.sqrt(k) if k > 1 else math.nan
    return RepeatabilityEstimate(
        wcv_percent=_wcv(variance),
        low_percent=_wcv(low),
        high_percent=_wcv(high),
        bias_percent=100 * math.expm1(centre),
        bias_low_percent=100 * math.expm1(centre - reach),
        bias_high_percent=100 * math.expm1(centre + reach),
        n=n,
        patients=k,
        degrees_of_freedom=degrees,
    )


def _wcv(variance: float) -> float:
    return 100 * math.sqrt(math.expm1(variance))
