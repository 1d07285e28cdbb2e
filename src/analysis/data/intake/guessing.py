"""How well a sender's column fits a column of the study: by its name and label, and by what stands in it."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.intake.cell_values import DATE_FORMATS, STUDY_DAY, UNITS, is_free_text, parsed_dates
from analysis.data.intake.mapping import OPEN
from analysis.data.intake.raw_table import RawTable
from analysis.data.intake.vocabulary import NAMES, code_meant, plain, words
from analysis.data.schemas import NUMBER
from analysis.data.tables import Column

SURE, DOUBTFUL = 0.9, 0.6
"""From which score on a guess is taken, and from which on it is written down as open. Below it is none."""

_FITTING = 0.95
"""Share of the filled cells that must fit."""

_SEEN = 5_000
"""Cells of a column that are looked at."""

_TEXT_CODES = ("visit",)
"""Columns of text whose words are known all the same."""

_NOISE = {"date", "day", "of", "the", "at", "in", "by", "dt", "flag"}


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A sender's column for a column of the study.

    Parameters
    ----------
    source, column : str
        Table and column of the sender.
    score : float
        0 to 1: name times fit.
    spec : mapping
        What the mapping needs beside the column: codes, unit, date. A value of ``?`` is open.
    why : str
        What it rests on, for the person who reads the draft. No cell is repeated but codes.
    """

    source: str
    column: str
    score: float
    spec: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def guess(table: RawTable, name: str, column: Column) -> Guess | None:
    """How a sender's column fits; ``None`` if it does not.

    Parameters
    ----------
    table : RawTable
        The sender's table.
    name : str
        Its column.
    column : Column
        The study's.
    """
    called = max(name_score(name, column), 0.98 * name_score(table.labels.get(name, ""), column))
    if called < DOUBTFUL:
        return None
    reason = table.refused.get(name)
    if reason and column.kind != "time":
        return None
    cells = table.cells[name].dropna().head(_SEEN)
    fit, spec, why = _fit(cells, column, table, name)
    if fit < 0.5:
        return None
    score = called * (1.0 if fit >= _FITTING else 0.7)
    return Guess(source=table.name, column=name, score=score, spec=spec, why=why)


@functools.lru_cache(maxsize=100_000)
def name_score(name: str, column: Column) -> float:
    """How much a name or label says that it is this column, 0 to 1."""
    known = _Known.of(column)
    said = words(name)
    short = "".join(said)
    if not short:
        return 0.0
    if short in known.own:
        return 1.0
    if short in known.plain:
        return 0.96  # a synonym: where both are there, the study's own name is meant
    bare = [word for word in said if word not in _NOISE]
    best = 0.0
    for wanted in known.words:
        if sorted(wanted) == sorted(bare):
            return 0.95
        if set(wanted) <= set(bare):
            best = max(best, 0.65 + 0.2 * len(wanted) / len(bare))
    for each in known.plain:
        matcher = difflib.SequenceMatcher(None, each, short)
        # The bounds are cheap; the ratio itself is not.
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) * _SPELT > max(best, DOUBTFUL):
            best = max(best, _SPELT * matcher.ratio())
    return best


_SPELT = 0.8
"""What likeness of the letters alone is worth."""


@dataclass(frozen=True)
class _Known:
    """Names of a column: its own, and all, without blanks; and the words of all."""

    own: frozenset[str]
    plain: frozenset[str]
    words: tuple[tuple[str, ...], ...]

    @classmethod
    @functools.cache
    def of(cls, column: Column) -> _Known:
        own = [column.name, re.sub(r"_(cm|kg|mm|percent|mmol_l|days|years)$", "", column.name)]
        every = [*own, *NAMES.get(column.name, ())]
        if column.kind == "time":
            own += [f"{column.name} date", f"{column.name} day"]
            every += [f"{each} {word}" for each in every for word in ("date", "day")]
            every += [f"date of {each}" for each in every]
        bare = {tuple(word for word in words(each) if word not in _NOISE) for each in every}
        return cls(
            frozenset(plain(each) for each in own),
            frozenset(plain(each) for each in every),
            tuple(sorted(each for each in bare if each)),
        )


def _fit(cells: pd.Series, column: Column, table: RawTable, name: str) -> tuple[float, dict[str, Any], str]:
    """Share of the cells that fit, what the mapping must say, and why."""
    if cells.empty:
        return 0.9, {}, "the column is empty"
    if column.kind in ("code", "yes_no") or column.name in _TEXT_CODES:
        return _fit_codes(cells, column, table.choices.get(name, {}))
    if column.kind == "time":
        return _fit_time(cells, table, name)
    if column.kind in ("number", "whole"):
        return _fit_numbers(cells, column, table, name)
    free = cells.map(is_free_text)
    return float(1 - free.mean()), {}, ""


