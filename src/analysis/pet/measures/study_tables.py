"""The tables of a study's PET: one row a series, a scan, a lesion at a visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import Study
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.measures.comparability import with_comparability
from analysis.pet.measures.references import reference_thresholds
from analysis.pet.measures.scan import ScanTask, lesion_values
from analysis.pet.measures.thresholds import Threshold, metabolic_volume, mtv_thresholds
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
    "reference_source", "reference_spread_percent", "voxel_volume_ml", "slices", "liver_x_mm", "liver_y_mm",
    "liver_z_mm", "liver_suv_mean", "liver_suv_sd",
    "liver_sul_mean", "liver_sul_sd", "liver_source", "blood_pool_suv_mean", "blood_pool_suv_sd", "blood_pool_sul_mean",
    "blood_pool_sul_sd", "blood_pool_source", "contours", "warnings",
)  # fmt: skip
_LESIONS = (
    "patient_id", "visit", "lesion_id", "site", "target", "voxels", "volume_ml", "max_diameter_mm", "suv_max", "suv_mean", "suv_peak",
    "suv_peak_at_max", "suv_peak_1ml", "suv_peak_1ml_at_max", "sul_max", "sul_mean", "sul_peak", "sul_peak_at_max",
    "sul_peak_1ml", "sul_peak_1ml_at_max", "peak_kernel_ml", "peak_leaves_region", "peak_leaves_image", "measurable",
    "proposal", "centre_x_mm", "centre_y_mm", "centre_z_mm", "mtv_ml", "tlg_g", "mtv_baseline_threshold_ml", "tlg_baseline_threshold_g",
)  # fmt: skip
_TEXT = frozenset(["patient_id", "liver_source", "blood_pool_source", "visit", "series_uid", "manufacturer", "scanner", "reconstruction", "units",
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
                "warnings": _joined(warnings),
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
        told = any(text.startswith("scanned on day") for text in warnings)
        if window is not None and not told and not np.isnan(day) and not window.contains(day):
            warnings.append(
                f"scanned on day {day:.0f}, outside the window of day {window.window[0]} to {window.window[1]}"
            )
        if not task.contours:
            warnings.append("no contours")
        header = read_header(task.source.files[0])
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
                "warnings": _joined(warnings),
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
    """One row a lesion and scan, with site, target and the metabolic volumes under each of the protocol's thresholds.

    Volumes are those of the voxels inside the contour at or above the threshold. ``mtv_41_ml`` uses the scan's own
    threshold, ``mtv_41_baseline_ml`` the SUV of the same lesion's threshold at baseline: a volume under a percentage of
    the maximum can grow as a lesion cools. ``mtv_ml`` is that under ``suv.mtv_threshold_percent_of_max``.
    ``measurable``: SULpeak at or above PERCIST's threshold, <NA> where the reference is not known.
    """
    known: dict[tuple[str, str], tuple[Any, Any]] = {}
    if "lesions" in study.tables:
        for row in study.table("lesions").itertuples():
            known[str(row.patient_id), str(row.lesion_id)] = (row.site, row.target)
    default = Threshold(f"{float(load_protocol().value('suv.mtv_threshold_percent_of_max')):g}%")
    references = {
        (entry.patient_id, entry.visit): _thresholds_of(entry, result, known)
        for entry, result in zip(kept, results, strict=True)
    }
    first = {
        (entry.patient_id, lesion["lesion_id"]): lesion["suv_max"]
        for entry, result in zip(kept, results, strict=True)
        if entry.visit == "baseline"
        for lesion in result["lesions"]
    }
    rows = []
    for entry, result in zip(kept, results, strict=True):
        now, before = (references.get((entry.patient_id, visit), {}) for visit in (entry.visit, "baseline"))
        for lesion in result["lesions"]:
            site, target = _described(known, entry.patient_id, lesion["lesion_id"])
            values = lesion_values(lesion["values"])
            voxel_ml = result["scan"]["voxel_volume_ml"]
            maximum = first.get((entry.patient_id, lesion["lesion_id"]), np.nan)
            volumes: dict[str, float] = {}
            for one in dict.fromkeys((*mtv_thresholds(), default)):
                # A lesion that is new has no baseline, and no threshold of it.
                fixed = np.nan if np.isnan(maximum) else one.level(maximum, before)
                for suffix, level in (("", one.level(lesion["suv_max"], now)), ("_baseline", fixed)):
                    mtv, tlg = metabolic_volume(values, voxel_ml, threshold=level)
                    volumes |= {f"mtv_{one.name}{suffix}_ml": mtv, f"tlg_{one.name}{suffix}_g": tlg}
            limit = now.get("percist", np.nan)
            rows.append(
                {
                    **{k: v for k, v in lesion.items() if k != "values"},
                    "patient_id": entry.patient_id,
                    "visit": entry.visit,
                    "site": site,
                    "target": target,
                    # Peak and limit in SUV: lean body mass scales both.
                    "measurable": pd.NA if np.isnan(limit) else bool(lesion["suv_peak"] >= limit - 1e-9),
                    **volumes,
                    "mtv_ml": volumes[f"mtv_{default.name}_ml"],
                    "tlg_g": volumes[f"tlg_{default.name}_g"],
                    "mtv_baseline_threshold_ml": volumes[f"mtv_{default.name}_baseline_ml"],
                    "tlg_baseline_threshold_g": volumes[f"tlg_{default.name}_baseline_g"],
                }
            )
    columns = [
        column
        for one in mtv_thresholds()
        for suffix in ("", "_baseline")
        for column in (f"mtv_{one.name}{suffix}_ml", f"tlg_{one.name}{suffix}_g")
    ]
    table = _typed(rows, (*_LESIONS, *columns))
    return table.sort_values(["patient_id", "visit", "lesion_id"], ignore_index=True)


def _members(
    known: Mapping[tuple[str, str], tuple[Any, Any]], patient: str, lesion: str
) -> list[tuple[Any, Any]]:
    """Site and target of a lesion, or of each of those that grew together into it, as far as they are listed."""
    names = [lesion] if (patient, lesion) in known else lesion.split("+")
    return [known[patient, name] for name in names if (patient, name) in known]


def _described(
    known: Mapping[tuple[str, str], tuple[Any, Any]], patient: str, lesion: str
) -> tuple[Any, Any]:
    """Site and target of a lesion; of lesions that grew together the first's site, and target if one of them is."""
    members = _members(known, patient, lesion)
    if not members:
        return pd.NA, pd.NA
    said = [bool(target) for _site, target in members if not pd.isna(target)]
    return members[0][0], any(said) if said else pd.NA


