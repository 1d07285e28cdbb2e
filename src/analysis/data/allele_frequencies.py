"""Rules about allele frequencies: a sample's highest is that of its variants, and a detection is above the limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error, warning


def frequency_problems(tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Samples whose highest allele frequency contradicts their variants, their panel result or its limit."""
    samples, variants = tables.get("plasma_samples"), tables.get("plasma_variants")
    if samples is None:
        return []
    problems = _detection(samples)
    if variants is not None and variants.whole:
        problems += _highest(samples, variants)
    return problems


def same_but_rounded(one: pd.Series, other: pd.Series) -> pd.Series:
    """Whether two numbers are the same as far as the one with fewer decimals says.

    Zero is exact: it stands for "none found". A number and its hundredth are never the same.

    >>> same_but_rounded(pd.Series([12.5, 0.1, 0.0]), pd.Series([12.48, 12.5, 0.04])).tolist()
    [True, False, False]
    """
    step = 10.0 ** -np.minimum(_decimals(one), _decimals(other))
    close = (one - other).abs() <= 0.5 * step * (1 + 1e-6)
    return (one == other) | (close & (one > 0) & (other > 0))


def _decimals(values: pd.Series) -> pd.Series:
    return values.map(lambda value: len(np.format_float_positional(value, trim="-").partition(".")[2]))


def _highest(samples: TypedTable, variants: TypedTable) -> list[Problem]:
    """Compare ``max_vaf_percent`` with the variants; samples with an illegible frequency are left out."""
    if not {"sample_id", "max_vaf_percent"} <= set(samples.headers):
        return []
    if not {"sample_id", "vaf_percent"} <= set(variants.headers):
        return []
    ids = samples.frame["sample_id"]
    unclear = variants.frame.loc[variants.frame["vaf_percent"].isna(), "sample_id"].dropna()
    judged = ids.notna() & ~ids.isin(unclear) & ~samples.illegible("max_vaf_percent")
    largest = ids.map(variants.frame.groupby("sample_id")["vaf_percent"].max()).astype("float64")[judged]
    given = samples.values("max_vaf_percent")[judged]
    both = largest.notna() & given.notna()
    wrong = both & ~same_but_rounded(given.where(both, 0.0), largest.where(both, 0.0))
    problems = [
        error(
            samples.file,
            f"the highest frequency is {given[line]:g}, while the highest of the sample's variants is "
            f"{largest[line]:g}",
            row=int(line),
            column="max_vaf_percent",
            expected="the largest vaf_percent of the sample in plasma_variants.csv",
            do=_percent_meant(given[line], largest[line]) or "correct whichever is wrong",
        )
        for line in given.index[wrong]
    ]
    for lone, what, do in (
        (
            largest.isna() & (given > 0),
            "the sample has a frequency above 0, yet no variant in plasma_variants.csv",
            "add its variants",
        ),
        (
            largest.notna() & given.isna(),
            "the sample has variants in plasma_variants.csv, yet no highest frequency",
            "fill the cell",
        ),
    ):
        problems += [
            warning(samples.file, what, row=int(line), column="max_vaf_percent", do=do)
            for line in given.index[lone]
        ]
    return problems


def _percent_meant(given: float, largest: float) -> str:
    """Advice if one of the two is a fraction of 1."""
    for fraction, percent, where in (
        (given, largest, "max_vaf_percent"),
        (largest, given, "vaf_percent of plasma_variants.csv"),
    ):
        if 0 < fraction <= 1 and abs(100 * fraction - percent) <= 0.05 * percent:
            return f"{where} looks like a fraction: multiply by 100"
    return ""


def _detection(samples: TypedTable) -> list[Problem]:
    """Panel results that contradict the frequency found, or lie below what the panel can find."""
    if not {"panel_detected", "max_vaf_percent"} <= set(samples.headers):
        return []
    detected = samples.values("panel_detected")
    frequency, limit = samples.values("max_vaf_percent"), samples.values("lod_vaf_percent")
    contradiction = ((detected == 0) & (frequency > 0)) | ((detected == 1) & (frequency == 0))
    below = (detected == 1) & (frequency > 0) & (frequency < limit)
    return [
        warning(
            samples.file,
            "panel_detected and max_vaf_percent contradict each other",
            row=int(line),
            column="panel_detected",
            expected="yes with a frequency above 0, no with 0",
            do="correct whichever of the two is wrong",
        )
        for line in frequency.index[contradiction]
    ] + [
        warning(
            samples.file,
            f"ctDNA was detected at {frequency[line]:g} %, below the limit of detection of {limit[line]:g} %",
            row=int(line),
            column="max_vaf_percent",
            expected="a frequency from the limit on",
            do="check both; a fraction must be multiplied by 100",
        )
        for line in frequency.index[below]
    ]
