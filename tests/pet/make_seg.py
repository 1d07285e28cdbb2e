"""DICOM SEG of known masks by two writers: highdicom, and by hand for what highdicom does not write."""

from __future__ import annotations

import warnings

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian


def with_highdicom(path, files, masks, *, kind="BINARY", algorithm="MANUAL"):
    """Write masks of the files' slices; an encoder that shares nothing with the reader under test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import highdicom as hd

        sources = sorted(
            (pydicom.dcmread(f) for f in files), key=lambda d: d.get("ImagePositionPatient", [0, 0, 0])[2]
        )
        for source in sources:
            source.PatientName, source.PatientBirthDate, source.StudyID = "", "", ""
            source.StudyTime, source.AccessionNumber, source.ReferringPhysicianName = "", "", ""
        identification = hd.AlgorithmIdentificationSequence(
            name="test", version="1", family=hd.sr.CodedConcept("123109", "DCM", "Manual Processing")
        )
        descriptions = [
            hd.seg.SegmentDescription(
                number, label, hd.sr.CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure"),
                hd.sr.CodedConcept("108369006", "SCT", "Neoplasm"), algorithm,
                algorithm_identification=None if algorithm == "MANUAL" else identification,
            )
            for number, label in enumerate(masks, start=1)
        ]  # fmt: skip
        stack = np.stack(list(masks.values()), axis=-1)
        seg = hd.seg.Segmentation(
            source_images=sources,
            pixel_array=stack.astype(float if stack.dtype.kind == "f" else np.uint8),
            segmentation_type=kind,
            segment_descriptions=descriptions,
            series_instance_uid="1.2.3.77",
            series_number=9,
            sop_instance_uid="1.2.3.78",
            instance_number=1,
            manufacturer="test",
            manufacturer_model_name="test",
            software_versions="1",
            device_serial_number="1",
        )
        seg.save_as(path)
    return path


def hand_made(path, masks, grid, *, order="forward", flip="", crop=None, frame="1.2.3.4.300"):
    """Write masks frame by frame with pydicom alone: any order, direction of axes and part of a slice."""
    rows, columns = crop or (slice(0, grid.shape[1]), slice(0, grid.shape[2]))
    _normal, down, across = (np.array(d) for d in grid.directions)
    corner = np.array([0, rows.start, columns.start])
    turned = {
        "": (corner, across, down, lambda a: a),
        "rows": (np.array([0, rows.stop - 1, columns.start]), across, -down, np.flipud),
        "columns": (np.array([0, rows.start, columns.stop - 1]), -across, down, np.fliplr),
        "transposed": (corner, down, across, np.transpose),
    }
    start, along_row, along_column, change = turned[flip]
    spacing = grid.spacing[1:] if flip != "transposed" else grid.spacing[:0:-1]
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3.79"
    ds.Modality, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "SEG", "1.2.3.80", frame
    ds.SegmentationType = "BINARY"
    ds.SegmentSequence, frames = [], []
    for number, (label, mask) in enumerate(masks.items(), start=1):
        item = Dataset()
        item.SegmentNumber, item.SegmentLabel, item.SegmentAlgorithmType = number, label, "MANUAL"
        ds.SegmentSequence.append(item)
        frames += [(number, k, mask[k, rows, columns]) for k in range(grid.shape[0]) if mask[k].any()]
    if order == "reversed":
        frames.reverse()
    if order == "shuffled":
        frames = [
            frames[i] for i in np.random.default_rng(np.random.SeedSequence(7)).permutation(len(frames))
        ]
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [*along_row, *along_column]
    measures.PixelSpacing, measures.SpacingBetweenSlices = list(spacing), grid.spacing[0]
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [shared], []
    bits = []
    for number, k, part in frames:
        group, position, identity = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [
            float(v) for v in grid.points((start + np.array([k, 0, 0]))[None])[0]
        ]
        identity.ReferencedSegmentNumber = number
        group.PlanePositionSequence, group.SegmentIdentificationSequence = [position], [identity]
        ds.PerFrameFunctionalGroupsSequence.append(group)
        bits.append(change(part).astype(np.uint8))
    ds.NumberOfFrames, (ds.Rows, ds.Columns) = len(bits), bits[0].shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    packed = np.packbits(np.concatenate([b.ravel() for b in bits]), bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    ds["PixelData"].VR = "OB"
    ds.save_as(path, enforce_file_format=True)
    return path
