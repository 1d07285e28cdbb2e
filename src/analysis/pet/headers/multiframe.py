"""Multi-frame PET as one header a frame, in the words of single-frame PET, so that one set of rules serves both.

Enhanced PET (PS3.3 A.56) keeps a frame's attributes in functional groups, shared or its own, names some of them
differently and gives units by a UCUM code; Legacy Converted Enhanced PET (A.71) keeps the single-frame attributes in
groups of their own. Each becomes what :func:`analysis.pet.headers.dicom_file.read_header` gives for one slice.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ImageError
from analysis.pet.headers.attributes import parse_date_time, parse_number
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.layout import HeaderReader
from analysis.pet.headers.real_world_value import RealWorldValue, chosen_value, values_of
from analysis.pet.headers.tags import (
    CODE_ITEM,
    FUNCTIONAL_GROUP,
    PRIVATE,
    RADIOPHARMACEUTICAL_ITEM,
    TOP_LEVEL,
)
from analysis.pet.headers.text import text_of

if TYPE_CHECKING:
    from pydicom import Dataset

ENHANCED = "1.2.840.10008.5.1.4.1.1.130"
LEGACY_CONVERTED = "1.2.840.10008.5.1.4.1.1.128.1"
_SHARED, _PER_FRAME, _REAL_WORLD = 0x52009229, 0x52009230, 0x00409096
_GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
_BEYOND_MBQ = 1e4
"""An activity above it, in MBq, is none of a patient: it was written in Bq."""


def read_headers(files: Sequence[Path]) -> list[SliceHeader]:
    """Header of every slice in some files: one of each, or one a frame of a multi-frame PET.

    Raises
    ------
    ImageError
        If a file is not DICOM, or a multi-frame PET is dynamic, gated or lacks a functional group.
    """
    reader = HeaderReader()
    return [header for file in files for header in slices_of(reader.read(file))]


def slices_of(header: SliceHeader) -> list[SliceHeader]:
    """Header of every slice in the file of this header."""
    return frame_headers(header) if is_multiframe(header) else [header]


def is_multiframe(header: SliceHeader) -> bool:
    """Whether a file is multi-frame PET."""
    return header.get("SOPClassUID") in (ENHANCED, LEGACY_CONVERTED) or (
        header.get("Modality").upper() == "PT" and header.get("NumberOfFrames") not in ("", "1")
    )


def described(header: SliceHeader) -> tuple[Mapping[str, str], str]:
    """Attributes of a file, a multi-frame image's as those of its first frame, and why its frames cannot be read."""
    if not is_multiframe(header):
        return header.attributes, ""
    try:
        return frame_headers(header)[0].attributes, ""
    except ImageError as problem:
        if "TemporalPositionIndex" in problem.offenders:  # a series of another kind, and no fault
            return {**header.attributes, "SeriesType": "DYNAMIC"}, ""
        return header.attributes, problem.what


def frame_headers(header: SliceHeader) -> list[SliceHeader]:
    """One header a frame of a multi-frame PET file.

    Raises
    ------
    ImageError
        If it is dynamic or gated, lacks a functional group, or holds another number of frames than it says.

    References
    ----------
    DICOM PS3.3 C.7.6.16 (functional groups), C.8.22 (Enhanced PET), C.7.6.16.2.11 (Real World Value Mapping).
    """
    ds = _whole(header.path)
    order = ">" if header.syntax == "1.2.840.10008.1.2.2" else "<"
    shared, frames = _items(ds, _SHARED), _items(ds, _PER_FRAME)
    count = parse_number(header.get("NumberOfFrames") or "1")
    if not frames or count != len(frames):
        raise _refused(
            header, f"NumberOfFrames (0028,0008) is {header.get('NumberOfFrames')[:10] or 'missing'}, and the file describes {len(frames)}",
            "PerFrameFunctionalGroupsSequence (5200,9230) with one item a frame", "PerFrameFunctionalGroupsSequence",
        )  # fmt: skip
    common = {**header.attributes, **_flat(ds, order)}
    for name in ("NumberOfFrames", "NumberOfSlices", "NumberOfTimeSlices"):
        common.pop(name, None)
    mapped = values_of(_items(ds, _REAL_WORLD))
    for item in shared:
        common |= _groups(item, order)
        mapped = values_of(_items(item, _REAL_WORLD)) or mapped
    length = header.pixel_length // len(frames) if header.pixel_length >= 0 else -1
    headers = []
    for place, item in enumerate(frames):
        own = common | _groups(item, order)
        real = chosen_value(values_of(_items(item, _REAL_WORLD)) or mapped)
        attributes = _as_single_frame(header, own, real)
        attributes |= {"FrameNumber": str(place + 1), "FrameCount": str(len(frames))}
        start = (
            header.pixel_start + place * length
            if length >= 0 and header.pixel_start >= 0
            else header.pixel_start
        )
        headers.append(SliceHeader(header.path, attributes, header.syntax, start, length, header.size))
    _refuse_several_volumes(header, headers)
    return headers


