"""A study's patients beside those of published trials: described, not tested."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cohort.differences import difference_of_shares
from analysis.cohort.proportions import proportion
from analysis.data.tables import TABLES
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.study import PublishedCharacteristic

COLUMNS = ["characteristic", "label", "level", "n", "count", "value", "low", "high", "unit"]
COLUMNS += ["study", "study_n", "study_value", "difference", "basis", "source", "note"]


@logged("description", measure="representativeness")
def representativeness(patients: pd.DataFrame, published: Iterable[PublishedCharacteristic]) -> pd.DataFrame:
    """One row a published figure, beside the same figure of these patients.

    There is no test: patients of another trial are no sample of the same population, and a small study would pass
    any. The standardised difference does not depend on the sizes.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient, columns as in the study's table ``patients``; patients without a value are left out of
        their row's n.
    published : iterable of PublishedCharacteristic
        Figures whose characteristic the study lacks have no row.

    Returns
    -------
    pandas.DataFrame
        characteristic, label and level; n (patients with a value), count (of the level; missing for a median), value
        with low and high (percent with its exact 95 % interval, or the median with its quartiles) and unit; the
        published study, study_n and study_value; difference (standardised, of shares; NaN for medians), basis,
        source, note. In the order of the characteristics in the study's contract, then of the levels.

    References
    ----------
    Standardised difference: Austin 2009, doi 10.1002/sim.3697.

    Examples
    --------
    >>> from analysis.study import PublishedCharacteristic
    >>> other = PublishedCharacteristic("A", "bone", "yes", 75.0, "%", 100, "read", "a table")
    >>> row = representativeness(pd.DataFrame({"bone": [True, True, False, None]}).astype("boolean"), [other]).iloc[0]
    >>> int(row["count"]), int(row["n"]), round(row["difference"], 3)
    (2, 3, 0.184)
    """
    order = [column.name for column in TABLES["patients"].columns]
    known = {column.name: column for column in TABLES["patients"].columns}
    rows = []
    for figure in published:
        if figure.characteristic not in patients or patients[figure.characteristic].isna().all():
            continue
        values = patients[figure.characteristic].dropna()
        mine = _share(values, figure) if figure.unit == "%" else _median(values)
        rows.append(
            {
                "characteristic": figure.characteristic,
                "label": known[figure.characteristic].meaning
                if figure.characteristic in known
                else figure.characteristic,
                "level": figure.level,
                "unit": figure.unit,
                "study": figure.study,
                "study_n": figure.n,
                "study_value": figure.value,
                "basis": figure.basis,
                "source": figure.source,
                "note": figure.note,
                **mine,
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"count": "Int64", "n": "Int64"})
    place = table["characteristic"].map({name: at for at, name in enumerate(order)})
    return table.iloc[np.lexsort([table["level"], place])].reset_index(drop=True)


def _share(values: pd.Series, figure: PublishedCharacteristic) -> dict[str, object]:
    count, n = int(_in_level(values, figure.level).sum()), len(values)
    share = proportion(count, n)
    other = figure.value / 100 * figure.n
    return {
        "n": n,
        "count": count,
        "value": 100 * share.estimate,
        "low": 100 * share.low,
        "high": 100 * share.high,
        "difference": difference_of_shares(np.array([n - count, count]), np.array([figure.n - other, other])),
    }


def _in_level(values: pd.Series, level: str) -> pd.Series:
    """Patients of the level; ``3+`` is three or more."""
    if level in ("yes", "no"):
        return values.astype(bool) == (level == "yes")
    if level.endswith("+"):
        return values.astype(float) >= float(level[:-1])
    return values.astype("string") == level


def _median(values: pd.Series) -> dict[str, object]:
    low, middle, high = np.quantile(values.astype(float), (0.25, 0.5, 0.75))
    return {
        "n": len(values),
        "count": pd.NA,
        "value": middle,
        "low": low,
        "high": high,
        "difference": math.nan,
    }
