"""Power, type-I error and the cost of a missing landmark, over simulated trials, with Monte-Carlo intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.errors import DesignError
from analysis.figures.canvas import JournalFigure, new_figure
from analysis.figures.style import DOUBLE_MM, FAINT, GROUPS, INK, MUTED, SINGLE_MM, SMALL, journal
from analysis.figures.wording import percent, ratio, span

_COLUMNS = ("effect", "n", "name", "words", "estimate", "low", "high", "trials")
_NOMINAL, _WANTED = 0.05, 0.80


def _rows(table: pd.DataFrame, *, name: str, effect: str) -> pd.DataFrame:
    absent = [column for column in _COLUMNS if column not in table]
    if absent:
        raise DesignError(f"the table lacks {', '.join(absent)}", expected="columns " + ", ".join(_COLUMNS))
    found = table[(table["name"] == name) & (table["effect"] == effect)].sort_values("n")
    if found.empty:
        raise DesignError(f"the table has no row {name!r} of effect {effect!r}", expected="simulated trials")
    return found


def _errors(rows: pd.DataFrame) -> np.ndarray:
    return np.abs(np.array([rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]))


def _guides(axes: Axes) -> None:
    axes.axhline(100 * _NOMINAL, color=INK, lw=0.8, ls=(0, (4, 2)), label=percent(_NOMINAL))
    axes.axhline(100 * _WANTED, color=MUTED, lw=0.8, ls=(0, (1, 2)), label=percent(_WANTED))
    axes.grid(axis="y", color=FAINT, lw=0.5)


@journal()
def draw_power(
    table: pd.DataFrame, *, tests: Mapping[str, str], effects: Mapping[str, str], simulated: bool
) -> JournalFigure:
    """Share of significant trials by number of patients, one panel a test, one line an effect.

    Parameters
    ----------
    table : DataFrame
        Columns ``effect``, ``n``, ``name``, ``estimate``, ``low``, ``high`` (fractions), ``trials``.
    tests : mapping of str to str
        Names of the tests in the table, and the title of each one's panel.
    effects : mapping of str to str
        Up to three effects and their words, in the order of their looks.
    simulated : bool
        Always true here; marks the figure.
    """
    figure = new_figure(DOUBLE_MM, 76, simulated=simulated)
    panels = figure.subplots(1, len(tests), sharey=True, squeeze=False)[0]
    sizes = sorted(table["n"].unique())
    for axes, (name, title) in zip(panels, tests.items(), strict=True):
        _guides(axes)
        for place, ((effect, words), mark) in enumerate(zip(effects.items(), GROUPS, strict=False)):
            rows = _rows(table, name=name, effect=effect)
            axes.errorbar(
                rows["n"] + 1.2 * (place - 1), 100 * rows["estimate"], yerr=100 * _errors(rows), label=words,
                color=mark.colour, ls=mark.line, marker=mark.marker, capsize=2, elinewidth=0.9,
            )  # fmt: skip
        axes.set(xlabel="Treated patients", ylim=(0, 102), xticks=sizes, title=title)
    panels[0].set_ylabel("Trials with p < 0.05, %")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(effects) + 2)
    return figure


def describe_power(table: pd.DataFrame, *, tests: Mapping[str, str], effects: Mapping[str, str]) -> str:
    """Alternative text: the power of every effect at the smallest and the largest size, by each test."""
    parts = []
    for name, title in tests.items():
        for effect, words in effects.items():
            rows = _rows(table, name=name, effect=effect)
            first, last = rows.iloc[0], rows.iloc[-1]
            parts.append(
                f"{title}, {words}: {percent(first['estimate'])} with {first['n']} patients, "
                f"{percent(last['estimate'])} with {last['n']}"
            )
    trials = int(table["trials"].max())
    return f"Share of {trials} simulated trials with p below 0.05 by number of patients. {'; '.join(parts)}."


@journal()
def draw_type_one(table: pd.DataFrame, *, n: int, tests: Sequence[str], simulated: bool) -> JournalFigure:
    """Type-I error of each test in trials of n patients without effect, beside the nominal 5 %.

    Parameters
    ----------
    table, simulated
        As in :func:`draw_power`.
    n : int
        Treated patients.
    tests : sequence of str
        Names of the tests, from top to bottom.
    """
    rows = _type_one(table, n=n, tests=tests)
    figure = new_figure(DOUBLE_MM, 14 + 6.5 * len(rows), simulated=simulated)
    axes = figure.subplots()
    places = np.arange(len(rows))[::-1]
    above = (rows["low"] > _NOMINAL).to_numpy()
    for part, mark in ((~above, GROUPS[0]), (above, GROUPS[1])):
        if part.any():
            axes.errorbar(
                100 * rows["estimate"][part], places[part], xerr=100 * _errors(rows[part]), ls="none",
                color=mark.colour, marker=mark.marker, capsize=2, elinewidth=1.1,
            )  # fmt: skip
    axes.axvline(100 * _NOMINAL, color=INK, lw=0.8, ls=(0, (4, 2)))
    for place, estimate in zip(places, rows["estimate"], strict=True):
        axes.text(
            1.01,
            place,
            percent(float(estimate), 1),
            va="center",
            fontsize=SMALL,
            transform=axes.get_yaxis_transform(),
        )
    axes.set_yticks(places, list(rows["words"]))
    axes.set(xlabel="Trials without effect that are called significant, %", xlim=(0, None))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def _type_one(table: pd.DataFrame, *, n: int, tests: Sequence[str]) -> pd.DataFrame:
    parts = [_rows(table, name=name, effect="none") for name in tests]
    found = pd.concat([part[part["n"] == n] for part in parts], ignore_index=True)
    if len(found) != len(tests):
        raise DesignError(f"the table has no trials of {n} patients", expected="a size that was simulated")
    return found


def describe_type_one(table: pd.DataFrame, *, n: int, tests: Sequence[str]) -> str:
    """Alternative text: the type-I error of each test, and which are above the nominal 5 %."""
    rows = _type_one(table, n=n, tests=tests)
    parts, above = [], []
    for row in rows.to_dict("records"):
        low, estimate, high = (percent(row[name], 1) for name in ("low", "estimate", "high"))
        parts.append(f"{row['words']} {estimate} ({span(low, high)})")
        if row["low"] > _NOMINAL:
            above.append(row["words"])
    verdict = (
        f"Beyond chance above 5 %: {' and '.join(above)}" if above else "None is beyond chance above 5 %"
    )
    return f"Type-I error in {int(rows['trials'].max())} simulated trials of {n} patients without effect. {verdict}. {'; '.join(parts)}."


@journal()
def draw_landmark_cost(
    table: pd.DataFrame, *, names: Mapping[str, str], effects: Mapping[str, str], simulated: bool
) -> JournalFigure:
    """Mean hazard ratio by number of patients, counted from the first dose and from the landmark.

    Parameters
    ----------
    table, simulated
        As in :func:`draw_power`.
    names : mapping of str to str
        The two hazard ratios by their names in the table, and their words.
    effects : mapping of str to str
        Effects, one panel each, and their titles.
    """
    width = SINGLE_MM if len(effects) == 1 else DOUBLE_MM
    figure = new_figure(width, 72, simulated=simulated)
    panels = figure.subplots(1, len(effects), squeeze=False)[0]
    sizes = sorted(table["n"].unique())
    for axes, (effect, title) in zip(panels, effects.items(), strict=True):
        if effect == "none":
            axes.axhline(1, color=INK, lw=0.8)
        for place, ((name, words), mark) in enumerate(zip(names.items(), GROUPS[1::-1], strict=False)):
            rows = _rows(table, name=name, effect=effect)
            axes.errorbar(
                rows["n"] + 2.0 * place - 1.0, rows["estimate"], yerr=_errors(rows), label=words, color=mark.colour,
                ls=mark.line, marker=mark.marker, capsize=2, elinewidth=0.9,
            )  # fmt: skip
        axes.set(xlabel="Treated patients", xticks=sizes, title=title)
        axes.grid(axis="y", color=FAINT, lw=0.5)
    panels[0].set_ylabel("Mean hazard ratio")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(names))
    return figure


def describe_landmark_cost(
    table: pd.DataFrame, *, names: Mapping[str, str], effects: Mapping[str, str]
) -> str:
    """Alternative text: both hazard ratios of each effect at every size."""
    parts = []
    for effect, title in effects.items():
        for name, words in names.items():
            rows = _rows(table, name=name, effect=effect)
            values = ", ".join(f"{ratio(row['estimate'])} with {row['n']}" for row in rows.to_dict("records"))
            parts.append(f"{title}, {words}: {values} patients")
    return f"Geometric mean of the hazard ratio over simulated trials. {'; '.join(parts)}."
