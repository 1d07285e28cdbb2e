"""Everything measured on one scan: the unit of work of a study."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.files import Assignment
from analysis.pet.contours.masks import contour_kind, read_regions
from analysis.pet.contours.region import Region, Regions, union
from analysis.pet.contours.region_names import find_name
from analysis.pet.measures.references import Reference, reference_kind, references_of, split_references
from analysis.pet.measures.region import RegionMeasures, measure_regions
from analysis.pet.measures.scan_source import ScanSource
from analysis.pet.suv.grid import Grid
from analysis.pet.suv.volume import SuvVolume

PROPOSAL_NOTE = "contour {name} is an automatic proposal that no reader has accepted"
"""A contour whose file says AUTOMATIC is measured, and says so wherever its numbers go."""

_AIR_SUV = 0.1
"""Below every tissue's uptake; lung has about 0.4."""


@dataclass(frozen=True)
class ScanTask:
    """One scan to measure: where it comes from, its contours and whether these may be resampled, and the formula of SUL."""

    patient_id: str
    visit: str
    series_uid: str
    source: ScanSource
    contours: tuple[Assignment, ...]
    lean_body_mass: str
    key: str
    resample: bool = False


def measure_scan(task: ScanTask) -> dict[str, Any]:
    """Measures of one scan as plain values, ready to be stored; a scan that cannot be measured says why.

    Keys: ``error`` (text or ``None``), ``warnings``, ``scan`` (columns of the scans table), ``lesions`` (columns of
    the lesions table and the region's SUVs, sorted, for thresholds that are known later), ``overrides`` (the audit).
    """
    notes: list[str] = []
    try:
        volume = task.source.read(lean_body_mass=task.lean_body_mass)
        every = _regions(task.contours, volume.grid, resample=task.resample)
        found, drawn = split_references(every, lesions=_lesions_of_the_table(task.contours))
        notes += found.warnings
        drawn_in = {name: region for name, region in found.by_name.items() if region.voxels}
        for lesion in found.by_name.keys() - drawn_in.keys():
            notes.append(f"contour {lesion} covers the centre of no voxel and is not measured")
        lesions = []
        measured = measure_regions(volume.suv, list(drawn_in.values()), volume.grid.spacing)
        for (lesion, region), measures in zip(drawn_in.items(), measured, strict=True):
            lesions.append(
                {
                    **_lesion(lesion, measures, volume.factors.sul_factor, region.centre(volume.grid)),
                    "proposal": lesion in found.proposals,
                    "overlaps": sorted(n for n, r in drawn_in.items() if n != lesion and region.overlaps(r)),
                }
            )
            notes += outside_the_body(lesion, region, volume)
        references, reasons = references_of(volume.suv, volume.grid, drawn=drawn, lesions=drawn_in)
        notes += reasons
    except ImageError as problem:
        tried = [{"field": o.field, "value": o.value, "reason": o.reason} for o in task.source.overrides]
        return {
            "error": str(problem),
            "warnings": notes,
            "scan": {},
            "lesions": [],
            "overrides": tried,
        }
    return {
        "error": None,
        "warnings": [*volume.warnings, *notes],
        "scan": _scan(volume, references),
        "lesions": lesions,
        "overrides": [asdict(applied) for applied in volume.factors.overrides],
    }


def lesion_regions(
    contours: Sequence[Assignment],
    grid: Grid,
    *,
    resample: bool = False,
    names: Mapping[str, str] | None = None,
) -> Regions:
    """Regions of the lesions of a scan, by lesion; contours of a reference, such as "liver", are left out.

    ``names`` is the lesion of each contour that has another name, ``StudyMeasures.names`` of the scan: a region then
    stands under the name of its row in the lesions table.

    Raises
    ------
    ImageError
        If a contour file is unreadable or on another grid, or two contours have the same lesion's name.
    """
    every = _regions(contours, grid, resample=resample)
    found = split_references(every, lesions=_lesions_of_the_table(contours))[0]
    return found.named(names, grid) if names else found


def _lesions_of_the_table(contours: Sequence[Assignment]) -> frozenset[str]:
    """Names that the contours table gives: a lesion that is called liver there is one."""
    return frozenset(lesion for assignment in contours for lesion in (assignment.lesions or {}).values())


