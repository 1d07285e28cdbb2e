"""The tables of a study's PET: one row a series, a scan, a lesion at a visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import Study
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.measures.comparability import with_comparability
from analysis.pet.measures.region import metabolic_volume
from analysis.pet.measures.scan import ScanTask, lesion_values
from analysis.pet.series.index import Series
from analysis.pet.series.selection import SelectedSeries
from analysis.pet.series.visits import date_of
from analysis.study import load_protocol

_SERIES = (
    "series_uid", "patient_id", "visit", "description", "modality", "slices", "kept", "reason", "fault", "warnings",
)  # fmt: skip
_SCANS = (
    "patient_id", "visit", "scan_day", "series_uid", "manufacturer", "scanner", "reconstruction", "units",
    "decay_correction", "uptake_minutes", "dose_mbq", "weight_kg", "height_cm", "glucose_mmol_l", "sul_factor",
    "reference_source", "reference_spread_percent", "voxel_volume_ml", "slices", "liver_suv_mean", "liver_sul_mean",
    "liver_sul_sd", "contours", "warnings",
)  # fmt: skip
_LESIONS = (
    "patient_id", "visit", "lesion_id", "site", "target", "voxels", "volume_ml", "suv_max", "suv_mean", "suv_peak",
    "suv_peak_at_max", "sul_max", "sul_mean", "sul_peak", "peak_leaves_region", "proposal", "mtv_ml", "tlg_g",
    "mtv_baseline_threshold_ml", "tlg_baseline_threshold_g",
)  # fmt: skip
_TEXT = frozenset(["patient_id", "visit", "series_uid", "manufacturer", "scanner", "reconstruction", "units",
                   "decay_correction", "reference_source", "warnings", "lesion_id", "site", "description", "modality", "reason"])  # fmt: skip


def series_table(
    selected: Sequence[SelectedSeries],
    results: Mapping[str, dict[str, Any]],
    unused: Sequence[tuple[str, str, str]],
) -> pd.DataFrame:
    """One row a series, and one a contour file that is not used.

    Parameters
    ----------
    selected : sequence of SelectedSeries
        Every series of the study.
    results : mapping of str to dict
        From :func:`analysis.pet.measures.scan.measure_scan`, by Series Instance UID of the kept ones.
    unused : sequence of (name, kind, reason)
        Contour files that belong to no scan.
    """
    rows = []
    for entry in selected:
        result = results.get(entry.series.series_uid) if entry.kept else None
        error = result["error"] if result else None
        warnings = [*entry.warnings, *(result["warnings"] if result else [])]
        rows.append(
            {
                "series_uid": entry.series.series_uid,
                "patient_id": entry.patient_id,
                "visit": entry.visit,
                "description": _description(entry.series),
                "modality": entry.series.attributes.get("Modality", ""),
                "slices": len(entry.series.files),
                "kept": entry.kept and error is None,
                "reason": entry.reason or error or "",
                "fault": entry.fault or error is not None,
                "warnings": " | ".join(dict.fromkeys(warnings)),
            }
        )
    for name, kind, reason in unused:
        rows.append({"series_uid": "", "patient_id": "", "visit": "", "description": name, "modality": kind,
                     "slices": 1, "kept": False, "reason": reason, "fault": True, "warnings": ""})  # fmt: skip
    table = pd.DataFrame(rows, columns=list(_SERIES))
    text = dict.fromkeys(set(_SERIES) & _TEXT, "string")
    table = table.astype({**text, "slices": "Int64", "kept": "boolean", "fault": "boolean"})
    return table.sort_values(
        ["patient_id", "visit", "kept", "series_uid", "description"],
        ascending=[True, True, False, True, True],
        ignore_index=True,
    )


def _description(series: Series) -> str:
    return series.attributes.get("SeriesDescription", "") or f"{len(series.files)} files"


def scans_table(
    study: Study, kept: Sequence[SelectedSeries], tasks: Sequence[ScanTask], results: Sequence[dict[str, Any]]
) -> pd.DataFrame:
    """One row a measured scan, with its day, scanner and comparability with baseline."""
    days, glucose = _from_visits(study)
    windows = load_protocol().visits
    rows = []
    for entry, task, result in zip(kept, tasks, results, strict=True):
        if result["error"]:
            continue
        key = (entry.patient_id, entry.visit)
        day = days.get(key, np.nan)
        if np.isnan(day) and (scanned := date_of(entry.series)):
            day = study.study_day(entry.patient_id, scanned)
        warnings = [*entry.warnings, *result["warnings"]]
        window = windows.get(entry.visit)
        if window is not None and not np.isnan(day) and not window.contains(day):
            warnings.append(
                f"scanned on day {day:.0f}, outside the window of day {window.window[0]} to {window.window[1]}"
            )
        if not task.contours:
            warnings.append("no contours")
        header = read_header(task.files[0])
        rows.append(
            {
                **result["scan"],
                "patient_id": entry.patient_id,
                "visit": entry.visit,
                "scan_day": day,
                "series_uid": task.series_uid,
                "manufacturer": header.get("Manufacturer"),
                "scanner": " ".join(
                    filter(None, (header.get("Manufacturer"), header.get("ManufacturerModelName")))
                ),
                "reconstruction": header.get("ReconstructionMethod"),
                "glucose_mmol_l": glucose.get(key, np.nan),
                "contours": len(result["lesions"]),
                "warnings": " | ".join(dict.fromkeys(warnings)),
            }
        )
    table = with_comparability(_typed(rows, _SCANS))
    return table.sort_values(["patient_id", "visit"], ignore_index=True)


def _from_visits(study: Study) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    if "pet_visits" not in study.tables:
        return {}, {}
    visits = study.table("pet_visits")
    keys = list(zip(visits["patient_id"].astype(str), visits["visit"].astype(str), strict=True))
    days = dict(zip(keys, visits["scanned_day"].astype(float), strict=True))
    return days, dict(zip(keys, visits["glucose_mmol_l"].astype(float), strict=True))


def lesions_table(
    study: Study, kept: Sequence[SelectedSeries], results: Sequence[dict[str, Any]]
) -> pd.DataFrame:
    """One row a lesion and scan, with site, target and the metabolic volumes under the protocol's threshold."""
    known: dict[tuple[str, str], tuple[Any, Any]] = {}
    if "lesions" in study.tables:
        for row in study.table("lesions").itertuples():
            known[str(row.patient_id), str(row.lesion_id)] = (row.site, row.target)
    percent = float(load_protocol().value("suv.mtv_threshold_percent_of_max"))
    maxima = {
        (entry.patient_id, lesion["lesion_id"]): lesion["suv_max"]
        for entry, result in zip(kept, results, strict=True)
        if entry.visit == "baseline"
        for lesion in result["lesions"]
    }
    rows = []
    for entry, result in zip(kept, results, strict=True):
        for lesion in result["lesions"]:
            site, target = known.get((entry.patient_id, lesion["lesion_id"]), (pd.NA, pd.NA))
            values = lesion_values(lesion["values"])
            voxel_ml = result["scan"]["voxel_volume_ml"]
            own = metabolic_volume(values, voxel_ml, threshold=percent / 100 * lesion["suv_max"])
            first = maxima.get((entry.patient_id, lesion["lesion_id"]))
            fixed = (
                metabolic_volume(values, voxel_ml, threshold=percent / 100 * first)
                if first
                else (np.nan, np.nan)
            )
            rows.append(
                {
                    **{k: v for k, v in lesion.items() if k != "values"},
                    "patient_id": entry.patient_id,
                    "visit": entry.visit,
                    "site": site,
                    "target": target,
                    "mtv_ml": own[0],
                    "tlg_g": own[1],
                    "mtv_baseline_threshold_ml": fixed[0],
                    "tlg_baseline_threshold_g": fixed[1],
                }
            )
    table = _typed(rows, _LESIONS)
    return table.sort_values(["patient_id", "visit", "lesion_id"], ignore_index=True)


def _typed(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=list(columns))
    kinds = {}
    for name in columns:
        if name in _TEXT:
            kinds[name] = "string"
        elif name in ("voxels", "slices", "contours"):
            kinds[name] = "Int64"
        elif name in ("target", "peak_leaves_region", "proposal"):
            kinds[name] = "boolean"
        else:
            kinds[name] = "float64"
    return table.astype(kinds)
