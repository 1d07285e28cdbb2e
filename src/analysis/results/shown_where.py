"""Where a notebook prints what an analysis found, by the numbers themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from analysis.results.value import number
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.logbook import Analysis

TOKEN = re.compile(r"[−-]?\d+(?:\.\d+)?")
DIGITS = (0, 1, 2, 3)
LIMITS = ("estimate", "low", "high")
PLACES = 3
"""Places named for one analysis; further ones add nothing."""


class Printed:
    """Everything a notebook has held, as numbers and as words, by the label under which it is printed."""

    def __init__(self) -> None:
        self._numbers: dict[str, set[float]] = {}
        self._texts: list[tuple[str, frozenset[str]]] = []

    def add_numbers(self, where: str, values: Iterable[Any]) -> None:
        """Numbers printed under a label, before rounding."""
        kept = self._numbers.setdefault(where, set())
        kept.update(_key(float(value)) for value in values if _is_number(value))

    def add_text(self, where: str, text: str) -> None:
        """A line of text printed under a label: a table's row, an alt text, a sentence."""
        self._texts.append((where, frozenset(TOKEN.findall(text))))

    def add_table(self, label: str, frame: pd.DataFrame, rows: Iterable[Iterable[str]]) -> None:
        """A table's numbers, and each of its rows as text."""
        for name in frame.columns[[getattr(kind, "kind", "O") in "if" for kind in frame.dtypes]]:
            self.add_numbers(label, frame[name].dropna().astype(float).tolist())
        for row in rows:
            self.add_text(label, " ".join(row))

    def places(self, analysis: Analysis) -> list[str]:
        """Labels under which the analysis's result is printed, at most three; empty if nowhere.

        A result counts as printed where its estimate and limits, or estimate and p value, are held to full precision,
        also in percent or months; or where one line holds estimate and limits at the same decimals. Small whole numbers
        alone prove something only in the cell that made them.
        """
        found: dict[str, None] = {}
        for limits in _turned(analysis):
            known = _known(limits)
            for values in (
                known,
                _known((limits[0], analysis.p_value)) if analysis.p_value is not None else [],
            ):
                keys = {_key(value) for value in values}
                telling = any(not _common(value) for value in values)
                for where, held in self._numbers.items():
                    if keys and keys <= held and (telling or where == analysis.cell):
                        found[where] = None
            if len(known) == len(LIMITS):
                wanted = [{number(value, digits) for value in known} for digits in DIGITS]
                for where, tokens in self._texts:
                    if any(words <= tokens for words in wanted if len(words) == len(LIMITS)):
                        found[where] = None
        return list(found)[:PLACES]


def _turned(analysis: Analysis) -> list[tuple[float | None, ...]]:
    """The result as it stands, in percent or, for days, in months; without estimate the p value."""
    limits = tuple(getattr(analysis, name) for name in LIMITS)
    if analysis.estimate is None:
        return [(analysis.p_value,)]
    factor = months(1.0) if "days" in analysis.measure else 100
    return [limits, tuple(None if value is None else factor * value for value in limits)]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _key(value: float) -> float:
    return float(f"{value:.9g}")


def _common(value: float) -> bool:
    """Whether a number is too common to prove anything: a small whole one."""
    return value == int(value) and abs(value) <= 100
