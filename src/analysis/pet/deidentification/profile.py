"""What is done with each attribute: the Basic Profile's table, the options taken, and the private attributes known to be safe.

The table (PS3.15 E.1-1) comes from the package dicom-anonymizer, which generates it from the standard. It holds the Basic Profile's
column; of the options' columns the attributes that are kept stand here.

References
----------
DICOM PS3.15 Annex E; PS3.16 CID 7050 (codes of the options).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as standard
from pydicom.datadict import tag_for_keyword

from analysis.pet.headers.tags import PRIVATE


@dataclass(frozen=True, kw_only=True)
class Options:
    """Choices that the profile leaves open.

    Parameters
    ----------
    retain_device : bool
        Keep serial number, station name and other identity of the scanner, to compare scanners: Retain Device Identity Option.
        Manufacturer and model stay in any case.
    """

    retain_device: bool = False


def _tags(entries: Sequence[tuple[int, ...]]) -> set[int]:
    return {entry[0] << 16 | entry[1] for entry in entries if len(entry) == 2}


REMOVED = frozenset(_tags([*standard.X_TAGS, *standard.X_Z_TAGS]))
EMPTIED = frozenset(_tags(standard.Z_TAGS))
REPLACED = frozenset(_tags([*standard.D_TAGS, *standard.Z_D_TAGS, *standard.X_D_TAGS, *standard.X_Z_D_TAGS]))
"""D, and what may have to be there in some kinds of object: a dummy stands there."""
REFERENCES = frozenset(_tags(standard.X_Z_U_STAR_TAGS))
"""Sequences that refer to other images: kept, with the UIDs in them replaced."""
REMOVED_GROUPS = ((0x5000, 0x501E), (0x6000, 0x601E))
"""Curves and overlays, which may hold writing."""


def _named(*keywords: str) -> frozenset[int]:
    tags = {keyword: tag_for_keyword(keyword) for keyword in keywords}
    unknown = [keyword for keyword, tag in tags.items() if tag is None]
    if unknown:
        raise ValueError(f"no attribute of DICOM is named {unknown[0]}")
    return frozenset(tag for tag in tags.values() if tag is not None)


CHARACTERISTICS = _named("PatientSex", "PatientAge", "PatientSize", "PatientWeight")
"""Retain Patient Characteristics Option: what SUV and SUL need. Ethnic group, smoking, pregnancy and allergies, which it would allow,
are removed."""
DEVICE = _named(
    "DeviceSerialNumber", "StationName", "DeviceUID", "GantryID", "DetectorID", "GeneratorID", "PlateID", "CassetteID",
    "PerformedStationName", "PerformedStationNameCodeSequence", "DateOfLastCalibration", "TimeOfLastCalibration",
    "DateOfLastDetectorCalibration", "TimeOfLastDetectorCalibration",
)  # fmt: skip
BIRTH = _named(
    "PatientBirthDate",
    "PatientBirthTime",
    "PatientBirthDateInAlternativeCalendar",
    "PatientDeathDateInAlternativeCalendar",
)
CLEANED = _named(
    "SeriesDescription", "StudyDescription", "ProtocolName", "ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription",
    "AcquisitionProtocolName", "DerivationDescription",
)  # fmt: skip
"""Clean Descriptors Option: what series and visits are chosen by, reduced to the words of scanners."""
LESION_NAMES = _named(
    "ROIName", "SegmentLabel", "SegmentDescription", "TrackingID", "ROIObservationLabel", "StructureSetLabel"
)
"""Names of lesions, the link to ``lesions.csv``: kept, unless the patient is named in them."""
PSEUDONYM = _named("PatientID", "PatientName", "ClinicalTrialSubjectID")
DEFINITIONS = _named(
    "SOPClassUID", "ReferencedSOPClassUID", "RelatedGeneralSOPClassUID", "OriginalSpecializedSOPClassUID", "CodingSchemeUID",
    "ContextUID", "MappingResourceUID", "ContextGroupExtensionCreatorUID",
)  # fmt: skip
"""UIDs of what is defined once for all, not of a patient's object."""
TECHNICAL = _named(
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "Radiopharmaceutical", "ConvolutionKernel", "ReconstructionMethod",
    "AttenuationCorrectionMethod", "ScatterCorrectionMethod", "CodeValue", "CodeMeaning", "CodingSchemeDesignator",
    "CodingSchemeVersion", "LongCodeValue", "RadionuclideHalfLife",
)  # fmt: skip
"""Not searched for the patient: a hospital whose name shares a word with a manufacturer must not cost the scan."""
STRUCTURED = _named("ContentSequence")
"""Clean Structured Content Option: the tree of a report stays, its texts and names do not."""
SAFE_PRIVATE = frozenset(
    (group, element, creator) for (group, element), owners in PRIVATE.items() for creator, _ in owners
)
"""Retain Safe Private Option: what SUV needs of GE, Siemens and Philips (group, last two digits, creator)."""
KNOWN_PRIVATE = frozenset((group, element) for group, element, _ in SAFE_PRIVATE)

CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113104", "Clean Structured Content Option"),
    ("113105", "Clean Descriptors Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
    ("113111", "Retain Safe Private Option"),
)
DEVICE_CODE = ("113109", "Retain Device Identity Option")
METHOD = "PS3.15 E Basic Profile with options, keyed UIDs, dates shifted"
