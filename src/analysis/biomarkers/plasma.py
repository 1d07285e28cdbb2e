"""Plasma: one row a patient and visit, and how often ctDNA is found at each visit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cohort import proportion
from analysis.errors import DesignError
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol

PANEL, TUMOUR_FRACTION = "panel", "tumour_fraction"
MARKERS = (PANEL, TUMOUR_FRACTION)
LATEST_NAMED = 1e9
"""Sorts visits without a day in their name after the others, before progression."""
NUMBERS = ("max_vaf_percent", "lod_vaf_percent", "tumour_fraction_percent")


def visit_order(visit: str) -> tuple[float, str]:
    """Key that sorts visits by time: baseline, dayN and weekN by their day, other names, progression.

    >>> sorted(["progression", "week12", "day14", "baseline"], key=visit_order)
    ['baseline', 'day14', 'week12', 'progression']
    """
    if visit == "baseline":
        return 0.0, visit
    found = re.fullmatch(r"(day|week)(\d+)", visit)
    if found:
        return float(found[2]) * (7 if found[1] == "week" else 1), visit
    return (np.inf if visit == "progression" else LATEST_NAMED), visit


def marker_label(marker: str, protocol: Protocol) -> str:
    """Marker in words, with its cut-off.

    Raises
    ------
    DesignError
        If the marker is not one of ``MARKERS``.
    """
    if marker == PANEL:
        return "ctDNA detected by the panel"
    if marker == TUMOUR_FRACTION:
        return f"Tumour fraction at least {protocol.value('plasma.tumour_fraction_cutoff_percent'):g} %"
    raise DesignError(f"unknown plasma marker {marker!r}", expected="one of " + ", ".join(MARKERS))


def plasma_calls(study: Study, protocol: Protocol) -> pd.DataFrame:
    """One row a patient and visit: what the plasma showed.

    Of several samples of one visit the earliest with a result stands; ``repeats`` counts the others.

    Parameters
    ----------
    study : Study
        Needs ``plasma_samples``.
    protocol : Protocol
        Cut-off of the tumour fraction, and the limit of detection where a sample has none of its own.

    Returns
    -------
    pandas.DataFrame
        patient_id, visit, sampled_day, panel ("boolean"), tumour_fraction ("boolean": at least the
        cut-off), max_vaf_percent, lod_vaf_percent, tumour_fraction_percent, repeats. A missing result
        is <NA> or NaN, never negative. Sorted by patient and visit in time.

    Raises
    ------
    StudyError
        If the study has no plasma.
    """
    samples = study.table("plasma_samples")
    for name in NUMBERS:
        numbers = samples[name] if name in samples else pd.Series(np.nan, index=samples.index)
        samples[name] = numbers.astype("float64")
    if "sampled_day" not in samples:
        samples["sampled_day"] = np.nan
    if "panel_detected" not in samples:
        samples["panel_detected"] = pd.Series(pd.NA, index=samples.index, dtype="boolean")
    fraction = samples["tumour_fraction_percent"]
    cutoff = protocol.value("plasma.tumour_fraction_cutoff_percent")
    default = protocol.value("plasma.limit_of_detection_vaf_percent")
    samples = samples.assign(
        panel=samples["panel_detected"].astype("boolean"),
        tumour_fraction=(fraction >= cutoff).astype("boolean").mask(fraction.isna()),
        lod_vaf_percent=samples["lod_vaf_percent"].fillna(default),
        no_result=samples[["panel_detected", "max_vaf_percent", "tumour_fraction_percent"]]
        .isna()
        .all(axis=1),
        order=samples["visit"].map(visit_order),
    )
    samples = samples.sort_values(["patient_id", "order", "no_result", "sampled_day", "sample_id"])
    of_visit = samples.groupby(["patient_id", "visit"], sort=False)
    samples["repeats"] = of_visit["sample_id"].transform("size") - 1
    columns = ["patient_id", "visit", "sampled_day", *MARKERS, *NUMBERS, "repeats"]
    return samples.groupby(["patient_id", "visit"], sort=False).head(1)[columns].reset_index(drop=True)


@logged("description", measure="share")
def detection(calls: pd.DataFrame) -> pd.DataFrame:
    """One row a marker and visit: how many patients are positive, with the exact interval.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`plasma_calls`.

    Returns
    -------
    pandas.DataFrame
        marker, visit, k, n (patients with a result), no_result (sampled without a result), estimate,
        low, high (fractions), method. Visits in the order of time; a marker without any result in
        the study is left out.
    """
    rows = []
    for marker in MARKERS:
        if calls[marker].isna().all():
            continue
        for visit in sorted(calls["visit"].unique(), key=visit_order):
            found = calls.loc[calls["visit"] == visit, marker]
            share = proportion(int(found.sum()), int(found.notna().sum()))
            rows.append(
                {
                    "marker": marker,
                    "visit": visit,
                    "k": share.k,
                    "n": share.n,
                    "no_result": int(found.isna().sum()),
                    "estimate": share.estimate,
                    "low": share.low,
                    "high": share.high,
                    "method": share.method,
                }
            )
    columns = ["marker", "visit", "k", "n", "no_result", "estimate", "low", "high", "method"]
    return pd.DataFrame(rows, columns=columns)


def visit_words(visit: str) -> str:
    """A visit in words.

    >>> visit_words("day14"), visit_words("week6"), visit_words("baseline")
    ('day 14', 'week 6', 'baseline')
    """
    found = re.fullmatch(r"(day|week)(\d+)", visit)
    return f"{found[1]} {found[2]}" if found else visit


def visit_under_treatment(calls: pd.DataFrame, planned: str) -> str:
    """The planned visit if plasma was taken there, else the earliest one under treatment at which it was.

    Without any sample between baseline and progression it is the planned visit.

    >>> visit_under_treatment(pd.DataFrame({"visit": ["baseline", "week12", "week6", "progression"]}), "day14")
    'week6'
    """
    sampled = set(calls["visit"]) - {"baseline", "progression"}
    return planned if planned in sampled or not sampled else min(sampled, key=visit_order)


def nominal_day(visit: str, protocol: Protocol) -> float:
    """Day on which a visit is planned: the protocol's, else that in its name (week6 is day 42); NaN for others."""
    if visit in protocol.visits:
        return float(protocol.visits[visit].day)
    day, _ = visit_order(visit)
    return day if day < LATEST_NAMED else np.nan


def at_visit(calls: pd.DataFrame, column: str, *, visit: str) -> pd.Series:
    """Values of one column at one visit, by patient_id; patients without a sample are not in it."""
    rows = calls[calls["visit"] == visit]
    return rows.set_index("patient_id")[column]
