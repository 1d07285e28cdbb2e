"""Lesions of all patients side by side in arrays: one row a patient, one column a lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LesionArrays:
    """Values of lesions that were there at baseline; missing where a patient has no further lesion.

    Parameters
    ----------
    patients : list of str
        Of each row, in order of their names, so that the order of a table changes nothing.
    before, after : array of float, shape (patients, lesions)
        Measure at baseline and at the visit; 0 where the lesion has disappeared, missing where it is unknown.
    volume : array of float, shape (patients, lesions)
        Volume at baseline, ml; missing where it is not known.
    counts, disappeared : array of bool, shape (patients, lesions)
        Whether the lesion is one of those that decide, and whether it has no contour on a scan that has contours.
    """

    patients: list[str]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    volume: NDArray[np.float64]
    counts: NDArray[np.bool_]
    disappeared: NDArray[np.bool_]

    @property
    def deciding(self) -> NDArray[np.float64]:
        """Baseline values of the lesions that decide; missing for the others."""
        return np.where(self.counts, self.before, np.nan)


def arrays_of(changes: pd.DataFrame, *, counted: pd.DataFrame | None = None) -> LesionArrays:
    """The lesions of one visit as arrays; new lesions, which have no baseline, are not among them.

    Parameters
    ----------
    changes : DataFrame
        ``patient_id, baseline, follow_up, change_percent`` and optionally ``lesion_id``, ``volume_ml``. A change of
        −100 % without follow-up value is a lesion that has disappeared.
    counted : DataFrame, optional
        The rows of ``changes`` that decide; all when not given.
    """
    old = changes[changes["baseline"].notna()]
    keys = ["patient_id", *(["lesion_id"] if "lesion_id" in old else [])]
    old = old.sort_values(keys, kind="stable")
    names, row = np.unique(old["patient_id"].to_numpy(dtype=str), return_inverse=True)
    column = old.groupby("patient_id", sort=False).cumcount().to_numpy()
    shape = (len(names), int(column.max()) + 1 if len(old) else 1)
    follow_up = old["follow_up"].to_numpy(dtype=float, copy=True)
    gone = np.isnan(follow_up) & (old["change_percent"].to_numpy(dtype=float) == -100)
    follow_up[gone] = 0.0
    volume = old["volume_ml"].to_numpy(dtype=float) if "volume_ml" in old else np.full(len(old), np.nan)
    before, after, baseline_volume = (np.full(shape, np.nan) for _ in range(3))
    before[row, column], after[row, column] = old["baseline"].to_numpy(dtype=float), follow_up
    baseline_volume[row, column] = volume
    counts, disappeared = np.zeros(shape, bool), np.zeros(shape, bool)
    counts[row, column] = True if counted is None else old.index.isin(counted.index)
    disappeared[row, column] = gone
    return LesionArrays(names.tolist(), before, after, baseline_volume, counts, disappeared)
