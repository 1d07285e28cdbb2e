"""Lesions of one scan as a DICOM Segmentation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.pet.contours.region import Region
from analysis.pet.exchange.codes import (
    CATEGORY,
    LESION_TYPE,
    MANUFACTURER,
    MODEL,
    PROPOSAL_TYPE,
    SITES,
    colours,
    concept,
    derived_uid,
)
from analysis.pet.exchange.source import stamp, writing
from analysis.pet.suv.grid import Grid
from analysis.pet.versions import code_version


def segmentation_of(
    sources: Sequence[Any],
    grid: Grid,
    regions: Mapping[str, Region],
    *,
    patient: str,
    sites: Mapping[str, str] | None = None,
    proposals: Mapping[str, str] | None = None,
) -> Any:
    """DICOM SEG of the lesions of a scan: binary, one segment a lesion, on the image's own grid.

    Parameters
    ----------
    sources : sequence of pydicom Dataset
        Headers of the image's files in the order of the grid's slices; a single one if it is a multi-frame image.
    grid : Grid
        Grid of the image.
    regions : mapping of str to Region
        At least one lesion with a voxel; lesions without one cannot be stored and must be left out by the caller.
    patient : str
        Name of the patient within the study; with the lesion's name it makes the tracking UID, the same at every visit.
    sites : mapping of str to str, optional
        Site of the lesion table, by lesion.
    proposals : mapping of str to str, optional
        For each region that no reader drew: the rule that made it. Its SegmentAlgorithmType is AUTOMATIC.

    References
    ----------
    DICOM PS3.3 A.51 and C.8.20; PS3.16 CID 7150, 7159.
    """
    import highdicom as hd

    made = proposals or {}
    first = sources[0]
    digest = _digest(regions, made)
    series = str(first.SeriesInstanceUID)
    with writing("segmentation", f"series {series}"):
        descriptions = [
            hd.seg.SegmentDescription(
                number,
                label,
                concept(CATEGORY),
                concept(PROPOSAL_TYPE if label in made else LESION_TYPE),
                "AUTOMATIC" if label in made else "MANUAL",
                algorithm_identification=_algorithm(made[label]) if label in made else None,
                tracking_id=label,
                tracking_uid=derived_uid("lesion", patient, label, digest if label in made else ""),
                anatomic_regions=[concept(SITES[site])]
                if (site := (sites or {}).get(label)) in SITES
                else None,
                display_color=hd.color.CIELabColor(*colour),
            )
            for number, (label, colour) in enumerate(zip(regions, colours(regions), strict=True), start=1)
        ]
        used, pixels = _pixels(regions, grid)
        several = len(sources) > 1 or grid.shape[0] == 1
        dataset = hd.seg.Segmentation(
            source_images=list(sources[used] if several else sources),
            pixel_array=pixels,
            segmentation_type="BINARY",
            segment_descriptions=descriptions,
            series_instance_uid=derived_uid("SEG series", series, digest),
            series_number=series_number(first, 500),
            sop_instance_uid=derived_uid("SEG", series, digest),
            instance_number=1,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MODEL,
            software_versions=code_version()[:16],
            device_serial_number="0",
            content_label="PROPOSAL" if made else "LESIONS",
            content_description="Automatic proposal, not accepted by a reader" if made else "Lesion contours",
            series_description="Automatic proposal" if made else "Lesion contours",
            **({} if several else _planes(grid, used)),
        )
        _fix_identifiers(dataset, derived_uid("SEG dimensions", series, digest))
        stamp(dataset, first)
        # Viewers look for every image of the series here, not for those alone that a lesion touches.
        if several:
            _reference_all(dataset, sources)
    return dataset


def _digest(regions: Mapping[str, Region], made: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for label, region in regions.items():
        digest.update(f"{label}|{region.low}|{region.inside.shape}|{made.get(label, '')}|".encode())
        digest.update(np.packbits(region.inside).tobytes())
    digest.update(code_version().encode())  # it is written into the file
    return digest.hexdigest()


def _algorithm(rule: str) -> Any:
    import highdicom as hd

    return hd.AlgorithmIdentificationSequence(
        name="Threshold proposal",
        version=code_version()[:16],
        family=concept(("123101", "DCM", "Neighborhood Analysis")),
        parameters={"rule": rule[:1000]},
    )


def _pixels(regions: Mapping[str, Region], grid: Grid) -> tuple[slice, np.ndarray]:
    """The slices that regions touch, and their masks: one array of numbers, or one a segment where regions overlap."""
    low = min(region.box[0].start for region in regions.values())
    high = max(region.box[0].stop for region in regions.values())
    numbers = np.zeros((high - low, *grid.shape[1:]), np.uint8 if len(regions) < 256 else np.uint16)
    for number, region in enumerate(regions.values(), start=1):
        box = (slice(region.box[0].start - low, region.box[0].stop - low), *region.box[1:])
        if numbers[box][region.inside].any():
            break
        numbers[box][region.inside] = number
    else:
        return slice(low, high), numbers
    stacked = np.zeros((high - low, *grid.shape[1:], len(regions)), np.uint8)
    for place, region in enumerate(regions.values()):
        box = (slice(region.box[0].start - low, region.box[0].stop - low), *region.box[1:], place)
        stacked[box] = region.inside
    return slice(low, high), stacked


def _planes(grid: Grid, used: slice) -> dict[str, Any]:
    """Geometry of the frames, for an image whose frames may be stored in another order than the grid's."""
    import highdicom as hd

    _normal, down, across = grid.directions
    index = np.array([(k, 0, 0) for k in range(used.start, used.stop)])
    return {
        "pixel_measures": hd.PixelMeasuresSequence(grid.spacing[1:], grid.spacing[0], grid.spacing[0]),
        "plane_orientation": hd.PlaneOrientationSequence("PATIENT", [*across, *down]),
        "plane_positions": [hd.PlanePositionSequence("PATIENT", tuple(p)) for p in grid.points(index)],
    }


def _reference_all(dataset: Any, sources: Sequence[Any]) -> None:
    from pydicom.dataset import Dataset

    items = []
    for source in sources:
        item = Dataset()
        item.ReferencedSOPClassUID = source.SOPClassUID
        item.ReferencedSOPInstanceUID = source.SOPInstanceUID
        items.append(item)
    dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence = items


def _fix_identifiers(dataset: Any, uid: str) -> None:
    """Highdicom draws the identifier of the dimensions at random."""
    for item in dataset.DimensionOrganizationSequence:
        item.DimensionOrganizationUID = uid
    for item in dataset.DimensionIndexSequence:
        item.DimensionOrganizationUID = uid


def series_number(source: Any, offset: int) -> int:
    """Series number of a result: that of its image, plus an offset."""
    try:
        return offset + int(source.get("SeriesNumber") or 0)
    except (TypeError, ValueError):
        return offset
