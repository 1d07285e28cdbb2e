"""A population beside a part of it: who is left outside must not come out by subtraction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results.notebook import Notebook
    from analysis.survival import ArmComparison

T = TypeVar("T")


def gives_away(book: Notebook, whole: int, part: int) -> bool:
    """Whether both numbers, printed, would tell a number outside the part that is too small to be shown.

    Where one of the two is itself too small, it is not printed.
    """
    return book.too_few(whole - part) and not (book.too_few(whole) or book.too_few(part))


def part_beside(
    book: Notebook, question: str, whole: ArmComparison | None, part: ArmComparison | None
) -> ArmComparison | None:
    """The comparison in a part of the patients; None and a note where, in an arm, few patients or events are outside of it."""
    if whole is None or part is None:
        return part
    pairs = [(whole.n, part.n), (whole.events, part.events)]
    for all_of, own in zip(whole.curves, part.curves, strict=True):
        pairs += [(all_of.n, own.n), (all_of.n_events, own.n_events)]
    if any(gives_away(book, *pair) for pair in pairs):
        book.keep_back(question)
        book.note(
            f"{question}: not shown, beside all patients it would tell of fewer than {book.smallest_cell} outside."
        )
        return None
    return part


def rows_beside(
    book: Notebook, rows: pd.DataFrame, *, column: str, whole: str, part: str, by: Sequence[str], counts: Sequence[str]
) -> pd.DataFrame:  # fmt: skip
    """Rows without those of the part that, beside the same row of the whole, would tell of few outside.

    Parameters
    ----------
    book : Notebook
        The session, whose rule it is; what is left out is said in a note.
    rows : DataFrame
        Aggregates of both populations.
    column : str
        Where the population stands, as the end of a text: "OS, all patients" and "OS, the subgroup" belong together.
    whole, part : str
        How the two are named there.
    by : sequence of str
        Columns that, with the rest of that text, name a row of either.
    counts : sequence of str
        Columns of numbers of patients or events.
    """
    if rows.empty:
        return rows
    kept, of_whole = [], {}
    records = rows.to_dict("records")
    for row in records:
        if str(row[column]).endswith(whole):
            of_whole[_place(row, column, whole, by)] = row
    for row in records:
        beside = None
        if str(row[column]).endswith(part):
            beside = of_whole.get(_place(row, column, part, by))
        kept.append(beside is None or not any(gives_away(book, int(beside[k]), int(row[k])) for k in counts))
    left_out = len(kept) - sum(kept)
    if left_out:
        book.note(
            f"{left_out} rows of {part.removeprefix(', ')} are left out: beside {whole.removeprefix(', ')} they would tell of fewer than "
            f"{book.smallest_cell} outside."
        )
    return rows[kept]


def _place(row: dict, column: str, name: str, by: Sequence[str]) -> tuple:
    return (str(row[column]).removesuffix(name), *(row[key] for key in by))


def parts_beside(
    book: Notebook, whole: T, parts: Sequence[T], numbers: Callable[[T], Sequence[int]]
) -> list[T]:
    """The whole and those of its parts that may stand beside it; how many are left out is said in a note."""
    kept = [
        part
        for part in parts
        if not any(gives_away(book, *pair) for pair in zip(numbers(whole), numbers(part), strict=True))
    ]
    if len(kept) < len(parts):
        book.note(
            f"Groups are left out that, beside all patients, would tell of fewer than {book.smallest_cell} others."
        )
    return [whole, *kept]


def complete_groups(book: Notebook, shown: pd.DataFrame, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Shown rows without those of a group that has lost a row: its other rows and the total would give that row back."""
    lost = rows.loc[~rows.index.isin(shown.index), column].unique()
    kept = shown[~shown[column].isin(lost)]
    if len(kept) < len(shown):
        book.note(f"With them go {len(shown) - len(kept)} others that would give them away.")
    return kept
