"""Numbers, tables and figures of two sides by name: what is the same, what changed, what only one has."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.publish.cards import shown
from analysis.publish.runs import NotebookResults, Run, read_runs

ABSENT = "(none)"
"""What stands for a name that one side does not have; a value that it has and that is missing is printed as ``—``."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a run as one build made it.

    ``title`` is what a reader sees; ``run`` its results.
    """

    title: str
    run: Run


@dataclass(frozen=True)
class ChangedNumber:
    """A value that differs, in its printed form or in digits that are not printed."""

    name: str
    definition: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedCell:
    """A cell of a table: its row by the first cell, its column by name."""

    row: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedTable:
    """A table that differs: its cells where rows and columns are the same, else a word on what is not."""

    name: str
    caption: str
    what: str
    cells: tuple[ChangedCell, ...] = ()


@dataclass(frozen=True)
class ChangedFigure:
    """A figure that differs.

    Parameters
    ----------
    name, caption : str
        Label and caption.
    before, after : bytes or None
        PNG of each side; None where it has none.
    share : float or None
        Share of pixels that are not the same, from 0 to 1; None where the sizes differ or one side has none.
    said : (str, str)
        Alternative text of each side.
    """

    name: str
    caption: str
    before: bytes | None
    after: bytes | None
    share: float | None
    said: tuple[str, str]


@dataclass(frozen=True)
class Differences:
    """Everything that differs between two sides, and how much was compared."""

    sides: tuple[str, str]
    numbers: tuple[ChangedNumber, ...]
    tables: tuple[ChangedTable, ...]
    figures: tuple[ChangedFigure, ...]
    parameters: tuple[ChangedNumber, ...] = ()
    compared: Mapping[str, int] = field(default_factory=dict)

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (self.numbers or self.tables or self.figures)


def read_side(results: Path, run: str, title: str) -> Side:
    """One run of a folder of results.

    Raises
    ------
    PublicationError
        If the run has no results there, or they cannot be read.
    """
    return Side(title, read_runs(results.parent, [run], results=results)[0])


def _owned(run: Run, kind: str) -> dict[str, tuple[NotebookResults, Mapping[str, Any]]]:
    return {name: (book, entry) for book in run.notebooks for name, entry in getattr(book, kind).items()}


def _numbers(one: Run, other: Run) -> Iterator[ChangedNumber]:
    sides = one.values, other.values
    for name in dict.fromkeys((*sides[0], *sides[1])):
        texts = [shown(side[name]) if name in side else ABSENT for side in sides]
        full = [_whole(side[name]) if name in side else None for side in sides]
        if name in sides[0] and name in sides[1] and texts[0] == texts[1] and full[0] != full[1]:
            # The same when printed, not the same when computed: a reader of the difference wants to know.
            texts = [f"{text} [{side[name]['value']}]" for text, side in zip(texts, sides, strict=True)]
        if full[0] != full[1] or texts[0] != texts[1]:
            said = sides[1].get(name) or sides[0][name]
            yield ChangedNumber(name, str(said.get("definition") or name), texts[0], texts[1])


def _whole(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a value is, before it is rounded for print."""
    return tuple(value.get(key) for key in ("value", "low", "high", "n", "events"))


def _rows(book: NotebookResults, entry: Mapping[str, Any]) -> list[list[str]]:
    text = (book.folder / str(entry["csv"])).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text)))


def _table(
    name: str, caption: str, one: Sequence[list[str]], other: Sequence[list[str]]
) -> ChangedTable | None:
    if one == other:
        return None
    heads = [list(side[0]) if side else [] for side in (one, other)]
    rows = [[row[0] if row else "" for row in side[1:]] for side in (one, other)]
    if heads[0] != heads[1]:
        gone, new = (sorted(set(a) - set(b)) for a, b in ((heads[0], heads[1]), (heads[1], heads[0])))
        what = "; ".join(
            filter(
                None,
                (
                    f"columns gone: {', '.join(gone)}" if gone else "",
                    f"columns new: {', '.join(new)}" if new else "",
                ),
            )
        )
        return ChangedTable(name, caption, what or "columns in another order")
    if rows[0] != rows[1]:
        return ChangedTable(
            name, caption, f"{len(rows[0])} rows before, {len(rows[1])} after, or their names changed"
        )
    cells = [
        ChangedCell(row[0], heads[0][column], row[column], second[column])
        for row, second in zip(one[1:], other[1:], strict=True)
        for column in range(min(len(row), len(second)))
        if row[column] != second[column]
    ]
    return ChangedTable(name, caption, f"{len(cells)} cell(s)", tuple(cells))


