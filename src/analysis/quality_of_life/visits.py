"""Which planned visit a form belongs to, and who is analysed: one rule for completion and course."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import refuse_repeated

NO_VISIT = -1
"""Of a form after day 0 that is no nearer to the first planned visit than to day 0."""


def planned_visit(day: ArrayLike, *, every_weeks: int) -> NDArray[np.int64]:
    """Number of the visit each form belongs to: 0 the baseline, then the nearest planned one.

    A form up to day 0 is of the baseline. A later one never is, because treatment has begun; if it is no nearer to the
    first planned visit than to day 0 it is of no visit (:data:`NO_VISIT`).

    Parameters
    ----------
    day : array-like of float, shape (m,)
        Day of each form, day 0 the start; none missing.
    every_weeks : int
        Weeks between planned forms.

    Examples
    --------
    >>> planned_visit([-3, 0, 5, 21, 22, 80], every_weeks=6).tolist()
    [0, 0, -1, -1, 1, 2]
    """
    days = np.asarray(day, dtype=np.float64)
    nearest = np.rint(np.maximum(days, 0.0) / (7.0 * every_weeks)).astype(np.int64)
    return np.where((days > 0) & (nearest == 0), NO_VISIT, nearest)


def places(patients: Sequence[Any]) -> dict[Hashable, int]:
    """Row of each patient analysed; a patient named twice is refused."""
    refuse_repeated(patients, "the list of patients analysed")
    return {one: i for i, one in enumerate(patients)}
