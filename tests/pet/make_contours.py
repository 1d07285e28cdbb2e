"""Contours of small known regions in the formats that are read."""

from __future__ import annotations

import nibabel
import numpy as np
from make_series import SPACING
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian


def nifti(path, mask, axes=(2, 1, 0), flips=(False, False, False), grid=None):
    """Write a mask of (slice, row, column) with its axes in any order and direction."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    array, matrix = mask, affine.copy()
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            matrix[:3, 3] += matrix[:3, axis] * (mask.shape[axis] - 1)
            matrix[:3, axis] *= -1
    order = [*axes, 3]
    nibabel.save(nibabel.Nifti1Image(array.transpose(axes).astype(np.uint8), matrix[:, order]), path)
    return path


def rtstruct(path, contours, *, series_uid="1.2.3.4.200", frame="1.2.3.4.300", digits=6):
    """Write a structure set: ROI name to a list of (points, z)."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3.9"
    ds.Modality, ds.SeriesInstanceUID = "RTSTRUCT", "1.2.3.8"
    reference, study, item = Dataset(), Dataset(), Dataset()
    item.SeriesInstanceUID = series_uid
    study.RTReferencedSeriesSequence = [item]
    reference.RTReferencedStudySequence, reference.FrameOfReferenceUID = [study], frame
    ds.ReferencedFrameOfReferenceSequence = [reference]
    ds.StructureSetROISequence, ds.ROIContourSequence = [], []
    for number, (name, polygons) in enumerate(contours.items(), start=1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        drawn.ReferencedROINumber, drawn.ContourSequence = number, []
        for points, z in polygons:
            contour = Dataset()
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            contour.ContourData = [f"{v:.{digits}g}" for x, y in points for v in (x, y, z)]
            drawn.ContourSequence.append(contour)
        ds.StructureSetROISequence.append(roi)
        ds.ROIContourSequence.append(drawn)
    ds.save_as(path, enforce_file_format=True)
    return path


def box(column0, column1, row0, row1):
    """Corners in mm of a box that encloses the centres of these columns and rows, ends included."""
    x0, x1 = -20 + (column0 - 0.4) * SPACING[2], -20 + (column1 + 0.4) * SPACING[2]
    y0, y1 = -15 + (row0 - 0.4) * SPACING[1], -15 + (row1 + 0.4) * SPACING[1]
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
