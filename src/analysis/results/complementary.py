"""Which further cells to withhold so that nobody can work out the small ones by subtraction.

A line is a set of cells whose sum a reader may know: the levels of one characteristic, the parts of a population.
Its total is always taken as known, printed or not. The reader knows the rule, so knows of a cell printed as
"< 5" that it is 1 to 4, and of one printed as "not shown" that it is 5 or more.

What is guaranteed, and tested against every solution: on each line alone, every small cell can still be any number
from 1 (0 where zeros are withheld) to one below the smallest shown. What is not: systems of several lines that only together have one
solution, and tables of different notebooks laid over each other.

References
----------
Hundepool A et al. Statistical Disclosure Control. Wiley 2012, doi 10.1002/9781118348239, section 4 (secondary
suppression, feasibility intervals).
Griffiths E et al. Handbook on Statistical Disclosure Control for Outputs. Safe Data Access Professionals 2019,
doi 10.6084/m9.figshare.9958520 (threshold, class disclosure, survival tables).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

MOST_COLUMNS = 10
"""Columns of counts up to which every sum of columns is looked for."""


def feasible(total: int, others: Sequence[bool], *, smallest: int, zeros_shown: bool) -> tuple[int, int]:
    """Lowest and highest value that one small cell can have, as a reader works it out.

    Parameters
    ----------
    total : int
        Sum of the withheld cells of the line, the cell itself included.
    others : sequence of bool
        The line's other withheld cells: whether each is a small one.
    smallest : int
        The smallest number that is shown.
    zeros_shown : bool
        Whether a small cell cannot be 0.

    Examples
    --------
    >>> feasible(3, [], smallest=5, zeros_shown=True), feasible(9, [False], smallest=5, zeros_shown=True)
    ((3, 3), (1, 4))
    """
    least = 1 if zeros_shown else 0
    most = smallest - 1
    small, large = sum(others), len(others) - sum(others)
    low = least if large else max(least, total - small * most)
    high = min(most, total - small * least - large * smallest)
    return low, high


def complements(
    line: Sequence[int], withheld: Collection[int], *, smallest: int, zeros_shown: bool = True
) -> set[int]:
    """Positions of a line to withhold besides those that are, so that each small cell keeps its whole range.

    Parameters
    ----------
    line : sequence of int
        Counts whose sum is taken as known.
    withheld : collection of int
        Positions withheld already, for whatever reason.
    smallest : int
        The smallest number that is shown.
    zeros_shown : bool
        Whether zeros are shown.

    Returns
    -------
    set of int
        The smallest cells that do; all of them if none does.

    Examples
    --------
    >>> complements([3, 20, 23], {0}, smallest=5), complements([1, 1, 41], {0, 1}, smallest=5)
    ({1}, {2})
    """
    hidden, added = set(withheld), set()

    def is_small(k: int) -> bool:
        return 0 < k < smallest or (k == 0 and not zeros_shown)

    small = [position for position in hidden if is_small(line[position])]
    if not small:
        return added
    wanted = (1 if zeros_shown else 0, smallest - 1)
    candidates = sorted(
        (k, position) for position, k in enumerate(line) if position not in hidden and k >= smallest
    )
    while True:
        total = sum(line[position] for position in hidden)
        ranges = [
            feasible(
                total,
                [is_small(line[other]) for other in hidden if other != position],
                smallest=smallest,
                zeros_shown=zeros_shown,
            )
            for position in small
        ]
        if all(found == wanted for found in ranges) or not candidates:
            return added
        _, position = candidates.pop(0)
        hidden.add(position)
        added.add(position)


def sums(columns: Mapping[str, Sequence[int | None]]) -> list[tuple[str, ...]]:
    """Sets of columns that add up to another column, or to one number, in every row.

    >>> sums({"met": [46, 48], "not met": [2, 0], "unknown": [0, 0], "all": [48, 48]})[0]
    ('met', 'not met')
    """
    full = {name: list(cells) for name, cells in columns.items() if None not in cells}
    found: list[tuple[str, ...]] = []
    if not full or len(full) > MOST_COLUMNS:
        return [tuple(full)] if len(full) > MOST_COLUMNS else []
    rows = len(next(iter(full.values())))
    for size in range(2, len(full) + 1):
        for parts in itertools.combinations(full, size):
            added = [sum(full[name][row] or 0 for name in parts) for row in range(rows)]
            constant = rows > 1 and len(set(added)) == 1
            if constant or any(added == cells for name, cells in full.items() if name not in parts):
                found.append(parts)
    return found
