"""Whether a scan may be compared with the patient's baseline scan."""

from __future__ import annotations

import pandas as pd

from analysis.study import load_protocol

_LIVER_PERCENT, _LIVER_SUL, _DOSE_PERCENT, _SHORTEST_UPTAKE = 20.0, 0.3, 20.0, 50.0
_ROUNDING = 1e-9


def with_comparability(scans: pd.DataFrame) -> pd.DataFrame:
    """The scans with columns ``comparable`` and ``comparability_reason``.

    A follow-up scan is comparable if both scans were made at least 50 minutes after injection and within 15 minutes
    of each other, their liver SUL agrees within 20 % *and* 0.3, their doses within 20 %, and the scanner is the
    same. A value that is not known counts against comparability, and the reason says so. A baseline scan is
    comparable with itself if its uptake time is known and long enough.

    Parameters
    ----------
    scans : DataFrame
        One row a scan: ``patient_id, visit, uptake_minutes, liver_sul_mean, dose_mbq, scanner``.

    References
    ----------
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307.
    """
    table = scans.copy()
    baseline = table[table["visit"] == "baseline"].set_index("patient_id")
    reasons = []
    for row in table.itertuples():
        first = baseline.loc[row.patient_id] if row.patient_id in baseline.index else None
        reasons.append("; ".join(_objections(row, first)))
    table["comparability_reason"] = pd.array(reasons, dtype="string")
    table["comparable"] = pd.array([reason == "" for reason in reasons], dtype="boolean")
    return table


def _objections(scan, first) -> list[str]:
    longest = float(load_protocol().value("suv.uptake_difference_minutes"))
    found = []
    if pd.isna(scan.uptake_minutes):
        found.append("uptake time not known")
    elif scan.uptake_minutes < _SHORTEST_UPTAKE - _ROUNDING:
        found.append(f"uptake {scan.uptake_minutes:.0f} min, less than {_SHORTEST_UPTAKE:.0f}")
    if scan.visit == "baseline":
        return found
    if first is None:
        return [*found, "no baseline scan"]
    if pd.isna(first.uptake_minutes):
        found.append("uptake time of baseline not known")
    else:
        if first.uptake_minutes < _SHORTEST_UPTAKE - _ROUNDING:
            found.append(
                f"uptake at baseline {first.uptake_minutes:.0f} min, less than {_SHORTEST_UPTAKE:.0f}"
            )
        apart = scan.uptake_minutes - first.uptake_minutes
        if abs(apart) > longest + _ROUNDING:
            found.append(f"uptake {apart:+.0f} min from baseline, more than {longest:.0f}")
    found += _liver(scan.liver_sul_mean, first.liver_sul_mean)
    if pd.isna(scan.dose_mbq) or pd.isna(first.dose_mbq):
        found.append("injected activity not known")
    elif abs(scan.dose_mbq / first.dose_mbq - 1) * 100 > _DOSE_PERCENT + _ROUNDING:
        found.append(f"injected activity {100 * (scan.dose_mbq / first.dose_mbq - 1):+.0f} % from baseline")
    if pd.isna(scan.scanner) or pd.isna(first.scanner) or not scan.scanner or scan.scanner != first.scanner:
        known = bool(
            not pd.isna(scan.scanner) and scan.scanner and not pd.isna(first.scanner) and first.scanner
        )
        found.append("another scanner than at baseline" if known else "scanner not known")
    if (
        pd.notna(scan.reconstruction)
        and pd.notna(first.reconstruction)
        and scan.reconstruction != first.reconstruction
    ):
        found.append("another reconstruction than at baseline")
    return found


def _liver(now: float, before: float) -> list[str]:
    if pd.isna(now) or pd.isna(before):
        return ["liver uptake not known"]
    found = []
    if abs(now / before - 1) * 100 > _LIVER_PERCENT + _ROUNDING:
        found.append(f"liver SUL {100 * (now / before - 1):+.0f} % from baseline")
    if abs(now - before) > _LIVER_SUL + _ROUNDING:
        found.append(f"liver SUL {now - before:+.2f} from baseline")
    return found
