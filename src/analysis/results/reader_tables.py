"""Local and central readers in a table of two by two, and how far their times are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.results.value import limit, number

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import ReaderAgreement


def two_by_two(found: Sequence[ReaderAgreement]) -> pd.DataFrame:
    """One row a group and local reading: patients with and without an event by the central readers."""
    import pandas as pd

    rows = []
    for one in found:
        for word, seen, missed in (
            ("event", one.both, one.local_only),
            ("no event", one.central_only, one.neither),
        ):
            rows.append(
                {
                    "Patients": one.label, "Local reading": word, "Central: event": seen, "Central: no event": missed,
                    "All": seen + missed,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def reader_table(found: Sequence[ReaderAgreement], kappas: Sequence[str]) -> pd.DataFrame:
    """One row a group: kappa, when the readers differ, the two discrepancy rates and the concordance of times."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "Patients": one.label,
                "n": one.n,
                "Kappa of events": kappa,
                "Same time, of events by both": f"{one.same} of {one.both}",
                "Local minus central, days": "—"
                if not one.both
                else f"{number(one.days_apart[1], 0)} ({number(one.days_apart[0], 0)} to {number(one.days_apart[2], 0)})",
                "Early discrepancy rate": number(one.early_rate, 2),
                "Late discrepancy rate": number(one.late_rate, 2),
                "Concordance of times": f"{number(one.estimate, 2)} ({limit(one.low, 2)}–{limit(one.high, 2)})",
            }
            for one, kappa in zip(found, kappas, strict=True)
        ]
    )
