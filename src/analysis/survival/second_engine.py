"""The headline numbers again by lifelines, beside ours, with the difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.logbook import logged
from analysis.survival.estimates import LEVEL
from analysis.survival.landmark_comparison import EarlyResponse
from analysis.units import days


@dataclass(frozen=True)
class EngineRow:
    """One quantity by both engines; ``note`` says why they may differ, empty when they should not."""

    quantity: str
    ours: float
    other: float
    difference: float
    note: str


@dataclass(frozen=True)
class EngineComparison:
    """All rows, the other engine's name and version, and the largest difference that has no explanation."""

    engine: str
    rows: tuple[EngineRow, ...]
    largest: float


@logged("diagnostic", measure="largest difference between engines", estimate="largest")
def compare_engines(found: EarlyResponse) -> EngineComparison:
    """Recompute medians, rates, restricted means, log-rank and Wald hazard ratio with lifelines.

    Two known differences carry a note instead of alarming: lifelines takes the start of a plateau at
    exactly one half as the median, and it has no Firth regression. A quantity not reached in both engines
    differs by 0.

    Parameters
    ----------
    found : EarlyResponse
        The answer to be checked.

    Returns
    -------
    EngineComparison
    """
    import lifelines
    import pandas as pd
    from lifelines.statistics import logrank_test
    from lifelines.utils import restricted_mean_survival_time

    left, mine = found.landmark, found.in_group
    rows = []
    for curve, part, mean in zip(
        found.curves, (mine, ~mine), (found.rmst.group, found.rmst.reference), strict=True
    ):
        fitted = lifelines.KaplanMeierFitter(alpha=1 - LEVEL).fit(left.time[part], left.event[part])
        plateau = bool(np.any(np.abs(curve.survival - 0.5) < 1e-8)) and found.curves[0].median_rule != "inf"
        rows.append(
            _row(
                f"median, {curve.label} (days)",
                curve.median,
                float(fitted.median_survival_time_),
                "flat at exactly one half: ours is the midpoint, lifelines' the start" if plateau else "",
            )
        )
        rows += [
            _row(
                f"rate at {rate.months:g} months, {curve.label}",
                rate.estimate.estimate,
                float(fitted.predict(days(rate.months))),
                "",
            )
            for rate in found.rates
            if rate.label == curve.label
        ]
        other = restricted_mean_survival_time(fitted, t=mean.tau_days)
        rows.append(
            _row(f"restricted mean, {curve.label} (days)", mean.estimate, float(np.asarray(other)), "")
        )
    tested = logrank_test(left.time[mine], left.time[~mine], left.event[mine], left.event[~mine])
    rows.append(_row("log-rank p", found.logrank.p_value, float(tested.p_value), ""))
    wald = found.hazard_ratio_wald
    if wald.method.startswith("Cox"):
        table = pd.DataFrame({"time": left.time, "event": left.event, "group": mine.astype(float)})
        model = lifelines.CoxPHFitter(alpha=1 - LEVEL).fit(table, "time", "event")
        low, high = np.exp(model.confidence_intervals_.to_numpy()[0])
        theirs = (float(np.exp(model.params_.iloc[0])), float(low), float(high))
    else:
        theirs = (math.nan, math.nan, math.nan)
    ours = (wald.estimate, wald.low, wald.high)
    note = "" if wald.method.startswith("Cox") else "lifelines has no Firth regression"
    for name, own, other in zip(("hazard ratio", "its lower", "its upper"), ours, theirs, strict=True):
        rows.append(_row(name if name == "hazard ratio" else f"{name} Wald limit", own, other, note))
    largest = max((abs(row.difference) for row in rows if not row.note), default=0.0)
    return EngineComparison(f"lifelines {lifelines.__version__}", tuple(rows), largest)


def _row(quantity: str, ours: float, other: float, note: str) -> EngineRow:
    """Build one row; lifelines writes a median that is not reached as infinity."""
    other = math.nan if math.isinf(other) else other
    difference = 0.0 if math.isnan(ours) and math.isnan(other) else other - ours
    if math.isnan(difference) and not note:
        note = "only one engine gives a number"
    return EngineRow(quantity, ours, other, difference, note)
