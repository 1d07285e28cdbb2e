"""The mapping file: which table and column of the sender becomes which of the study, by what unit, code and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analysis.data.description import StrictLoader
from analysis.data.intake.raw_table import ReadingOptions
from analysis.data.problems import Problem, error, meant, quoted
from analysis.data.tables import TABLES

OPEN = "?"
"""What a draft writes where it does not know: an import is refused as long as one is left."""

STACKED_NAME, STACKED_VALUE = "(name)", "(value)"
"""Columns that `stack` makes: what the mapping calls a stacked column, and its cell."""

PROSE = (("pet_overrides", "reason"), ("lesion_matches", "reason"))
"""Columns of the contract that a reader of this project writes in words: no sender's text goes there."""

_TOP = ("study", "files", "tables")
_FILE_KEYS = ("encoding", "separator", "decimal", "date", "missing")
_BLOCK_KEYS = ("from", "where", "except", "one_row_per", "stack", "columns")
_RULE_KEYS = (
    "column",
    "columns",
    "with",
    "value",
    "codes",
    "unit",
    "date",
    "where",
    "from",
    "join",
    "missing",
    "lower",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one column of the study comes into being.

    Parameters
    ----------
    columns : tuple of str
        Columns of the sender; several are joined by ``glue``.
    value : str, optional
        A constant instead.
    source : str
        Another table than the block's, looked up by ``join``.
    join : mapping of str to str
        Column of the block's table to the column of ``source`` that must be equal.
    where : mapping of str to tuple of str
        Rows of the table to look at.
    codes : mapping of str to str
        The sender's codes to the study's; an empty one is a missing value. Without it the study's own codes
        are expected.
    unit, date : str
        Unit or date format of the sender's cells.
    missing : tuple of str
        Codes of this column that stand for a missing value.
    lower : bool
        Whether the text becomes lower case.
    """

    columns: tuple[str, ...] = ()
    glue: str = "-"
    value: str | None = None
    source: str = ""
    join: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    date: str = ""
    missing: tuple[str, ...] = ()
    lower: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows of one table of the study that come from one table of the sender.

    Parameters
    ----------
    source : str
        Table of the sender.
    where, unless : mapping of str to tuple of str
        Values that a row must have, or must not have.
    one_row_per : tuple of str
        Columns of the sender whose every combination becomes one row; else every row does.
    stack : mapping of str to str
        Columns of which each becomes a row of its own, and what it is called there.
    rules : mapping of str to Rule
        By plain name of the study's column.
    """

    source: str
    where: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]
    one_row_per: tuple[str, ...]
    stack: Mapping[str, str]
    rules: Mapping[str, Rule]


@dataclass(frozen=True, kw_only=True)
class StudyMapping:
    """A whole mapping file."""

    study: Mapping[str, Any]
    files: Mapping[str, ReadingOptions]
    tables: Mapping[str, tuple[Block, ...]]


def read_mapping(path: Path) -> tuple[StudyMapping | None, list[Problem]]:
    """Content of a mapping file, and everything that is wrong with it as far as it alone can tell."""
    name = path.name
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=StrictLoader)
    except OSError:
        return None, [error(name, "there is no mapping", do="`python -m analysis map FOLDER` drafts one")]
    except UnicodeDecodeError:
        return None, [error(name, "the file is not UTF-8 text", do="save it as UTF-8")]
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else None
        what = f"this is not valid YAML: {fault.problem or 'unreadable'}"
        return None, [error(name, what, row=line, do="correct the line")]
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, [error(name, "the file cannot be read as YAML", do="draft it anew")]
    if not isinstance(document, dict) or not isinstance(document.get("tables"), dict):
        return None, [error(name, "the file holds no mapping", expected="study, files and tables")]
    reading = _Reading(name)
    reading.keys(document, _TOP, "the mapping")
    made = StudyMapping(
        study=reading.mapping(document.get("study"), "study"),
        files={
            str(file): reading.options(said, f"files, {file}")
            for file, said in reading.mapping(document.get("files"), "files").items()
        },
        tables={
            str(table): reading.blocks(str(table), said)
            for table, said in document["tables"].items()
            if reading.known(str(table), TABLES, "table")
        },
    )
    return made, reading.problems


