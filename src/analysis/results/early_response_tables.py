"""Tables of what one comparison holds beside its main numbers: other ways to the answer, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import EarlyResponse, Estimate


def sensitivity_table(comparisons: Mapping[str, EarlyResponse], *, without_p: bool = False) -> pd.DataFrame:
    """One row a comparison and way: what it does differently, patients and events, hazard ratio, p.

    Parameters
    ----------
    comparisons : mapping of str to EarlyResponse
        Those without other ways are left out.
    without_p : bool
        Whether p values are withheld, because the cut-off was chosen after looking.
    """
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        if found.sensitivity is None:
            continue
        main = found.hazard_ratio
        listed = [("main analysis", f"landmark at day {found.landmark.day:g}", main, main.n, main.events, "")]
        listed += [
            (row.name, row.meaning, row.estimate, row.n, row.events, row.refusal)
            for row in found.sensitivity.rows
        ]
        for way, meaning, ratio, n, events, refusal in listed:
            p = (
                "—"
                if ratio is None
                else "withheld"
                if without_p
                else p_text(ratio.p_value).removeprefix("= ")
            )
            rows.append(
                {
                    "Comparison": name,
                    "Analysis": way,
                    "What it does": meaning,
                    "Patients / events": f"{n} / {events}",
                    "Hazard ratio (95 % CI)": refusal
                    if ratio is None
                    else f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)}–{limit(ratio.high, 2)})",
                    "p": p,
                }
            )
    return pd.DataFrame(rows)


def prediction_table(comparisons: Mapping[str, EarlyResponse]) -> pd.DataFrame:
    """One row a comparison and horizon: predictive values, sensitivity and specificity, and Harrell's C once."""
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        group, reference = found.labels
        c = found.concordance
        for place, at in enumerate(found.predictive):
            rows.append(
                {
                    "Comparison": name,
                    "Months": f"{months(at.day):g}",
                    "With the event, %": f"{_percent(at.ppv)} of {at.positive} {group}",
                    "Without it, %": f"{_percent(at.npv)} of {at.negative} {reference}",
                    "Sensitivity, %": number(100 * at.sensitivity, 0),
                    "Specificity, %": number(100 * at.specificity, 0),
                    "Harrell's C": f"{number(c.estimate, 2)} ({limit(c.low, 2)}–{limit(c.high, 2)})"
                    if place == 0
                    else "",
                }
            )
    return pd.DataFrame(rows)


def _percent(found: Estimate) -> str:
    text = number(100 * found.estimate, 0)
    if found.low != found.low and found.high != found.high:  # all or none: log-log has no interval there
        return f"{text} (no interval)"
    return f"{text} ({limit(100 * found.low, 0)}–{limit(100 * found.high, 0)})"
