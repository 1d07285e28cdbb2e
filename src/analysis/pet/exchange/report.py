"""Measures of one scan as a structured report, TID 1500."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.pet.exchange.codes import (
    CATEGORY,
    LEAN_UNITS,
    LESION_TYPE,
    MANUFACTURER,
    MAXIMUM,
    MEAN,
    MODEL,
    PEAK,
    SITES,
    concept,
    derived_uid,
)
from analysis.pet.exchange.segmentation import series_number
from analysis.pet.exchange.source import stamp, writing
from analysis.pet.versions import code_version

_BODY_WEIGHT = (("126401", "DCM", "SUVbw"), ("g/ml{SUVbw}", "UCUM", "Standardized Uptake Value body weight"))
_ML, _GRAM = ("ml", "UCUM", "milliliter"), ("g", "UCUM", "gram")
_SIGNIFICANT = 8
"""Digits of a number in the report: DS holds 16 characters, and a reading must give back what was written."""


def report_of(
    sources: Sequence[Any],
    segmentation: Any,
    lesions: Sequence[Mapping[Any, Any]],
    *,
    lean_body_mass: str,
    volume_rule: str,
) -> Any:
    """Comprehensive 3D structured report: one measurement group a lesion, each referring to its segment.

    Parameters
    ----------
    sources : sequence of pydicom Dataset
        Headers of the image's files.
    segmentation : highdicom Segmentation
        The lesions as they were written.
    lesions : sequence of mapping
        Rows of the lesions table; a measure that is missing is left out.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    volume_rule : str
        What metabolic volume and glycolysis are, in words.

    References
    ----------
    DICOM PS3.16 TID 1500, 1411 and 1419; CID 85, 7464, 7466.
    """
    import highdicom as hd
    from highdicom import sr

    first = sources[0]
    series, key = str(first.SeriesInstanceUID), str(segmentation.SOPInstanceUID)
    with writing("structured report", f"series {series}"):
        segments = {str(item.SegmentLabel): item for item in segmentation.SegmentSequence}
        groups = [
            _group(
                lesion, segments[str(lesion["lesion_id"])], segmentation, series, lean_body_mass, volume_rule
            )
            for lesion in lesions
            if str(lesion["lesion_id"]) in segments
        ]
        device = sr.ObserverContext(
            observer_type=concept(("121007", "DCM", "Device")),
            observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
                uid=derived_uid("device"), name=MODEL, manufacturer_name=MANUFACTURER, model_name=MODEL
            ),
        )
        content = sr.MeasurementReport(
            observation_context=sr.ObservationContext(observer_device_context=device),
            procedure_reported=concept(("443271005", "SCT", "PET/CT FDG imaging of whole body")),
            imaging_measurements=groups,
            title=concept(("126000", "DCM", "Imaging Measurement Report")),
        )
        numbers = "|".join(f"{m}={v!r}" for lesion in lesions for m, v in sorted(lesion.items()))
        dataset = hd.sr.Comprehensive3DSR(
            evidence=[*sources, segmentation],
            content=content[0],
            series_instance_uid=derived_uid("SR series", key, numbers),
            series_number=series_number(first, 600),
            sop_instance_uid=derived_uid("SR", key, numbers),
            instance_number=1,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MODEL,
            software_versions=code_version()[:16],
            device_serial_number="0",
            is_complete=True,
            series_description="Lesion measures",
        )
        stamp(dataset, first)
    return dataset


def _group(
    lesion: Mapping[Any, Any],
    segment: Any,
    segmentation: Any,
    series: str,
    lean_body_mass: str,
    volume_rule: str,
) -> Any:
    from highdicom import sr

    site = SITES.get(str(lesion.get("site")))
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=str(segment.TrackingUID), identifier=str(segment.TrackingID)
        ),
        referenced_segment=sr.ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=int(segment.SegmentNumber),
            source_series=sr.SourceSeriesForSegmentation(series),
        ),
        finding_category=concept(CATEGORY),
        finding_type=concept(LESION_TYPE),
        finding_sites=[sr.FindingSite(concept(site))] if site else None,
        measurements=_measurements(lesion, lean_body_mass, volume_rule),
    )


def _measurements(lesion: Mapping[Any, Any], lean_body_mass: str, volume_rule: str) -> list[Any]:
    from highdicom import sr

    code, meaning, unit = LEAN_UNITS[lean_body_mass]
    lean = (
        (code, "DCM", meaning),
        (unit, "UCUM", f"Standardized Uptake Value lean body mass ({lean_body_mass})"),
    )
    rule = sr.AlgorithmIdentification(
        name="Metabolic volume", version=code_version()[:16], parameters=[volume_rule]
    )
    sphere = sr.AlgorithmIdentification(
        name="SUV peak", version=code_version()[:16],
        parameters=["highest mean of a 1 ml sphere centred on a voxel of the lesion; the lesion's edge does not clip it"],
    )  # fmt: skip
    plan = [
        ("suv_max", *_BODY_WEIGHT, MAXIMUM, None),
        ("suv_mean", *_BODY_WEIGHT, MEAN, None),
        ("suv_peak", *_BODY_WEIGHT, PEAK, sphere),
        ("sul_max", *lean, MAXIMUM, None),
        ("sul_mean", *lean, MEAN, None),
        ("sul_peak", *lean, PEAK, sphere),
        ("volume_ml", ("118565006", "SCT", "Volume"), _ML, None, None),
        ("mtv_ml", ("126032", "DCM", "Metabolic Volume"), _ML, None, rule),
        ("tlg_g", ("126033", "DCM", "Total Lesion Glycolysis"), _GRAM, None, rule),
    ]
    return [
        sr.Measurement(
            name=concept(name),
            value=float(f"{float(lesion[key]):.{_SIGNIFICANT}g}"),
            unit=concept(unit),
            derivation=concept(derivation) if derivation else None,
            algorithm_id=algorithm,
        )
        for key, name, unit, derivation, algorithm in plan
        if key in lesion and not pd.isna(lesion[key])
    ]
