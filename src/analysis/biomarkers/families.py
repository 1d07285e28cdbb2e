"""Declared families of tests: a q value for every one of them, and the table that prints them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from analysis.biomarkers.association import Association


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Values q of one family of tests; a test that could not be made (NaN) stays NaN and does not count.

    References
    ----------
    Benjamini & Hochberg 1995, doi 10.1111/j.2517-6161.1995.tb02031.x. Tests without information are
    known from the margins alone, before any p value, and may be left out: Tarone 1990,
    doi 10.2307/2531456.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(-p[tested], kind="stable")]
    ranks = np.arange(order.size, 0, -1)
    q[order] = np.minimum.accumulate(np.minimum(p[order] * order.size / ranks, 1.0))
    return q


def with_q_values(associations: Sequence[Association], *, family: str) -> tuple[Association, ...]:
    """Return the same associations with their q values within this family, in the same order."""
    q_values = benjamini_hochberg(np.array([found.p_value for found in associations], dtype=float))
    return tuple(
        replace(found, q_value=float(q), family=family)
        for found, q in zip(associations, q_values, strict=True)
    )


def association_table(associations: Sequence[Association]) -> pd.DataFrame:
    """One row an association, for printing and for the forest plot.

    Returns
    -------
    pandas.DataFrame
        family, name, n, non_responders, responders (n with the marker known), then for a yes/no
        marker non_responders_positive and responders_positive, for a scale non_responders_median and
        responders_median; measure, estimate, low, high, p_value, q_value, method, note (reason and
        warnings, joined).
    """
    columns = ["family", "name", "n", "non_responders", "responders"]
    columns += ["non_responders_positive", "responders_positive"]
    columns += ["non_responders_median", "responders_median"]
    columns += ["measure", "estimate", "low", "high", "p_value", "q_value", "method", "note"]
    rows = []
    for found in associations:
        row: dict[str, object] = {key: value for key, value in asdict(found).items() if key in columns}
        row["note"] = "; ".join(filter(None, (found.reason, *found.warnings)))
        for group in found.groups:
            row[f"{group.label}s"] = group.n
            row[f"{group.label}s_positive"] = group.positive
            row[f"{group.label}s_median"] = group.median
        rows.append(row)
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"non_responders_positive": "Int64", "responders_positive": "Int64"})
