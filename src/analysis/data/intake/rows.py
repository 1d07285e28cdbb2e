"""Rows of one table of the study from one table of the sender, as one block of the mapping says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.data.intake.cell_values import converted, units_of
from analysis.data.intake.mapping import STACKED_NAME, STACKED_VALUE, Block, Rule
from analysis.data.intake.origins import Origin, origin
from analysis.data.intake.raw_table import RawTable, ReadingOptions
from analysis.data.problems import Problem, error, meant, quoted
from analysis.data.tables import Table

_LINE = "(line)"
"""Column that keeps the line of a row while rows are chosen and stacked."""


@dataclass
class Made:
    """Rows that a block has made.

    Parameters
    ----------
    cells : DataFrame
        Contract's cells, under plain column names; the index counts from 0.
    lines : list
        Line of the sender's table of each row.
    dated : set of str
        Plain names of the columns whose cells are ISO dates.
    elsewhere : mapping of str to list
        Places of the cells of a column that come from another table or line.
    names : mapping of str to str
        Plain name to the sender's column, for the messages.
    """

    cells: pd.DataFrame
    lines: list[int]
    dated: set[str] = field(default_factory=set)
    elsewhere: dict[str, list[Origin | None]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def block_problems(table: Table, block: Block, tables: Mapping[str, RawTable], file: str) -> list[Problem]:
    """What a block names that is not there, or must not pass."""
    problems: list[Problem] = []

    def there(source: str, columns: tuple[str, ...], where: str, *, stacked: bool = False) -> None:
        if source not in tables:
            what = f"{where}: there is no table {quoted(source)}"
            problems.append(error(file, what, do=meant(source, tables) if tables else ""))
            return
        known = [*tables[source].cells.columns, *((STACKED_NAME, STACKED_VALUE) if stacked else ())]
        for name in columns:
            if name not in known:
                what = f"{where}: {source} has no column {quoted(name)}"
                problems.append(error(file, what, do=_meant_column(name, known)))

    stacked = bool(block.stack)
    own = (*block.where, *block.unless, *block.one_row_per)
    there(block.source, (*own, *block.stack), table.name)
    for name, rule in block.rules.items():
        where, column = f"{table.name}, {name}", table.column(name)
        if rule.source:
            there(rule.source, (*rule.columns, *rule.where, *rule.join.values()), where)
            there(block.source, tuple(rule.join), where, stacked=stacked)
            if not rule.join:
                problems.append(
                    error(file, f"{where}: `join` is missing", expected="the columns that must be equal")
                )
        else:
            there(block.source, (*rule.columns, *rule.where), where, stacked=stacked)
        source = tables.get(rule.source or block.source)
        for sent in rule.columns:
            reason = source.refused.get(sent) if source else None
            if reason and column.kind != "time":
                what = f"{where}: {quoted(sent)} does not pass: {reason}"
                problems.append(error(file, what, do="leave it out, or have the sender give a pseudonym"))
        units = units_of(column)
        if rule.unit and rule.unit not in units:
            what = f"{where}: unknown unit {quoted(rule.unit)}"
            problems.append(error(file, what, expected=", ".join(units) or "no unit: the column has none"))
        if rule.where and not rule.source and not block.one_row_per:
            do = "add `one_row_per`, or put `where` beside `from`"
            problems.append(error(file, f"{where}: `where` of a column needs `one_row_per`", do=do))
    return problems


def _meant_column(name: str, known: list[str]) -> str:
    """Advice that names the sender's closest column; names that may be data are not shown."""
    plain = [each for each in known if quoted(each) == repr(each)]
    return meant(name, plain[:60]) if plain else ""


