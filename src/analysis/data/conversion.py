"""From text cells to typed columns, and from calendar dates to study days: the last place that sees a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data.problems import Problem, error, warning
from analysis.data.reading import TextTable
from analysis.data.schemas import dates, numbers
from analysis.data.tables import Column, Table


@dataclass(frozen=True)
class TypedTable:
    """A table with typed columns, while it is being checked.

    Parameters
    ----------
    table : Table
        Its schema.
    frame : DataFrame
        The columns that the file has, under their names in memory; a time column ``x`` is ``x_day``.
        The index is the line in the file. A cell that its schema refuses is missing here.
    headers : mapping
        Plain column name to the file's.
    whole : bool
        Whether every line of the file could be read.
    filled : DataFrame of bool
        Whether the cell holds anything, by line and plain name. A filled cell has no value in ``frame`` if
        it was refused, or if it is a date of a patient without day 0: it is not an empty cell.
    """

    table: Table
    frame: pd.DataFrame
    headers: Mapping[str, str]
    whole: bool
    filled: pd.DataFrame

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.table.name}.csv"

    def times(self) -> list[str]:
        """Plain names of the time columns that are there."""
        return [name for name in self.headers if self.table.column(name).kind == "time"]

    def values(self, name: str) -> pd.Series:
        """Values of a column by line as float64, yes and no being 1 and 0; all NaN if it is not there.

        Parameters
        ----------
        name : str
            Plain name of the column; a time gives its study days.
        """
        if name not in self.headers:
            return pd.Series(np.nan, index=self.frame.index, dtype="float64")
        return self.frame[in_memory(self.table.column(name))].astype("float64")

    def given(self, name: str) -> pd.Series:
        """Whether each line gives a value, readable or not; all false if the column is not there.

        Parameters
        ----------
        name : str
            Plain name of the column.
        """
        if name not in self.headers:
            return pd.Series(False, index=self.frame.index)
        return self.filled[name]

    def illegible(self, name: str) -> pd.Series:
        """Whether each line gives something that has no value here: no rule can judge the cell."""
        if name not in self.headers:
            return pd.Series(False, index=self.frame.index)
        return self.filled[name] & self.frame[in_memory(self.table.column(name))].isna()


def in_memory(column: Column) -> str:
    """Name of a column in memory.

    >>> from analysis.data.tables import TABLES
    >>> in_memory(TABLES["outcomes"].column("death"))
    'death_day'
    """
    return f"{column.name}_day" if column.kind == "time" else column.name


def typed(text: TextTable) -> TypedTable:
    """Typed columns of a table; a time given as date stays a date until :func:`to_study_days`."""
    columns = {}
    for plain, name in text.headers.items():
        column = text.table.column(plain)
        columns[in_memory(column)] = _typed(text.cells[name], column, is_date=name == f"{plain}_date")
    filled = {plain: text.cells[name].notna() for plain, name in text.headers.items()}
    return TypedTable(
        table=text.table,
        frame=pd.DataFrame(columns, index=text.cells.index),
        headers=text.headers,
        whole=text.whole,
        filled=pd.DataFrame(filled, index=text.cells.index, dtype=bool),
    )


def _typed(cells: pd.Series, column: Column, *, is_date: bool) -> pd.Series:
    if column.kind == "text":
        return cells.astype("string")
    if column.kind == "code":
        return cells.where(cells.isin(column.codes)).astype("string")
    if column.kind == "yes_no":
        return cells.map({"yes": True, "no": False}).astype("boolean")
    if is_date:
        return dates(cells)
    values = numbers(cells)
    values = values.where(np.isfinite(values))
    if column.low is not None and column.high is not None:
        values = values.where(values.between(column.low, column.high))
    if column.kind == "whole":
        return values.where(values % 1 == 0).astype("Int64")
    return values


def empty_column(column: Column, index: pd.Index) -> pd.Series:
    """All-missing column of the right type, for what a study declares lacking."""
    dtype = {"text": "string", "code": "string", "yes_no": "boolean", "whole": "Int64"}.get(
        column.kind, "float64"
    )
    return pd.Series(pd.NA if dtype != "float64" else np.nan, index=index, dtype=dtype)


def to_study_days(
    tables: Mapping[str, TypedTable], starts: pd.Series
) -> tuple[dict[str, TypedTable], list[Problem]]:
    """Tables in which every date has become days since that patient's treatment start.

    Parameters
    ----------
    tables : mapping of str to TypedTable
        All tables that could be read.
    starts : Series
        Date of day 0 by patient, from :func:`day_zero`.

    Returns
    -------
    dict of str to TypedTable
        Time columns are float64 days; NaN where the time is missing, or where the patient never
        started treatment, so that there is no day 0.
    list of Problem
        Dates that have no day 0 to be counted from.
    """
    patients = tables.get("patients")
    zero = origin_of(patients)
    problems = []
    converted = {}
    for name, each in tables.items():
        frame = each.frame.copy()
        for plain in each.times():
            values = frame[f"{plain}_day"]
            if not pd.api.types.is_datetime64_any_dtype(values):
                continue
            if patients and patients.headers.get(zero) != f"{zero}_date" and values.notna().any():
                problems.append(
                    error(
                        each.file,
                        "the dates cannot be turned into study days",
                        column=each.headers[plain],
                        expected=f"the column {zero}_date in patients.csv",
                        do=f"add it, or give study days under {plain}_day",
                    )
                )
            origin = (
                frame["patient_id"].map(starts)
                if len(starts) and "patient_id" in frame
                else pd.Series(pd.NaT, index=frame.index)
            )
            frame[f"{plain}_day"] = (values - origin.astype("datetime64[ns]")).dt.days.astype("float64")
        converted[name] = replace(each, frame=frame)
    return converted, problems


def origin_of(patients: TypedTable | None) -> str:
    """Column of ``patients`` that is day 0: the randomisation where there is one, else the first dose.

    In a randomised trial everybody is analysed as randomised, and who never took a dose has no other origin.
    """
    return "randomised" if patients is not None and "randomised" in patients.headers else "treatment_start"


def day_zero(patients: TypedTable | None) -> tuple[pd.Series, list[Problem]]:
    """Date of day 0 by patient, and what is wrong with it; no date at all if it is given as day 0."""
    zero = origin_of(patients)
    word = {"randomised": "randomisation", "treatment_start": "treatment start"}[zero]
    if patients is None or not {zero, "patient_id"} <= set(patients.headers):
        return pd.Series(dtype="datetime64[ns]"), []
    values = patients.frame[f"{zero}_day"]
    header = patients.headers[zero]
    if not pd.api.types.is_datetime64_any_dtype(values):
        wrong = values.index[values.notna() & (values != 0)]
        verb = "treatment starts" if zero == "treatment_start" else "randomisation is"
        return pd.Series(dtype="datetime64[ns]"), [
            error(
                patients.file,
                f"{verb} on day {values[line]:g}",
                row=int(line),
                column=header,
                expected=f"0: {word} is day 0 of every time",
                do="count every time of this patient from "
                + ("the first dose" if zero == "treatment_start" else "it"),
            )
            for line in wrong
        ]
    problems = [
        warning(
            patients.file,
            f"there is no {word}, so that no date of this patient has a study day",
            row=int(line),
            column=header,
            do="fill it, unless the patient never started treatment"
            if zero == "treatment_start"
            else "fill it, unless the patient was never randomised",
        )
        for line in values.index[~patients.given(zero)]
    ]
    known = patients.frame.dropna(subset=["patient_id"]).drop_duplicates("patient_id").set_index("patient_id")
    return known[f"{zero}_day"], problems
