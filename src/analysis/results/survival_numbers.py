"""What the survival figures draw, as tables: one row a point, so that a reader can redraw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import (
        Calibration,
        DecisionCurve,
        EarlyResponse,
        IntervalTwin,
        ResidualSmooth,
        SplineEffect,
        SurvivalCurve,
    )


def curve_numbers(
    curves: Sequence[SurvivalCurve], *, smallest: int = 0, beside: Sequence[SurvivalCurve] = ()
) -> pd.DataFrame:
    """Steps of survival curves: ``group, months, survival, low, high, at_risk, events, censored``.

    These are the corners of the lines in the picture, and no more: no patient is named. Where small numbers of patients
    are not shown (``smallest`` above 0) the curves end as in the picture, and the counts of each step, which are
    of one or two patients, are left out. ``beside`` are the curves of everybody, where these are of a part.
    """
    import pandas as pd

    whole = beside or [None] * len(curves)
    steps = pd.concat(
        [
            pd.DataFrame(
                {
                    "group": curve.label,
                    "months": np.round(months(curve.times), 3),  # type: ignore[arg-type]
                    "survival": curve.survival,
                    "low": curve.low,
                    "high": curve.high,
                    "at_risk": curve.at_risk,
                    "events": curve.events,
                    "censored": curve.censored,
                }
            )
            for curve in (one.until(smallest, beside=of) for one, of in zip(curves, whole, strict=True))
        ],
        ignore_index=True,
    )
    return steps.drop(columns=["at_risk", "events", "censored"]) if smallest else steps


def interval_numbers(twin: IntervalTwin) -> pd.DataFrame:
    """Turnbull's estimate: ``group, months_from, months_to, probability``; open intervals end at infinity."""
    import pandas as pd

    return pd.concat(
        [
            pd.DataFrame(
                {
                    "group": label,
                    "months_from": months(curve.left),  # type: ignore[arg-type]
                    "months_to": months(curve.right),  # type: ignore[arg-type]
                    "probability": curve.probability,
                }
            )
            for label, curve in zip(twin.labels, twin.curves, strict=True)
        ],
        ignore_index=True,
    )


def spline_numbers(effect: SplineEffect) -> pd.DataFrame:
    """Hazard ratio along a marker: ``marker, hazard_ratio, low, high``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "marker": effect.grid,
            "hazard_ratio": effect.hazard_ratio,
            "low": effect.low,
            "high": effect.high,
        }
    )


def smooth_numbers(smooth: ResidualSmooth) -> pd.DataFrame:
    """Log hazard ratio over time, smoothed: ``days, log_hazard_ratio, low, high``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "days": smooth.days,
            "log_hazard_ratio": smooth.log_hazard_ratio,
            "low": smooth.low,
            "high": smooth.high,
        }
    )


def decision_numbers(found: DecisionCurve) -> pd.DataFrame:
    """Net benefit by threshold: ``threshold, act_for_all`` and one column a model."""
    import pandas as pd

    return pd.DataFrame({"threshold": found.thresholds, "act_for_all": found.treat_all, **found.net_benefit})


def calibration_numbers(found: Calibration) -> pd.DataFrame:
    """Risks of each group: ``patients, predicted, observed, low, high``, as fractions."""
    import pandas as pd

    return pd.DataFrame(
        {
            "patients": found.patients,
            "predicted": found.predicted,
            "observed": found.observed,
            "low": found.low,
            "high": found.high,
        }
    )


def forest_numbers(
    comparisons: Mapping[str, EarlyResponse], status: Mapping[str, str], *, without_p: Sequence[str] = ()
) -> pd.DataFrame:
    """Hazard ratio of every comparison, as a forest plot wants it, grouped by its status.

    A cut-off chosen after looking has no p value.
    """
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        ratio = found.hazard_ratio
        rows.append(
            {
                "family": status[name][:1].upper() + status[name][1:],
                "name": name,
                "estimate": ratio.estimate,
                "low": ratio.low,
                "high": ratio.high,
                "p_value": float("nan") if name in without_p else ratio.p_value,
                "n": ratio.n,
                "events": ratio.events,
                "note": "",
            }
        )
    return pd.DataFrame(rows).sort_values(
        "family", kind="stable", key=lambda column: column.map(list(dict.fromkeys(column)).index)
    )


def sensitivity_numbers(found: EarlyResponse) -> pd.DataFrame:
    """The main hazard ratio and every other way to it, as a forest plot wants them."""
    import pandas as pd

    others = found.sensitivity.rows if found.sensitivity else ()
    ratio = found.hazard_ratio
    rows = [
        {
            "name": "main analysis", "estimate": ratio.estimate, "low": ratio.low, "high": ratio.high,
            "p_value": ratio.p_value, "n": ratio.n, "events": ratio.events, "note": "",
        }
    ]  # fmt: skip
    for row in others:
        known = row.estimate
        rows.append(
            {
                "name": row.name,
                "estimate": known.estimate if known else np.nan,
                "low": known.low if known else np.nan,
                "high": known.high if known else np.nan,
                "p_value": known.p_value if known else np.nan,
                "n": row.n,
                "events": row.events,
                "note": row.refusal,
            }
        )
    return pd.DataFrame(rows)
