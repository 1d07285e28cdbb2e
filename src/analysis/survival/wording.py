"""Numbers of the survival room in words: one honest sentence, made from the result itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.survival.curve import SurvivalCurve
from analysis.units import months

if TYPE_CHECKING:
    from analysis.survival.landmark_comparison import EarlyResponse


def p_text(p_value: float) -> str:
    """Give a p-value as journals print it.

    >>> [p_text(p) for p in (0.0004, 0.0634, 0.44, 0.9999)]
    ['p < 0.001', 'p = 0.063', 'p = 0.44', 'p > 0.99']
    """
    if math.isnan(p_value):
        return "p not available"
    if p_value < 0.001:
        return "p < 0.001"
    if p_value > 0.99:
        return "p > 0.99"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def ratio_text(value: float) -> str:
    """Give a ratio with two decimals, three when it is small; no number for an infinite one."""
    if math.isinf(value):
        return "no limit"
    if math.isnan(value):
        return "not available"
    return f"{value:.2f}" if value >= 0.095 or value == 0 else f"{value:.3f}"


def months_text(days: float) -> str:
    """Give days as months with one decimal; NaN is ``not reached``."""
    return "not reached" if math.isnan(days) else f"{months(days):.1f}".replace("-", "−")


def _group(curve: SurvivalCurve) -> str:
    return (
        f"{months_text(curve.median)} ({months_text(curve.median_low)} to {months_text(curve.median_high)}) "
        f"with {curve.label} (n = {curve.n}, {curve.n_events} events)"
    )


def early_response_sentence(found: EarlyResponse) -> str:
    """One sentence with every number of an :class:`~analysis.survival.EarlyResponse`."""
    left, ratio, means = found.landmark, found.hazard_ratio, found.rmst
    start = "treatment start" if left.day == 0 else f"day {left.day:g}"
    out = [f"{left.excluded} ended before it, {left.excluded_events} of them by an event"] if left.day else []
    if found.without_group:
        out.append(f"{found.without_group} not classified, {found.without_group_events} with an event")
    proportional = found.proportional_hazards
    tested = (
        "proportional hazards not testable"
        if proportional is None
        else f"test of proportional hazards {p_text(proportional.overall.p_value)}"
    )
    lead = (
        "; the hazards are not proportional, so the restricted mean leads" if found.leading == "rmst" else ""
    )
    kind = "profile likelihood" if ratio.interval == "profile" else "Wald"
    return (
        f"{found.end_point} from {start} in {left.n} patients with {left.n_events} events"
        + (f" ({'; '.join(out)})" if out else "")
        + f": median in months (95 % CI) {_group(found.curves[0])} and {_group(found.curves[1])}; "
        f"hazard ratio {ratio_text(ratio.estimate)} (95 % CI {ratio_text(ratio.low)} to {ratio_text(ratio.high)}, "
        f"{kind}; {ratio.method}, {p_text(ratio.p_value)}); log-rank {p_text(found.logrank.p_value)}, "
        f"by permutation {p_text(found.logrank_permutation.p_value)}; difference of restricted means to "
        f"{months_text(means.tau_days)} months {months_text(means.estimate)} months "
        f"({months_text(means.low)} to {months_text(means.high)}, {p_text(means.p_value)}); {tested}{lead}."
    )
