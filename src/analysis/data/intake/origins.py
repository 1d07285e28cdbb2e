"""Where each cell of a study's table came from, so that a fault is named by the sender's file, line and column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analysis.data.intake.raw_table import RawTable
from analysis.data.problems import Problem


@dataclass(frozen=True)
class Origin:
    """Place of one cell in what was sent."""

    file: str
    line: int
    column: str
    noun: str


@dataclass
class Origins:
    """Places of the cells of one table of the study.

    ``rows`` holds the place of each row, by its line in the study's file; ``columns`` those of columns that
    were looked up elsewhere, by the column's header and the line.
    """

    rows: dict[int, Origin] = field(default_factory=dict)
    names: dict[int, dict[str, str]] = field(default_factory=dict)
    elsewhere: dict[tuple[str, int], Origin] = field(default_factory=dict)

    def of(self, line: int, header: str) -> Origin | None:
        """Place of a cell, or of its row if the cell came from nowhere."""
        found = self.elsewhere.get((header, line))
        row = self.rows.get(line)
        if found is not None or row is None:
            return found
        return replace(row, column=self.names.get(line, {}).get(header, ""))

    def translated(self, problem: Problem, table: str) -> Problem:
        """Problem of a study's table as one of what was sent; what it is called in the study is said too."""
        if problem.row is None:
            return replace(problem, file=f"{table} (as mapped)")
        headers = (problem.column or "").split(", ")
        origin = self.of(problem.row, headers[0])
        if origin is None:
            return replace(problem, file=f"{table} (as mapped)")
        what = problem.what
        mentioned = _line_mentioned(what)
        if mentioned is not None and (other := self.of(mentioned, headers[0])) is not None:
            what = what.replace(f"line {mentioned}", f"{other.noun} {other.line}")
        sent = [found.column for name in headers if (found := self.of(problem.row, name)) and found.column]
        return replace(
            problem,
            file=origin.file,
            row=origin.line,
            column=", ".join(dict.fromkeys(sent)) or None,
            what=f"{what} ({table}.{problem.column or 'row'})",
        )


def _line_mentioned(what: str) -> int | None:
    words = what.split()
    for place, word in enumerate(words[:-1]):
        if word == "line" and words[place + 1].rstrip(".,").isdigit():
            return int(words[place + 1].rstrip(".,"))
    return None


def origin(table: RawTable, line: object, column: str) -> Origin:
    """Place of a cell of a sender's table."""
    return Origin(table.file, int(str(line)), column, table.row_noun)
