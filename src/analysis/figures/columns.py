"""Columns of a table as plain arrays, the form in which they are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def floats(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as numbers; a missing value is NaN, and so is every value of an absent column.

    >>> floats(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), "a")
    array([ 1., nan])
    """
    if column not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def truths(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Return a yes/no column as truth values; a missing value and an absent column are no.

    >>> truths(pd.DataFrame({"a": pd.array([True, None], dtype="boolean")}), "a")
    array([ True, False])
    """
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame[column].astype("boolean").fillna(False).to_numpy(dtype=bool), dtype=np.bool_)


def texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text; a missing value is the empty text, and so is every value of an absent column.

    >>> texts(pd.DataFrame({"a": ["x", None]}), "a")
    ['x', '']
    """
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value) for value in frame[column]]
