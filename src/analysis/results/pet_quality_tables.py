"""Quality of a study's scans as tables of aggregates for reading: no row is one patient or scan."""

from __future__ import annotations

import pandas as pd

from analysis.results.pet_tables import kind_of
from analysis.results.value import MISSING, number

BY_VISIT = "window of the visit"


def check_table(checks: pd.DataFrame) -> pd.DataFrame:
    """One row a check: its limits, how many scans are judged, outside, far from the others, not known, and the spread.

    A check whose limits are those of each visit has no spread: its visits have nothing in common.

    Parameters
    ----------
    checks : DataFrame
        From :func:`analysis.pet.scan_checks`.
    """
    rows = []
    for name in dict.fromkeys(checks["check"]):
        of_check = checks[checks["check"] == name]
        counts = of_check["state"].value_counts()
        first, limits = of_check.iloc[0], _limits(of_check)
        rows.append(
            {
                "Check": f"{first['label']}, {first['unit']}" if first["unit"] else str(first["label"]),
                "Limits": limits,
                "Scans": len(of_check),
                "Outside": int(counts.get("outside", 0)),
                "Far from the others": int(counts.get("unusual", 0)),
                "Not known": int(counts.get("unknown", 0)),
                "Median (quartiles)": MISSING
                if limits == BY_VISIT
                else _spread(of_check["value"], 2 if first["unit"] == "g/ml" else 1),
            }
        )
    return pd.DataFrame(rows)


def setting_table(scans: pd.DataFrame) -> pd.DataFrame:
    """One row a scanner, reconstruction, unit and source of the decay reference time: scans, spread of the candidates."""
    keys = {
        "scanner": "Scanner",
        "reconstruction": "Reconstruction",
        "units": "Units",
        "reference_source": "Decay reference time from",
    }
    known = scans.assign(**{key: scans[key].fillna("").replace("", "not stated") for key in keys})
    grouped = known.groupby(list(keys), sort=True)["reference_spread_percent"]
    table = grouped.agg(Scans="size", median="median", largest="max").reset_index()
    return table.rename(
        columns={
            **keys,
            "median": "Spread of candidates, median, % SUV",
            "largest": "Spread of candidates, largest, % SUV",
        }
    )


def comparability_table(scans: pd.DataFrame) -> pd.DataFrame:
    """Follow-up scans that cannot be compared with baseline, by visit and kind of reason; a scan can have several."""
    later = scans[(scans["visit"] != "baseline") & ~scans["comparable"].fillna(False)]
    reasons = later.assign(reason=later["comparability_reason"].str.split("; ")).explode("reason")
    reasons = reasons.assign(reason=[kind_of(str(reason)) for reason in reasons["reason"]])
    counts = reasons.groupby(["visit", "reason"], sort=True).size().reset_index(name="Scans")
    return counts.rename(columns={"visit": "Visit", "reason": "Not comparable with baseline because"})


def warning_table(scans: pd.DataFrame) -> pd.DataFrame:
    """What was repaired in the scans or must be known of them, by kind, most frequent first."""
    texts = scans["warnings"].dropna().astype(str).str.split(" | ", regex=False).explode().str.strip()
    counts = texts[texts != ""].map(kind_of).value_counts().rename_axis("kind").reset_index(name="Scans")
    counts = counts.sort_values(["Scans", "kind"], ascending=[False, True], ignore_index=True)
    return counts.rename(columns={"kind": "Repaired, or to be known"})


def override_table(overrides: pd.DataFrame) -> pd.DataFrame:
    """One row a corrected field: scans, the largest change of SUV, how many scans were or stay refused.

    Values and reasons stay in ``data/derived``.

    Parameters
    ----------
    overrides : DataFrame
        ``StudyMeasures.overrides``; the change is that by all corrections of a scan together.
    """
    rows = []
    for field, of_field in overrides.groupby("field", sort=True):
        changes = of_field["change_percent"].dropna().astype(float)
        largest = MISSING if changes.empty else number(float(changes.loc[changes.abs().idxmax()]), 1)
        rows.append(
            {
                "Field corrected": field,
                "Scans": len(of_field),
                "Largest change of SUV, %": largest,
                "Refused without": int((of_field["refused_before"].fillna("") != "").sum()),
                "Refused even so": int((of_field["refused_after"].fillna("") != "").sum()),
            }
        )
    return pd.DataFrame(rows)


def _limits(of_check: pd.DataFrame) -> str:
    low, high = of_check["low"].dropna().unique(), of_check["high"].dropna().unique()
    if len(low) > 1 or len(high) > 1:
        return BY_VISIT
    if not len(low) and not len(high):
        return "all criteria" if of_check["check"].iloc[0] == "comparable" else "none"
    if not len(low):
        return f"at most {number(float(high[0]), 0)}"
    return f"{number(float(low[0]), 0)} to {number(float(high[0]), 0)}"


def _spread(values: pd.Series, digits: int) -> str:
    known = values.dropna().astype(float)
    if known.empty:
        return MISSING
    low, middle, high = (number(float(known.quantile(share)), digits) for share in (0.25, 0.5, 0.75))
    return f"{middle} ({low} to {high})"
