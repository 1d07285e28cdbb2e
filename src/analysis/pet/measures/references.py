"""Reference regions of a scan, liver and blood pool: drawn by a reader, or else the liver by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.pet.contours.region import Region, Regions, union
from analysis.pet.measures.liver import liver_reference, sphere_in
from analysis.pet.measures.thresholds import blood_pool_threshold, liver_threshold
from analysis.pet.suv.grid import Grid

REFERENCE_NAMES: Mapping[str, tuple[str, ...]] = {
    "liver": ("liver", "liver reference", "reference liver", "liver voi", "liver roi"),
    "blood_pool": (
        "blood pool", "bloodpool", "mediastinal blood pool", "blood pool reference", "aorta", "descending aorta",
        "thoracic aorta", "descending thoracic aorta",
    ),
}  # fmt: skip
"""Names of contours that are no lesions but a reference; case, blanks, hyphens and underscores do not matter."""

_SMALLEST_ML = 0.5
"""PERCIST's cylinder in the aorta has 1.6 ml, its sphere in the liver 14 ml."""


@dataclass(frozen=True)
class Reference:
    """Uptake of a reference region.

    Parameters
    ----------
    mean, sd : float
        SUV by body weight, over its voxels.
    volume_ml : float
        Their volume.
    source : {"contour", "sphere in contour", "rule"}
        A reader's contour; the 3 cm sphere in the reader's contour of the liver; or the sphere placed by rule.
    centre : tuple of float
        Centre of the contour or of the sphere placed by rule in patient coordinates, mm.
    """

    mean: float
    sd: float
    volume_ml: float
    source: str
    centre: tuple[float, float, float]


def reference_kind(name: str) -> str:
    """Which reference a contour's name means; empty for a lesion.

    >>> reference_kind("Blood_Pool"), reference_kind("Liver"), reference_kind("Liver met 2")
    ('blood_pool', 'liver', '')
    """
    plain = " ".join(name.replace("_", " ").replace("-", " ").casefold().split())
    return next((kind for kind, names in REFERENCE_NAMES.items() if plain in names), "")


def split_references(
    found: Regions, *, lesions: frozenset[str] = frozenset()
) -> tuple[Regions, dict[str, Region]]:
    """The lesions among regions, and the reference regions by kind.

    Parameters
    ----------
    found : Regions
        All regions of a scan.
    lesions : frozenset of str
        Names that the contours table gives to lesions: these are lesions, whatever they are called.

    Returns
    -------
    regions : Regions
        Without the references; two that mean the same reference leave the first and a warning.
    references : dict of str to Region
        By ``liver`` and ``blood_pool``.
    """
    kinds = {name: "" if name in lesions else reference_kind(name) for name in found.by_name}
    references: dict[str, Region] = {}
    notes = list(found.warnings)
    for name, kind in kinds.items():
        if not kind:
            continue
        if kind in references:
            notes.append(f"a second contour of the {kind.replace('_', ' ')}, {name!r}, is not used")
            continue
        references[kind] = found.by_name[name]
        notes.append(f"contour {name!r} is taken as the {kind.replace('_', ' ')} reference, not as a lesion")
    kept = {name: region for name, region in found.by_name.items() if not kinds[name]}
    return Regions(kept, tuple(notes), frozenset(found.proposals & kept.keys())), references


def references_of(
    suv: np.ndarray, grid: Grid, *, drawn: Mapping[str, Region], lesions: Mapping[str, Region]
) -> tuple[dict[str, Reference], list[str]]:
    """Liver and blood pool of a scan, as far as they are known, and why not.

    A drawn region comes first; voxels of lesions in it do not count. In a contour of the liver the 3 cm sphere about the
    point farthest from its border counts; where none fits, the contour does. Without a contour the liver is placed by
    rule. The blood pool never is: on PET alone the aorta cannot be told reliably from the tissue around it.

    Parameters
    ----------
    suv : ndarray of float32, shape (slices, rows, columns)
        SUV by body weight.
    grid : Grid
        Its grid.
    drawn : mapping of str to Region
        From :func:`split_references`.
    lesions : mapping of str to Region
        Lesions of the scan.

    References
    ----------
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307: 3 cm sphere in the right hepatic lobe; cylinder of 1 cm
    diameter and 2 cm length in the descending thoracic aorta.
    """
    notes: list[str] = []
    found: dict[str, Reference] = {}
    avoid = union(lesions, grid) if lesions else None
    for kind, region in drawn.items():
        inside = region.inside if avoid is None else region.inside & ~avoid[region.box]
        values = suv[region.box][inside].astype(float)
        volume = values.size * grid.voxel_ml
        if volume < _SMALLEST_ML:
            notes.append(
                f"the {kind.replace('_', ' ')} contour holds {volume:.2f} ml outside of lesions, less than {_SMALLEST_ML}: "
                "not used"
            )
            continue
        source = "contour"
        if kind == "liver" and (sphere := sphere_in(suv, grid, inside, region.low)) is not None:
            values, volume, source = sphere, sphere.size * grid.voxel_ml, "sphere in contour"
        found[kind] = Reference(
            float(values.mean()), float(values.std()), volume, source, region.centre(grid)
        )
    if "liver" not in found:
        liver, reason = liver_reference(suv, grid, avoid=avoid)
        if liver is None:
            notes.append(f"no liver reference: {reason}")
        else:
            found["liver"] = Reference(
                liver.mean, liver.sd, liver.voxels * grid.voxel_ml, "rule", liver.centre
            )
    return found, notes


def reference_thresholds(
    liver: tuple[float | None, float | None], blood_pool: tuple[float | None, float | None], *, diseased: bool
) -> dict[str, float]:
    """Thresholds that rest on a scan's references, in the unit of the given means and standard deviations.

    Parameters
    ----------
    liver, blood_pool : tuple of (mean, sd)
        ``None`` or nan where not known.
    diseased : bool
        Whether the liver holds a lesion: PERCIST then asks for the blood pool.

    Returns
    -------
    dict of str to float
        ``liver`` and ``percist``; nan where the reference is not known.

    >>> reference_thresholds((2.0, 0.2), (1.5, 0.1), diseased=True)
    {'liver': 3.4, 'percist': 3.2}
    """
    own = liver_threshold(*liver)
    return {"liver": own, "percist": blood_pool_threshold(*blood_pool) if diseased else own}
