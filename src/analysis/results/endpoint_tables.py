"""Tables and sentences on end-points: why observation ended, the rule sets side by side, follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.results.survival_values import hold_median
from analysis.results.value import limit, number
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results.notebook import Notebook
    from analysis.survival import CumulativeIncidence, EndPoint, FollowUp, RuleSetResult, StudyEndPoints


def censoring_table(end_points: StudyEndPoints) -> pd.DataFrame:
    """How observation ended, for each end-point: one row a kind and reason, with the median time."""
    import pandas as pd

    named = {"PFS": end_points.pfs, "Time to progression": end_points.ttp, "OS": end_points.os}
    return pd.concat(
        [_censoring(name, one) for name, one in named.items() if one is not None], ignore_index=True
    )


def _censoring(name: str, end_point: EndPoint) -> pd.DataFrame:
    counted = end_point.censoring_table()
    total = counted["patients"].sum()
    return counted.assign(
        **{
            "End-point": name,
            "Observation ended by": counted["kind"],
            "Because": counted["reason"].where(counted["reason"] != "event", "it was seen"),
            "Patients": counted["patients"].map(lambda k: f"{k} of {total}"),
            "Median time, months": counted["median_days"].map(lambda days: number(months(float(days)), 1)),
        }
    )[["End-point", "Observation ended by", "Because", "Patients", "Median time, months"]]


def rule_set_table(found: Sequence[RuleSetResult], *, primary: str, withheld: bool = False) -> pd.DataFrame:
    """Events, median and hazard ratio under each set of rules; ``withheld`` leaves the p value out."""
    import pandas as pd

    rows = []
    for one in found:
        ratio = one.hazard_ratio
        curve = one.curve
        interval = f"{limit(months(curve.median_low), 1)}–{limit(months(curve.median_high), 1)}"
        rows.append(
            {
                "Rules": one.rules.name + (" (primary)" if one.rules.name == primary else ""),
                "Reader": one.reader,
                "What counts": one.rules.meaning,
                "Events / patients": f"{curve.n_events} / {curve.n}",
                "Median PFS, months (95 % CI)": f"{limit(months(curve.median), 1)} ({interval})",
                "Hazard ratio by response (95 % CI)": one.refusal or "—"
                if ratio is None
                else f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)}–{limit(ratio.high, 2)})",
                "p": "withheld" if withheld else "—" if ratio is None else _p(ratio.p_value),
            }
        )
    return pd.DataFrame(rows)


def _p(value: float) -> str:
    from analysis.results.value import p_text

    return p_text(value).removeprefix("= ")


def hold_follow_up(book: Notebook, found: FollowUp) -> None:
    """Hold median follow-up with its quartiles and completeness."""
    hold_median(book, "survival.follow_up", found.curve, "Median follow-up for PFS, by reverse Kaplan-Meier")
    for name, value, what in (
        ("survival.follow_up_q1", found.lower_quartile, "First quartile of follow-up for PFS"),
        ("survival.follow_up_q3", found.upper_quartile, "Third quartile of follow-up for PFS"),
    ):
        reached = float("inf") if value != value else months(value)
        book.value(name, reached, digits=1, unit="months", definition=what, method="reverse Kaplan-Meier")
    share = found.completeness
    book.value(
        "survival.completeness",
        None if share != share else 100 * share,
        digits=0,
        unit="%",
        definition="Time observed for progression, of the time for which patients without it were known to be alive",
        method="completeness index (Clark 2002)",
        reason="how long patients could have been observed is not known",
    )


def incidence_sentence(found: CumulativeIncidence, at_months: Sequence[float]) -> str:
    """Progression with death competing, at each of the asked months."""
    from analysis.units import days

    parts = []
    for month in at_months:
        at = found.at(days(month))
        parts.append(
            f"{number(100 * at.estimate, 0)} % ({limit(100 * at.low, 0)}–{limit(100 * at.high, 0)}) by {month:g} months"
        )
    return (
        f"Cumulative incidence of progression, death without it competing ({found.events} progressions, "
        f"{found.competing} such deaths): {', '.join(parts)}."
    )
