"""Primary tumour beside metastasis as a table for reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.biomarkers.tissue import printed_marker

if TYPE_CHECKING:
    from analysis.biomarkers.tissue import Concordance


def concordance_table(found: Sequence[Concordance]) -> pd.DataFrame:
    """One row a marker: patients with both specimens, agreement of calls or shift of an expression.

    Returns
    -------
    pandas.DataFrame
        Marker, Kind, Both specimens, Only primary, Only metastasis; for an alteration Same call (%), Kappa and
        its limits, McNemar p; for an expression Median shift and Signed-rank p. Empty where it does not apply.
    """
    rows = []
    for one in found:
        calls, shift = one.calls, one.shift
        # An interval without width (all pairs agree, or one call is constant) is no interval.
        wide = calls is not None and calls.kappa_high - calls.kappa_low > 1e-9
        rows.append(
            {
                "Marker": printed_marker(one.marker),
                "Kind": one.kind,
                "Both specimens": one.n,
                "Only primary": one.only_primary,
                "Only metastasis": one.only_metastasis,
                "Same call, %": None if calls is None else 100 * calls.observed.estimate,
                "Kappa": None if calls is None else calls.kappa,
                "Kappa, lower": calls.kappa_low if calls is not None and wide else None,
                "Kappa, upper": calls.kappa_high if calls is not None and wide else None,
                "McNemar p": None if calls is None else calls.mcnemar.p_value,
                "Shift (metastasis − primary)": None if shift is None else shift.estimate,
                "Signed-rank p": None if shift is None else shift.p_value,
            }
        )
    names = ["Marker", "Kind", "Both specimens", "Only primary", "Only metastasis"]
    numbers = ["Same call, %", "Kappa", "Kappa, lower", "Kappa, upper", "McNemar p"]
    numbers += ["Shift (metastasis − primary)", "Signed-rank p"]
    table = pd.DataFrame(rows, columns=[*names, *numbers])
    return table.astype(dict.fromkeys(numbers, "float64"))