def block_rows(
    table: Table,
    block: Block,
    tables: Mapping[str, RawTable],
    options: Mapping[str, ReadingOptions],
) -> tuple[Made, list[Problem]]:
    """Rows that a right block makes, and cells that are refused on the way.

    Parameters
    ----------
    table : Table
        The contract's table.
    block : Block
        A block without :func:`block_problems`.
    tables : mapping of str to RawTable
        What was sent.
    options : mapping of str to ReadingOptions
        By file name.
    """
    raw = tables[block.source]
    chosen = _chosen(raw.cells.assign(**{_LINE: raw.cells.index}), block.where)
    for name, values in block.unless.items():
        chosen = chosen[~chosen[name].isin(values)]
    if block.stack:
        chosen = _stacked(chosen, block.stack)
    base = chosen.drop_duplicates(list(block.one_row_per)) if block.one_row_per else chosen
    base = base.reset_index(drop=True)
    made = Made(pd.DataFrame(index=base.index), [int(line) for line in base[_LINE]])
    problems: list[Problem] = []
    for name, rule in block.rules.items():
        column = table.column(name)
        source = tables[rule.source] if rule.source else raw
        if rule.value is not None:
            made.cells[name] = rule.value if rule.value != "" else np.nan
            continue
        cells, lines, found = _looked_up(base, chosen, source, block, rule)
        problems += found
        given = options.get(source.file, ReadingOptions())
        missing = {*given.missing, *rule.missing}
        cells = cells.mask(cells.isin(list(missing))) if missing else cells
        date = rule.date or (given.date if column.kind == "time" and not rule.unit else "")
        values, refused = converted(cells, column, rule, source, date=date)
        made.cells[name] = values
        made.names[name] = ", ".join(rule.columns)
        if date:
            made.dated.add(name)
        if lines is not None:
            made.elsewhere[name] = [
                None if np.isnan(line) else origin(source, int(line), made.names[name]) for line in lines
            ]
        for rows, what, expected, do in refused:
            for row in rows:
                line = made.lines[row] if lines is None else int(lines[row])
                sent = _sent_column(base, row, rule, block)
                problems.append(
                    error(
                        source.file,
                        f"{what} ({table.name}.{name})",
                        row=line,
                        column=sent,
                        expected=expected,
                        do=do,
                    )
                )
    return made, problems


def _sent_column(base: pd.DataFrame, row: int, rule: Rule, block: Block) -> str:
    """Sender's column of a cell; of a stacked one that which was stacked."""
    if STACKED_VALUE not in rule.columns:
        return ", ".join(rule.columns)
    name = base[STACKED_NAME][row]
    return next((sent for sent, called in block.stack.items() if called == name), STACKED_VALUE)


def _chosen(frame: pd.DataFrame, where: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    for name, values in where.items():
        frame = frame[frame[name].isin(values)]
    return frame


def _stacked(frame: pd.DataFrame, stack: Mapping[str, str]) -> pd.DataFrame:
    """Each row once for each stacked column, in the order of the rows."""
    pieces = [
        frame.assign(**{STACKED_NAME: called, STACKED_VALUE: frame[name], "(order)": place})
        for place, (name, called) in enumerate(stack.items())
    ]
    return pd.concat(pieces).sort_values([_LINE, "(order)"], kind="stable").drop(columns="(order)")


def _looked_up(
    base: pd.DataFrame, chosen: pd.DataFrame, source: RawTable, block: Block, rule: Rule
) -> tuple[pd.Series, np.ndarray | None, list[Problem]]:
    """Sender's cells for each row of the block; the lines if they are of other rows; keys with two answers."""
    if rule.source:
        other = _chosen(source.cells.assign(**{_LINE: source.cells.index}), rule.where)
        here, there = list(rule.join), list(rule.join.values())
    elif rule.where:
        other, here, there = _chosen(chosen, rule.where), list(block.one_row_per), list(block.one_row_per)
    else:
        return _glued(base, rule), None, []
    key = _joined(other, there)
    answers = pd.DataFrame({"key": key, "cell": _glued(other, rule), "line": other[_LINE].astype(float)})
    answers = answers[answers["key"].notna()]
    doubled = answers.drop_duplicates(["key", "cell"])["key"].duplicated()
    again = answers.drop_duplicates(["key", "cell"])[doubled]
    problems = [
        error(
            source.file,
            "the row gives another answer to the same question than an earlier one",
            row=int(line),
            column=", ".join(rule.columns),
            expected=f"one answer for each combination of {', '.join(there)}",
            do="choose among the rows by `where` in the mapping",
        )
        for line in again["line"]
    ]
    answers = answers.drop_duplicates("key").set_index("key")
    wanted = _joined(base, here)
    cells = wanted.map(answers["cell"]).astype(object)
    return cells, wanted.map(answers["line"]).to_numpy(float), problems


def _joined(frame: pd.DataFrame, names: list[str]) -> pd.Series:
    """Key of several columns as one text; missing where one of them is."""
    if len(names) == 1:
        return frame[names[0]]
    parts = frame[names].astype(object)
    whole = parts.notna().all(axis=1)
    texts = [
        "\x1f".join(row) if fine else np.nan
        for row, fine in zip(parts.fillna("").to_numpy(), whole, strict=True)
    ]
    return pd.Series(texts, index=frame.index, dtype=object)


def _glued(frame: pd.DataFrame, rule: Rule) -> pd.Series:
    if len(rule.columns) == 1:
        return frame[rule.columns[0]].astype(object)
    parts = frame[list(rule.columns)].astype(object)
    whole = parts.notna().all(axis=1)
    texts = [
        rule.glue.join(row) if fine else np.nan
        for row, fine in zip(parts.fillna("").to_numpy(), whole, strict=True)
    ]
    return pd.Series(texts, index=frame.index, dtype=object)
