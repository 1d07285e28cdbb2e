"""The header that all slices of one simulated series share."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, PositronEmissionTomographyImageStorage

from analysis.simulation.clock import Clock, date_text, time_text
from analysis.simulation.headers import HeaderStyle
from analysis.simulation.identity import token, uid
from analysis.simulation.scans import SimulatedScan

IMPLEMENTATION_UID = uid("implementation")

TRACERS = {
    "SCT": (("35321007", "SCT", "Fluorodeoxyglucose F^18^"), ("77004003", "SCT", "^18^Fluorine")),
    "SRT": (("C-B1031", "SRT", "Fluorodeoxyglucose F^18^"), ("C-111A1", "SRT", "^18^Fluorine")),
}


@dataclass(frozen=True)
class SeriesIdentity:
    """UIDs of one series of one scan."""

    study: str
    series: str
    first_instance: str
    frame_of_reference: str

    @classmethod
    def of(cls, scan: SimulatedScan, kind: str) -> SeriesIdentity:
        """UIDs of the series of a kind, ``AC`` or ``NAC`` or ``SEG``; the study's are common to all kinds."""
        study = (scan.patient_id, scan.visit, scan.lesion_seed)
        return cls(
            uid(*study, "study"), uid(*study, kind), uid(*study, kind, "instance"), uid(*study, "frame")
        )


def code(value: str, scheme: str, meaning: str) -> Sequence:
    """Code sequence of one item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def file_meta(sop_class: str, instance: str, transfer_syntax: str) -> FileMetaDataset:
    """File meta information."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    return meta


def describe_patient(ds: Dataset, scan: SimulatedScan, style: HeaderStyle, clock: Clock) -> None:
    """Fill in patient, trial and study: what PET and contours of a scan have in common."""
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.StudyDate = date_text(clock.start)
    ds.StudyTime = time_text(clock.start - datetime.timedelta(minutes=5), style.time_digits)
    ds.AccessionNumber = ""
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "SIMULATED PET/CT"
    ds.PatientName = scan.patient_id
    ds.PatientID = token(scan.patient_id) if style.trial_attributes else scan.patient_id
    ds.PatientBirthDate = ""
    ds.PatientSex = scan.sex
    ds.PatientSize = f"{scan.height_cm / 100:.3f}"
    ds.PatientWeight = f"{scan.weight_kg:.1f}"
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "SIMULATED: never a patient"
    if style.trial_attributes:
        ds.ClinicalTrialSponsorName = "SIMULATED"
        ds.ClinicalTrialProtocolID = "SIMULATED"
        ds.ClinicalTrialProtocolName = ""
        ds.ClinicalTrialSiteID, ds.ClinicalTrialSiteName = scan.centre, ""
        ds.ClinicalTrialSubjectID = scan.patient_id
        ds.ClinicalTrialTimePointID = scan.visit
    ds.StudyID = ""
    identity = SeriesIdentity.of(scan, "AC")
    ds.StudyInstanceUID = identity.study
    ds.FrameOfReferenceUID = identity.frame_of_reference
    ds.PositionReferenceIndicator = ""


def header_weight_kg(scan: SimulatedScan) -> float:
    """Weight in kg as the header has it, to 0.1 kg: what the activity must be consistent with."""
    return round(scan.weight_kg, 1)


def dose_bq(scan: SimulatedScan) -> float:
    """Injected activity as the header has it, to 1 Bq."""
    return float(round(scan.dose_mbq * 1e6))


def activity_per_suv(scan: SimulatedScan, style: HeaderStyle, clock: Clock) -> float:
    """Bq/ml of a voxel of SUV 1: the dose left at the reference time over the weight in g."""
    waited = (clock.reference - clock.injection).total_seconds()
    return dose_bq(scan) * 2.0 ** (-waited / style.half_life_s) / (header_weight_kg(scan) * 1000)


