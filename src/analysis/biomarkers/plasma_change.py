"""Plasma from one visit to the next: clearance, change of the allele frequency, trajectories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.biomarkers.exact_test import ExactTest
from analysis.biomarkers.paired_calls import mcnemar
from analysis.biomarkers.plasma import at_visit
from analysis.cohort import Proportion, proportion
from analysis.logbook import logged

BOUNDS = ("exact", "at_most", "at_least", "unknown")
"""How far a change is known: exactly, only that it fell at least so far, rose at least so far, or not at all."""


@dataclass(frozen=True)
class Transitions:
    """What became of a marker between two visits, in patients with a result at both.

    ``clearance`` is the share of those positive at the first visit who are negative at the second;
    ``test`` is McNemar's, of as many gains as losses. ``one_result`` counts the patients left out
    because only one of the two visits has a result.
    """

    marker: str
    first: str
    second: str
    n: int
    persistent: int
    cleared: int
    emerged: int
    absent: int
    one_result: int
    clearance: Proportion
    test: ExactTest


@logged("description", measure="clearance", whole="clearance", p_value="test.p_value")
def transitions(
    calls: pd.DataFrame, marker: str, *, first: str = "baseline", second: str = "day14"
) -> Transitions:
    """Transitions of a yes/no plasma marker from one visit to another.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`analysis.biomarkers.plasma_calls`.
    marker : str
        ``panel`` or ``tumour_fraction``.
    first, second : str
        The visits.
    """
    before = at_visit(calls, marker, visit=first).dropna().astype(bool)
    after = at_visit(calls, marker, visit=second).dropna().astype(bool)
    both = before.index.intersection(after.index)
    was, is_ = before[both].to_numpy(), after[both].to_numpy()
    cleared, emerged = int((was & ~is_).sum()), int((~was & is_).sum())
    persistent = int((was & is_).sum())
    test, _ = mcnemar(cleared, emerged, n=len(both))
    return Transitions(
        marker=marker,
        first=first,
        second=second,
        n=len(both),
        persistent=persistent,
        cleared=cleared,
        emerged=emerged,
        absent=int((~was & ~is_).sum()),
        one_result=len(before.index.symmetric_difference(after.index)),
        clearance=proportion(cleared, cleared + persistent),
        test=test,
    )


def _censored(calls: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Log10 of the allele frequency, at the limit of detection where it is below it, and whether it is."""
    frequency, limit = calls["max_vaf_percent"], calls["lod_vaf_percent"]
    below = frequency < limit
    return pd.Series(np.log10(frequency.where(~below, limit))), below


def vaf_change(calls: pd.DataFrame, *, first: str = "baseline", second: str = "day14") -> pd.DataFrame:
    """One row a patient: change of the highest variant allele frequency, as far as it is known.

    A frequency below the limit of detection is somewhere under the limit: the change from there or
    to there is a bound, and between two such frequencies it is unknown. It is never taken as zero.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`analysis.biomarkers.plasma_calls`.
    first, second : str
        The visits; only patients with a frequency at both are in the table.

    Returns
    -------
    pandas.DataFrame
        patient_id, first_vaf_percent, second_vaf_percent, change_log10 (second − first, in powers of
        ten; with the limit in place of a frequency below it; NaN if unknown), bound (one of
        ``BOUNDS``: ``at_most`` when the second is below the limit, ``at_least`` when the first is).

    Examples
    --------
    >>> calls = pd.DataFrame({"patient_id": ["a", "a"], "visit": ["baseline", "day14"],
    ...                       "max_vaf_percent": [10.0, 0.0], "lod_vaf_percent": [0.1, 0.1]})
    >>> vaf_change(calls)[["change_log10", "bound"]].values.tolist()
    [[-2.0, 'at_most']]
    """
    level, below = _censored(calls)
    known = calls.assign(level=level, below=below).dropna(subset="max_vaf_percent")
    part = ["max_vaf_percent", "level", "below"]
    before = known[known["visit"] == first].set_index("patient_id")[part]
    after = known[known["visit"] == second].set_index("patient_id")[part]
    pairs = before.join(after, how="inner", lsuffix="_1", rsuffix="_2")
    from_below, to_below = np.asarray(pairs["below_1"], dtype=int), np.asarray(pairs["below_2"], dtype=int)
    bound = np.array(["exact", "at_most", "at_least", "unknown"])[to_below + 2 * from_below]
    change = (pairs["level_2"] - pairs["level_1"]).mask(bound == "unknown")
    return pd.DataFrame(
        {
            "patient_id": pairs.index,
            "first_vaf_percent": pairs["max_vaf_percent_1"].to_numpy(),
            "second_vaf_percent": pairs["max_vaf_percent_2"].to_numpy(),
            "change_log10": change.to_numpy(),
            "bound": pd.array(bound.tolist(), dtype="string"),
        }
    )


@dataclass(frozen=True)
class VafChange:
    """Summary of the changes: how many are known how far, and the bounds of their median.

    ``median_low`` and ``median_high`` are equal where the censored changes cannot move the median;
    minus or plus infinity stands as NaN: that side is open.
    """

    n: int
    exact: int
    at_most: int
    at_least: int
    unknown: int
    median_low: float
    median_high: float


@logged("description", measure="change of allele frequency")
def summarise_change(changes: pd.DataFrame) -> VafChange:
    """Summary of :func:`vaf_change`; patients below the limit at both visits are not in the median."""
    bound = changes["bound"]
    known = changes[bound != "unknown"]
    change = np.asarray(known["change_log10"], dtype=float)
    medians = [np.nan, np.nan]
    if change.size:
        for side, (open_, far) in enumerate((("at_most", -np.inf), ("at_least", np.inf))):
            extreme = np.where(np.asarray(known["bound"] == open_, dtype=bool), far, change)
            middle = np.sort(extreme)[[(change.size - 1) // 2, change.size // 2]]
            median = middle.mean() if np.isfinite(middle).all() else np.nan
            medians[side] = float(median)
    counts = {name: int((bound == name).sum()) for name in BOUNDS}
    return VafChange(len(changes), **counts, median_low=medians[0], median_high=medians[1])


def trajectories(calls: pd.DataFrame, *, groups: pd.Series | None = None) -> pd.DataFrame:
    """One row a patient and visit for plotting: patient rows, to be drawn without their names.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`analysis.biomarkers.plasma_calls`.
    groups : pandas.Series of text, optional
        A group by patient_id, e.g. PET response; patients without one get <NA>.

    Returns
    -------
    pandas.DataFrame
        line (a number for each patient, in the order of the table, instead of the pseudonym), visit,
        sampled_day, vaf_percent (at the limit where below it), log10_vaf, below_limit,
        tumour_fraction_percent and, if given, group. Visits without a frequency are left out.
    """
    level, below = _censored(calls)
    table = pd.DataFrame(
        {
            "line": pd.factorize(calls["patient_id"])[0] + 1,
            "visit": calls["visit"],
            "sampled_day": calls["sampled_day"],
            "vaf_percent": 10**level,
            "log10_vaf": level,
            "below_limit": below,
            "tumour_fraction_percent": calls["tumour_fraction_percent"],
        }
    )
    if groups is not None:
        table["group"] = calls["patient_id"].map(groups.astype("string")).astype("string")
    return table[level.notna()].reset_index(drop=True)
