"""A mapping drafted from what was sent: what is sure is written, what is doubtful stays open, nothing is guessed in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.data.intake.cdisc import STANDARDS, Standard
from analysis.data.intake.folder import Intake
from analysis.data.intake.guessing import DOUBTFUL, SURE, Guess, guess
from analysis.data.intake.mapping import OPEN, PROSE, STACKED_NAME, STACKED_VALUE
from analysis.data.intake.raw_table import RawTable
from analysis.data.intake.vocabulary import STACKS, TABLE_NAMES, plain
from analysis.data.tables import TABLES, Table
from analysis.study import load_protocol

_NEVER = ("pet_overrides", "lesion_matches")
"""What readers of this project write; nobody sends it."""

_PER_PATIENT = ("patients", "outcomes")
"""Tables of one row a patient: their columns may come from several of the sender's tables."""


@dataclass
class DraftedBlock:
    """One block of a drafted mapping.

    ``columns`` holds, by the study's column, what the mapping says; ``comments`` why, for the reader.
    """

    source: str
    keys: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Decisions that are left to a person."""
        return sum(
            str(value) == OPEN
            for spec in self.columns.values()
            for value in (*spec.values(), *spec.get("codes", {}).values())
        )


def draft(intake: Intake) -> dict[str, list[DraftedBlock]]:
    """Blocks of a mapping by table of the study; tables that nothing fits are absent.

    A standard CDISC data set is recognised by its variables. Any other table is compared with each table
    of the study, by names, labels, values, units and codes; a column is taken if its score is at least
    0.9 and no other comes near.

    Parameters
    ----------
    intake : Intake
        What was read.
    """
    made: dict[str, list[DraftedBlock]] = {}
    for name, table in TABLES.items():
        if name in _NEVER:
            continue
        blocks = (
            _standard(table, intake.tables)
            or _stacked(table, intake.tables)
            or _guessed(table, intake.tables)
        )
        if blocks:
            made[name] = blocks
    return made


def _standard(table: Table, tables: Mapping[str, RawTable]) -> list[DraftedBlock]:
    for standard in STANDARDS:
        raw = tables.get(standard.source)
        if standard.table != table.name or raw is None or not set(standard.needs) <= set(raw.cells.columns):
            continue
        block = DraftedBlock(standard.source, dict(standard.block))
        for name, spec in standard.columns.items():
            source = tables.get(spec.get("from", standard.source))
            if source is not None and spec["column"] in source.cells.columns:
                block.columns[name] = _with_the_codes_there_are(spec, source)
        if table.name in _PER_PATIENT:
            _complete(table, block, tables, _id_of(standard))
        else:
            _fill(table, block, raw, taken={spec["column"] for spec in block.columns.values()})
        return [block]
    return []


def _id_of(standard: Standard) -> str:
    return str(standard.columns["patient_id"]["column"])


def _with_the_codes_there_are(spec: Mapping[str, Any], raw: RawTable) -> dict[str, Any]:
    """Codes of a standard column made explicit; a code of the data that the standard's list lacks stays open."""
    if "codes" not in spec:
        return dict(spec)
    cells = raw.cells
    for name, values in spec.get("where", {}).items():
        cells = cells[cells[name].isin(values)]
    codes = dict(spec["codes"])
    positive = codes.pop("positive", None)
    for said in sorted(set(cells[spec["column"]].dropna()) - set(codes)):
        number = said.replace(".", "", 1).isdigit() and float(said) > 0
        codes[said] = positive if positive and number else OPEN
    return {**spec, "codes": codes}


def _stacked(table: Table, tables: Mapping[str, RawTable]) -> list[DraftedBlock]:
    """Blocks for a table whose rows the sender put into columns: criteria, scales."""
    stacks = {**STACKS, "eligibility": ("item", "met", tuple(load_protocol().eligibility))}
    if table.name not in stacks:
        return []
    names, values, known = stacks[table.name]
    by_plain = {plain(each): each for each in known}
    best: tuple[int, RawTable, dict[str, str]] | None = None
    for raw in tables.values():
        found = {column: by_plain[plain(column)] for column in raw.cells.columns if plain(column) in by_plain}
        if len(found) >= 3 and (best is None or len(found) > best[0]):
            best = len(found), raw, found
    if best is None:
        return []
    _, raw, stack = best
    block = DraftedBlock(
        raw.name, {"stack": stack}, {names: {"column": STACKED_NAME}, values: {"column": STACKED_VALUE}}
    )
    first = next(iter(stack))
    some = guess(raw, first, replace(table.column(values), name=first))
    if some is not None:
        block.columns[values] |= dict(some.spec)
    _fill(table, block, raw, taken=set(stack))
    return [block]