def _whole(path: Path) -> Dataset:
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path, stop_before_pixels=True, force=True)
        except Exception as problem:
            # A strict parser fails in as many ways as files can be broken; the file is unreadable in each.
            raise ImageError(
                f"the functional groups cannot be read ({str(problem)[:120]})", where=path.name, expected="a DICOM file",
                do="transfer the file again",
            ) from problem  # fmt: skip


def _items(ds: Dataset, tag: int) -> list[Dataset]:
    """Items of a sequence; none if it is absent or is no sequence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(ds[tag].value) if tag in ds and ds[tag].VR == "SQ" and ds[tag].value else []
        except Exception:
            # A value that cannot be parsed is as good as none; what is then lacking is refused by name.
            return []


def _groups(item: Dataset, order: str) -> dict[str, str]:
    """Attributes of the first item of every functional group."""
    found: dict[str, str] = {}
    for tag in item.keys():  # noqa: SIM118 - a Dataset's iterator parses its values
        if tag != _REAL_WORLD:
            for group in _items(item, tag)[:1]:
                found |= _flat(group, order)
    return found


def _flat(ds: Dataset, order: str) -> dict[str, str]:
    """Wanted attributes of one data set as text, the tracer's and private ones among them."""
    found: dict[str, str] = {}
    creators = {(t.group, t.element): _text(ds, t, "text", order) for t in ds.keys() if t.is_private_creator}  # noqa: SIM118
    for tag in ds.keys():  # noqa: SIM118
        if tag in (_SHARED, _PER_FRAME):
            continue
        name, kind = TOP_LEVEL.get(tag) or FUNCTIONAL_GROUP.get(tag) or ("", "")
        if kind == "SQ":
            items = _items(ds, tag)
            found[name] = str(len(items))
            for item in items[:1]:
                found |= _tracer(item, order)
        elif name:
            found[name] = _text(ds, tag, kind, order)
        elif tag.is_private:
            for creator, private in PRIVATE.get((tag.group, tag.element & 0xFF), ()):
                if creators.get((tag.group, tag.element >> 8)) == creator:
                    found[private] = _text(ds, tag, "text", order)
    return found


