"""What a column and a table are: the facts that checks, loader and data dictionary share."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("text", "code", "yes_no", "whole", "number", "time")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a study table.

    Parameters
    ----------
    name : str
        Name in the file and in memory. A ``time`` column ``x`` stands in the file as ``x_date``
        (ISO 8601) or ``x_day`` (days since treatment start, day 0), and in memory as ``x_day``.
    kind : str
        One of ``KINDS``. ``code`` takes one of ``codes``; ``yes_no`` is true/false in memory.
    meaning : str
        What it holds, for the data dictionary.
    unit : str
        Unit, or empty.
    nullable : bool
        Whether a cell may be empty (missing).
    low, high : float, optional
        Range, both ends included.
    codes : tuple of str
        The allowed codes.
    optional : bool
        Whether a study may be without it and need not say so, e.g. what only a two-arm study has.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    nullable: bool = True
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a study folder: ``<name>.csv``, comma-separated, UTF-8, one header line."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns (file-independent names) that together occur once."""
    part: str
    """The part of a study that the table belongs to: what is lacking when the file is absent."""

    def column(self, name: str) -> Column:
        """The column of that name; ``x_day`` finds the time column ``x``."""
        for column in self.columns:
            if name in (column.name, f"{column.name}_day" if column.kind == "time" else column.name):
                return column
        raise KeyError(name)


def patient_id() -> Column:
    """The key that joins every table: the study's own pseudonym, never a name or a hospital number."""
    return Column(
        name="patient_id",
        kind="text",
        meaning="Pseudonym of the patient in the study; never a name, initials or hospital number",
        nullable=False,
    )
