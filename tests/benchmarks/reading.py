"""Folder of PET slices → float32 SUV, against the limit that reading the bytes sets, and against other readers."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from measurement import Measurement, interleaved, ratio
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    PositronEmissionTomographyImageStorage,
    RLELossless,
)

from analysis.pet import read_suv

SLICES, EDGE = 300, 400
COMPRESSED_SLICES = 40
"""Decoders take long; their time a slice does not depend on how many there are."""


def stored_values(slices: int) -> np.ndarray:
    """Something between noise and a body, so that compression has something to do."""
    random = np.random.default_rng(np.random.SeedSequence(20150310))
    body = np.hypot(*np.mgrid[-1 : 1 : EDGE * 1j, -1 : 1 : EDGE * 1j]) < 0.6
    return (random.gamma(2, 1000, (slices, EDGE, EDGE)) * (0.05 + body)).astype("<i2")


def write_series(folder: Path, syntax: UID, slices: int) -> list[Path]:
    """A static whole-body series as Siemens writes it: one slope a slice, six beds, a hundred attributes."""
    folder.mkdir()
    files = []
    for index, stored in enumerate(stored_values(slices)):
        bed = 6 * index // slices
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.MediaStorageSOPClassUID = PositronEmissionTomographyImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{index + 1}")
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID = PositronEmissionTomographyImageStorage, UID(f"1.2.3.{index + 1}")
        ds.ImageType = ["ORIGINAL", "PRIMARY"]
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = "20150310"
        ds.SeriesTime, ds.AcquisitionTime = (
            "100000.000000",
            f"10{bed * 150 // 60:02d}{bed * 150 % 60:02d}.000000",
        )
        ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "PT", "SIEMENS", "1094"
        ds.SeriesDescription, ds.PatientID, ds.PatientSex = "PET WB AC", "P-001", "F"
        ds.PatientSize, ds.PatientWeight = "1.65", "70"
        ds.SliceThickness, ds.ActualFrameDuration = "3", "150000"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.4", "1.2.5", "1.2.6"
        ds.InstanceNumber = index + 1
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [-400, -400, 3.0 * index], [1, 0, 0, 0, 1, 0]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows, ds.Columns, ds.PixelSpacing = EDGE, EDGE, [2.0, 2.0]
        ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "NORM"]
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        ds.RescaleIntercept, ds.RescaleSlope = "0", f"{1 + index / 100:.6f}"
        tracer = Dataset()
        tracer.Radiopharmaceutical, tracer.RadiopharmaceuticalStartTime = (
            "Fluorodeoxyglucose",
            "090000.000000",
        )
        tracer.RadiopharmaceuticalStartDateTime = "20150310090000.000000"
        tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife = "350000000", "6586.2"
        nuclide = Dataset()
        nuclide.CodeValue, nuclide.CodingSchemeDesignator, nuclide.CodeMeaning = (
            "C-111A1",
            "SRT",
            "^18^Fluorine",
        )
        tracer.RadionuclideCodeSequence = [nuclide]
        ds.RadiopharmaceuticalInformationSequence = [tracer]
        ds.NumberOfSlices = slices
        ds.SeriesType, ds.Units, ds.DecayCorrection = ["WHOLE BODY", "IMAGE"], "BQML", "START"
        ds.FrameReferenceTime, ds.DecayFactor = f"{(bed * 150 + 74.8) * 1000:.1f}", "1.02"
        block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
        block.add_new(0x10, "OB", bytes(4000))
        for place in range(40):
            block.add_new(0x20 + place, "LO", f"reconstruction parameter {place}")
        ds.PixelData = stored.tobytes()
        ds["PixelData"].VR = "OW"
        if syntax.is_compressed:
            ds.compress(syntax, generate_instance_uid=False)
        ds.file_meta.TransferSyntaxUID = syntax
        file = folder / f"{index:04d}.dcm"
        pydicom.dcmwrite(
            file,
            ds,
            implicit_vr=syntax == ImplicitVRLittleEndian,
            little_endian=True,
            enforce_file_format=True,
        )
        files.append(file)
    return files


def limit(files: Sequence[Path], start: int) -> np.ndarray:
    """Read the bytes of every file, multiply once: nothing can be faster."""
    volume = np.empty((len(files), EDGE, EDGE), np.float32)
    for place, file in enumerate(files):
        stored = np.frombuffer(file.read_bytes(), "<u2", EDGE * EDGE, start)
        np.multiply(stored.reshape(EDGE, EDGE), np.float32(1.5), out=volume[place])
    return volume


def pixel_array_loop(files: Sequence[Path]) -> np.ndarray:
    """The usual loop with pydicom."""
    slices = []
    for file in files:
        ds = pydicom.dcmread(file)
        slices.append((float(ds.ImagePositionPatient[2]), ds.pixel_array * float(ds.RescaleSlope)))
    return np.stack([pixels for _z, pixels in sorted(slices, key=lambda pair: pair[0])]).astype(np.float32)


def simpleitk(folder: Path) -> np.ndarray:
    """SimpleITK's series reader, with the pixel type that keeps what it reads."""
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    return SimpleITK.GetArrayViewFromImage(reader.Execute())


def peak_memory(files: Sequence[Path], scratch: Path) -> float:
    """Peak resident memory in MB of a process that does nothing but read the series."""
    listed = scratch / "files.txt"
    listed.write_text("\n".join(map(str, files)))
    program = (
        "import resource, sys; from pathlib import Path; from analysis.pet import read_suv;"
        "read_suv([Path(line) for line in Path(sys.argv[1]).read_text().splitlines()])"
    )
    if os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program, str(listed)]):
        raise SystemExit("bench: the series could not be read")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


def measurements() -> list[Measurement]:
    """Uncompressed series against the limit and the peers; compressed ones against bare decoding."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        for name, syntax in (("explicit", ExplicitVRLittleEndian), ("implicit", ImplicitVRLittleEndian)):
            files = write_series(top / name, syntax, SLICES)
            start = files[0].stat().st_size - 2 * EDGE * EDGE
            contenders: dict[str, Callable[[], object]] = {
                "ours": lambda files=files: read_suv(files),
                "limit": lambda files=files, start=start: limit(files, start),
                "SimpleITK's series reader, Float32": lambda name=name: simpleitk(top / name),
                "a pixel_array loop": lambda files=files: pixel_array_loop(files),
            }
            taken = interleaved(contenders)
            ours = taken.pop("ours")
            read = f"{SLICES} slices of {EDGE} × {EDGE}, {name} VR, to SUV"
            found.append(Measurement(f"{read} / limit", ratio(ours, taken.pop("limit")), 4, "x"))
            found += [
                Measurement(f"{peer} / ours ({name} VR)", ratio(seconds, ours), 4, "x", at_least=True)
                for peer, seconds in taken.items()
            ]
        volume = 4 * SLICES * EDGE * EDGE / 1e6
        memory = peak_memory(files, top)
        found.append(
            Measurement("peak memory of a process that reads them", memory, 1.5 * volume + 400, "MB")
        )
        for syntax in (RLELossless, JPEG2000Lossless):
            files = write_series(top / syntax.keyword, syntax, COMPRESSED_SLICES)
            taken = interleaved(
                {
                    "ours": lambda files=files: read_suv(files),
                    "bare": lambda files=files: [pydicom.dcmread(file).pixel_array for file in files],
                }
            )
            found.append(
                Measurement(f"{syntax.name} / bare pydicom", ratio(taken["ours"], taken["bare"]), 1.15, "x")
            )
    return found
