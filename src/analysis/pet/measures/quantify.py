"""One image folder and one mask: the lesion's numbers, for the command line and for whoever has no study folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.files import OTHER_FRAME, ContourFile, describe_contours, other_frame, refers_to
from analysis.pet.contours.masks import choose_region, read_regions
from analysis.pet.contours.region import Region, Regions, connected_regions
from analysis.pet.measures.ibsi_features import ibsi_features
from analysis.pet.measures.peak import reach_of
from analysis.pet.measures.references import (
    Reference,
    reference_thresholds,
    references_of,
    split_references,
)
from analysis.pet.measures.region import RegionMeasures, measure_regions
from analysis.pet.measures.scan import PROPOSAL_NOTE, outside_the_body
from analysis.pet.series.index import Series, index_series
from analysis.pet.series.reason import meant_as_image, not_one_volume, reason_left_out
from analysis.pet.suv.volume import SuvVolume, read_suv

_LARGEST_LESION_ML = 2000.0
"""A larger contour is the body's outline; as a lesion it would leave no room for a reference."""


@dataclass(frozen=True)
class Quantification:
    """Measures of one region of one PET series, with the record of how SUV was computed."""

    roi: str
    measures: RegionMeasures
    volume: SuvVolume
    warnings: tuple[str, ...]
    region: Region
    references: Mapping[str, Reference] = field(default_factory=dict)

    def features(self) -> dict[str, float]:
        """The 74 IBSI features of the region's SUV, in histogram bins of 0.25 g/ml from 0."""
        spacing = self.volume.grid.spacing
        box, mask = self.region.surroundings(reach_of(spacing))
        return ibsi_features(self.volume.suv[box], mask, spacing=spacing)

    def as_document(self) -> dict[str, Any]:
        """Everything as plain values, for JSON; SUV in g/ml, volumes in ml, times in ISO 8601."""
        m, factors = self.measures, self.volume.factors
        reference = factors.reference
        lean = factors.sul_factor
        return {
            "roi": self.roi,
            "voxels": m.voxels,
            "parts": len(connected_regions(self.region.inside)),
            "volume_ml": m.volume_ml,
            "max_diameter_mm": m.max_diameter_mm,
            **m.uptake(lean),
            "peak_kernel_ml": m.peak.kernel_ml,
            "peak_leaves_region": m.peak.leaves_region,
            "peak_leaves_image": m.peak.leaves_image,
            "lean_body_mass": factors.lean_body_mass,
            # A volume whose threshold rests on a reference that is not known is null.
            **{f"mtv_{name}_ml": None if isnan(value) else value for name, value in m.mtv_ml.items()},
            **{f"tlg_{name}_g": None if isnan(value) else value for name, value in m.tlg_g.items()},
            "references": {kind: asdict(found) for kind, found in self.references.items()},
            "series": self.volume.series_uid,
            "slices": self.volume.grid.shape[0],
            "voxel_ml": self.volume.grid.voxel_ml,
            "units": factors.units,
            "decay_correction": factors.decay_correction,
            "factor": float(factors.factors[0])
            if np.ptp(factors.factors) == 0
            else [float(f) for f in factors.factors],
            "reference": {
                "time": reference.time.isoformat() if reference.time else None,
                "source": reference.source,
                "injection": reference.injection.isoformat() if reference.injection else None,
                "uptake_minutes": reference.uptake_minutes,
                "spread_percent": reference.spread_percent,
                "candidates": [
                    {
                        "source": c.source,
                        "time": c.time.isoformat() if c.time else None,
                        "objection": c.objection,
                    }
                    for c in reference.candidates
                ],
            },
            "warnings": list(self.warnings),
        }