class _Reading:
    """Reader of a mapping's parts, which collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, what: str, do: str = "", expected: str = "") -> None:
        self.problems.append(error(self.file, what, expected=expected, do=do))

    def keys(self, said: Mapping[Any, Any], known: tuple[str, ...], where: str) -> None:
        for key in said:
            if key not in known:
                self.wrong(f"{where}: unknown key {quoted(str(key))}", do=meant(str(key), known))

    def known(self, name: str, names: Mapping[str, Any], noun: str) -> bool:
        if name not in names:
            self.wrong(f"a study has no {noun} {quoted(name)}", do=meant(name, names))
        return name in names

    def mapping(self, said: Any, where: str) -> dict[str, Any]:
        if said is None:
            return {}
        if isinstance(said, dict):
            return {_word(key): value for key, value in said.items()}
        self.wrong(f"{where}: this is not a list of `key: value`")
        return {}

    def words(self, said: Any, where: str) -> tuple[str, ...]:
        values = said if isinstance(said, list) else [] if said is None else [said]
        if any(isinstance(value, dict | list) for value in values):
            self.wrong(f"{where}: a list of single values is expected")
            return ()
        return tuple(_word(value) for value in values)

    def choice(self, said: Any, where: str) -> dict[str, tuple[str, ...]]:
        return {key: self.words(value, where) for key, value in self.mapping(said, where).items()}

    def word(self, said: Any, where: str) -> str:
        found = self.words(said, where)
        return found[0] if found else ""

    def options(self, said: Any, where: str) -> ReadingOptions:
        given = self.mapping(said, where)
        self.keys(given, _FILE_KEYS, where)
        decimal, separator = self.word(given.get("decimal"), where), self.word(given.get("separator"), where)
        if decimal not in ("", ".", ",") or len(separator) > 1:
            self.wrong(
                f"{where}: decimal is a point or a comma, separator one character", do=f"correct {where}"
            )
            decimal = separator = ""
        return ReadingOptions(
            encoding=self.word(given.get("encoding"), where),
            separator=separator,
            decimal=decimal,
            date=self.word(given.get("date"), where),
            missing=self.words(given.get("missing"), where),
        )

    def blocks(self, table: str, said: Any) -> tuple[Block, ...]:
        found = said if isinstance(said, list) else [said]
        return tuple(
            self.block(table, each) for each in found if isinstance(each, dict) or self._no_block(table)
        )

    def _no_block(self, table: str) -> bool:
        self.wrong(f"{table}: this is not a list of `key: value`", expected="from, columns")
        return False

    def block(self, table: str, said: dict[Any, Any]) -> Block:
        self.keys(said, _BLOCK_KEYS, table)
        columns = self.mapping(said.get("columns"), f"{table}, columns")
        names = [column.name for column in TABLES[table].columns]
        rules = {
            name: self.rule(table, name, value)
            for name, value in columns.items()
            if self.known(name, dict.fromkeys(names), f"column {table},")
        }
        stack = {
            key: _word(value) for key, value in self.mapping(said.get("stack"), f"{table}, stack").items()
        }
        for column in TABLES[table].columns:
            if column.name not in rules and not column.nullable:
                self.wrong(
                    f"{table}: the column {column.name} is not mapped", do="map it; it may not be empty"
                )
        if not said.get("from"):
            self.wrong(f"{table}: `from` is missing", expected="a table of the sender")
        return Block(
            source=self.word(said.get("from"), table).lower(),
            where=self.choice(said.get("where"), f"{table}, where"),
            unless=self.choice(said.get("except"), f"{table}, except"),
            one_row_per=self.words(said.get("one_row_per"), f"{table}, one_row_per"),
            stack=stack,
            rules=rules,
        )

    def rule(self, table: str, name: str, said: Any) -> Rule:
        where = f"{table}, {name}"
        if (table, name) in PROSE:
            self.wrong(f"{where}: free text does not pass", do="leave it out")
        if isinstance(said, dict):
            given = {str(key): value for key, value in said.items()}
        else:
            given = {"column": said}
        self.keys(given, _RULE_KEYS, where)
        said_values = [*given.values(), *self.mapping(given.get("codes"), where).values()]
        if any(str(value) == OPEN for value in said_values) or said is None:
            self.wrong(
                f"{where} is open",
                expected="a column of the sender",
                do="decide, or remove the line: it is then lacking",
            )
            return Rule(value="")
        columns = self.words(given.get("columns", given.get("column")), where)
        if bool(columns) == ("value" in given):
            self.wrong(f"{where}: either a column or a value is expected", do="give one of the two")
        join = given.get("join")
        return Rule(
            columns=columns,
            glue=self.word(given.get("with"), where) or "-",
            value=_word(given["value"]) if "value" in given else None,
            source=self.word(given.get("from"), where).lower(),
            join=(
                {key: _word(value) for key, value in join.items()}
                if isinstance(join, dict)
                else {key: key for key in self.words(join, where)}
            ),
            where=self.choice(given.get("where"), where),
            codes={key: _word(value) for key, value in self.mapping(given.get("codes"), where).items()},
            unit=self.word(given.get("unit"), where),
            date=self.word(given.get("date"), where),
            missing=self.words(given.get("missing"), where),
            lower=given.get("lower") is True,
        )


def _word(value: Any) -> str:
    """Text of a single value; YAML takes ``yes`` and ``no`` for true and false."""
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
