"""How each lesion changed from baseline, and the class that follows from a cut-off."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.study import load_protocol

STATES = ("measured", "disappeared", "new", "not_contoured")
"""``disappeared``: contours were drawn at the visit, but not this one. ``new``: no contour at baseline.
``not_contoured``: the scan has no contours at all, so nothing is known of the lesion."""

LESION_CLASSES = ("responding", "stable", "progressing", "new", "not_measured")


def lesion_changes(
    lesions: pd.DataFrame, *, metric: str = "suv_max", scans: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Change of each lesion at each follow-up visit.

    Parameters
    ----------
    lesions : DataFrame
        ``StudyMeasures.lesions``.
    metric : str
        Column that is compared, e.g. ``suv_max``, ``suv_peak``, ``sul_peak``, ``tlg_g``.
    scans : DataFrame, optional
        ``StudyMeasures.scans``; needed to tell that a lesion has disappeared, or that a scan has no contours.

    Returns
    -------
    DataFrame
        ``patient_id, lesion_id, site, target, visit, baseline, follow_up, change_percent, state``; a negative change
        is a decrease. A lesion that has disappeared counts as -100 %, its follow-up value is missing; a new one has
        no change.

    Raises
    ------
    DesignError
        If the metric is no column of the lesions.
    """
    if metric not in lesions.columns:
        raise DesignError(
            f"lesions have no measure {metric!r}",
            expected="one of " + ", ".join(lesions.select_dtypes("number").columns),
        )
    keys = ["patient_id", "lesion_id"]
    described = lesions.drop_duplicates(keys)[[*keys, "site", "target"]]
    measured = lesions[[*keys, "visit", metric]]
    first = measured[measured["visit"] == "baseline"].rename(columns={metric: "baseline"})[
        [*keys, "baseline"]
    ]
    later = measured[measured["visit"] != "baseline"].rename(columns={metric: "follow_up"})
    visits = _follow_up_visits(measured, scans)
    wanted = first.merge(visits, on="patient_id")[[*keys, "visit"]]
    rows = pd.concat([wanted, later[[*keys, "visit"]]]).drop_duplicates()
    table = rows.merge(first, on=keys, how="left").merge(later, on=[*keys, "visit"], how="left")
    table = table.merge(visits, on=["patient_id", "visit"], how="left").merge(described, on=keys, how="left")
    had, has = table["baseline"].notna().to_numpy(), table["follow_up"].notna().to_numpy()
    contoured = (table["contours"].fillna(0) > 0).to_numpy()
    state = pd.Series("not_contoured", index=table.index, dtype="string")
    for name, where in (("disappeared", contoured & ~has), ("new", has & ~had), ("measured", had & has)):
        state[where] = name
    table["state"] = state
    change = (table["follow_up"] / table["baseline"] - 1) * 100
    table["change_percent"] = change.mask(table["state"] == "disappeared", -100.0).astype(float)
    columns = [*keys, "site", "target", "visit", "baseline", "follow_up", "change_percent", "state"]
    return table[columns].sort_values([*keys, "visit"], ignore_index=True)


def _follow_up_visits(measured: pd.DataFrame, scans: pd.DataFrame | None) -> pd.DataFrame:
    """Follow-up scans of each patient with the number of their contours."""
    if scans is not None:
        found = scans[["patient_id", "visit", "contours"]]
    else:
        counts = measured.groupby(["patient_id", "visit"]).size()
        found = counts.rename("contours").reset_index()
    return found[found["visit"] != "baseline"].astype({"contours": "float64"})


def classify_lesions(
    changes: pd.DataFrame, *, cutoff_percent: float, progression_percent: float | None = None
) -> pd.DataFrame:
    """The changes with a column ``lesion_class``.

    ``responding``: decrease of the cut-off or more (the protocol says whether exactly the cut-off counts), or
    disappeared. ``progressing``: increase of more than ``progression_percent``. ``new``: not there at baseline.

    Parameters
    ----------
    changes : DataFrame
        From :func:`lesion_changes`.
    cutoff_percent : float
        Decrease in percent of baseline, above 0.
    progression_percent : float, optional
        Increase in percent; the protocol's (EORTC 1999: 25) when not given.
    """
    protocol = load_protocol()
    limit = (
        float(protocol.value("response.lesion_progression_percent"))
        if progression_percent is None
        else progression_percent
    )
    change = np.asarray(changes["change_percent"], np.float64)
    responding = reaches_cutoff(change, cutoff_percent)
    # Later entries overrule earlier ones: a new lesion has no change, and is not merely unmeasured.
    classes = np.full(len(changes), "stable", dtype=object)
    classes[change > limit + 1e-9] = "progressing"
    classes[responding] = "responding"
    classes[np.isnan(change)] = "not_measured"
    classes[np.asarray(changes["state"] == "new", bool)] = "new"
    table = changes.copy()
    table["lesion_class"] = pd.array(classes.tolist(), dtype="string")
    return table


def reaches_cutoff(change_percent: ArrayLike, cutoff_percent: float) -> NDArray[np.bool_]:
    """Whether each change is a decrease that counts as response; a missing change does not.

    Changes computed from decimal values that are exactly the cut-off differ from it in the last digits, so equality
    is within 1e-9 percentage points.

    >>> reaches_cutoff(np.array([-25.0, -24.9, np.nan]), 25.0)
    array([ True, False, False])
    """
    equal_counts = bool(load_protocol().value("response.responder_if_equal"))
    margin = 1e-9 if equal_counts else -1e-9
    with np.errstate(invalid="ignore"):
        return np.asarray(change_percent) <= -cutoff_percent + margin
