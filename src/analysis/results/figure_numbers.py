"""What figures other than survival curves draw, as tables to take away, and why some have none.

A figure that draws one mark a patient, scan or lesion has no file: rows of patients stay with the data, in every study alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from analysis.figures.uptake import SITES, VISITS, drawn_lesions

if TYPE_CHECKING:
    import pandas as pd

    from analysis.cohort import Flow
    from analysis.pet import Agreement
    from analysis.survival import Decisions, TippingPoint

_FOREST = ("family", "name", "estimate", "low", "high", "p_value", "q_value", "n", "events", "note")


class LeftOut(StrEnum):
    """Why what a figure draws is in no file of numbers, as its page says it."""

    PATIENTS = "Every mark is one patient: rows of patients stay with the data, so these are in no file."
    CUTOFFS = (
        "The cut-offs tried are values of single patients: these stay with the data, so they are in no file."
    )
    LESIONS = "Every point is one lesion: rows of lesions stay with the data, so these are in no file."
    SCANS = "Every mark is one scan: rows of scans stay with the data, so these are in no file."
    PICTURE = "A picture of scans: it draws no numbers."


def flow_numbers(flow: Flow) -> pd.DataFrame:
    """Boxes of the participant flow: ``population, what, patients``; missing where the study cannot tell."""
    import pandas as pd

    rows = []
    for step in flow.steps:
        rows.append((step.label, "in it", step.n))
        rows += [(step.label, f"of these: {name}", n) for name, n in step.groups]
        rows += [(step.label, f"not in it: {reason}", n) for reason, n in step.excluded if n]
    frame = pd.DataFrame(rows, columns=["population", "what", "patients"])
    return frame.astype({"patients": "Int64"})


def uptake_numbers(lesions: pd.DataFrame, *, column: str) -> pd.DataFrame:
    """Boxes of the uptake by organ and visit: ``site, visit, lesions, lower_quartile, median, upper_quartile``.

    Quartiles by linear interpolation, as the picture has them.
    """
    import pandas as pd

    known = drawn_lesions(lesions, column)
    rows = []
    for site in SITES:
        for visit in VISITS:
            here = known.loc[(known["site"] == site) & (known["visit"] == visit), column].astype(float)
            if len(here):
                quartiles = here.quantile([0.25, 0.5, 0.75]).tolist()
                rows.append((site, visit, len(here), *quartiles))
    columns = ["site", "visit", "lesions", "lower_quartile", "median", "upper_quartile"]
    return pd.DataFrame(rows, columns=columns)


def agreement_numbers(found: Agreement) -> pd.DataFrame:
    """Lines of the Bland-Altman plot: ``line, percentage_points``."""
    import pandas as pd

    lines = {"mean": found.bias, "lower limit": found.limit_low, "upper limit": found.limit_high}
    return pd.DataFrame({"line": list(lines), "percentage_points": list(lines.values())})


def association_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a forest plot with what it prints of each: the columns that the picture reads, in its order."""
    return rows[[name for name in _FOREST if name in rows]].reset_index(drop=True)


def volcano_numbers(panels: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Points of the volcano plots: ``panel, family, name, estimate, p_value, q_value``, only what was tested."""
    import pandas as pd

    columns = ["family", "name", "estimate", "p_value", "q_value"]
    parts = [
        rows.dropna(subset=["p_value"]).reindex(columns=columns).assign(panel=panel)
        for panel, rows in panels.items()
    ]
    return pd.concat(parts, ignore_index=True)[["panel", *columns]]


def joint_numbers(counts: pd.DataFrame) -> pd.DataFrame:
    """Cells of a two-by-two table: ``calls, patients``; one column of names, so that the four are parts of one whole."""
    import pandas as pd

    return pd.DataFrame(
        [(f"{row}, {column}", int(counts.loc[row, column])) for row in counts.index for column in counts.columns],
        columns=["calls", "patients"],
    )  # fmt: skip


def call_numbers(found: Decisions, calls: tuple[tuple[str, str], tuple[str, str]]) -> pd.DataFrame:
    """Rows of the decision table: ``first, second, patients, events`` and, for each month, the share free with its interval."""
    import pandas as pd

    rows = []
    for row in found.rows:
        line: dict[str, object] = {"first": calls[0][row.first], "second": calls[1][row.second]}
        line |= {"patients": row.n, "events": row.events}
        for month, one in zip(found.months, row.event_free, strict=True):
            free = f"free_at_{month:g}_months"
            line |= {free: one.estimate, f"{free}_low": one.low, f"{free}_high": one.high}
        rows.append(line)
    return pd.DataFrame(rows)


def tipping_numbers(found: TippingPoint) -> pd.DataFrame:
    """Cells of the grid: how many of each half are in the compared group, and the hazard ratios over who they are."""
    import pandas as pd

    rows, columns = found.middle.shape
    return pd.DataFrame(
        [
            (i, j, found.middle[i, j], found.least[i, j], found.most[i, j], found.changed[i, j])
            for i in range(rows)
            for j in range(columns)
        ],
        columns=["ended_early", "ended_late", "mean", "least", "most", "share_that_changes_the_conclusion"],
    )


def characteristic_numbers(
    table: pd.DataFrame, names: Sequence[str], *, effects: Sequence[str], n: int | None = None
) -> pd.DataFrame:
    """Points of the operating characteristics: ``effect, n, name, words, estimate, low, high, trials``.

    Of one number of patients where ``n`` is given, else of all.
    """
    found = table[table["name"].isin(names) & table["effect"].isin(effects)]
    if n is not None:
        found = found[found["n"] == n]
    columns = ["effect", "n", "name", "words", "estimate", "low", "high", "trials"]
    return found[columns].reset_index(drop=True)
