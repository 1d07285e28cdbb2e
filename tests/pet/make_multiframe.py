"""Multi-frame twins of small single-frame series: Enhanced PET written by hand, Legacy Converted by highdicom."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pydicom
from make_series import BED_SECONDS, DOSE, INJECTED, STARTED, code, da, tm
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

ENHANCED = "1.2.840.10008.5.1.4.1.1.130"
MultiEdit = Callable[[Dataset], None]


def _group(**values) -> list[Dataset]:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return [item]


def _mapping(slope: float, unit: str) -> list[Dataset]:
    item = Dataset()
    item.RealWorldValueSlope, item.RealWorldValueIntercept = slope, 0.0
    item.add_new(0x00409216, "SS", -32768)
    item.add_new(0x00409211, "SS", 32767)
    item.LUTExplanation, item.LUTLabel = "activity", "activity"
    item.MeasurementUnitsCodeSequence = code(unit[:16], "UCUM", unit)
    if len(unit) > 16:
        del item.MeasurementUnitsCodeSequence[0].CodeValue
        item.MeasurementUnitsCodeSequence[0].LongCodeValue = unit
    return [item]


def enhanced(files: Sequence[Path], *edits: MultiEdit, unit: str = "Bq/ml") -> Dataset:
    """Enhanced PET of the slices of a series made by ``make_series``."""
    slices = sorted((pydicom.dcmread(file) for file in files), key=lambda ds: int(ds.InstanceNumber))
    first = slices[0]
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = UID(ENHANCED)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = UID("1.2.3.4.1000")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name in (
        "StudyDate", "SeriesDate", "Modality", "Manufacturer", "ManufacturerModelName", "SeriesDescription", "PatientID",
        "PatientSex", "PatientSize", "PatientWeight", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
        "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
        "PixelRepresentation",
    ):  # fmt: skip
        if name in first:
            setattr(ds, name, first[name].value)
    ds.SeriesTime = tm(
        STARTED + timedelta(hours=2)
    )  # the time of the conversion: no reference of decay correction
    ds.ImageType = ["ORIGINAL", "PRIMARY", "WHOLE BODY", "NONE"]
    ds.NumberOfFrames = str(len(slices))
    ds.DecayCorrected, ds.AttenuationCorrected, ds.ScatterCorrected = "YES", "YES", "YES"
    ds.DecayCorrectionDateTime = da(STARTED) + tm(STARTED)
    tracer = Dataset()
    tracer.RadiopharmaceuticalStartDateTime = da(INJECTED) + tm(INJECTED)
    tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife = f"{DOSE / 1e6:g}", "6586.2"
    tracer.RadionuclideCodeSequence = code("77004003", "SCT", "^18^Fluorine")
    tracer.RadiopharmaceuticalCodeSequence = code("35321007", "SCT", "Fluorodeoxyglucose F^18^")
    ds.RadiopharmaceuticalInformationSequence = [tracer]
    shared = Dataset()
    shared.PixelMeasuresSequence = _group(
        SliceThickness=first.SliceThickness, PixelSpacing=first.PixelSpacing
    )
    shared.PlaneOrientationSequence = _group(ImageOrientationPatient=first.ImageOrientationPatient)
    ds.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for one in slices:
        frame = Dataset()
        frame.FrameContentSequence = _group(
            FrameAcquisitionDateTime=one.AcquisitionDate + one.AcquisitionTime,
            FrameAcquisitionDuration=float(BED_SECONDS * 1000),
        )
        frame.PlanePositionSequence = _group(ImagePositionPatient=one.ImagePositionPatient)
        frame.PixelValueTransformationSequence = _group(
            RescaleIntercept="0", RescaleSlope=one.RescaleSlope, RescaleType="US"
        )
        frame.RealWorldValueMappingSequence = _mapping(float(one.RescaleSlope), unit)
        frame.PETFrameCorrectionFactorsSequence = _group(DecayFactor=float(one.DecayFactor))
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = frames
    ds.PixelData = b"".join(one.PixelData for one in slices)
    ds["PixelData"].VR = "OW"
    for edit in edits:
        edit(ds)
    return ds


def write_enhanced(file: Path, files: Sequence[Path], *edits: MultiEdit, unit: str = "Bq/ml") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    enhanced(files, *edits, unit=unit).save_as(file, enforce_file_format=True)
    return file


def write_legacy(file: Path, files: Sequence[Path]) -> Path:
    """Legacy Converted Enhanced PET of a series, made by highdicom."""
    from highdicom.legacy import LegacyConvertedEnhancedPETImage

    slices = [pydicom.dcmread(one) for one in files]
    for ds in slices:
        ds.AccessionNumber = ds.StudyID = ds.SeriesNumber = "1"
        ds.PatientName, ds.PatientBirthDate, ds.ReferringPhysicianName = "A^B", "", ""
        ds.StudyTime = ds.ContentTime = "100000"
        ds.ContentDate, ds.PatientPosition, ds.PositionReferenceIndicator = ds.SeriesDate, "HFS", ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = LegacyConvertedEnhancedPETImage(
            legacy_datasets=slices, series_instance_uid="1.2.3.9", series_number=2, sop_instance_uid="1.2.3.9.1",
            instance_number=1,
        )  # fmt: skip
        file.parent.mkdir(parents=True, exist_ok=True)
        made.save_as(file)
    return file


def compressed(file: Path, target: Path, syntax: str) -> Path:
    """The same image in another transfer syntax."""
    ds = pydicom.dcmread(file)
    ds.compress(syntax, np.asarray(ds.pixel_array))
    target.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(target, enforce_file_format=True)
    return target
