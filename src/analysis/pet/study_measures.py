"""All PET of a study: series found and left out, scans with their quality, lesions with their measures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import Study
from analysis.errors import ImageError, StudyError
from analysis.pet.comparability import with_comparability
from analysis.pet.contour_files import Assignment, ContourFile, assign_contours, describe_contours
from analysis.pet.dicom_file import read_header
from analysis.pet.measures import metabolic_volume
from analysis.pet.scan import ScanTask, lesion_values
from analysis.pet.selection import SelectedSeries, select_series
from analysis.pet.series_index import Series, index_series
from analysis.pet.stored_scans import measure_scans
from analysis.pet.versions import code_version
from analysis.pet.visits import visit_book
from analysis.study import load_protocol


@dataclass(frozen=True)
class StudyMeasures:
    """What was found and measured in a study's images.

    Parameters
    ----------
    series : DataFrame
        One row a series: ``series_uid, patient_id, visit, description, modality, slices, kept, reason, warnings``.
    scans : DataFrame
        One row a measured scan: patient, visit, day, scanner, uptake time, dose, body size, reference time and its
        spread, voxel volume, liver SUL, comparability with baseline, warnings.
    lesions : DataFrame
        One row a lesion and visit: ``patient_id, visit, lesion_id, site, target, voxels, volume_ml, suv_max,
        suv_mean, suv_peak, sul_max, sul_mean, sul_peak, mtv_ml, tlg_g`` and the metabolic volume under the
        threshold of the lesion's own baseline, ``mtv_baseline_threshold_ml``, ``tlg_baseline_threshold_g``.
    """

    series: pd.DataFrame
    scans: pd.DataFrame
    lesions: pd.DataFrame


_SCANS = (
    "patient_id", "visit", "scan_day", "series_uid", "manufacturer", "scanner", "reconstruction", "units",
    "decay_correction", "uptake_minutes", "dose_mbq", "weight_kg", "height_cm", "glucose_mmol_l", "sul_factor",
    "reference_source", "reference_spread_percent", "voxel_volume_ml", "slices", "liver_suv_mean", "liver_sul_mean",
    "liver_sul_sd", "contours", "warnings",
)  # fmt: skip
_LESIONS = (
    "patient_id", "visit", "lesion_id", "site", "target", "voxels", "volume_ml", "suv_max", "suv_mean", "suv_peak",
    "suv_peak_at_max", "sul_max", "sul_mean", "sul_peak", "peak_leaves_region", "mtv_ml", "tlg_g",
    "mtv_baseline_threshold_ml", "tlg_baseline_threshold_g",
)  # fmt: skip
_TEXT = frozenset(["patient_id", "visit", "series_uid", "manufacturer", "scanner", "reconstruction", "units",
                   "decay_correction", "reference_source", "warnings", "lesion_id", "site"])  # fmt: skip


def measure_study(
    study: Study,
    *,
    lean_body_mass: str = "janmahasatian",
    cache: Path | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> StudyMeasures:
    """Find, convert and measure every PET of a study.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    cache : Path, optional
        Folder for the index and the measures of each scan; used again while files and code are the same.
    workers : int, optional
        Processes; as many as cores when not given. Results do not depend on it.
    progress : bool
        Whether to show progress bars.

    Raises
    ------
    StudyError
        If the study has no images. A scan that cannot be measured is listed with its reason, and the rest goes on.
    """
    if study.dicom_folder is None:
        raise StudyError(
            "the study has no PET images",
            where=study.id,
            expected="a folder of DICOM",
            do='ask study.has("pet") first',
        )
    count = workers or os.cpu_count() or 1
    listed = index_series(study.dicom_folder, workers=count, cache=cache, progress=progress)
    selected = select_series(listed, visit_book(study))
    kept = [entry for entry in selected if entry.kept]
    contours, leftover = _contours(study, selected)
    tasks = [
        _task(study.dicom_folder, entry, contours.get(entry.series.series_uid, []), lean_body_mass)
        for entry in kept
    ]
    results = measure_scans(tasks, cache=cache, workers=count, progress=progress)
    return StudyMeasures(
        series=_series_table(
            selected, dict(zip((t.series_uid for t in tasks), results, strict=True)), leftover
        ),
        scans=_scans_table(study, kept, tasks, results),
        lesions=_lesions_table(study, kept, results),
    )


def contours_of(study: Study, selected: Sequence[SelectedSeries]) -> dict[str, list[Assignment]]:
    """Contour files of each measured series of a study, by Series Instance UID."""
    return _contours(study, selected)[0]


def _contours(
    study: Study, selected: Sequence[SelectedSeries]
) -> tuple[dict[str, list[Assignment]], list[tuple[str, str, str]]]:
    """Contour files of each kept series, and (name, kind, reason) of those that are not used."""
    paths = []
    if study.contours_folder is not None:
        paths = sorted(
            p for p in study.contours_folder.rglob("*") if p.is_file() and not p.name.startswith(".")
        )
    folder = study.dicom_folder
    if folder is not None:
        among = [s.series for s in selected if s.series.attributes.get("Modality") in ("SEG", "RTSTRUCT")]
        paths += [folder / name for series in among for name in series.files]
    files: list[ContourFile] = []
    unused: list[tuple[str, str, str]] = []
    for path in dict.fromkeys(paths):
        try:
            files.append(describe_contours(path))
        except ImageError as problem:
            unused.append((path.name, "", problem.what))
    scans = [
        (s.series.series_uid, s.series.attributes.get("FrameOfReferenceUID", ""), s.patient_id, s.visit)
        for s in selected
        if s.kept
    ]
    table = study.table("contours") if "contours" in study.tables else None
    assigned, left = assign_contours(files, scans, table=table, folder=study.contours_folder)
    unused += [(contours.path.name, contours.kind, reason) for contours, reason in left]
    return assigned, unused


def _task(folder: Path, entry: SelectedSeries, contours: Sequence[Assignment], formula: str) -> ScanTask:
    stamps = [
        (
            a.path.name,
            a.path.stat().st_size,
            a.path.stat().st_mtime_ns,
            a.lesions and sorted(a.lesions.items()),
        )
        for a in contours
    ]
    identity = (code_version(), entry.series.signature, stamps, formula)
    return ScanTask(
        patient_id=entry.patient_id,
        visit=entry.visit,
        series_uid=entry.series.series_uid,
        files=tuple(folder / name for name in entry.series.files),
        contours=tuple(contours),
        lean_body_mass=formula,
        key=hashlib.sha256(repr(identity).encode()).hexdigest(),
    )


def _series_table(
    selected: Sequence[SelectedSeries],
    results: Mapping[str, dict[str, Any]],
    unused: Sequence[tuple[str, str, str]],
) -> pd.DataFrame:
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
                "warnings": "; ".join(dict.fromkeys(warnings)),
            }
        )
    for name, kind, reason in unused:
        rows.append({"series_uid": "", "patient_id": "", "visit": "", "description": name, "modality": kind,
                     "slices": 1, "kept": False, "reason": reason, "warnings": ""})  # fmt: skip
    table = pd.DataFrame(
        rows,
        columns=[
            "series_uid",
            "patient_id",
            "visit",
            "description",
            "modality",
            "slices",
            "kept",
            "reason",
            "warnings",
        ],
    )
    text = dict.fromkeys(
        ("series_uid", "patient_id", "visit", "description", "modality", "reason", "warnings"), "string"
    )
    table = table.astype({**text, "slices": "Int64", "kept": "boolean"})
    return table.sort_values(
        ["patient_id", "visit", "kept", "series_uid", "description"],
        ascending=[True, True, False, True, True],
        ignore_index=True,
    )


def _description(series: Series) -> str:
    return series.attributes.get("SeriesDescription", "") or f"{len(series.files)} files"


def _scans_table(
    study: Study, kept: Sequence[SelectedSeries], tasks: Sequence[ScanTask], results: Sequence[dict[str, Any]]
) -> pd.DataFrame:
    days, glucose = _from_visits(study)
    windows = load_protocol().visits
    rows = []
    for entry, task, result in zip(kept, tasks, results, strict=True):
        if result["error"]:
            continue
        key = (entry.patient_id, entry.visit)
        day = days.get(key, np.nan)
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
                "warnings": "; ".join(dict.fromkeys(warnings)),
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


def _lesions_table(
    study: Study, kept: Sequence[SelectedSeries], results: Sequence[dict[str, Any]]
) -> pd.DataFrame:
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
        elif name in ("target", "peak_leaves_region"):
            kinds[name] = "boolean"
        else:
            kinds[name] = "float64"
    return table.astype(kinds)
