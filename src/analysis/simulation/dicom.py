"""One simulated scan as the files a hospital would have sent: PET series and the reader's contours."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydicom.uid import PositronEmissionTomographyImageStorage

from analysis.simulation.clock import Clock, clock_of, date_text, time_text
from analysis.simulation.dataset import SeriesIdentity, activity_per_suv, file_meta, series_header
from analysis.simulation.encoding import encode_slices
from analysis.simulation.headers import HeaderStyle, style_named
from analysis.simulation.identity import instance_uid, token
from analysis.simulation.scanner import PetImage, simulate_image
from analysis.simulation.scans import SimulatedScan
from analysis.simulation.seg import write_contours

LARGEST_STORED = 32767

COUNTS_PER_SUV = 2500.0
"""Counts of a voxel of SUV 1 where the units are counts; any number does, the private factor undoes it."""


def quantise(volume: np.ndarray, *, per_slice: bool) -> tuple[np.ndarray, list[str]]:
    """Integers to store for a volume, and the text of each slice's Rescale Slope.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        Not negative.
    per_slice : bool
        A slope for every slice, or the same for all.

    Returns
    -------
    tuple of (ndarray of int16, list of str)
        Stored values times the slope as written give the volume to half a slope.
    """
    largest = volume.max(axis=(1, 2)).astype(np.float64)
    if not per_slice:
        largest[:] = largest.max()
    slopes = [f"{max(value, 1e-3) / LARGEST_STORED:.8e}" for value in largest]
    divisor = np.array([float(text) for text in slopes], dtype=np.float32)
    stored = np.rint(volume / divisor[:, None, None])
    return np.minimum(stored, LARGEST_STORED).astype(np.int16), slopes


def without_attenuation_correction(image: PetImage) -> np.ndarray:
    """SUV of the same scan left uncorrected: bright skin and lungs, dark depths.

    A likeness, good enough to give wrong numbers to whoever measures it.
    """
    depth = np.clip(1 - image.radius, 0, 1)
    return image.suv * (0.2 + 0.6 * np.exp(-3 * depth)).astype(np.float32)


def _slice_fields(
    style: HeaderStyle, clock: Clock, first_instance: str, slopes: list[str]
) -> list[Mapping[str, str | int]]:
    fields: list[Mapping[str, str | int]] = []
    for index, slope in enumerate(slopes):
        bed = clock.bed_of_slice[index]
        x, y, z = style.grid.position(index)
        fields.append(
            {
                "SOPInstanceUID": instance_uid(first_instance, index),
                "AcquisitionDate": date_text(clock.acquisition[bed]),
                "AcquisitionTime": time_text(clock.acquisition[bed], style.time_digits),
                "InstanceNumber": str(index + 1),
                "ImagePositionPatient": f"{x:.5f}\\{y:.5f}\\{z:.5f}",
                "SliceLocation": f"{z:.5f}",
                "RescaleSlope": slope,
                "FrameReferenceTime": f"{clock.frame_reference_ms[bed]:.4f}",
                "DecayFactor": f"{clock.decay_factor[bed]:.6f}",
                "ImageIndex": index + 1,
            }
        )
    return fields


def _series_files(
    scan: SimulatedScan, style: HeaderStyle, clock: Clock, suv: np.ndarray, *, attenuation_corrected: bool
) -> dict[Path, bytes]:
    """Files of one series by their path below the DICOM folder."""
    identity = SeriesIdentity.of(scan, "AC" if attenuation_corrected else "NAC")
    factor = activity_per_suv(scan, style, clock)
    bq_per_count = factor / COUNTS_PER_SUV if style.units == "CNTS" else 1.0
    stored, slopes = quantise(suv * np.float32(factor / bq_per_count), per_slice=style.slope_per_slice)
    header = series_header(
        scan, style, clock, attenuation_corrected=attenuation_corrected, bq_per_count=bq_per_count
    )
    meta = file_meta(PositronEmissionTomographyImageStorage, identity.first_instance, style.transfer_syntax)
    fields = _slice_fields(style, clock, identity.first_instance, slopes)
    names = {
        "patient": token(scan.patient_id, "folder"),
        "study": token(identity.study),
        "series": token(identity.series),
    }
    folder = Path(*(part.format(**names) for part in style.layout))
    encoded = encode_slices(header, meta, fields=fields, stored=stored)
    return {
        folder / (token(values["SOPInstanceUID"]) + style.suffix): content
        for values, content in zip(fields, encoded, strict=True)
    }


def _write_whole(files: Mapping[Path, bytes], top: Path) -> None:
    """Write every folder under another name first, so that none is ever found half-written."""
    for folder in {path.parent for path in files}:
        target = top / folder
        partial = target.with_name(f".{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            for path, content in files.items():
                if path.parent == folder:
                    (partial / path.name).write_bytes(content)
            if target.exists():
                shutil.rmtree(target)
            partial.replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_scan(scan: SimulatedScan, dicom_folder: Path, contour_folder: Path) -> None:
    """Write the PET series of a scan and its contours as DICOM.

    The same scan always gives the same bytes. A series that is there already is replaced.

    Parameters
    ----------
    scan : SimulatedScan
        What to show, and in which header style.
    dicom_folder : Path
        Top of the PET files; folders below it follow the header style's layout.
    contour_folder : Path
        Where the segmentation goes. None is written for a scan without lesions: DICOM knows no empty one.

    Raises
    ------
    ParameterError
        If the header style is unknown.
    DesignError
        If the lesions do not fit into the patient.
    """
    style = style_named(scan.header_style)
    clock = clock_of(scan, style)
    image = simulate_image(scan, style.grid)
    files = _series_files(scan, style, clock, image.suv, attenuation_corrected=True)
    if scan.with_nac_twin:
        uncorrected = without_attenuation_correction(image)
        files |= _series_files(scan, style, clock, uncorrected, attenuation_corrected=False)
    _write_whole(files, dicom_folder)
    write_contours(scan, style, clock, contours=image.contours, folder=contour_folder)