def _tables(one: Run, other: Run) -> Iterator[ChangedTable]:
    sides = _owned(one, "tables"), _owned(other, "tables")
    for name in dict.fromkeys((*sides[0], *sides[1])):
        caption = str((sides[1].get(name) or sides[0][name])[1]["caption"])
        if name not in sides[0] or name not in sides[1]:
            yield ChangedTable(name, caption, "only before" if name in sides[0] else "only after")
        elif found := _table(name, caption, _rows(*sides[0][name]), _rows(*sides[1][name])):
            yield found


def pixel_share(one: bytes, other: bytes) -> float | None:
    """Share of the pixels of two PNG files that are not the same; None if their sizes differ.

    Examples
    --------
    >>> from PIL import Image
    >>> def png(*colours):
    ...     picture, held = Image.new("RGB", (2, 1)), io.BytesIO()
    ...     picture.putdata(colours)
    ...     picture.save(held, "PNG")
    ...     return held.getvalue()
    >>> pixel_share(png((0, 0, 0), (9, 9, 9)), png((0, 0, 0), (9, 9, 8)))
    0.5
    """
    from PIL import Image

    pictures = []
    for content in (one, other):
        with Image.open(io.BytesIO(content)) as picture:
            pictures.append(np.asarray(picture.convert("RGBA")))
    if pictures[0].shape != pictures[1].shape:
        return None
    return float((pictures[0] != pictures[1]).any(axis=2).mean())


def _figures(one: Run, other: Run) -> Iterator[ChangedFigure]:
    sides = _owned(one, "figures"), _owned(other, "figures")
    for name in dict.fromkeys((*sides[0], *sides[1])):
        entries = [side.get(name) for side in sides]
        content = [
            (entry[0].folder / str(entry[1]["png"])).read_bytes() if entry else None for entry in entries
        ]
        said = [str(entry[1]["alt"]) if entry else "" for entry in entries]
        if content[0] == content[1] and said[0] == said[1]:
            continue
        share = pixel_share(content[0], content[1]) if content[0] and content[1] else None
        caption = str((sides[1].get(name) or sides[0][name])[1]["caption"])
        yield ChangedFigure(name, caption, content[0], content[1], share, (said[0], said[1]))


_ORIGIN = {
    "study_sha256": ("data", "SHA-256 of the study folder"),
    "commit": ("commit", "state of the sources"),
    "lock_sha256": ("environment", "SHA-256 of requirements.lock"),
}
"""What a run was made from: its name in the list of differences, and what that is."""


def _parameters(one: Run, other: Run) -> Iterator[ChangedNumber]:
    for key, (name, said) in _ORIGIN.items():
        made = [str(run.provenance.get(key) or ABSENT) for run in (one, other)]
        if made[0] != made[1]:
            yield ChangedNumber(
                name, said, *(text[:12] + text[40:] if key == "commit" else text[:12] for text in made)
            )
    for name in dict.fromkeys((*one.parameters, *other.parameters)):
        texts = [str(run.parameters.get(name, ABSENT)) for run in (one, other)]
        if texts[0] != texts[1]:
            yield ChangedNumber(name, "parameter", texts[0], texts[1])


def differences(one: Side, other: Side) -> Differences:
    """What differs between two sides, by name.

    Parameters
    ----------
    one, other : Side
        Before and after, or two runs.
    """
    runs = one.run, other.run
    counts = {
        kind: len({name for run in runs for book in run.notebooks for name in getattr(book, kind)})
        for kind in ("values", "tables", "figures")
    }
    return Differences(
        (one.title, other.title),
        tuple(_numbers(*runs)),
        tuple(_tables(*runs)),
        tuple(_figures(*runs)),
        tuple(_parameters(*runs)),
        counts,
    )
