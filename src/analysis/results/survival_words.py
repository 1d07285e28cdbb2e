"""Tables and sentences of survival comparisons, made from the results themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import (
        ArmComparison,
        EarlyResponse,
        HazardRatio,
        PostHocCutoff,
        RmstDifference,
        SurvivalCurve,
    )


def survival_table(
    comparisons: Mapping[str, EarlyResponse], status: Mapping[str, str], *, without_p: Collection[str] = ()
) -> pd.DataFrame:
    """One row a comparison: whether it was planned, sizes, medians, hazard ratio with both intervals, tests.

    Parameters
    ----------
    comparisons : mapping of str to EarlyResponse
        By name, in the order to print.
    status : mapping of str to str
        What each comparison is: primary, secondary, exploratory, post hoc.
    without_p : collection of str
        Comparisons whose cut-off was chosen after looking: their p values are withheld.
    """
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        tested = found.proportional_hazards
        first, second = found.curves
        rows.append(
            {
                "Comparison": name,
                "Status": status[name],
                "From day": f"{found.landmark.day:g}",
                "Patients / events": f"{found.landmark.n} / {found.landmark.n_events}",
                "Groups": f"{found.labels[0]} (n = {first.n}) v {found.labels[1]} (n = {second.n})",
                "Median, months": f"{_median(first)} v {_median(second)}",
                "Hazard ratio (profile)": _ratio(found.hazard_ratio),
                "Hazard ratio (Wald)": _ratio(found.hazard_ratio_wald),
                "Log-rank p": "withheld"
                if name in without_p
                else p_text(found.logrank.p_value).removeprefix("= "),
                "Proportional hazards p": "—"
                if tested is None
                else p_text(tested.overall.p_value).removeprefix("= "),
                "RMST to, months": number(months(found.rmst.tau_days), 1),
                "RMST difference, months": _mean(found.rmst),
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


def primary_answer(found: EarlyResponse, *, planned: bool, chosen_after_looking: bool = False) -> str:
    """The answer in words: what was seen, what leads, and what it allows to say.

    It says "no evidence" when the interval holds no difference, never "no difference". Where the hazards are not
    proportional the restricted mean leads. A cut-off chosen after looking has no p value: it would not be one.

    Parameters
    ----------
    found : EarlyResponse
        The comparison.
    planned : bool
        Whether it was fixed before the data were seen.
    chosen_after_looking : bool
        Whether its cut-off was chosen because of these or the trial's data.
    """
    ratio, left, mean = found.hazard_ratio, found.landmark, found.rmst
    group, reference = found.labels
    start = "treatment start" if left.day == 0 else f"day {left.day:g}"
    by_mean = found.leading == "rmst"
    differs = not (mean.low <= 0 <= mean.high) if by_mean else not (ratio.low <= 1 <= ratio.high)
    worse = mean.estimate < 0 if by_mean else ratio.estimate > 1
    verdict = (
        f"{group} had the {'shorter' if worse else 'longer'} {found.end_point}"
        if differs
        else f"no evidence that {found.end_point} differs, which is not evidence that it does not"
    )
    begin = "Post hoc: " if chosen_after_looking else "" if planned else "Not pre-specified: "
    numbers = f"hazard ratio {_ratio(ratio)}" + (
        "" if chosen_after_looking else f", p {p_text(ratio.p_value)}"
    )
    if by_mean:
        numbers = (
            f"the hazards are not proportional, so the restricted mean leads: difference to "
            f"{number(months(mean.tau_days), 1)} months {_mean(mean)} months"
            + ("" if chosen_after_looking else f", p {p_text(mean.p_value)}")
            + f"; {numbers}"
        )
    first = group if begin else group[:1].upper() + group[1:]
    return (
        f"{begin}{first} ({found.curves[0].n}) against {reference} ({found.curves[1].n}), {found.end_point} from "
        f"{start}: {numbers}; {verdict}."
    )


def curve_sentence(found: EarlyResponse, *, chosen_after_looking: bool = False) -> str:
    """The line beside two curves; without p value where the cut-off was chosen after looking."""
    ratio = found.hazard_ratio
    numbers = f"Hazard ratio, {found.labels[0]} v {found.labels[1]}: {_ratio(ratio)}"
    return (
        f"Post hoc. {numbers}, uncorrected"
        if chosen_after_looking
        else f"{numbers}, p {p_text(ratio.p_value)}"
    )


def search_sentence(found: PostHocCutoff) -> str:
    """A searched cut-off of a change in words: that it is post hoc, how far it moves, what is left of it."""
    left = found.cross_validated
    low, high = (number(value, 0) for value in (found.low, found.high))
    return (
        f"Post hoc: of all cut-offs tried in these {found.n} patients ({found.events} events), {number(found.value, 0)} % "
        f"separates best; {100 * found.level:.0f} % of bootstrap samples choose one between {low} and {high} %. Corrected for "
        f"the search, p {p_text(found.p_permutation)} (permutation). When each patient is cut where the others say, "
        f"the hazard ratio is {_ratio(left)}."
    )


def rate_table(
    comparisons: Mapping[str, EarlyResponse] | Mapping[str, ArmComparison],
    *,
    group: str = "Group",
    clock: str = "Months from landmark",
) -> pd.DataFrame:
    """One row a comparison, group and time: event-free percent with interval, and how many are still at risk."""
    import pandas as pd

    rows = [
        {
            "Comparison": name,
            group: rate.label,
            clock: f"{rate.months:g}",
            "At risk": rate.at_risk,
            "Event-free, %": number(100 * rate.estimate.estimate, 0),
            "95 % interval": f"{limit(100 * rate.estimate.low, 0)}–{limit(100 * rate.estimate.high, 0)}",
        }
        for name, found in comparisons.items()
        for rate in found.rates
    ]
    return pd.DataFrame(rows)


def landmark_note(found: EarlyResponse) -> str:
    """Small print of a curve from the landmark: who is not under it."""
    left = found.landmark
    parts = [
        f"Landmark day {left.day:g}: {left.excluded} left out before it ({_events(left.excluded_events)})"
    ]
    if found.without_group:
        parts.append(f"{found.without_group} not classified ({_events(found.without_group_events)})")
    if left.late:
        parts.append(f"{left.late} classified later in the window, with a clock that starts then")
    return "; ".join(parts) + "."


def _ratio(ratio: HazardRatio) -> str:
    return f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)}–{limit(ratio.high, 2)})"


def _median(curve: SurvivalCurve) -> str:
    return limit(months(curve.median), 1)


def _mean(mean: RmstDifference) -> str:
    low, high = (limit(months(value), 1) for value in (mean.low, mean.high))
    return f"{number(months(mean.estimate), 1)} ({low} to {high})"


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"