def _tracer(scan: SimulatedScan, style: HeaderStyle, clock: Clock) -> Dataset:
    item = Dataset()
    tracer, nuclide = TRACERS[style.codes]
    item.Radiopharmaceutical = "Fluorodeoxyglucose"
    item.RadiopharmaceuticalStartTime = (
        clock.injection.strftime("%H%M")
        if style.short_injection_time
        else time_text(clock.injection, style.time_digits)
    )
    item.RadionuclideTotalDose = f"{dose_bq(scan):.0f}"
    item.RadionuclideHalfLife = f"{style.half_life_s:.1f}"
    item.RadionuclidePositronFraction = "0.97"
    if style.injection_date_time != "absent":
        moment = clock.injection
        if style.injection_date_time == "other_year":
            moment -= datetime.timedelta(days=1461)
        item.RadiopharmaceuticalStartDateTime = (
            date_text(moment) + time_text(moment, style.time_digits) + style.utc_offset
        )
    item.RadionuclideCodeSequence = code(*nuclide)
    item.RadiopharmaceuticalCodeSequence = code(*tracer)
    return item


def _add_private(
    ds: Dataset, scan: SimulatedScan, style: HeaderStyle, clock: Clock, bq_per_count: float
) -> None:
    if style.private_time == "GE":
        block = ds.private_block(0x0009, "GEMS_PETD_01", create=True)
        block.add_new(0x0D, "DT", date_text(clock.reference) + time_text(clock.reference, 2))
        block.add_new(0x3B, "DT", date_text(clock.injection) + time_text(clock.injection, 2))
    if style.private_time == "SIEMENS":
        block = ds.private_block(0x0071, "SIEMENS MED PT", create=True)
        block.add_new(0x22, "DT", date_text(clock.reference) + time_text(clock.reference, 6))
    if style.philips_factors != "none":
        block = ds.private_block(0x7053, "Philips PET Private Group", create=True)
        suv_per_count = bq_per_count / activity_per_suv(scan, style, clock)
        block.add_new(0x00, "DS", f"{suv_per_count:.8e}" if style.philips_factors == "suv" else "0")
        block.add_new(0x09, "DS", f"{bq_per_count:.8e}")


def series_header(
    scan: SimulatedScan,
    style: HeaderStyle,
    clock: Clock,
    *,
    attenuation_corrected: bool = True,
    bq_per_count: float = 1.0,
) -> Dataset:
    """Header of a series; what differs between slices is filled in for none of them.

    Parameters
    ----------
    scan, style, clock
        What was scanned, by whom, when.
    attenuation_corrected : bool
        False for the twin that must not be measured.
    bq_per_count : float
        Activity of one count, for units CNTS.

    References
    ----------
    DICOM PS3.3 A.21 and C.8.9.
    """
    kind = "AC" if attenuation_corrected else "NAC"
    identity = SeriesIdentity.of(scan, kind)
    grid = style.grid
    step, row, column = grid.spacing_mm
    ds = Dataset()
    describe_patient(ds, scan, style, clock)
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.SOPClassUID = PositronEmissionTomographyImageStorage
    ds.SeriesDate = ds.ContentDate = date_text(clock.series)
    ds.SeriesTime = ds.ContentTime = time_text(clock.series, style.time_digits)
    ds.Modality = "PT"
    ds.Manufacturer = style.manufacturer
    ds.ManufacturerModelName = style.model
    ds.SeriesDescription = f"SIMULATED PET WB {kind}"
    ds.SliceThickness = f"{step}"
    ds.SoftwareVersions = "simulation"
    ds.CollimatorType = "NONE"
    ds.ActualFrameDuration = str(style.bed_s * 1000)
    ds.Laterality = ""
    ds.SeriesInstanceUID = identity.series
    ds.SeriesNumber = "4" if attenuation_corrected else "5"
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = grid.rows, grid.columns
    ds.PixelSpacing = [row, column]
    corrected = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"]
    ds.CorrectedImage = corrected if attenuation_corrected else ["DECY", "DTIM", "RAN", "NORM"]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 1
    ds.RescaleIntercept = "0"
    ds.RadiopharmaceuticalInformationSequence = [_tracer(scan, style, clock)]
    ds.NumberOfSlices = grid.slices
    ds.PatientOrientationCodeSequence = code("102538003", "SCT", "recumbent")
    ds.PatientGantryRelationshipCodeSequence = code("102540008", "SCT", "headfirst")
    ds.SeriesType = ["WHOLE BODY", "IMAGE"]
    ds.Units = style.units
    ds.CountsSource = "EMISSION"
    ds.RandomsCorrectionMethod = "DLYD"
    ds.AttenuationCorrectionMethod = "measured,CT" if attenuation_corrected else "NONE"
    ds.DecayCorrection = style.decay_correction
    ds.ReconstructionMethod = "SIMULATED"
    _add_private(ds, scan, style, clock, bq_per_count)
    return ds
