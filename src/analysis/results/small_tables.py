"""A table whose small numbers of patients, and what would give them away, are withheld."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING

from analysis.errors import PublicationError
from analysis.results.complementary import complements, sums
from analysis.results.small_cells import NOT_SHOWN, SmallCells
from analysis.results.small_in_text import ESTIMATE, SIZE_IN_HEADER, count_in, without_small

if TYPE_CHECKING:
    import pandas as pd

_AT_RISK = re.compile(r"(?:number )?at risk", re.IGNORECASE)
_WHOLE_ROW = re.compile(r"(?:number of )?(?:patients|scans|lesions|samples|n)\b.*", re.IGNORECASE)
_NUMBER = re.compile(r"^[−-]?\d")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the columns of a table count.

    Parameters
    ----------
    counts : collection of str, optional
        Columns whose whole numbers count patients, or what belongs to patients. None: every whole number counts, so
        that a column that nobody declared is not printed by accident; an empty list: none does.
    labels : collection of str, optional
        Columns that name the rows and count nothing; None: the leading columns that are not mostly numbers.
    of : mapping, optional
        Column of counts to the column of the total that they are part of.
    aside : collection of str
        Columns of counts on which the estimates of the row do not rest, e.g. patients without a result.
    parts : bool
        Whether the cells of a column under one label are parts of one whole, whose total a reader may know.
    shares_of : int, optional
        Patients of whom every number outside the labels is a share, in percent.
    published : bool
        Whether the table holds what others have published and nothing of the study's patients: then it is printed as it is.
    """

    counts: Collection[str] | None = None
    labels: Collection[str] | None = None
    of: Mapping[str, str] = field(default_factory=dict)
    aside: Collection[str] = ()
    parts: bool = True
    shares_of: int | None = None
    published: bool = False

    @property
    def named(self) -> set[str]:
        """Every column that is named."""
        return {*(self.counts or ()), *(self.labels or ()), *self.of, *self.of.values(), *self.aside}


@dataclass
class _Grid:
    """The counts of a table by row and column, and which of its cells are withheld, with what stands there."""

    counts: dict[tuple[int, int], int] = field(default_factory=dict)
    totals: dict[tuple[int, int], int] = field(default_factory=dict)
    withheld: dict[tuple[int, int], str] = field(default_factory=dict)


def withheld_table(frame: pd.DataFrame, rule: SmallCells, counted: Counted | None = None) -> pd.DataFrame:
    """The table as it may leave ``data/``.

    Withheld are counts from 1 to one below the smallest shown; counts whose complement is so small; further counts of
    the same block of a column, or of columns that add up (:mod:`analysis.results.complementary`); every share, interval
    and estimate in the row of a withheld count; every cell of a column whose header or first rows say that it
    stands on few; and extremes in brackets, which are one patient's each.

    Parameters
    ----------
    frame : pandas.DataFrame
        Aggregates.
    rule : SmallCells
        From what size numbers are shown; if it does not apply, the table comes back as it is.
    counted : Counted, optional
        What its columns count.

    Returns
    -------
    pandas.DataFrame
        The same columns; a withheld cell is text.

    Raises
    ------
    PublicationError
        If a declared column is not there.
    """
    import pandas as pd  # here: a page of the site, which has no table to withhold, is made without pandas

    counted = counted or Counted()
    names = [str(name) for name in frame.columns]
    unknown = counted.named - set(names)
    if unknown:
        raise PublicationError(
            f"the table has no column {sorted(unknown)[0]!r}",
            expected="counted names columns of the table",
            do="correct the name in the notebook's cell",
        )
    if not rule.applies or frame.empty or counted.published:
        return frame
    rows = frame.astype(object).to_numpy().tolist()
    naming = _label_columns(names, rows, counted.labels)
    grid = _counts(names, rows, naming, counted)
    _withhold_small(grid, rule, shares=counted.shares_of is not None)
    if counted.shares_of is None:
        _withhold_complements(grid, rule, _blocks(rows, naming) if counted.parts else [])
    _withhold_estimates(grid, rule, names, rows, naming, counted.aside)
    for r, c in grid.withheld:
        if isinstance(rows[r][c], str) and (" of " in rows[r][c] or " / " in rows[r][c]):
            # The number beside it, which may be shown, stays: "< 5 of 40", "40 / < 5".
            beside = without_small(rows[r][c], rule)
            grid.withheld[r, c] = beside if beside != rows[r][c] else NOT_SHOWN
    out = [
        [
            grid.withheld.get((r, c), without_small(cell, rule) if isinstance(cell, str) else cell)
            for c, cell in enumerate(row)
        ]
        for r, row in enumerate(rows)
    ]
    changed = {c for r, row in enumerate(out) for c, cell in enumerate(row) if cell is not rows[r][c]}
    columns = [
        pd.Series([row[c] for row in out], index=frame.index, dtype=object)
        if c in changed
        else frame.iloc[:, c]
        for c in range(len(names))
    ]
    return pd.concat(columns, axis=1, keys=[without_small(name, rule) for name in names])


def shown_counts(counts: pd.DataFrame, rule: SmallCells) -> pd.DataFrame:
    """Texts for the counts of a table that is one whole: the small ones and what would give them away are withheld.

    >>> import pandas as pd
    >>> rule = SmallCells(5, zeros_shown=True, applies=True)
    >>> shown_counts(pd.DataFrame([[12, 2], [7, 9]]), rule).to_numpy().tolist()
    [['12', '< 5'], ['not shown', '9']]
    """
    import pandas as pd

    cells = pd.DataFrame({"cell": range(counts.size), "patients": counts.to_numpy().ravel()})
    texts = withheld_table(cells, rule, Counted(labels=["cell"], counts=["patients"]))["patients"].map(str)
    return pd.DataFrame(texts.to_numpy().reshape(counts.shape), index=counts.index, columns=counts.columns)


