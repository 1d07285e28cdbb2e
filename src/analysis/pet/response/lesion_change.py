"""How each lesion changed from baseline, and the class that follows from a cut-off."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.pet.response.lesion_rules import LesionRule

STATES = ("measured", "disappeared", "new", "uncertain", "not_contoured")
"""``disappeared``: contours were drawn at the visit, but not this one. ``new``: no contour at baseline.
``not_contoured``: the scan has no contours at all, so nothing is known of the lesion. What a reader wrote into
``lesion_matches.csv`` comes before that; ``uncertain`` (new, or a flare) comes from there only."""

LESION_CLASSES = ("responding", "stable", "progressing", "new", "uncertain", "not_measured")


def lesion_changes(
    lesions: pd.DataFrame,
    *,
    metric: str = "suv_max",
    scans: pd.DataFrame | None = None,
    matches: pd.DataFrame | None = None,
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
    matches : DataFrame, optional
        ``StudyMeasures.matches``: what a reader said of a lesion at a visit, which overrules the bare contours.

    Returns
    -------
    DataFrame
        ``patient_id, lesion_id, site, target, visit, baseline, follow_up, change_percent, state, volume_ml``; a
        negative change is a decrease. A lesion that has disappeared counts as -100 %, its follow-up value is missing;
        a new one has no change. The volume is that of the contour at baseline, missing where it was not measured.

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
    at_baseline = lesions[lesions["visit"] == "baseline"].set_index(keys)
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
    # Whether a lesion is there is said by its row: a measure may be missing (SUL without height) where a lesion is not.
    places = pd.MultiIndex.from_frame(table[keys])
    had = places.isin(pd.MultiIndex.from_frame(first[keys]))
    visited = pd.MultiIndex.from_frame(table[[*keys, "visit"]])
    has = visited.isin(pd.MultiIndex.from_frame(later[[*keys, "visit"]]))
    contoured = (table["contours"].fillna(0) > 0).to_numpy()
    state = pd.Series("not_contoured", index=table.index, dtype="string")
    for name, where in (("disappeared", contoured & ~has), ("new", has & ~had), ("measured", had & has)):
        state[where] = name
    table["state"] = state if matches is None else _as_read(table, state, matches)
    table["follow_up"] = table["follow_up"].mask(table["state"] == "not_contoured")
    change = (table["follow_up"] / table["baseline"] - 1) * 100
    table["change_percent"] = change.mask(table["state"] == "disappeared", -100.0).astype(float)
    volume = at_baseline["volume_ml"] if "volume_ml" in at_baseline else pd.Series(dtype=float)
    table["volume_ml"] = volume.reindex(places).to_numpy(dtype=float) if len(volume) else np.nan
    columns = [
        *keys,
        "site",
        "target",
        "visit",
        "baseline",
        "follow_up",
        "change_percent",
        "state",
        "volume_ml",
    ]
    return table[columns].sort_values([*keys, "visit"], ignore_index=True)


def _as_read(table: pd.DataFrame, state: pd.Series, matches: pd.DataFrame) -> pd.Series:
    """State of each row, as a reader said it where one did; ``same`` only confirms what was measured."""
    keys = ["patient_id", "visit", "lesion_id"]
    said = table[keys].astype("string").merge(matches, on=keys, how="left", validate="many_to_one")["state"]
    said.index = table.index
    return state.mask((said.notna() & (said != "same")).astype(bool), said).astype("string")


def _follow_up_visits(measured: pd.DataFrame, scans: pd.DataFrame | None) -> pd.DataFrame:
    """Follow-up scans of each patient with the number of their contours."""
    if scans is not None:
        found = scans[["patient_id", "visit", "contours"]]
    else:
        counts = measured.groupby(["patient_id", "visit"]).size()
        found = counts.rename("contours").reset_index()
    return found[found["visit"] != "baseline"].astype({"contours": "float64"})


def classify_lesions(changes: pd.DataFrame, rule: LesionRule) -> pd.DataFrame:
    """The changes with a column ``lesion_class``, one of ``LESION_CLASSES``.

    Parameters
    ----------
    changes : DataFrame
        From :func:`lesion_changes`, of the rule's measure.
    rule : LesionRule
        What makes a lesion respond or progress, and what becomes of one that disappeared.
    """
    change = rule_changes(changes, rule)
    # Later entries overrule earlier ones: a new lesion has no change, and is not merely unmeasured.
    classes = np.full(len(changes), "stable", dtype=object)
    classes[rule.progresses(change)] = "progressing"
    classes[rule.responds(change)] = "responding"
    classes[np.isnan(change)] = "not_measured"
    for state in ("new", "uncertain"):
        classes[np.asarray(changes["state"] == state, bool)] = state
    table = changes.copy()
    table["lesion_class"] = pd.array(classes.tolist(), dtype="string")
    return table


def rule_changes(changes: pd.DataFrame, rule: LesionRule) -> NDArray[np.float64]:
    """Change of each lesion in percent as the rule sees it: smallest change and disappeared lesions applied."""
    gone = np.asarray(changes["state"] == "disappeared", bool)
    change = rule.changes(
        changes["baseline"].to_numpy(dtype=float), changes["follow_up"].to_numpy(dtype=float)
    )
    return np.where(gone, -100.0 if rule.disappeared == "responds" else np.nan, change)
