"""Tables and sentences of survival comparisons, made from the results themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import EarlyResponse, HazardRatio, SurvivalCurve


def survival_table(comparisons: Mapping[str, EarlyResponse]) -> pd.DataFrame:
    """One row a comparison: sizes, medians, hazard ratio with both intervals, tests."""
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        tested = found.proportional_hazards
        first, second = found.curves
        rows.append(
            {
                "Comparison": name,
                "From day": f"{found.landmark.day:g}",
                "Patients / events": f"{found.landmark.n} / {found.landmark.n_events}",
                "Groups": f"{found.labels[0]} (n = {first.n}) v {found.labels[1]} (n = {second.n})",
                "Median, months": f"{_median(first)} v {_median(second)}",
                "Hazard ratio (profile)": _ratio(found.hazard_ratio),
                "Hazard ratio (Wald)": _ratio(found.hazard_ratio_wald),
                "Log-rank p": p_text(found.logrank.p_value).removeprefix("= "),
                "Proportional hazards p": "—"
                if tested is None
                else p_text(tested.overall.p_value).removeprefix("= "),
                "RMST difference, months": number(months(found.rmst.estimate), 1)
                + f" ({limit(months(found.rmst.low), 1)} to {limit(months(found.rmst.high), 1)})",
            }
        )
    return pd.DataFrame(rows)


def engine_table(comparisons: Mapping[str, EarlyResponse]) -> pd.DataFrame:
    """One row a comparison: how far the second engine is from ours, and differences that have a reason."""
    import pandas as pd

    from analysis.survival import compare_engines

    rows = []
    for name, found in comparisons.items():
        compared = compare_engines(found)
        rows.append(
            {
                "Comparison": name,
                "Second engine": compared.engine,
                "Numbers compared": len(compared.rows),
                "Largest difference": compared.largest,
                "Explained differences": "; ".join(
                    f"{row.quantity}: {row.note}" for row in compared.rows if row.note
                )
                or "none",
            }
        )
    return pd.DataFrame(rows)


def primary_answer(found: EarlyResponse, *, pre_specified: bool) -> str:
    """The answer in two sentences: what was seen, and what it allows to say.

    It says "no evidence" when the interval holds 1, never "no difference"; a post-hoc run says so first.
    """
    ratio, left = found.hazard_ratio, found.landmark
    group, reference = found.labels
    start = "treatment start" if left.day == 0 else f"day {left.day:g}"
    evidence = not (ratio.low <= 1 <= ratio.high)
    verdict = (
        f"{group} had the {'shorter' if ratio.estimate > 1 else 'longer'} {found.end_point}"
        if evidence
        else f"no evidence that {found.end_point} differs, which is not evidence that it does not"
    )
    planned = "" if pre_specified else "Post hoc: "
    first = group if planned else group[:1].upper() + group[1:]
    return (
        f"{planned}{first} ({found.curves[0].n}) against {reference} ({found.curves[1].n}), {found.end_point} from {start}: "
        f"hazard ratio {_ratio(ratio)}, p {p_text(ratio.p_value)}; {verdict}."
    )


def landmark_note(found: EarlyResponse) -> str:
    """Small print of a curve from the landmark: who is not under it."""
    left = found.landmark
    parts = [f"Landmark day {left.day:g}: {left.excluded} left out before it ({left.excluded_events} events)"]
    if found.without_group:
        parts.append(f"{found.without_group} not classified ({found.without_group_events} events)")
    if left.late:
        parts.append(f"{left.late} classified later in the window, with a clock that starts then")
    return "; ".join(parts) + "."


def _ratio(ratio: HazardRatio) -> str:
    return f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)}–{limit(ratio.high, 2)})"


def _median(curve: SurvivalCurve) -> str:
    return limit(months(curve.median), 1)
