"""Tiny valid PET series whose SUV is known, so that each trap of real headers can be set one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage

from analysis.pet.suv.nuclides import average_time

HALF_LIFE = 6586.2
DOSE = 350e6
WEIGHT = 70.0
INJECTED = datetime(2015, 3, 10, 9, 0, 0)
STARTED = datetime(2015, 3, 10, 10, 0, 0)
BED_SECONDS = 150
SPACING = (4.0, 5.0, 6.0)
"""Distance of slices, rows and columns: all different, so that no two axes can be confused unnoticed."""

Edit = Callable[[Dataset, int], None]


def true_suv(slices: int = 6, rows: int = 7, columns: int = 8) -> np.ndarray:
    """The SUV that a series shows: different in every voxel."""
    return np.arange(1, slices * rows * columns + 1, dtype=float).reshape(slices, rows, columns) / 50


def tm(moment: datetime) -> str:
    return moment.strftime("%H%M%S.%f")


def da(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def slice_of(index: int, *, suv: np.ndarray, beds: int = 2, injected: datetime = INJECTED, started: datetime = STARTED,
             uid: str = "1.2.3.4", position: float | None = None, corrected_to: datetime | None = None) -> Dataset:  # fmt: skip
    """Data set of one slice, as Siemens writes it: BQML, decay-corrected to the series' start, one slope a slice."""
    count = len(suv)
    bed = index * beds // count
    acquired = started + timedelta(seconds=bed * BED_SECONDS)
    reference = corrected_to or started
    left = DOSE * 2 ** (-(reference - injected).total_seconds() / HALF_LIFE)
    activity = suv[index] * left / (WEIGHT * 1000)
    slope = activity.max() / 32000 * (1 + index / 10)
    offset = bed * BED_SECONDS + average_time(BED_SECONDS, HALF_LIFE)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = PositronEmissionTomographyImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{uid}.{index + 1}")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = PositronEmissionTomographyImageStorage, UID(f"{uid}.{index + 1}")
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.StudyDate = ds.SeriesDate = da(started)
    ds.SeriesTime = tm(started)
    ds.AcquisitionDate, ds.AcquisitionTime = da(acquired), tm(acquired)
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "PT", "SIEMENS", "1094"
    ds.SeriesDescription = "PET WB AC"
    ds.PatientID, ds.PatientSex = "P-001", "F"
    ds.PatientSize, ds.PatientWeight = "1.65", f"{WEIGHT:g}"
    ds.SliceThickness = f"{SPACING[0]:g}"
    ds.ActualFrameDuration = str(BED_SECONDS * 1000)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID(f"{uid}.100"), UID(f"{uid}.200")
    ds.FrameOfReferenceUID = UID(f"{uid}.300")
    ds.InstanceNumber = str(index + 1)
    ds.ImagePositionPatient = [-20.0, -15.0, index * SPACING[0] if position is None else position]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = suv.shape[1:]
    ds.PixelSpacing = [SPACING[1], SPACING[2]]
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "NORM"]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 1
    ds.RescaleIntercept, ds.RescaleSlope = "0", f"{slope:.10e}"
    tracer = Dataset()
    tracer.Radiopharmaceutical = "Fluorodeoxyglucose"
    tracer.RadiopharmaceuticalStartTime = tm(injected)
    tracer.RadiopharmaceuticalStartDateTime = da(injected) + tm(injected)
    tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife = f"{DOSE:.0f}", f"{HALF_LIFE:g}"
    tracer.RadionuclideCodeSequence = code("C-111A1", "SRT", "^18^Fluorine")
    ds.RadiopharmaceuticalInformationSequence = [tracer]
    ds.NumberOfSlices = count
    ds.SeriesType, ds.Units, ds.DecayCorrection = ["WHOLE BODY", "IMAGE"], "BQML", "START"
    ds.FrameReferenceTime = f"{offset * 1000:.4f}"
    ds.DecayFactor = f"{2 ** (offset / HALF_LIFE):.8f}"
    ds.PixelData = np.rint(activity / float(ds.RescaleSlope)).astype("<i2").tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def tracer_of(ds: Dataset) -> Dataset:
    return ds.RadiopharmaceuticalInformationSequence[0]


def write_series(
    folder: Path, *edits: Edit, suv: np.ndarray | None = None, skip: tuple[int, ...] = (), **options
) -> list[Path]:
    """Write a series in shuffled order of names; each edit may change every slice before it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    volume = true_suv() if suv is None else suv
    files = []
    for index in range(len(volume)):
        if index in skip:
            continue
        ds = slice_of(index, suv=volume, **options)
        for edit in edits:
            edit(ds, index)
        file = folder / f"{(index * 5) % 11:02d}-{index}.dcm"
        ds.save_as(file, enforce_file_format=True)
        files.append(file)
    return files


def setting(**values) -> Edit:
    """Edit that sets attributes in every slice; ``None`` deletes one, ``""`` empties it; the tracer's are found there."""

    def edit(ds: Dataset, _index: int) -> None:
        for name, value in values.items():
            where = tracer_of(ds) if name in _TRACER else ds
            if value is None:
                if name in where:
                    delattr(where, name)
            else:
                setattr(where, name, value)

    return edit


_TRACER = frozenset([
    "Radiopharmaceutical", "RadiopharmaceuticalStartTime", "RadiopharmaceuticalStartDateTime", "RadionuclideTotalDose",
    "RadionuclideHalfLife", "RadionuclideCodeSequence",
])  # fmt: skip


def private(group: int, creator: str, element: int, vr: str, value: str) -> Edit:
    """Edit that adds a private element, without its creator when ``creator`` is empty."""

    def edit(ds: Dataset, _index: int) -> None:
        if creator:
            ds.private_block(group, creator, create=True).add_new(element, vr, value)
        else:
            ds.add_new((group << 16) | 0x1000 | element, vr, value)

    return edit
