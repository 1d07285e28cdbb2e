"""The DICOM attributes that are read, by tag: the one list from which the header walker works.

Names are DICOM keywords (PS3.6); attributes of the Radiopharmaceutical Information Sequence (0054,0016) stand beside
those of the top level, since their keywords do not collide. Private attributes get a name of their own.
"""

from __future__ import annotations

TOP_LEVEL: dict[int, tuple[str, str]] = {
    0x00080005: ("SpecificCharacterSet", "text"),
    0x00080008: ("ImageType", "text"),
    0x00080016: ("SOPClassUID", "text"),
    0x00080018: ("SOPInstanceUID", "text"),
    0x00080020: ("StudyDate", "text"),
    0x00080021: ("SeriesDate", "text"),
    0x00080022: ("AcquisitionDate", "text"),
    0x0008002A: ("AcquisitionDateTime", "text"),
    0x00080031: ("SeriesTime", "text"),
    0x00080032: ("AcquisitionTime", "text"),
    0x00080060: ("Modality", "text"),
    0x00080070: ("Manufacturer", "text"),
    0x00081090: ("ManufacturerModelName", "text"),
    0x0008103E: ("SeriesDescription", "text"),
    0x00080201: ("TimezoneOffsetFromUTC", "text"),
    0x00100020: ("PatientID", "text"),
    0x00100040: ("PatientSex", "text"),
    0x00101020: ("PatientSize", "text"),
    0x00101030: ("PatientWeight", "text"),
    0x00120040: ("ClinicalTrialSubjectID", "text"),
    0x00120050: ("ClinicalTrialTimePointID", "text"),
    0x00120051: ("ClinicalTrialTimePointDescription", "text"),
    0x00180015: ("BodyPartExamined", "text"),
    0x00180050: ("SliceThickness", "text"),
    0x00181210: ("ConvolutionKernel", "text"),
    0x00181242: ("ActualFrameDuration", "text"),
    0x00189701: ("DecayCorrectionDateTime", "text"),
    0x0020000D: ("StudyInstanceUID", "text"),
    0x0020000E: ("SeriesInstanceUID", "text"),
    0x00200011: ("SeriesNumber", "text"),
    0x00200032: ("ImagePositionPatient", "text"),
    0x00200037: ("ImageOrientationPatient", "text"),
    0x00200052: ("FrameOfReferenceUID", "text"),
    0x00280002: ("SamplesPerPixel", "US"),
    0x00280008: ("NumberOfFrames", "text"),
    0x00280010: ("Rows", "US"),
    0x00280011: ("Columns", "US"),
    0x00280030: ("PixelSpacing", "text"),
    0x00280051: ("CorrectedImage", "text"),
    0x00280100: ("BitsAllocated", "US"),
    0x00280101: ("BitsStored", "US"),
    0x00280102: ("HighBit", "US"),
    0x00280103: ("PixelRepresentation", "US"),
    0x00281052: ("RescaleIntercept", "text"),
    0x00281053: ("RescaleSlope", "text"),
    0x00282110: ("LossyImageCompression", "text"),
    0x00540016: ("RadiopharmaceuticalInformationSequence", "SQ"),
    0x00540081: ("NumberOfSlices", "US"),
    0x00540101: ("NumberOfTimeSlices", "US"),
    0x00541000: ("SeriesType", "text"),
    0x00541001: ("Units", "text"),
    0x00541006: ("SUVType", "text"),
    0x00541101: ("AttenuationCorrectionMethod", "text"),
    0x00541102: ("DecayCorrection", "text"),
    0x00541103: ("ReconstructionMethod", "text"),
    0x00541300: ("FrameReferenceTime", "text"),
    0x00541321: ("DecayFactor", "text"),
}

RADIOPHARMACEUTICAL_ITEM: dict[int, tuple[str, str]] = {
    0x00180031: ("Radiopharmaceutical", "text"),
    0x00181072: ("RadiopharmaceuticalStartTime", "text"),
    0x00181074: ("RadionuclideTotalDose", "text"),
    0x00181075: ("RadionuclideHalfLife", "text"),
    0x00181078: ("RadiopharmaceuticalStartDateTime", "text"),
    0x00540300: ("Radionuclide", "SQ"),
    0x00540304: ("RadiopharmaceuticalCode", "SQ"),
}

FUNCTIONAL_GROUP: dict[int, tuple[str, str]] = {
    0x00089007: ("FrameType", "text"),
    0x00189074: ("FrameAcquisitionDateTime", "text"),
    0x00189220: ("FrameAcquisitionDuration", "FD"),
    0x00189758: ("DecayCorrected", "text"),
    0x00189759: ("AttenuationCorrected", "text"),
    0x00189760: ("ScatterCorrected", "text"),
    0x00209128: ("TemporalPositionIndex", "UL"),
}
"""Attributes of multi-frame PET alone, of its functional groups and its top level (PS3.3 C.7.6.16, C.8.22)."""

CODE_ITEM = {0x00080100: "Value", 0x00080104: "Meaning"}
"""Code Value and Code Meaning; kept as ``RadionuclideValue``, ``RadionuclideMeaning`` ..."""

PRIVATE: dict[tuple[int, int], tuple[tuple[str, str], ...]] = {
    (0x7053, 0x00): (("Philips PET Private Group", "PhilipsSuvFactor"),),
    (0x7053, 0x09): (("Philips PET Private Group", "PhilipsActivityFactor"),),
    (0x0009, 0x0D): (("GEMS_PETD_01", "GeScanDateTime"),),
    (0x0009, 0x3B): (("GEMS_PETD_01", "GeAdministrationDateTime"),),
    (0x0071, 0x22): (("SIEMENS MED PT", "SiemensDecayCorrectionDateTime"),),
}
"""Group and last two digits of the element: private creator and our name. Siemens' is not in pydicom's dictionary."""


def tag_text(keyword: str) -> str:
    """An attribute's name with its tag, as it stands in messages.

    >>> tag_text("PatientWeight")
    'PatientWeight (0010,1030)'
    """
    for table in (TOP_LEVEL, RADIOPHARMACEUTICAL_ITEM):
        for tag, (name, _kind) in table.items():
            if keyword == name or (keyword.startswith(name) and keyword[len(name) :] in ("Value", "Meaning")):
                return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
    for (group, element), owners in PRIVATE.items():
        if any(name == keyword for _creator, name in owners):
            return f"{keyword} ({group:04X},10{element:02X})"
    return keyword
