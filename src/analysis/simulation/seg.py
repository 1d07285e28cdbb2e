"""The contours a reader drew on a simulated scan, as one DICOM segmentation."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage, SegmentationStorage

from analysis.pet.exchange.codes import SITES
from analysis.simulation.clock import Clock, date_text, time_text
from analysis.simulation.dataset import SeriesIdentity, code, describe_patient, file_meta
from analysis.simulation.grid import Grid
from analysis.simulation.headers import HeaderStyle
from analysis.simulation.identity import instance_uid, token, uid
from analysis.simulation.scans import SimulatedLesion, SimulatedScan


def _segment(scan: SimulatedScan, lesion: SimulatedLesion, number: int) -> Dataset:
    item = Dataset()
    item.SegmentNumber = number
    item.SegmentLabel = lesion.lesion_id
    item.SegmentAlgorithmType = "MANUAL"
    item.SegmentedPropertyCategoryCodeSequence = code("49755003", "SCT", "Morphologically Abnormal Structure")
    item.SegmentedPropertyTypeCodeSequence = code("108369006", "SCT", "Neoplasm")
    item.AnatomicRegionSequence = code(*SITES[lesion.site])
    item.TrackingID = lesion.lesion_id
    item.TrackingUID = uid(scan.patient_id, scan.lesion_seed, lesion.lesion_id)
    return item


def _dimensions(organization: str) -> list[Dataset]:
    """Frames are indexed by segment, then by position."""
    items = []
    for pointer, group in (("ReferencedSegmentNumber", "SegmentIdentificationSequence"),
                           ("ImagePositionPatient", "PlanePositionSequence")):  # fmt: skip
        item = Dataset()
        item.DimensionOrganizationUID = organization
        item.DimensionIndexPointer = pydicom.tag.Tag(pointer)
        item.FunctionalGroupPointer = pydicom.tag.Tag(group)
        item.DimensionDescriptionLabel = pointer
        items.append(item)
    return items


def _reference(instance: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = PositronEmissionTomographyImageStorage
    item.ReferencedSOPInstanceUID = instance
    return item


def _frame(segment: int, index: int, rank: int, *, instance: str, grid: Grid) -> Dataset:
    item = Dataset()
    source = _reference(instance)
    source.PurposeOfReferenceCodeSequence = code(
        "121322", "DCM", "Source image for image processing operation"
    )
    source.SpatialLocationsPreserved = "YES"
    derivation = Dataset()
    derivation.SourceImageSequence = [source]
    derivation.DerivationCodeSequence = code("113076", "DCM", "Segmentation")
    item.DerivationImageSequence = [derivation]
    content = Dataset()
    content.DimensionIndexValues = [segment, rank]
    item.FrameContentSequence = [content]
    position = Dataset()
    position.ImagePositionPatient = [round(value, 5) for value in grid.position(index)]
    item.PlanePositionSequence = [position]
    identification = Dataset()
    identification.ReferencedSegmentNumber = segment
    item.SegmentIdentificationSequence = [identification]
    return item


def _shared_groups(grid: Grid) -> Dataset:
    step, row, column = grid.spacing_mm
    item, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.SliceThickness = step
    measures.SpacingBetweenSlices = step
    measures.PixelSpacing = [row, column]
    item.PlaneOrientationSequence = [orientation]
    item.PixelMeasuresSequence = [measures]
    return item


def segmentation(
    scan: SimulatedScan, style: HeaderStyle, clock: Clock, contours: Mapping[str, np.ndarray]
) -> Dataset:
    """Binary segmentation: one segment a lesion, one frame for each slice it is in.

    Parameters
    ----------
    scan, style, clock
        The scan that was read; its attenuation-corrected series is referenced.
    contours : mapping of str to ndarray of int
        For each lesion of the scan the flat indices of its voxels.

    References
    ----------
    DICOM PS3.3 A.51 and C.8.20.
    """
    pet, own = SeriesIdentity.of(scan, "AC"), SeriesIdentity.of(scan, "SEG")
    grid = style.grid
    instances = [instance_uid(pet.first_instance, index) for index in range(grid.slices)]
    slice_of = {label: np.unravel_index(voxels, grid.shape)[0] for label, voxels in contours.items()}
    used = np.unique(np.concatenate(list(slice_of.values())))
    rank = {int(index): place for place, index in enumerate(used[::-1], start=1)}  # rising z

    frames, bits = [], []
    for number, lesion in enumerate(scan.lesions, start=1):
        voxels = contours[lesion.lesion_id]
        for index in np.unique(slice_of[lesion.lesion_id])[::-1]:
            frame = np.zeros(grid.rows * grid.columns, dtype=np.uint8)
            frame[voxels[slice_of[lesion.lesion_id] == index] % frame.size] = 1
            bits.append(frame)
            frames.append(_frame(number, int(index), rank[int(index)], instance=instances[index], grid=grid))
    packed = np.packbits(np.concatenate(bits), bitorder="little").tobytes()

    ds = Dataset()
    ds.file_meta = file_meta(SegmentationStorage, own.first_instance, ExplicitVRLittleEndian)
    describe_patient(ds, scan, style, clock)
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.SOPClassUID, ds.SOPInstanceUID = SegmentationStorage, own.first_instance
    ds.SeriesInstanceUID = own.series
    ds.SeriesDate = ds.ContentDate = date_text(clock.start)
    ds.SeriesTime = ds.ContentTime = time_text(clock.start)
    ds.Modality = "SEG"
    ds.Manufacturer = ds.ManufacturerModelName = "SIMULATED"
    ds.DeviceSerialNumber = ds.SoftwareVersions = "simulation"
    ds.SeriesDescription = "SIMULATED lesion contours"
    ds.SeriesNumber = ds.InstanceNumber = "1"
    ds.ContentLabel, ds.ContentDescription = "LESIONS", "SIMULATED"
    ds.ContentCreatorName = ""
    referenced = Dataset()
    referenced.SeriesInstanceUID = pet.series
    referenced.ReferencedInstanceSequence = [_reference(instance) for instance in instances]
    ds.ReferencedSeriesSequence = [referenced]
    ds.SegmentationType = "BINARY"
    ds.SegmentSequence = [_segment(scan, lesion, n) for n, lesion in enumerate(scan.lesions, start=1)]
    organization = uid(own.series, "dimensions")
    ds.DimensionOrganizationSequence = [Dataset()]
    ds.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    ds.DimensionIndexSequence = _dimensions(organization)
    ds.SharedFunctionalGroupsSequence = [_shared_groups(grid)]
    ds.PerFrameFunctionalGroupsSequence = frames
    ds.NumberOfFrames = len(frames)
    ds.Rows, ds.Columns = grid.rows, grid.columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    ds.LossyImageCompression = "00"
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    ds["PixelData"].VR = "OB"
    return ds


def write_contours(
    scan: SimulatedScan,
    style: HeaderStyle,
    clock: Clock,
    *,
    contours: Mapping[str, np.ndarray],
    folder: Path,
) -> None:
    """Write the segmentation of a scan under an opaque name; nothing for a scan without lesions."""
    if not contours:
        return
    ds = segmentation(scan, style, clock, contours)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{token(ds.SeriesInstanceUID)}.dcm"
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(target)
