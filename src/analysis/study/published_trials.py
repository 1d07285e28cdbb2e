"""Published trials whose curves were reconstructed by others, with what their publications print."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from analysis.study.fact_files import fact_rows, ratio_cells
from analysis.study.protocol import project_root

_WORDS = (
    "dataset", "trial", "population", "endpoint", "figure", "experimental", "experimental_name", "control", "control_name",
)  # fmt: skip
_ABOUT = ("basis", "source", "caution")
_NUMBERS = {
    "median": ("median", "median_low", "median_high"),
    "control_median": ("control_median", "control_low", "control_high"),
    "hazard_ratio": ("hr", "hr_low", "hr_high"),
}
"""Estimate and limits of each figure, and the columns that hold them."""

Interval = tuple[float, float, float]


@dataclass(frozen=True)
class PublishedTrial:
    """One figure of one trial.

    Parameters
    ----------
    dataset : str
        Name of the reconstructed data.
    trial, population, endpoint, figure : str
        What the figure shows.
    experimental, control : str
        Arms as the data name them; ``experimental_name`` and ``control_name`` as they are printed.
    median, control_median : tuple of float
        Printed median and its limits, months; NaN: not printed, not reached or not known.
    hazard_ratio : tuple of float
        Printed, experimental v control.
    basis : str
        How the printed figures are known: read, recalled or computed.
    source, caution : str
        Where they stand, and what to beware of.
    """

    dataset: str
    trial: str
    population: str
    endpoint: str
    figure: str
    experimental: str
    experimental_name: str
    control: str
    control_name: str
    median: Interval
    control_median: Interval
    hazard_ratio: Interval
    basis: str
    source: str
    caution: str


@functools.cache
def published_trials(file: Path | None = None) -> tuple[PublishedTrial, ...]:
    """Every trial of ``data/published_trials.csv``, in its order.

    Raises
    ------
    ParameterError
        If a column is missing, a number cannot be right or a mark is unknown (line named).
    """
    file = file or project_root() / "data" / "published_trials.csv"
    columns = (*_WORDS, *(name for names in _NUMBERS.values() for name in names), *_ABOUT)
    return tuple(
        PublishedTrial(
            median=ratio_cells(row, _NUMBERS["median"], where),
            control_median=ratio_cells(row, _NUMBERS["control_median"], where),
            hazard_ratio=ratio_cells(row, _NUMBERS["hazard_ratio"], where),
            **{name: row[name] for name in (*_WORDS, *_ABOUT)},
        )
        for row, where in fact_rows(file, columns)
    )