def _regions(contours: Sequence[Assignment], grid: Grid, *, resample: bool) -> Regions:
    regions: dict[str, Region] = {}
    notes: list[str] = []
    proposals: set[str] = set()
    for assignment in contours:
        read = read_regions(assignment.path, grid, resample=resample)
        notes += read.warnings
        if not read.by_name:
            notes.append(f"a contour file ({contour_kind(assignment.path)}) holds no region")
        found = _renamed(read, assignment, grid, notes)
        for lesion, region in found.by_name.items():
            if lesion in regions:
                raise ImageError(
                    f"two contours are named {lesion!r}", where=assignment.path.name, expected="one contour a lesion and scan",
                    do="name the lesions apart, or leave one file out", offenders=(lesion,),
                )  # fmt: skip
            regions[lesion] = region
        proposals |= found.proposals
    notes += [PROPOSAL_NOTE.format(name=name) for name in sorted(proposals)]
    return Regions(regions, tuple(notes), frozenset(proposals))


def lesion_masks(
    contours: Sequence[Assignment],
    grid: Grid,
    *,
    resample: bool = False,
    names: Mapping[str, str] | None = None,
) -> dict[str, np.ndarray]:
    """Mask of each lesion of a scan in the grid's shape, for pictures; see :func:`lesion_regions`."""
    found = lesion_regions(contours, grid, resample=resample, names=names).by_name
    return {lesion: region.full() for lesion, region in found.items()}


def _renamed(read: Regions, assignment: Assignment, grid: Grid, notes: list[str]) -> Regions:
    """The regions under the names that the contours table gives them."""
    lesions = assignment.lesions
    if lesions is None:
        return read
    if set(lesions) == {""}:
        whole = {lesions[""]: Region.of_mask(union(read.by_name, grid))} if read.by_name else {}
        return Regions(whole, (), frozenset(whole) if read.proposals else frozenset())
    names = {label: find_name(label, read.by_name) for label in lesions if label}
    missing = sorted(label for label, name in names.items() if name is None)
    if missing:
        raise ImageError(
            f"the contour file has no label {missing[0]!r}", where=assignment.path.name,
            expected="one of " + ", ".join(sorted(read.by_name)), do="correct contours.csv", offenders=tuple(missing),
        )  # fmt: skip
    wanted = {name: lesions[label] for label, name in names.items() if name is not None}
    references = {}
    for label in sorted(set(read.by_name) - set(wanted)):
        if reference_kind(label):
            references[label] = read.by_name[label]
        else:
            notes.append(
                f"label {label!r} of a contour file is not in the contours table and is not measured"
            )
    return Regions(
        {**references, **{lesion: read.by_name[name] for name, lesion in wanted.items()}},
        (),
        frozenset(lesion for name, lesion in wanted.items() if name in read.proposals),
    )


def outside_the_body(lesion: str, region: Region, volume: SuvVolume) -> list[str]:
    """What is said of a region that shows no uptake at all: it was probably drawn on another image."""
    if not region.voxels or volume.suv[region.box][region.inside].max() >= _AIR_SUV:
        return []
    return [
        f"contour {lesion} lies in air: no voxel of it reaches SUV {_AIR_SUV:g}; was it drawn on this image?"
    ]


def _lesion(
    lesion: str, measures: RegionMeasures, lean: float | None, centre: tuple[float, float, float]
) -> dict[str, Any]:
    return {
        "lesion_id": lesion,
        "voxels": measures.voxels,
        "volume_ml": measures.volume_ml,
        "max_diameter_mm": measures.max_diameter_mm,
        **measures.uptake(lean),
        "peak_kernel_ml": measures.peak.kernel_ml,
        "peak_leaves_region": measures.peak.leaves_region,
        "peak_leaves_image": measures.peak.leaves_image,
        **{f"centre_{axis}_mm": value for axis, value in zip("xyz", centre, strict=True)},
        "values": base64.b64encode(measures.values.astype("<f4").tobytes()).decode("ascii"),
    }


def lesion_values(stored: str) -> np.ndarray:
    """Sorted SUVs of a region as they were stored."""
    return np.frombuffer(base64.b64decode(stored), "<f4").astype(float)


def _scan(volume: SuvVolume, references: Mapping[str, Reference]) -> dict[str, Any]:
    factors, reference = volume.factors, volume.factors.reference
    lean = factors.sul_factor
    liver = references.get("liver")
    uptake: dict[str, Any] = {}
    for kind in ("liver", "blood_pool"):
        found = references.get(kind)
        for name in ("mean", "sd"):
            value = getattr(found, name) if found else None
            uptake[f"{kind}_suv_{name}"] = value
            uptake[f"{kind}_sul_{name}"] = value * lean if value is not None and lean else None
        uptake[f"{kind}_source"] = found.source if found else None
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
        **{f"liver_{axis}_mm": liver.centre[i] if liver else None for i, axis in enumerate("xyz")},
        **uptake,
    }