def _thresholds_of(
    entry: SelectedSeries, result: Mapping[str, Any], known: Mapping[tuple[str, str], tuple[Any, Any]]
) -> dict[str, float]:
    """The scan's thresholds by liver and blood pool; the liver is diseased if a lesion at that site is drawn."""
    scan = result["scan"]
    sites = [
        site
        for lesion in result["lesions"]
        for site, _target in _members(known, entry.patient_id, lesion["lesion_id"])
    ]
    return reference_thresholds(
        (scan.get("liver_suv_mean"), scan.get("liver_suv_sd")),
        (scan.get("blood_pool_suv_mean"), scan.get("blood_pool_suv_sd")),
        diseased=any(isinstance(site, str) and site == "liver" for site in sites),
    )


def _typed(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=list(columns))
    kinds = {}
    for name in columns:
        if name in _TEXT:
            kinds[name] = "string"
        elif name in ("voxels", "slices", "contours"):
            kinds[name] = "Int64"
        elif name in ("target", "peak_leaves_region", "peak_leaves_image", "measurable", "proposal"):
            kinds[name] = "boolean"
        else:
            kinds[name] = "float64"
    return table.astype(kinds)


def _joined(warnings: Sequence[str]) -> str:
    """Warnings as one text, parted by " | "; a text that has the mark itself (a reason typed by hand) loses it."""
    return " | ".join(dict.fromkeys(text.replace("|", "/") for text in warnings))


_AUDIT = (
    "patient_id", "visit", "field", "header_value", "value", "reason", "factor_before", "factor_after", "change_percent",
    "refused_before", "refused_after",
)  # fmt: skip


def overrides_table(kept: Sequence[SelectedSeries], results: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Audit of corrected header values: one row a value and scan; ``refused_after`` if SUV is unknown even so."""
    rows = [
        {
            "patient_id": entry.patient_id,
            "visit": entry.visit,
            "refused_after": result["error"] or "",
            **applied,
        }
        for entry, result in zip(kept, results, strict=True)
        for applied in result.get("overrides", ())
    ]
    return pd.DataFrame(rows, columns=list(_AUDIT))