def _fit_codes(
    cells: pd.Series, column: Column, choices: Mapping[str, str]
) -> tuple[float, dict[str, Any], str]:
    """Explicit codes, unless the sender's are the contract's own; unknown ones stay open."""
    said = list(dict.fromkeys([*choices, *cells]))
    own = ("yes", "no") if column.kind == "yes_no" else column.codes
    if own and set(said) <= set(own):
        return 1.0, {}, ""
    if len(said) > 40:
        return 0.0, {}, ""
    codes = {code: code_meant(column, choices.get(code, code)) or code_meant(column, code) for code in said}
    known = cells.isin([code for code, meaning in codes.items() if meaning])
    if codes == {code: code for code in said}:
        return 1.0, {}, ""
    spelt = {code: meaning or OPEN for code, meaning in codes.items()}
    return float(known.mean()), {"codes": spelt}, "codes by their labels" if choices else ""


def _fit_time(cells: pd.Series, table: RawTable, name: str) -> tuple[float, dict[str, Any], str]:
    best, fits = _formats(cells)
    if best >= 0.5:
        if len(fits) > 1:
            # A file is written by one program: its other dates may show which it is.
            others = {
                tuple(_formats(table.cells[other].dropna().head(_SEEN))[1]) for other in table.cells.columns
            }
            shown = {forms[0] for forms in others if len(forms) == 1} & set(fits)
            if len(shown) != 1:
                return best, {"date": OPEN}, "the dates could be " + " or ".join(fits)
            [form] = shown
            return best, {"date": form}, f"dates as {form}, as the other dates of the file show"
        return best, {"date": fits[0]}, f"dates as {fits[0]}"
    whole = cells.str.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?").eq(True)
    if whole.mean() < 0.5:
        return float(best), {}, ""
    if re.search(r"(dy|DY)$", name):
        return float(whole.mean()), {"unit": STUDY_DAY}, "study days without a day 0"
    if words(name)[-1:] == ["day"]:
        return float(whole.mean()), {"unit": "days"}, ""
    return 0.6, {"unit": OPEN}, f"numbers: {STUDY_DAY}, or days since treatment start, or no times at all"


def _formats(cells: pd.Series) -> tuple[float, list[str]]:
    """Largest share of cells that are dates of one format, and the formats that have it; none below one half."""
    if cells.empty:
        return 0.0, []
    shares = {
        form: float(parsed_dates(cells, form).notna().mean()) for form in DATE_FORMATS if form != "excel"
    }
    best = max(shares.values())
    return best, [form for form, share in shares.items() if share == best] if best >= 0.5 else []


def _fit_numbers(
    cells: pd.Series, column: Column, table: RawTable, name: str
) -> tuple[float, dict[str, Any], str]:
    text = cells.str.replace(",", ".", regex=False) if table.decimal == "," else cells
    if table.choices.get(name):
        # Choices whose labels hold the number ("Grade 2"): codes are codes, not numbers.
        labels = table.choices[name]
        digits = {code: re.findall(r"[0-9]+", label) for code, label in labels.items()}
        meaning = {code: found[0] if len(found) == 1 else OPEN for code, found in digits.items()}
        spec = {} if all(code == number for code, number in meaning.items()) else {"codes": meaning}
        return 1.0 if OPEN not in meaning.values() else 0.5, spec, "codes by their labels" if spec else ""
    values = pd.to_numeric(text.where(text.str.fullmatch(NUMBER).eq(True)), errors="coerce")
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    number = float(values.notna().mean())
    shares = {
        unit: float((values * factor).between(low, high).mean())
        for unit, factor in UNITS.get(column.unit, {"": 1}).items()
    }
    own = float(values.between(low, high).mean())
    named = _unit_named(name, table.labels.get(name, ""), column)
    if named and named != column.unit:
        return shares[named], {"unit": named}, f"its name says {named}"
    if own >= _FITTING or own >= 0.5:
        return own, {}, ""
    others = [unit for unit, share in shares.items() if share >= _FITTING]
    if others and number >= _FITTING:
        return 1.0, {"unit": OPEN}, "out of range as they are; they would fit in " + " or ".join(others)
    return own, {}, ""


def _unit_named(name: str, label: str, column: Column) -> str:
    """Unit that a name or label gives, if the column knows it."""
    known = UNITS.get(column.unit, {})
    last = re.split(r"[_ .]", name.lower())
    bracket = re.findall(r"[(\[]([^)\]]*)[)\]]", f"{name} {label}".lower())
    found = [unit for unit in known if last[-1] == unit or unit in [each.strip() for each in bracket]]
    return found[0] if len(found) == 1 else ""
