"""Tables that an import has made, without the persons in them: by the study's key, before anything is checked or written."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.data.intake.assembling import Assembled
from analysis.data.intake.folder import Intake
from analysis.data.pseudonym_key import PseudonymKey
from analysis.data.pseudonymised import TableReport, names_in, pseudonymised_rows
from analysis.data.reading import TextTable


def without_persons(made: Assembled, key: PseudonymKey, intake: Intake) -> tuple[Assembled, TableReport]:
    """Assembled tables with pseudonyms and moved dates, and what was done to them.

    Lines keep their numbers, so that findings still name the sender's. A date that cannot be read stays as it is: the
    check that follows refuses it. Names that the sender gives in columns of their own stay behind with them, and are
    looked for in what passes.

    Raises
    ------
    StudyError
        If a text that passes holds who a patient is.
    """
    named = {
        word
        for table in intake.tables.values()
        for column in table.cells.columns
        for word in names_in(str(column), table.cells[column].dropna().astype(str).unique().tolist())
    }
    unreadable = {name: _unreadable_dates(text) for name, text in made.texts.items()}
    read = {}
    for name, text in made.texts.items():
        cells = text.cells.mask(unreadable[name]).fillna("").astype(str)
        read[name] = list(cells.columns), cells.to_numpy().tolist()
    rows, report = pseudonymised_rows(read, key, named=named)
    texts, lacks = {}, {name: list(columns) for name, columns in made.lacks.items()}
    for name, text in made.texts.items():
        header, lines = rows[name]
        cells = pd.DataFrame(lines, columns=header, index=text.cells.index, dtype=object)
        cells = cells.where(cells != "").where(~unreadable[name][header], text.cells[header])
        headers = {plain: column for plain, column in text.headers.items() if column in header}
        texts[name] = TextTable(text.table, cells, headers, text.whole)
        gone = [plain for plain in text.headers if plain not in headers]
        if gone:
            lacks[name] = [*lacks.get(name, []), *gone]
    return replace(made, texts=texts, lacks=lacks), report


def _unreadable_dates(text: TextTable) -> pd.DataFrame:
    """Cells of date columns that hold no ISO date, as true."""
    cells = text.cells
    found = pd.DataFrame(False, index=cells.index, columns=cells.columns)
    for column in text.headers.values():
        if column.endswith("_date"):
            dates = pd.to_datetime(cells[column], format="%Y-%m-%d", errors="coerce")
            found[column] = cells[column].notna() & dates.isna()
    return found