def _guessed(table: Table, tables: Mapping[str, RawTable]) -> list[DraftedBlock]:
    ranked: list[tuple[float, RawTable, dict[str, Guess], dict[str, Guess]]] = []
    for raw in tables.values():
        sure, doubtful = _assigned(table, raw, set())
        needed = {column.name for column in table.columns if not column.nullable}
        if not needed <= set(sure) | set(doubtful):
            continue
        called = plain(raw.name) in {plain(each) for each in (table.name, *TABLE_NAMES.get(table.name, ()))}
        own = [name for name in sure if name not in table.key and name != "patient_id"]
        if called or own:
            ranked.append((len(sure) + 3 * called, raw, sure, doubtful))
    if not ranked:
        return []
    ranked.sort(key=lambda each: -each[0])
    _, raw, sure, doubtful = ranked[0]
    block = DraftedBlock(raw.name)
    _take(block, raw, sure, doubtful)
    if "filter" in raw.cells.columns and raw.row_noun == "call":
        block.keys["where"] = {"filter": ["PASS", "."]}
        block.comments["where"] = "variants that failed a filter of the caller are left out"
    if table.name in _PER_PATIENT and "patient_id" in block.columns:
        _complete(table, block, tables, block.columns["patient_id"]["column"])
    return [block]


def _assigned(table: Table, raw: RawTable, taken: set[str]) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Best sender's column of each column, sure and doubtful; no column of the sender serves two."""
    candidates = [
        (found.score, column.name, found)
        for column in table.columns
        if (table.name, column.name) not in PROSE
        for name in raw.cells.columns
        if name not in taken and (found := guess(raw, name, column)) is not None
    ]
    candidates.sort(key=lambda each: -each[0])
    sure: dict[str, Guess] = {}
    doubtful: dict[str, Guess] = {}
    used: set[str] = set()
    for score, name, found in candidates:
        if name in sure or name in doubtful or found.column in used or score < DOUBTFUL:
            continue
        rivals = [
            s
            for s, other, each in candidates
            if other == name and each.column != found.column and s >= score - 0.02
        ]
        (sure if score >= SURE and not rivals else doubtful)[name] = found
        used.add(found.column)
    return sure, doubtful


def _take(
    block: DraftedBlock, raw: RawTable, sure: Mapping[str, Guess], doubtful: Mapping[str, Guess]
) -> None:
    joined = {} if raw.name == block.source else {"from": raw.name}
    for name, found in sure.items():
        block.columns[name] = {"column": found.column, **joined, **found.spec}
        if found.why or found.score < 1:
            block.comments[name] = f"{found.score:.2f}" + (f": {found.why}" if found.why else "")
    for name, found in doubtful.items():
        block.columns[name] = {"column": OPEN}
        why = f": {found.why}" if found.why else ""
        block.comments[name] = f"{found.column} of {raw.name}? {found.score:.2f}{why}"


def _fill(table: Table, block: DraftedBlock, raw: RawTable, *, taken: set[str]) -> None:
    """Columns that a standard or a stack does not say, guessed from the block's own table."""
    if block.keys.get("one_row_per"):
        return  # a row of the sender holds one parameter: its other columns are of that
    _take(block, raw, *_assigned(_rest(table, block), raw, taken))


def _rest(table: Table, block: DraftedBlock) -> Table:
    """Table without the columns that a block has already."""
    return replace(table, columns=tuple(each for each in table.columns if each.name not in block.columns))


def _complete(table: Table, block: DraftedBlock, tables: Mapping[str, RawTable], patient: str) -> None:
    """Columns of a table of one row a patient from the sender's other tables of one row a patient."""
    for raw in tables.values():
        key = next((name for name in (patient, "record_id", "USUBJID") if name in raw.cells.columns), "")
        one_row = bool(key) and not raw.cells[key].dropna().duplicated().any()
        if not one_row or (raw.name == block.source and block.keys.get("one_row_per")):
            continue
        taken = {
            spec["column"] for spec in block.columns.values() if spec.get("from", block.source) == raw.name
        }
        sure, _ = _assigned(_rest(table, block), raw, taken)
        before = set(block.columns)
        _take(block, raw, sure, {})
        if raw.name != block.source:
            for name in set(block.columns) - before:
                block.columns[name]["join"] = [patient] if key == patient else {patient: key}
