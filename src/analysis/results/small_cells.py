"""The rule for small numbers of patients: from what size they are shown, and for which study it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol

NOT_SHOWN = "not shown"
"""What is printed for a number that would give a small one away, or that a handful of patients made."""


@dataclass(frozen=True)
class SmallCells:
    """From what size a number of patients is shown.

    Parameters
    ----------
    smallest : int
        The smallest number that is shown; 1: every number.
    zeros_shown : bool
        Whether a zero is shown. It points at nobody, and says something of everybody.
    applies : bool
        Whether the rule holds for this study.
    notice : str
        What every page says of it; may be empty.
    """

    smallest: int
    zeros_shown: bool
    applies: bool
    notice: str = ""

    @property
    def label(self) -> str:
        """What stands for a small number."""
        return f"< {self.smallest}"

    def small(self, n: float | None) -> bool:
        """Whether a number of patients is too small to be shown; a missing one is not.

        >>> rule = SmallCells(5, zeros_shown=True, applies=True)
        >>> [rule.small(n) for n in (0, 1, 4, 5, None)]
        [False, True, True, False, False]
        """
        if n is None or n != n or not self.applies:
            return False
        return 0 < n < self.smallest or (n == 0 and not self.zeros_shown)

    def count_text(self, k: int, n: int | None = None) -> str | None:
        """What stands for ``k`` patients of ``n``; None if ``k`` may be shown.

        >>> rule = SmallCells(5, zeros_shown=True, applies=True)
        >>> rule.count_text(3, 40), rule.count_text(38, 40), rule.count_text(20, 40), rule.count_text(40, 40)
        ('< 5', '> 35', None, None)
        """
        if self.small(k):
            return self.label
        if n is not None and self.applies and 0 < n - k < self.smallest:
            # The others are few: a total beside it would give them away.
            return f"> {n - self.smallest}" if n > self.smallest else NOT_SHOWN
        return None


def small_cells(study: Study, protocol: Protocol) -> SmallCells:
    """The rule for a study, as the protocol sets it.

    It holds for every real study whose ``study.yml`` does not say that its rows are published
    (``disclosure: public``), and for a simulated one if ``disclosure.apply_to_simulated`` says so.
    """
    smallest = int(protocol.value("disclosure.smallest_cell"))
    zeros = bool(protocol.value("disclosure.zeros_shown"))
    if study.disclosure == "public":
        notice = "The rows of these data are published, so small numbers of patients are shown."
        return SmallCells(smallest, zeros, applies=False, notice=notice)
    if study.simulated and not protocol.value("disclosure.apply_to_simulated"):
        return SmallCells(smallest, zeros, applies=False)
    notice = (
        f"Cells below {smallest} patients are not shown, nor what would give them away: complements, shares and "
        f"estimates of fewer than {smallest}, curves with fewer than {smallest} at risk."
    )
    return SmallCells(smallest, zeros, applies=True, notice=notice)
