"""Limits of a survival probability that hold where few patients are left: likelihood ratio, or an effective sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri, ndtri

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.curve import SurvivalCurve
from analysis.survival.estimates import Estimate

Floats = NDArray[np.float64]
KINDS = ("likelihood-ratio", "rothman")


@logged("description", measure="survival")
def tail_interval(curve: SurvivalCurve, day: float, *, kind: str = "likelihood-ratio") -> Estimate:
    """Survival just after ``day`` with an interval for small numbers at risk.

    Parameters
    ----------
    curve : SurvivalCurve
        From :func:`~analysis.survival.kaplan_meier`; its level is the interval's.
    day : float
        Days.
    kind : {"likelihood-ratio", "rothman"}
        ``likelihood-ratio``: Thomas and Grunkemeier's, from the likelihood of all hazards up to the day; ``rothman``:
        Wilson's interval of a proportion in as many patients as would give Greenwood's variance.

    Returns
    -------
    Estimate
        Limits are NaN where the curve is 1 or has reached 0.

    Raises
    ------
    DesignError
        For an unknown kind, or a day that is negative or missing.

    References
    ----------
    Thomas and Grunkemeier 1975, doi 10.1080/01621459.1975.10480315; Rothman 1978,
    doi 10.1016/0021-9681(78)90043-7. R's km.ci gives both, the first from a table of critical values and rounded.
    """
    if kind not in KINDS:
        raise DesignError(f"interval {kind!r} is unknown", expected="one of " + ", ".join(KINDS))
    at = curve.survival_at(day)
    survival = at.estimate
    name = "Thomas and Grunkemeier's likelihood-ratio" if kind == KINDS[0] else "Rothman's"
    method = f"Kaplan-Meier, {name} interval" + (", carried forward" if "carried" in at.method else "")
    if not 0 < survival < 1:
        return Estimate(survival, np.nan, np.nan, method)
    used = (curve.times <= day) & (curve.events > 0)
    events, at_risk = curve.events[used].astype(float), curve.at_risk[used].astype(float)
    if kind == "rothman":
        z = float(ndtri((1 + curve.level) / 2))
        variance = survival**2 * float((events / (at_risk * (at_risk - events))).sum())
        n = survival * (1 - survival) / variance
        half = z * np.sqrt(variance + z**2 / (4 * n**2))
        middle = survival + z**2 / (2 * n)
        low, high = ((middle + side * half) * n / (n + z**2) for side in (-1, 1))
        return Estimate(survival, float(low), float(high), method)
    alive = at_risk - events
    cut = float(chdtri(1, 1 - curve.level))

    def excess(pull: float) -> float:
        """Likelihood-ratio statistic of the hazards d / (n + pull), less its critical value."""
        return float(2 * (at_risk * np.log1p(pull / at_risk) - alive * np.log1p(pull / alive)).sum() - cut)

    def limit(outer: float) -> float:
        found, _ = brentq(excess, 0.0, outer, xtol=1e-12, full_output=True)
        return float(np.prod(1 - events / (at_risk + float(found))))

    outer = 1.0
    while excess(outer) < 0:
        outer *= 2
    nearest = float(alive.min())
    inner = next(-nearest * (1 - 2.0**-k) for k in range(1, 1000) if excess(-nearest * (1 - 2.0**-k)) >= 0)
    return Estimate(survival, limit(inner), limit(outer), method)
