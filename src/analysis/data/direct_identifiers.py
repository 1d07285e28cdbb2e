"""Direct identifiers in the cells of a study's tables: they are refused, by line and kind."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.data.identifier_names import cell_kind
from analysis.data.problems import Problem, error
from analysis.data.reading import TextTable

_PSEUDONYMS = ("patient_id", "sample_id", "reader", "visit")
"""Columns that hold one word for a person or thing: two capitalised words there are a name."""
_NOT_LOOKED_AT = ("series_uid", "value", "file")


def identifier_problems(tables: Iterable[TextTable]) -> list[Problem]:
    """Cells of text columns that look like a direct identifier, by line and kind; what stands in them is not repeated."""
    problems = []
    for text in tables:
        for column in text.table.columns:
            if column.kind != "text" or column.name not in text.headers or column.name in _NOT_LOOKED_AT:
                continue
            header = text.headers[column.name]
            cells: pd.Series = text.cells[header].dropna()
            kinds = {cell: cell_kind(cell, pseudonym=column.name in _PSEUDONYMS) for cell in cells.unique()}
            problems += [
                error(
                    text.file,
                    f"the cell holds what looks like {kinds[cell]}",
                    row=int(str(line)),
                    column=header,
                    expected="no direct identifier: they do not enter a study",
                    do="remove it, or bring the study in by `python -m analysis pseudonymise`, an export by `import --pseudonymise KEY`",
                )
                for line, cell in cells.items()
                if kinds[cell]
            ]
    return problems