def quantify(
    image: Path,
    mask: Path,
    *,
    roi: str | None = None,
    lean_body_mass: str = "janmahasatian",
    resample: bool = False,
) -> Quantification:
    """Measure one region of the PET series in a folder.

    Parameters
    ----------
    image : Path
        Folder, at any depth, that holds one attenuation-corrected PET series, or several of which the mask names one.
    mask : Path
        DICOM SEG, RTSTRUCT or NIfTI on the image's grid.
    roi : str, optional
        Segment, ROI or label; without it the file must hold one region.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    resample : bool
        Whether a mask on another grid is resampled, with a warning that states both volumes, instead of refused.

    Raises
    ------
    ImageError
        If the series cannot be told, cannot be converted, or the mask does not belong to it.
    """
    if not mask.is_file():
        raise ImageError(
            "there is no such mask file", where=mask.name, expected="DICOM SEG, RTSTRUCT or NIfTI"
        )
    contours = describe_contours(mask)
    region_name = choose_region(mask, roi)
    series, notes = _the_series(index_series(image), contours, where=image.name)
    volume = read_suv([image / path for path in series.files], lean_body_mass=lean_body_mass)
    if not refers_to(contours, series_uid=volume.series_uid, frame_of_reference=volume.frame_of_reference):
        raise ImageError(
            "the mask was drawn on another image: neither its series nor its frame of reference is this one's",
            where=mask.name, expected=f"a mask of series {volume.series_uid}, or of its frame of reference",
            do="use the mask of this image", offenders=(volume.series_uid,),
        )  # fmt: skip
    if contours.series and volume.series_uid not in contours.series:
        notes.append("the mask was drawn on another series of the same frame of reference")
    if other_frame(contours, volume.frame_of_reference):
        raise ImageError(
            OTHER_FRAME, where=mask.name, expected=f"frame of reference {volume.frame_of_reference}",
            do="use the mask of this image", offenders=("FrameOfReferenceUID",),
        )  # fmt: skip
    found = read_regions(mask, volume.grid, roi=region_name, resample=resample)
    notes += found.warnings
    if found.proposals:
        notes.append(PROPOSAL_NOTE.format(name=region_name))
    region = found.by_name[region_name]
    if not region.voxels:
        raise ImageError(
            f"region {region_name!r} is empty: it covers the centre of no voxel of the image",
            where=mask.name,
            expected="a region that covers a voxel's centre",
        )
    notes += outside_the_body(region_name, region, volume)
    references, reasons = _references(mask, found, volume, resample=resample)
    liver, pool = (
        (known.mean, known.sd) if (known := references.get(kind)) else (None, None)
        for kind in ("liver", "blood_pool")
    )
    # No table says where the lesion lies: PERCIST's threshold is that of a liver without disease.
    thresholds = reference_thresholds(liver, pool, diseased=False)
    return Quantification(
        region_name,
        measure_regions(volume.suv, [region], volume.grid.spacing, references=thresholds)[0],
        volume,
        (*notes, *reasons, *volume.warnings),
        region,
        references,
    )


def _references(
    mask: Path, measured: Regions, volume: SuvVolume, *, resample: bool
) -> tuple[dict[str, Reference], list[str]]:
    """Liver and blood pool, clear of every region of the mask file, and why one is not known."""
    reasons = []
    try:
        every = read_regions(mask, volume.grid, resample=resample)
    except ImageError as problem:
        every = measured
        reasons.append(
            f"other regions of the mask cannot be read, and may lie in the references: {problem.what}"
        )
    lesions, drawn = split_references(Regions(every.by_name))
    regions = {
        name: region
        for name, region in lesions.by_name.items()
        if 0 < region.voxels * volume.grid.voxel_ml < _LARGEST_LESION_ML or name in measured.by_name
    }
    references, notes = references_of(volume.suv, volume.grid, drawn=drawn, lesions=regions)
    return references, [*reasons, *lesions.warnings, *notes]


def _the_series(series: Sequence[Series], contours: ContourFile, *, where: str) -> tuple[Series, list[str]]:
    """The series to measure: the one the mask names, else the only PET that fits, else the only PET."""
    pet = [entry for entry in series if entry.attributes.get("Modality") == "PT"]
    # A file that cannot be assigned to a series may be a slice of any.
    lost = [entry for entry in series if entry.problem and not entry.series_uid and meant_as_image(entry)]
    whole = {entry.series_uid: reason_left_out(replace(entry, problem="")) for entry in pet}
    wanted = (
        [entry for entry in pet if entry.series_uid in contours.series]
        or [entry for entry in pet if not whole[entry.series_uid]]
        or pet
    )
    if len(wanted) > 1:
        frames = contours.frames_of_reference
        wanted = [e for e in wanted if e.attributes.get("FrameOfReferenceUID", "") in frames] or wanted
    for entry in (*lost, *wanted):
        if entry.problem:
            raise ImageError(
                entry.problem, where=f"{where}, series {entry.series_uid or 'unknown'}", expected="complete DICOM files",
                do="transfer the series again", offenders=(entry.series_uid,),
            )  # fmt: skip
    if len(wanted) != 1:
        listed = "; ".join(
            f"{e.series_uid} ({e.attributes.get('SeriesDescription', '')}, {len(e.files)} files)"
            for e in wanted
        )
        raise ImageError(
            f"the folder holds {len(wanted)} PET series" + (f": {listed}" if listed else ""), where=where,
            expected="one attenuation-corrected PET series", do="name the folder of one series",
            offenders=tuple(entry.series_uid for entry in wanted),
        )  # fmt: skip
    reason = whole[wanted[0].series_uid]
    if reason and not_one_volume(wanted[0]):
        raise ImageError(
            f"the series cannot be measured: {reason}",
            where=f"{where}, series {wanted[0].series_uid}", expected="a static, attenuation-corrected PET series",
            do="name the folder of that series", offenders=(wanted[0].series_uid,),
        )  # fmt: skip
    return wanted[0], [f"the series would be left out of a study: {reason}"] if reason else []
