"""What a notebook reads of those before it in its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import PublicationError
from analysis.results import places
from analysis.results.store import NotebookResults, read_results
from analysis.study import Parameters, notebooks_before

if TYPE_CHECKING:
    import pandas as pd


class EarlierNotebooks:
    """Results and patient rows of the other notebooks of a run, those with the same parameters alone."""

    def __init__(self, name: str, parameters: Parameters) -> None:
        self.name = name
        self.parameters = parameters

    def kept(self, notebook: str, name: str) -> pd.DataFrame:
        """Patient rows that an earlier notebook of this run kept.

        Raises
        ------
        PublicationError
            If that notebook has not been run.
        """
        import pandas as pd

        file = self._earlier(notebook).derived / f"{name}.parquet"
        if not file.exists():
            raise PublicationError(
                f"{self.name} needs what {notebook} keeps, and it is not there",
                where=f"data/derived/{self.parameters.run}/{notebook}/{name}.parquet",
                do=f"run make report, or notebook {notebook} first",
            )
        return pd.read_parquet(file)

    def earlier(self, notebook: str) -> NotebookResults:
        """Values, tables and figures of an earlier notebook of this run."""
        return read_results(self._earlier(notebook).values)

    def before(self) -> list[NotebookResults]:
        """Results of every notebook that stands before this one in the run's file; the build graph knows this call."""
        return [self.earlier(name) for name in notebooks_before(self.parameters.run, self.name)]

    def has_kept(self, notebook: str, name: str) -> bool:
        """Whether an earlier notebook kept such rows; it does not where the study lacks what they need."""
        return (self._earlier(notebook).derived / f"{name}.parquet").exists()

    def was_run(self, notebook: str) -> bool:
        """Whether another notebook of this run has results with these parameters: a notebook may do with less before."""
        try:
            self._earlier(notebook)
        except PublicationError:
            return False
        return True

    def _earlier(self, notebook: str) -> places.Places:
        """Where an earlier notebook of this run, with these very parameters, has written.

        Raises
        ------
        PublicationError
            If it has not been run, or only with other parameters: mixing them would give a number that belongs
            to neither.
        """
        own = {name: getattr(self.parameters, name) for name in self.parameters.__dataclass_fields__}
        others = []
        for place in places.candidates(self.parameters.run, notebook):
            if place.values.exists():
                used = read_results(place.values).parameters
                differing = {name: used.get(name) for name, value in own.items() if used.get(name) != value}
                if not differing:
                    return place
                others.append(", ".join(f"{name} {value}" for name, value in differing.items()))
        raise PublicationError(
            f"{self.name} needs the results of {notebook}"
            + (f", which was run with other parameters: {' and with '.join(others)}" if others else ""),
            where=f"run {self.parameters.run}",
            expected=f"results of {notebook} with the parameters of this notebook",
            do=f"run {notebook} with the same parameters first, or make report",
        )
