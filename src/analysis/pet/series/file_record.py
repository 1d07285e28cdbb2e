"""What the index keeps of one file: enough to tell series apart, and nothing of the pixels."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ImageError
from analysis.pet.headers.attributes import parse_date, parse_number, parse_time
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.layout import HeaderReader
from analysis.pet.headers.multiframe import described, slices_of

KEPT = (
    "Modality", "SOPClassUID", "ImageType", "SeriesType", "CorrectedImage", "AttenuationCorrectionMethod", "Units",
    "PatientID", "ClinicalTrialSubjectID", "ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription", "StudyDate",
    "SeriesDate", "AcquisitionDate", "SeriesDescription", "SeriesNumber", "BodyPartExamined", "NumberOfFrames", "FrameCount",
    "NumberOfTimeSlices", "FrameOfReferenceUID", "StudyInstanceUID", "Radiopharmaceutical", "RadiopharmaceuticalCodeValue",
    "RadiopharmaceuticalCodeMeaning", "RadionuclideValue", "RadionuclideMeaning", "RadionuclideHalfLife",
    "RadiopharmaceuticalStartTime", "RadiopharmaceuticalStartDateTime", "Manufacturer", "ManufacturerModelName",
    "ReconstructionMethod", "ConvolutionKernel", "Rows", "Columns", "PixelSpacing", "SliceThickness", "SamplesPerPixel",
)  # fmt: skip
_IMAGES = frozenset(f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("128", "128.1", "130", "2", "2.1", "20")) | {""}
"""SOP classes of PET, CT and nuclear medicine images (PS3.4 B.5); an absent one may be any."""
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".7z", ".rar", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file as the index knows it.

    Parameters
    ----------
    series_uid, instance_uid : str
        Series and SOP Instance UID; empty if the file is no DICOM or does not say.
    attributes : tuple of (str, str)
        Attributes that tell series apart, as text; absent and empty ones are left out.
    along : tuple of float
        Position of each image along the normal of its plane in mm; empty where it is not told.
    moment : str
        Acquisition as YYYYMMDDHHMMSS, of the series or study where the image does not say; empty if unknown.
    problem : str
        Why the file cannot be used; empty if it can.
    passing : bool
        Whether the problem may be gone the next time, so that it is not kept.
    """

    series_uid: str
    instance_uid: str
    attributes: tuple[tuple[str, str], ...]
    along: tuple[float, ...]
    moment: str
    problem: str
    passing: bool = False


def read_records(job: tuple[Path, Sequence[str]]) -> list[FileRecord]:
    """Records of some files, given as folder and paths below it."""
    folder, paths = job
    reader, shared = HeaderReader(), {}
    return [_read(folder, path, reader, shared) for path in paths]


_Attributes = tuple[tuple[str, str], ...]


def _read(
    folder: Path, below: str, reader: HeaderReader, shared: dict[tuple[str | None, ...], _Attributes]
) -> FileRecord:
    if below.lower().endswith(_ARCHIVES):
        return FileRecord("", "", (), (), "", "an archive, which is not read")
    try:
        header = reader.read(folder / below)
    except ImageError as problem:
        return FileRecord("", "", (), (), "", problem.what, isinstance(problem.__cause__, OSError))
    except Exception as problem:  # one odd file costs itself only
        what = f"the header cannot be read ({type(problem).__name__})"
        return FileRecord("", "", (), (), "", what, True)
    uid = header.get("SeriesInstanceUID")
    known, trouble = described(header)
    if not uid:
        image = header.get("Modality") or header.get("Rows")
        trouble = "SeriesInstanceUID (0020,000E) is missing" if image else "a DICOM file of no series"
    elif header.truncated and _is_image(header):
        trouble = "the file ends before its pixel data do: it is truncated"
    values = ("none" if header.pixel_start < 0 else None, *map(known.get, KEPT))
    attributes = shared.get(values)
    if attributes is None:  # files of a series have it in common: of half a million it must stand once
        named = zip((*KEPT, "Pixels"), (*values[1:], values[0]), strict=True)
        attributes = shared[values] = tuple(
            (name, value.upper() if name == "Modality" else value) for name, value in named if value
        )
    return FileRecord(uid, header.get("SOPInstanceUID"), attributes, _along(header), _moment(known), trouble)


def _is_image(header: SliceHeader) -> bool:
    # Scanners store raw data and protocols under the image's modality, in classes of their own.
    if header.get("Modality").upper() not in ("PT", "CT", "NM"):
        return False
    return header.pixel_start >= 0 or header.get("SOPClassUID") in _IMAGES


def _along(header: SliceHeader) -> tuple[float, ...]:
    try:
        found = [_position(slice_header) for slice_header in slices_of(header)]
    except ImageError:
        return ()
    return tuple(place for place in found if place is not None) if None not in found else ()


def _position(header: SliceHeader) -> float | None:
    normal = _normal(header.get("ImageOrientationPatient"))
    place = [parse_number(part) for part in header.get("ImagePositionPatient").split("\\")]
    if normal is None or len(place) != 3 or None in place:
        return None
    x, y, z = (float(v) for v in place if v is not None)
    return round(x * normal[0] + y * normal[1] + z * normal[2], 2)


@functools.lru_cache(maxsize=256)
def _normal(orientation: str) -> tuple[float, float, float] | None:
    axes = [parse_number(part) for part in orientation.split("\\")]
    if len(axes) != 6 or None in axes:
        return None
    a, b, c, d, e, f = (float(v) for v in axes if v is not None)
    return b * f - c * e, c * d - a * f, a * e - b * d


_WHEN = ("AcquisitionDate", "SeriesDate", "StudyDate", "AcquisitionTime", "SeriesTime")


def _moment(known: Mapping[str, str]) -> str:
    return _as_moment(tuple(known.get(name, "") for name in _WHEN))


@functools.lru_cache(maxsize=1024)
def _as_moment(texts: tuple[str, ...]) -> str:
    day = next((found for text in texts[:3] if (found := parse_date(text))), None)
    clock = next((found for text in texts[3:] if (found := parse_time(text))), None)
    return f"{day:%Y%m%d}{clock:%H%M%S}" if day and clock else ""
