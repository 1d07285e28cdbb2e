"""Everything measured on one scan: the unit of work of a study."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.files import Assignment
from analysis.pet.contours.masks import read_masks
from analysis.pet.measures.liver import LiverReference, liver_reference
from analysis.pet.measures.region import RegionMeasures, measure_region
from analysis.pet.suv.grid import Grid
from analysis.pet.suv.volume import SuvVolume, read_suv


@dataclass(frozen=True)
class ScanTask:
    """One scan to measure: its files, its contours, the formula of SUL, and the height if the header lacks it."""

    patient_id: str
    visit: str
    series_uid: str
    files: tuple[Path, ...]
    contours: tuple[Assignment, ...]
    lean_body_mass: str
    key: str


def measure_scan(task: ScanTask) -> dict[str, Any]:
    """Measures of one scan as plain values, ready to be stored; a scan that cannot be measured says why.

    Keys: ``error`` (text or ``None``), ``warnings``, ``scan`` (columns of the scans table), ``lesions`` (columns of
    the lesions table and the region's SUVs, sorted, for thresholds that are known later).
    """
    notes: list[str] = []
    try:
        volume = read_suv(task.files, lean_body_mass=task.lean_body_mass)
        masks = lesion_masks(task.contours, volume.grid, notes)
        lesions = []
        for lesion, mask in masks.items():
            if mask.any():
                lesions.append(
                    _lesion(lesion, measure_region(volume.suv, mask, volume.grid.spacing), volume, mask)
                )
            else:
                notes.append(f"contour {lesion} covers the centre of no voxel and is not measured")
        avoid = np.logical_or.reduce(list(masks.values())) if masks else None
        liver, reason = liver_reference(volume.suv, volume.grid, avoid=avoid)
        if liver is None:
            notes.append(f"no liver reference: {reason}")
    except ImageError as problem:
        return {"error": str(problem), "warnings": notes, "scan": {}, "lesions": []}
    return {
        "error": None,
        "warnings": [*volume.warnings, *notes],
        "scan": _scan(volume, liver),
        "lesions": lesions,
    }


def lesion_masks(contours: Sequence[Assignment], grid: Grid, notes: list[str]) -> dict[str, np.ndarray]:
    """Mask of each lesion of a scan, by lesion.

    Raises
    ------
    ImageError
        If a contour file is unreadable or on another grid, or two contours have the same lesion's name.
    """
    masks: dict[str, np.ndarray] = {}
    for assignment in contours:
        found = read_masks(assignment.path, grid)
        if assignment.lesions is not None:
            found = _renamed(found, assignment.lesions, assignment.path, notes)
        for lesion, mask in found.items():
            if lesion in masks:
                raise ImageError(
                    f"two contours are named {lesion!r}", where=assignment.path.name, expected="one contour a lesion and scan",
                    do="name the lesions apart, or leave one file out", offenders=(lesion,),
                )  # fmt: skip
            masks[lesion] = mask
    return masks


def _renamed(
    found: Mapping[str, np.ndarray], lesions: Mapping[str, str], path: Path, notes: list[str]
) -> dict[str, np.ndarray]:
    if set(lesions) == {""}:
        return {lesions[""]: np.logical_or.reduce(list(found.values()))} if found else {}
    for label in sorted(set(found) - set(lesions)):
        notes.append(f"label {label!r} of a contour file is not in the contours table and is not measured")
    missing = sorted(set(lesions) - set(found) - {""})
    if missing:
        raise ImageError(
            f"the contour file has no label {missing[0]!r}", where=path.name, expected="one of " + ", ".join(sorted(found)),
            do="correct contours.csv", offenders=tuple(missing),
        )  # fmt: skip
    return {lesions[label]: found[label] for label in found if label in lesions}


def _lesion(lesion: str, measures: RegionMeasures, volume: SuvVolume, mask: np.ndarray) -> dict[str, Any]:
    lean = volume.factors.sul_factor
    values = np.sort(volume.suv[mask]).astype("<f4")
    return {
        "lesion_id": lesion,
        "voxels": measures.voxels,
        "volume_ml": measures.volume_ml,
        "suv_max": measures.suv_max,
        "suv_mean": measures.suv_mean,
        "suv_peak": measures.suv_peak,
        "suv_peak_at_max": measures.suv_peak_at_max,
        "sul_max": measures.suv_max * lean if lean else None,
        "sul_mean": measures.suv_mean * lean if lean else None,
        "sul_peak": measures.suv_peak * lean if lean else None,
        "peak_leaves_region": measures.peak_leaves_region,
        "values": base64.b64encode(values.tobytes()).decode("ascii"),
    }


def lesion_values(stored: str) -> np.ndarray:
    """Sorted SUVs of a region as they were stored."""
    return np.frombuffer(base64.b64decode(stored), "<f4").astype(float)


def _scan(volume: SuvVolume, liver: LiverReference | None) -> dict[str, Any]:
    factors, reference = volume.factors, volume.factors.reference
    lean = factors.sul_factor
    return {
        "units": factors.units,
        "decay_correction": factors.decay_correction,
        "uptake_minutes": reference.uptake_minutes,
        "dose_mbq": factors.dose_mbq,
        "weight_kg": factors.weight_kg,
        "height_cm": factors.height_cm,
        "sul_factor": lean,
        "reference_source": reference.source,
        "reference_spread_percent": reference.spread_percent,
        "voxel_volume_ml": volume.grid.voxel_ml,
        "slices": volume.grid.shape[0],
        "liver_suv_mean": liver.mean if liver else None,
        "liver_sul_mean": liver.mean * lean if liver and lean else None,
        "liver_sul_sd": liver.sd * lean if liver and lean else None,
    }
