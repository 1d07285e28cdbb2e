"""Studies of an early marker, PET or ctDNA, as they were published: design, timing, metric, cut-off, result."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ParameterError, PublicationError
from analysis.study.fact_files import MARKS, fact_rows, ratio_cells
from analysis.study.protocol import project_root

FACTS = ("design", "setting", "treatment", "timing", "metric", "cutoff", "n")
"""What is told of a study beside its result; each has its own mark, in the column ``<name>_basis``."""
_RESULT = (
    "outcome",
    "measure",
    "comparison",
    "direction",
    "estimate",
    "low",
    "high",
    "level",
    "result",
    "basis",
)
COLUMNS = (
    *("study", "marker", *(column for name in FACTS for column in (name, f"{name}_basis"))),
    *(*_RESULT, "source", "note"),
)
MARKERS = ("FDG PET", "ctDNA")
MEASURES = ("HR", "AUC", "medians", "concordance")
DIRECTIONS = ("poor v good", "good v poor", "")


@dataclass(frozen=True)
class MarkedFact:
    """What is known, ``told``, and how, ``basis``. Put into a sentence by itself it is refused: its mark would be lost."""

    told: str
    basis: str

    def __str__(self) -> str:
        raise PublicationError(
            f"a fact that is {self.basis} was to be printed without its mark: {self.told!r}",
            expected="both told and basis",
            do="print it by analysis.results.context_tables",
        )


@dataclass(frozen=True)
class ContextStudy:
    """One published result of one study.

    Parameters
    ----------
    study, marker : str
        Which study, and what it measured, one of :data:`MARKERS`.
    design, setting, treatment, timing, metric, cutoff, n : MarkedFact
        What was measured in how many patients, when and how: each with its own mark.
    outcome : str
        What the marker is related to.
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
        read, recalled or computed: of the result, from ``outcome`` to ``result``.
    source, note : str
        Where it stands, and what to beware of.
    """

    study: str
    marker: str
    design: MarkedFact
    setting: MarkedFact
    treatment: MarkedFact
    timing: MarkedFact
    metric: MarkedFact
    cutoff: MarkedFact
    n: MarkedFact
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
        **{name: not row[name] for name in FACTS if name != "n"},
        **{f"{name}_basis": row[f"{name}_basis"] not in MARKS for name in FACTS},
    }
    offenders = [name for name, bad in wrong.items() if bad]
    if offenders:
        raise ParameterError(
            f"{', '.join(offenders)} cannot be right",
            where=where,
            expected="a marker, a measure, a direction of each hazard ratio, a positive n, the level of limits, and of every fact "
            f"what it is and how it is known ({', '.join(MARKS)})",
            do="compare these cells of the line with its source",
            offenders=offenders,
        )
    values: dict[str, Any] = {name: row[name] for name in ("study", "marker", *_RESULT, "source", "note")}
    values |= {name: MarkedFact(row[name], row[f"{name}_basis"]) for name in FACTS}
    values |= {"estimate": estimate, "low": low, "high": high, "level": level}
    return ContextStudy(**values)
