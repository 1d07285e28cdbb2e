"""Numbers as they stand in figures and alternative texts: minus sign, en dash, p-values, months."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.units import months

if TYPE_CHECKING:
    from analysis.survival import HazardRatio

NOT_REACHED = "not reached"


def number(value: float, decimals: int = 1) -> str:
    """Return a number with a true minus sign, and no minus before zero.

    >>> number(-24.25), number(-0.01), number(7, 0)
    ('−24.2', '0.0', '7')
    """
    text = f"{value:.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if float(text) == 0 else "\N{MINUS SIGN}" + text[1:]
    return text


def ratio(value: float) -> str:
    """Return a hazard or odds ratio with two decimals, or two significant digits when very small or large.

    >>> ratio(0.774), ratio(0.0004), ratio(123.4), ratio(float("inf"))
    ('0.77', '<0.01', '123', '∞')
    """
    if math.isinf(value):
        return "∞"  # a limit that the data do not set
    if 0 < value < 0.005:
        return "<0.01"
    if value >= 1e4:
        return ">9999"
    return number(value, 2 if value < 10 else 1 if value < 100 else 0)


def span(low: str, high: str) -> str:
    """Return a range with an en dash, or with "to" where a sign or a word would make the dash ambiguous.

    >>> span("0.40", "1.50"), span("−24.2", "31.9"), span("2.1", "not reached")
    ('0.40–1.50', '−24.2 to 31.9', '2.1 to not reached')
    """
    if any(part.startswith("\N{MINUS SIGN}") or part == NOT_REACHED for part in (low, high)):
        return f"{low} to {high}"
    return f"{low}–{high}"


def p_value(p: float) -> str:
    """Return a p-value in words: two decimals, three below 0.01 and where two would hide the side of 0.05.

    >>> p_value(0.44), p_value(0.0123), p_value(0.0014), p_value(0.0496), p_value(1e-6), p_value(0.999)
    ('p = 0.44', 'p = 0.01', 'p = 0.001', 'p = 0.050', 'p < 0.001', 'p > 0.99')
    """
    if math.isnan(p):
        return "p not estimable"
    if p < 0.001:
        return "p < 0.001"
    if p > 0.99:
        return "p > 0.99"
    decimals = 3 if p < 0.01 or 0.045 <= p < 0.055 else 2
    return f"p = {p:.{decimals}f}"


def in_months(days: float) -> str:
    """Return days as months of 30.4375 days with one decimal; a missing or endless time is "not reached".

    >>> in_months(94.4), in_months(float("nan"))
    ('3.1', 'not reached')
    """
    return number(months(days)) if math.isfinite(days) else NOT_REACHED


def percent(fraction: float, decimals: int = 0) -> str:
    """Return a fraction of 1 as percent.

    >>> percent(0.666), percent(0.051, 1)
    ('67 %', '5.1 %')
    """
    return f"{number(100 * fraction, decimals)} %"


def hazard_ratio_sentence(hazard_ratio: HazardRatio) -> str:
    """Return the line that stands beside curves, made from the result object itself.

    Examples
    --------
    >>> from types import SimpleNamespace as Result
    >>> hazard_ratio_sentence(Result(estimate=.77, low=.4, high=1.5, p_value=.44, level=.95, comparison=""))
    'Hazard ratio 0.77 (95 % CI 0.40–1.50), p = 0.44'
    """
    compared = f", {hazard_ratio.comparison}" if hazard_ratio.comparison else ""
    if not math.isfinite(hazard_ratio.estimate):
        return f"Hazard ratio{compared}: not estimable"
    interval = span(ratio(hazard_ratio.low), ratio(hazard_ratio.high))
    return (
        f"Hazard ratio{compared}{':' if compared else ''} {ratio(hazard_ratio.estimate)}"
        f" ({percent(hazard_ratio.level)} CI {interval}), {p_value(hazard_ratio.p_value)}"
    )


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    >>> count(1, "patient"), count(0, "patient"), count(3, "biopsy", "biopsies")
    ('1 patient', '0 patients', '3 biopsies')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def listed(parts: list[str]) -> str:
    """Return parts as a list in a sentence.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def visit_name(visit: str) -> str:
    """Return a visit's code as a label.

    >>> visit_name("day14"), visit_name("week12"), visit_name("baseline")
    ('Day 14', 'Week 12', 'Baseline')
    """
    for unit in ("day", "week"):
        if visit.startswith(unit) and visit[len(unit) :].isdigit():
            return f"{unit.capitalize()} {visit[len(unit) :]}"
    return visit.capitalize()
