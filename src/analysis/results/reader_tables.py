"""Local and central readers in a table of two by two, and how far their times are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.results.small_cells import NOT_SHOWN
from analysis.results.value import limit, number

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import ReaderAgreement


def cells(one: ReaderAgreement) -> tuple[int, int, int, int]:
    """Patients by both readings: both saw an event, only the local reader, only the central one, neither."""
    return one.both, one.local_only, one.central_only, one.neither


def two_by_two(found: Sequence[ReaderAgreement], *, smallest: int = 0) -> pd.DataFrame:
    """One row a group and local reading: patients with and without an event by the central readers.

    Where one of a group's four cells is above 0 and below ``smallest``, none is shown: the sums of a table of two by two stand
    elsewhere, and with them any cell gives the three others.
    """
    import pandas as pd

    rows = []
    for one in found:
        hidden = _small(one, smallest)
        for word, seen, missed in (
            ("event", one.both, one.local_only),
            ("no event", one.central_only, one.neither),
        ):
            numbers = {"Central: event": seen, "Central: no event": missed, "All": seen + missed}
            rows.append(
                {
                    "Patients": one.label,
                    "Local reading": word,
                    **{name: NOT_SHOWN if hidden else k for name, k in numbers.items()},
                }
            )
    return pd.DataFrame(rows)


def reader_table(
    found: Sequence[ReaderAgreement], kappas: Sequence[str], *, smallest: int = 0
) -> pd.DataFrame:
    """One row a group: events by one reader only, kappa, when the readers differ, the discrepancy rates, the concordance of times.

    Of a group whose table of two by two is not shown (:func:`two_by_two`) nothing is, but how many it holds: each number would help
    to work the table out.
    """
    import pandas as pd

    rows = []
    for one, kappa in zip(found, kappas, strict=True):
        apart = f"{number(one.days_apart[1], 0)} ({number(one.days_apart[0], 0)} to {number(one.days_apart[2], 0)})"
        numbers = {
            "Local only": one.local_only,
            "Central only": one.central_only,
            "Kappa of events": kappa,
            "Same time, of events by both": f"{one.same} of {one.both}",
            "Local minus central, days": apart if one.both else "—",
            "Early discrepancy rate": number(one.early_rate, 2),
            "Late discrepancy rate": number(one.late_rate, 2),
            "Concordance of times": f"{number(one.estimate, 2)} ({limit(one.low, 2)}–{limit(one.high, 2)})",
        }
        hidden = _small(one, smallest)
        rows.append(
            {
                "Patients": one.label,
                "n": one.n,
                **{name: NOT_SHOWN if hidden else cell for name, cell in numbers.items()},
            }
        )
    return pd.DataFrame(rows)


def _small(one: ReaderAgreement, smallest: int) -> bool:
    return any(0 < k < smallest for k in cells(one))