def _tracer(item: Dataset, order: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, (name, kind) in RADIOPHARMACEUTICAL_ITEM.items():
        if tag not in item:
            continue
        if kind != "SQ":
            found[name] = _text(item, tag, kind, order)
            continue
        for code in _items(item, tag)[:1]:
            found |= {
                name + part: _text(code, at, "text", order) for at, part in CODE_ITEM.items() if at in code
            }
    return found


def _text(ds: Dataset, tag: int, kind: str, order: str) -> str:
    element = ds.get_item(tag)
    value = getattr(element, "value", None)
    if isinstance(value, bytes):
        vr = (getattr(element, "VR", None) or "").encode("ascii")
        return text_of(value, vr, kind, order, "")
    if value is None:
        return ""
    values = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    return "\\".join(str(part) for part in values)


def _as_single_frame(
    header: SliceHeader, own: Mapping[str, str], real: RealWorldValue | None
) -> dict[str, str]:
    """Attributes of one frame under their single-frame names and in single-frame units."""
    found = dict(own)
    notes: list[str] = []
    for keyword in _GEOMETRY:
        if not found.get(keyword):
            raise _refused(header, f"a frame has no {keyword}", "its functional group", keyword)
    if found.get("FrameAcquisitionDateTime"):
        found["AcquisitionDateTime"] = found["FrameAcquisitionDateTime"]
        found.pop("AcquisitionTime", None)
        found.pop("AcquisitionDate", None)
    if found.get("FrameAcquisitionDuration"):
        found["ActualFrameDuration"] = found["FrameAcquisitionDuration"]
    if found.get("FrameType"):
        found["ImageType"] = found["FrameType"]
    if real is not None and (not found.get("Units") or header.get("SOPClassUID") == ENHANCED):
        slope = parse_number(found.get("RescaleSlope", ""))
        if slope and abs(slope / real.slope - 1) > 1e-6 and real.units == "BQML":
            notes.append("RescaleSlope (0028,1053) is not the slope of the real world value, which is used")
        found |= {
            "Units": real.units,
            "RescaleSlope": repr(real.slope),
            "RescaleIntercept": repr(real.intercept),
        }
        if real.suv_type:
            found["SUVType"] = real.suv_type
    if header.get("SOPClassUID") == ENHANCED:
        _translate(header, found, notes)
    if notes:
        found["FrameNotes"] = "\n".join(notes)
    return found


def _translate(header: SliceHeader, found: dict[str, str], notes: list[str]) -> None:
    """Enhanced PET's own statements: units, corrections, activity in MBq, reference of decay correction."""
    if not found.get("Units"):
        raise _refused(
            header, "a frame has no real world value with a unit, so its units are not known",
            "RealWorldValueMappingSequence (0040,9096) with a UCUM unit", "RealWorldValueMappingSequence",
        )  # fmt: skip
    found.pop("SeriesTime", None)  # no reference of decay correction in this object, which states its own
    decayed = found.get("DecayCorrected", "").upper()
    if decayed not in ("YES", "NO"):
        raise _refused(
            header,
            f"DecayCorrected (0018,9758) is {decayed[:16] or 'missing'}",
            "YES or NO",
            "DecayCorrected",
        )
    corrected = [
        name
        for keyword, name in (("AttenuationCorrected", "ATTN"), ("ScatterCorrected", "SCAT"))
        if found.get(keyword, "").upper() == "YES"
    ]
    if decayed == "YES":
        corrected.append("DECY")
    found["CorrectedImage"] = "\\".join(corrected) or "NONE"
    found["DecayCorrection"] = "START" if decayed == "YES" else "NONE"
    moment, injected = (
        parse_date_time(found.get(name, ""))
        for name in ("DecayCorrectionDateTime", "RadiopharmaceuticalStartDateTime")
    )
    if decayed == "YES" and moment is None and found["Units"] in ("BQML", "CNTS"):
        raise _refused(
            header, "DecayCorrectionDateTime (0018,9701) is missing or malformed, though the image is decay-corrected",
            "YYYYMMDDHHMMSS", "DecayCorrectionDateTime",
        )  # fmt: skip
    if decayed == "NO" and moment is not None:
        notes.append("DecayCorrected (0018,9758) is NO, though DecayCorrectionDateTime (0018,9701) is given")
    if decayed == "YES" and moment is not None and moment == injected:
        found["DecayCorrection"] = "ADMIN"
    dose = parse_number(found.get("RadionuclideTotalDose", ""))
    if dose is not None and 0 < dose <= _BEYOND_MBQ:
        found["RadionuclideTotalDose"] = repr(dose * 1e6)
    elif dose is not None and dose > _BEYOND_MBQ:
        notes.append(f"RadionuclideTotalDose {dose:g} is taken as Bq, though Enhanced PET gives it in MBq")


def _refuse_several_volumes(header: SliceHeader, frames: list[SliceHeader]) -> None:
    kinds = {part.strip().upper() for frame in frames for part in (
        *frame.get("ImageType").split("\\"), *frame.get("SeriesType").split("\\"))}  # fmt: skip
    named = sorted(kind for kind in kinds if "DYNAMIC" in kind or "GATED" in kind)
    times = {frame.get("TemporalPositionIndex") for frame in frames}
    positions = {frame.get("ImagePositionPatient") for frame in frames}
    if named or len(times) > 1 or len(positions) < len(frames):
        what = ", ".join(named) or "several frames at one position"
        raise _refused(
            header,
            f"the multi-frame image is dynamic or gated: {what}",
            "one static volume",
            "TemporalPositionIndex",
        )


def _refused(header: SliceHeader, what: str, expected: str, keyword: str) -> ImageError:
    return ImageError(
        what, where=header.path.name, expected=expected, do="export the series as one static volume, or as single-frame PET",
        offenders=(keyword,),
    )  # fmt: skip
