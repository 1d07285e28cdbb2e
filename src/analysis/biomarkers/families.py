"""Declared families of tests: a q value for every one of them, and the table that prints them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def in_declared_families(
    *sets: Sequence[Association], families: Mapping[str, Sequence[str]], tests: Mapping[str, str]
) -> list[tuple[Association, ...]]:
    """The same sets of associations with q values within the families that the run declares.

    A family may span several sets, and hold less than a set: what no family names keeps its p value and has no q.

    Parameters
    ----------
    *sets : sequence of Association
        Each with the set of tests that its ``family`` names ("plasma, detection").
    families : mapping of str to sequence of str
        Names of planned analyses by family, from the run file.
    tests : mapping of str to str
        Set of tests of each planned analysis, from the plan.

    Examples
    --------
    >>> from analysis.biomarkers import binary_association
    >>> marker = pd.Series([True, True, True, False, False, False])
    >>> response = pd.Series(["non_responder"] * 3 + ["responder"] * 3)
    >>> found = with_q_values([binary_association("a", marker, response=response)], family="plasma, detection")
    >>> [(alone,)] = in_declared_families(found, families={}, tests={"plasma": "plasma, detection"})
    >>> alone.family, round(alone.p_value, 9), alone.q_value
    ('', 0.1, nan)
    """
    declared = {
        tests[name]: family for family, names in families.items() for name in names if tests.get(name)
    }
    flat = [
        replace(found, family=declared.get(found.family, ""), q_value=float("nan"))
        for one in sets
        for found in one
    ]
    for family in dict.fromkeys(declared.values()):
        places = [place for place, found in enumerate(flat) if found.family == family]
        for place, found in zip(
            places, with_q_values([flat[place] for place in places], family=family), strict=True
        ):
            flat[place] = found
    waiting = iter(flat)
    return [tuple(next(waiting) for _ in one) for one in sets]


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
