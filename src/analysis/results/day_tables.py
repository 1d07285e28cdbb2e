"""The two days side by side as a table, and the verdict of the rule in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import DayComparison, Estimate


def day_table(found: DayComparison) -> pd.DataFrame:
    """One row a measure: its value at both days, the paired difference with its interval, and the method."""
    import pandas as pd

    first, second = found.labels
    difference, boot = found.concordance, found.concordance_bootstrap
    rows = [
        _row(
            f"Harrell's C, {found.landmark.n} patients",
            (_interval(difference.first), _interval(difference.second)),
            f"{_signed(difference.estimate)} ({_signed(difference.low)} to {_signed(difference.high)})",
            difference.p_value,
            "infinitesimal jackknife",
        ),
        _row("the same", ("", ""), _difference(boot), None, boot.method),
    ]
    for at in found.horizons:
        when = f"{at.months:g} months"
        if at.auc is None or at.predictive is None:
            rows.append(_row(f"AUC, NPV and PPV at {when}", ("—", "—"), at.refusal, None, ""))
            continue
        gap = at.auc_difference
        rows.append(
            _row(
                f"AUC at {when}",
                (_interval(at.auc[0]), _interval(at.auc[1])),
                _difference(gap),
                gap.p_value if gap else None,
                "influence functions",
            )
        )
        for name, title, apart in (
            ("npv", "NPV", at.npv_difference),
            ("ppv", "PPV", at.ppv_difference),
        ):
            values = tuple(_percent(getattr(one, name)) for one in at.predictive)
            rows.append(
                _row(f"{title} at {when}, %", values, _difference(apart, 100), None, "bootstrap of patients")
            )
    paired = found.classification
    right = (paired.both + paired.first_only, paired.both + paired.second_only)
    total = sum((paired.both, paired.first_only, paired.second_only, paired.neither))
    rows.append(
        _row(
            f"Early progression (by {months(paired.day):.0f} months) called rightly",
            tuple(f"{k} of {total}" for k in right),
            f"{paired.first_only} only by {first}, {paired.second_only} only by {second}",
            paired.p_value,
            f"McNemar's exact test; {paired.unknown} censored before are left out",
        )
    )
    return pd.DataFrame(rows).rename(
        columns={"first": first[:1].upper() + first[1:], "second": second[:1].upper() + second[1:]}
    )


def _row(
    measure: str, values: tuple[str, ...], difference: str, p_value: float | None, method: str
) -> dict[str, str]:
    tested = "—" if p_value is None or p_value != p_value else p_text(p_value).removeprefix("= ")
    return {
        "Measure": measure,
        "first": values[0],
        "second": values[1],
        "Difference (95 % CI)": difference,
        "p": tested,
        "Method": method,
    }


def _interval(found: object) -> str:
    estimate, low, high = (getattr(found, name) for name in ("estimate", "low", "high"))
    return f"{number(estimate, 2)} ({limit(low, 2)}–{limit(high, 2)})"


def _percent(found: Estimate) -> str:
    if found.estimate != found.estimate:
        return "nobody called so"
    return f"{number(100 * found.estimate, 0)} ({limit(100 * found.low, 0)}–{limit(100 * found.high, 0)})"


def _difference(found: Estimate | None, scale: float = 1.0) -> str:
    if found is None or found.estimate != found.estimate:
        return "—"
    digits = 2 if scale == 1 else 0
    low, high = (
        "not estimable" if value != value else _signed(scale * value, digits)
        for value in (found.low, found.high)
    )
    return f"{_signed(scale * found.estimate, digits)} ({low} to {high})"


def _signed(value: float, digits: int = 2) -> str:
    return number(float(value), digits)
