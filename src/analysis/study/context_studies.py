"""Studies of an early marker, PET or ctDNA, as they were published: design, timing, metric, cut-off, result."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ParameterError
from analysis.study.fact_files import fact_rows, ratio_cells
from analysis.study.protocol import project_root

COLUMNS = (
    "study",
    "marker",
    "design",
    "setting",
    "treatment",
    "timing",
    "metric",
    "cutoff",
    "n",
    "outcome",
    "measure",
)
COLUMNS += (
    "comparison",
    "direction",
    "estimate",
    "low",
    "high",
    "level",
    "result",
    "basis",
    "source",
    "note",
)
MARKERS = ("FDG PET", "ctDNA")
MEASURES = ("HR", "AUC", "medians", "concordance")
DIRECTIONS = ("poor v good", "good v poor", "")


@dataclass(frozen=True)
class ContextStudy:
    """One published result of one study.

    Parameters
    ----------
    study, marker, design, setting, treatment, timing, metric, cutoff, outcome : str
        What was measured in whom, when and how; ``marker`` is one of :data:`MARKERS`.
    n : int
        Patients of the result.
    measure : str
        What ``estimate`` is, one of :data:`MEASURES`.
    comparison, direction : str
        What is compared with what, and whether that is the group with the poor sign against the good one.
    estimate, low, high : float
        As printed; NaN where not printed or not known.
    level : float
        Confidence level of the limits, percent; NaN without limits.
    result : str
        The rest in words.
    basis : str
        read, recalled or computed; of the result, not of the design.
    source, note : str
        Where it stands, and what to beware of.
    """

    study: str
    marker: str
    design: str
    setting: str
    treatment: str
    timing: str
    metric: str
    cutoff: str
    n: int
    outcome: str
    measure: str
    comparison: str
    direction: str
    estimate: float
    low: float
    high: float
    level: float
    result: str
    basis: str
    source: str
    note: str


@functools.cache
def context_studies(file: Path | None = None) -> tuple[ContextStudy, ...]:
    """Every result of ``data/context_studies.csv``, in its order.

    Raises
    ------
    ParameterError
        If a column is missing, a number or a word cannot be right, or a mark is unknown (line named).
    """
    file = file or project_root() / "data" / "context_studies.csv"
    return tuple(_study(row, where) for row, where in fact_rows(file, COLUMNS))


def _study(row: dict[str, str], where: str) -> ContextStudy:
    estimate, low, high = ratio_cells(row, ("estimate", "low", "high"), where)
    whole = row["n"].isdigit() and int(row["n"]) > 0
    level = float(row["level"]) if row["level"].isdigit() else math.nan
    wrong = {
        "marker": row["marker"] not in MARKERS,
        "measure": row["measure"] not in MEASURES,
        "direction": row["direction"] not in DIRECTIONS or (row["measure"] == "HR" and not row["direction"]),
        "n": not whole,
        "level": not math.isnan(low) and not 50 <= level < 100,
        "estimate": math.isnan(estimate) and row["measure"] in ("HR", "AUC"),
        "timing": not row["timing"],
        "design": not row["design"],
    }
    offenders = [name for name, bad in wrong.items() if bad]
    if offenders:
        raise ParameterError(
            f"{', '.join(offenders)} cannot be right",
            where=where,
            expected="a marker, a measure, a direction of each hazard ratio, a positive n, the level of limits, timing and design",
            do="compare these cells of the line with its source",
            offenders=offenders,
        )
    words = {name: row[name] for name in COLUMNS if name not in ("n", "estimate", "low", "high", "level")}
    return ContextStudy(n=int(row["n"]), estimate=estimate, low=low, high=high, level=level, **words)
