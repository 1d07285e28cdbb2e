"""QLQ-C30 scores from the answers: raw mean, half rule, linear transformation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.quality_of_life.scales import ITEMS, SCALES, Scale

SHOWN = 8
"""Wrong answers that a message names; it counts the others."""


def score_items(answers: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """Scores of all fifteen scales, 0 to 100, one row a form.

    The raw score is the mean of the items that were answered, if at least half of the scale's items were; otherwise the
    score is missing. With answers from 1 to m, symptoms and global health status are (raw - 1) / (m - 1) x 100,
    functions the same from 100 downwards.

    Parameters
    ----------
    answers : array-like of float, shape (n, 30), or pandas.DataFrame
        One row a form, item 1 to item 30 in the order of the form; NaN is not answered. Of a table the columns
        ``item_1`` … ``item_30`` are taken, in any order, beside others.

    Returns
    -------
    pandas.DataFrame
        Columns named as in :data:`SCALES`, in points; index as of the table, or from 0. NaN where fewer than half of
        the items were answered.

    Raises
    ------
    DesignError
        If an answer is not a whole number of its item's range (1-4, items 29 and 30: 1-7; rows and items named), or
        there are not thirty items.

    References
    ----------
    Fayers PM, Aaronson NK, Bjordal K, et al. The EORTC QLQ-C30 Scoring Manual, 3rd edition. Brussels: EORTC; 2001.

    Examples
    --------
    >>> form = np.ones((1, 30))
    >>> form[0, 28:] = 4, 6
    >>> score_items(form)[["global_health_status", "physical_functioning", "pain"]].round(2).values.tolist()
    [[66.67, 100.0, 0.0]]
    """
    index: pd.Index | None = None
    if isinstance(answers, pd.DataFrame):
        index, answers = answers.index, _columns(answers)
    given = np.asarray(answers, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != ITEMS:
        raise DesignError(
            f"the answers have the shape {given.shape}", expected=f"one row a form and {ITEMS} items a row"
        )
    _refuse_wrong_answers(given)
    return pd.DataFrame({name: _score(given, scale) for name, scale in SCALES.items()}, index=index)


def _columns(table: pd.DataFrame) -> NDArray[np.float64]:
    names = [f"item_{number}" for number in range(1, ITEMS + 1)]
    lacking = [name for name in names if name not in table]
    if lacking:
        raise DesignError(
            f"the answers have no column {', '.join(lacking[:SHOWN])}",
            expected="columns item_1 to item_30",
            do="name the columns so; an item that was never asked is a column without values",
            offenders=lacking,
        )
    try:
        return table[names].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise DesignError("an answer is not a number", expected="1-4; items 29 and 30: 1-7") from None


def _refuse_wrong_answers(given: NDArray[np.float64]) -> None:
    highest = np.full(ITEMS, 4.0)
    highest[[item - 1 for item in SCALES["global_health_status"].items]] = 7.0
    answered = ~np.isnan(given)
    wrong = answered & ~((given >= 1) & (given <= highest) & (given == np.floor(given)))
    rows, items = np.nonzero(wrong)
    if rows.size:
        places = [
            f"row {row}, item {item + 1}: {given[row, item]:g}" for row, item in zip(rows, items, strict=True)
        ]
        more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
        raise DesignError(
            f"{rows.size} answers are outside the scale of their item",
            where="; ".join(places[:SHOWN]) + more + " (rows counted from 0)",
            expected="whole numbers 1-4; items 29 and 30: 1-7; empty where not answered",
            do="correct them from the forms; do not set them to missing without looking",
            offenders=places,
        )


def _score(given: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    own = given[:, [item - 1 for item in scale.items]]
    answered = (~np.isnan(own)).sum(axis=1)
    enough = 2 * answered >= len(scale.items)
    raw = np.where(enough, np.nansum(own, axis=1) / np.maximum(answered, 1), np.nan)
    share = (raw - 1) / (scale.answers - 1)
    return 100 * (1 - share if scale.functioning else share)