def _missing(cell: object) -> bool:
    import pandas as pd

    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def _label_columns(names: list[str], rows: list[list], given: Collection[str] | None) -> list[int]:
    if given is not None:
        return [c for c, name in enumerate(names) if name in given]
    found = []
    for c in range(len(names)):
        cells = [row[c] for row in rows if not _missing(row[c]) and row[c] != ""]
        numeric = sum(not isinstance(cell, str) or bool(_NUMBER.match(cell)) for cell in cells)
        if cells and 2 * numeric >= len(cells):
            break
        found.append(c)
    return found or [0]


def _counts(names: list[str], rows: list[list], naming: list[int], counted: Counted) -> _Grid:
    grid = _Grid()
    for c, name in enumerate(names):
        declared = counted.counts is None or name in counted.counts
        if c in naming and not (declared and counted.counts is not None):
            continue
        size = SIZE_IN_HEADER.search(name)
        for r, row in enumerate(rows):
            k, total = _count(row[c], counted, declared=declared)
            if k is None:
                continue
            grid.counts[r, c] = k
            total = int(size[1]) if size and total is None else total
            if name in counted.of and not _missing(row[names.index(counted.of[name])]):
                total = int(row[names.index(counted.of[name])])
            if total is not None and k <= total:
                grid.totals[r, c] = total
    return grid


def _count(cell: object, counted: Counted, *, declared: bool) -> tuple[int | None, int | None]:
    """Count in a cell and, where the cell says it, of how many; None if it holds no count."""
    if isinstance(cell, bool) or _missing(cell):
        return None, None
    if counted.shares_of is not None:
        found = _NUMBER.match(str(cell))
        share = float(str(cell).split()[0].rstrip("%")) if found and str(cell)[0].isdigit() else None
        return (None if share is None else round(share * counted.shares_of / 100)), counted.shares_of
    if isinstance(cell, str):
        found = count_in(cell)
        return found if found and (declared or found[1] is not None) else (None, None)
    stated = declared and counted.counts is not None
    if declared and (isinstance(cell, Integral) or (stated and float(str(cell)).is_integer())):
        return int(str(cell).split(".")[0]), None
    return None, None


def _withhold_small(grid: _Grid, rule: SmallCells, *, shares: bool) -> None:
    for place, k in grid.counts.items():
        text = rule.count_text(k, grid.totals.get(place))
        if text is not None:
            grid.withheld[place] = NOT_SHOWN if shares else text


def _blocks(rows: list[list], naming: list[int]) -> list[list[int]]:
    """Rows that are parts of one whole: equal in every label but the last; an empty label means as above."""
    blocks: dict[tuple, list[int]] = {}
    above = [""] * len(naming)
    for r, row in enumerate(rows):
        for i, c in enumerate(naming[:-1]):
            if not _missing(row[c]) and row[c] != "":
                above[i] = str(row[c])
        blocks.setdefault(tuple(above[:-1]), []).append(r)
    return list(blocks.values())


def _withhold_complements(grid: _Grid, rule: SmallCells, blocks: list[list[int]]) -> None:
    columns = sorted({c for _, c in grid.counts})
    every = sorted({r for r, _ in grid.counts})
    cells = {str(c): [grid.counts.get((r, c)) for r in every] for c in columns}
    lines = [[(r, c) for r in block if (r, c) in grid.counts] for block in blocks for c in columns]
    lines += [[(r, int(c)) for c in parts] for parts in sums(cells) for r in every]
    again = True
    while again:
        again = False
        for line in lines:
            withheld = {i for i, place in enumerate(line) if place in grid.withheld}
            if len(line) < 2 or not withheld:
                continue
            further = complements(
                [grid.counts[place] for place in line], withheld, smallest=rule.smallest, zeros_shown=rule.zeros_shown
            )  # fmt: skip
            for i in further:
                grid.withheld[line[i]] = NOT_SHOWN
                again = True


def _withhold_estimates(
    grid: _Grid,
    rule: SmallCells,
    names: list[str],
    rows: list[list],
    naming: list[int],
    aside: Collection[str],
) -> None:
    """What was computed from a withheld count goes with it: the rest of its row; of a small group, its whole column."""
    few = {
        c
        for (r, c), k in grid.counts.items()
        if rule.small(k) and naming and _WHOLE_ROW.fullmatch(str(rows[r][naming[0]]))
    }
    few |= {c for c, name in enumerate(names) if (n := SIZE_IN_HEADER.search(name)) and rule.small(int(n[1]))}
    lost = {r for r, c in grid.withheld if names[c] not in aside}
    # A curve's height where nobody is left rests on the last who were.
    lost |= {r for (r, c), k in grid.counts.items() if k < rule.smallest and _AT_RISK.fullmatch(names[c])}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if c in naming or (r, c) in grid.withheld or _missing(cell) or cell == "":
                continue
            if c in few:
                grid.withheld[r, c] = NOT_SHOWN
            elif r in lost and (r, c) not in grid.counts:
                number = isinstance(cell, Real) and not isinstance(cell, bool)
                whole = number and isinstance(cell, Integral)
                if (number and not whole) or (isinstance(cell, str) and ESTIMATE.search(cell)):
                    grid.withheld[r, c] = NOT_SHOWN
