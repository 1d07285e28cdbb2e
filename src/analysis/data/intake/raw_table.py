"""A table as it came: text cells under the sender's own names, with the lines they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """What a reader makes of one file, sheet or form, whatever its format.

    Parameters
    ----------
    name : str
        Name by which a mapping calls it, in lower case: ``adsl``, ``export``, ``book.sheet``.
    file : str
        File it was read from, relative to the folder.
    cells : DataFrame
        Text cells under the sender's column names, NaN where empty. The index is the line of the file, the
        header being line 1; in a file without lines it is the number of the record, from 1.
    row_noun : str
        What the index counts: ``line``, ``record`` or ``row``.
    labels : mapping of str to str
        Column to its label, as far as the file or a data dictionary gives one.
    choices : mapping of str to mapping
        Column to its codes and what they mean, as far as a data dictionary says.
    missing : mapping of str to int
        Codes for missing values that the reader knew and emptied, and how many cells each.
    refused : mapping of str to str
        Column that must not pass, and why: free text, or an identifier by its own dictionary.
    decimal : str
        ``.`` or ``,`` if the numbers of the file show which it is; empty if they cannot.
    notes : tuple of str
        What was recognised and should be looked at, e.g. an encoding that no mark proves.
    """

    name: str
    file: str
    cells: pd.DataFrame
    row_noun: str = "line"
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """What a mapping says of how one file is to be read; empty: recognise it.

    Parameters
    ----------
    encoding : str
        Name of a text encoding.
    separator : str
        One character.
    decimal : str
        ``.`` or ``,``.
    date : str
        Format of every date of the file that does not say its own.
    missing : tuple of str
        Codes that stand for a missing value.
    """

    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    date: str = ""
    missing: tuple[str, ...] = ()


def text_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Same cells with blanks around them taken off, and empty ones missing (NaN), as objects."""
    cleaned = {
        position: frame.iloc[:, position].astype(object).map(_stripped, na_action="ignore")
        for position in range(frame.shape[1])
    }
    made = pd.DataFrame(cleaned, index=frame.index, dtype=object)
    made.columns = [str(name) for name in frame.columns]
    return made.where(made.notna() & (made != ""))


def _stripped(cell: object) -> str:
    # A no-break space is what a spreadsheet leaves where a person typed a blank.
    return str(cell).replace("\u00a0", " ").strip()
