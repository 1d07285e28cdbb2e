"""Named values, tables and sentences of the operating characteristics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import DesignError
from analysis.results.value import number

if TYPE_CHECKING:
    from analysis.results.notebook import Notebook

EFFECTS = {"none": "no effect", "published": "published effect", "strong": "strong effect"}
"""Effects that can be simulated, in the words of tables and figures."""


def row_of(table: pd.DataFrame, name: str, *, effect: str, n: int) -> Mapping[str, Any]:
    """One characteristic of one scenario.

    Raises
    ------
    DesignError
        If it was not simulated.
    """
    found = table[(table["name"] == name) & (table["effect"] == effect) & (table["n"] == n)]
    if len(found) != 1:
        raise DesignError(f"{name!r} of effect {effect!r} with {n} patients was not simulated")
    return found.iloc[0].to_dict()


def hold_characteristic(
    book: Notebook, value: str, table: pd.DataFrame, name: str, *, effect: str, n: int, digits: int = 2
) -> None:
    """Hold a characteristic with its Monte-Carlo interval; shares in percent with one decimal."""
    row = row_of(table, name, effect=effect, n=n)
    share = row["kind"] == "share"
    scale = 100 if share else 1
    book.value(
        value,
        scale * row["estimate"],
        low=scale * row["low"],
        high=scale * row["high"],
        unit="%" if share else "",
        digits=1 if share else digits,
        n=int(row["trials"]),
        definition=f"{row['words']}, {EFFECTS[effect]}, {n} patients, over simulated trials (n counts trials)",
        method="Monte Carlo; Clopper-Pearson interval" if share else "Monte Carlo; interval of the mean",
        reason="no trial has an answer",
    )


def shares_table(table: pd.DataFrame, names: Sequence[str], *, effect: str) -> pd.DataFrame:
    """Percent of trials by test and size, with the Monte-Carlo interval beside it."""
    rows = []
    for name in names:
        found = table[(table["name"] == name) & (table["effect"] == effect)].sort_values("n")
        if found.empty:
            raise DesignError(f"{name!r} of effect {effect!r} was not simulated")
        cells = {f"n = {row['n']}, %": _share(row) for row in found.to_dict("records")}
        rows.append({"test": found["words"].iloc[0], **cells})
    return pd.DataFrame(rows)


def _share(row: Mapping[Any, Any]) -> str:
    estimate, low, high = (number(100 * row[name], 1) for name in ("estimate", "low", "high"))
    return f"{estimate} ({low}–{high})"


def means_table(table: pd.DataFrame, names: Sequence[str], *, effects: Sequence[str], n: int) -> pd.DataFrame:
    """Means and mean ratios by effect, with the interval of the mean; for ratios also the middle 95 % of trials."""
    rows = []
    for name in names:
        line: dict[str, str] = {}
        for effect in effects:
            row = row_of(table, name, effect=effect, n=n)
            line["quantity"] = row["words"]
            digits = 1 if abs(row["estimate"]) >= 10 else 2
            text = number(row["estimate"], digits)
            if row["kind"] == "ratio":
                text += f"; trials {number(row['sampling_low'], 2)}–{number(row['sampling_high'], 2)}"
            else:
                text += f" ({number(row['low'], digits)}–{number(row['high'], digits)})"
            line[EFFECTS[effect]] = text if row["trials"] > 1 else "—"
        rows.append(line)
    return pd.DataFrame(rows)


def precision_sentence(trials: int) -> str:
    """How well so many trials know a share.

    >>> precision_sentence(2000)
    'In 2000 trials of each effect and size a share near 5 % is known to about ±1.0 percentage points, one near 50 % to ±2.2.'
    """
    small, half = (number(196 * (share * (1 - share) / trials) ** 0.5, 1) for share in (0.05, 0.5))
    return (
        f"In {trials} trials of each effect and size a share near 5 % is known to about ±{small} percentage points, one "
        f"near 50 % to ±{half}."
    )


def power_sentence(table: pd.DataFrame, *, n: int) -> str:
    """What the design could find with n patients, and how far that is known."""
    parts = []
    for effect in ("published", "strong"):
        ratio, power = (row_of(table, name, effect=effect, n=n) for name in ("log_ratio", "p_rule"))
        parts.append(
            f"{number(100 * power['estimate'], 0)} % (Monte-Carlo interval {number(100 * power['low'], 0)}–"
            f"{number(100 * power['high'], 0)} %) for a hazard ratio of {number(ratio['estimate'], 2)}"
        )
    return (
        f"With {n} treated patients the design had a power of {' and '.join(parts)}, non-responders against "
        f"responders at the pre-specified cut-off, in {int(power['trials'])} simulated trials each."
    )


def search_sentence(table: pd.DataFrame, *, n: int) -> str:
    """What searching a cut-off costs where there is no effect."""
    shares = {
        name: f"{number(100 * row_of(table, name, effect='none', n=n)['estimate'], 1)} %"
        for name in (
            "searched_naive",
            "searched_1992",
            "searched_1994",
            "searched_permutation",
            "p_permutation",
        )
    }
    return (
        f"Without effect and with {n} patients, the best cut-off printed with its ordinary p value was significant in "
        f"{shares['searched_naive']} of trials; corrected by Lausen and Schumacher in {shares['searched_1992']} (1992) and "
        f"{shares['searched_1994']} (1994), by permutation in {shares['searched_permutation']}; the pre-specified cut-off, "
        f"by permutation, in {shares['p_permutation']}."
    )
