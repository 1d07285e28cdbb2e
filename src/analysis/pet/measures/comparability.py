"""Whether a scan may be compared with the patient's baseline scan."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pandas as pd

from analysis.study import load_protocol

_ROUNDING = 1e-9


def with_comparability(scans: pd.DataFrame) -> pd.DataFrame:
    """The scans with columns ``comparable`` and ``comparability_reason``.

    A follow-up scan is comparable if both scans were made long enough after injection, at times that differ little,
    their liver SUL agrees within a percentage *and* a difference, their doses within a percentage, and the scanner is
    the same. The limits are the protocol's (``comparability``; PERCIST 1.0: 50 minutes, 15 minutes, 20 % and 0.3,
    20 %). A value that is not known counts against comparability, and the reason says so. A baseline scan is
    comparable with itself if its uptake time is known and long enough.

    Parameters
    ----------
    scans : DataFrame
        One row a scan: ``patient_id, visit, uptake_minutes, liver_sul_mean, dose_mbq, scanner``.

    References
    ----------
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307.
    """
    limits = Limits.of_protocol()
    table = scans.copy()
    baseline = table[table["visit"] == "baseline"].set_index("patient_id")
    reasons = []
    for row in table.itertuples():
        first = baseline.loc[row.patient_id] if row.patient_id in baseline.index else None
        reasons.append("; ".join(_objections(row, first, limits)))
    table["comparability_reason"] = pd.array(reasons, dtype="string")
    table["comparable"] = pd.array([reason == "" for reason in reasons], dtype="boolean")
    return table


@dataclass(frozen=True)
class Limits:
    """Limits within which two scans are comparable; a value at its limit is within."""

    shortest_uptake_minutes: float
    uptake_difference_minutes: float
    liver_sul_change_percent: float
    liver_sul_difference: float
    dose_change_percent: float

    @classmethod
    def of_protocol(cls) -> Limits:
        """Those of ``data/protocol.yml``."""
        value = load_protocol().value
        return cls(**{each.name: float(value(f"comparability.{each.name}")) for each in fields(cls)})


def _objections(scan, first, limits: Limits) -> list[str]:
    shortest, longest = limits.shortest_uptake_minutes, limits.uptake_difference_minutes
    found = []
    if pd.isna(scan.uptake_minutes):
        found.append("uptake time not known")
    elif scan.uptake_minutes < shortest - _ROUNDING:
        found.append(f"uptake {scan.uptake_minutes:.0f} min, less than {shortest:.0f}")
    if scan.visit == "baseline":
        return found
    if first is None:
        return [*found, "no baseline scan"]
    if pd.isna(first.uptake_minutes):
        found.append("uptake time of baseline not known")
    else:
        if first.uptake_minutes < shortest - _ROUNDING:
            found.append(f"uptake at baseline {first.uptake_minutes:.0f} min, less than {shortest:.0f}")
        apart = scan.uptake_minutes - first.uptake_minutes
        if abs(apart) > longest + _ROUNDING:
            found.append(f"uptake {apart:+.0f} min from baseline, more than {longest:.0f}")
    found += _liver(scan.liver_sul_mean, first.liver_sul_mean, limits)
    if pd.isna(scan.dose_mbq) or pd.isna(first.dose_mbq):
        found.append("injected activity not known")
    elif abs(scan.dose_mbq / first.dose_mbq - 1) * 100 > limits.dose_change_percent + _ROUNDING:
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


def _liver(now: float, before: float, limits: Limits) -> list[str]:
    if pd.isna(now) or pd.isna(before):
        return ["liver uptake not known"]
    found = []
    if abs(now / before - 1) * 100 > limits.liver_sul_change_percent + _ROUNDING:
        found.append(f"liver SUL {100 * (now / before - 1):+.0f} % from baseline")
    if abs(now - before) > limits.liver_sul_difference + _ROUNDING:
        found.append(f"liver SUL {now - before:+.2f} from baseline")
    return found
