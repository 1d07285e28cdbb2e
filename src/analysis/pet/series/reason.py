"""Why a series is not the PET that is measured: one reason a series, or none."""

from __future__ import annotations

import re

from analysis.pet.headers.tags import tag_text
from analysis.pet.series.index import Series
from analysis.pet.suv.nuclides import single_photon
from analysis.study import load_protocol

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_FDG = re.compile(r"(?i)fdg|fluoro?-?deoxy-?glucose|deoxyglucose|C-B1031|35321007|Y-X1743")
_OTHER_TRACERS = re.compile(
    r"(?i)\b(flt|fluorothymidine|alovudine|fes|fluoroestradiol|naf|sodium fluoride|fet|fluoroethyl|fdopa|fluorodopa|"
    r"choline|psma|dota\w*|fapi\w*|fmiso|fluoromisonidazole|florbetapir|florbetaben|flutemetamol|flortaucipir|fluciclovine|"
    r"acetate|methionine|ammonia|water|rubidium|trastuzumab|pib)\b"
)
_IMAGE_NAME = re.compile(r"\.(dcm|ima|dicom)$|^[^.]*\d[^.]*$|\d\.\d+$")
_NO_IMAGES = ("an archive", "a link that leads nowhere", "a DICOM file of no series")
_PROJECTIONS = frozenset(
    [
        "MIP",
        "PROJECTION IMAGE",
        "MPR",
        "REFORMATTED",
        "RENDERING",
        "3D RENDERING",
        "CPR",
        "MINIP",
        "MAX_IP",
        "MIN_IP",
        "MEAN_IP",
    ]
)
# Letters end a word here, but the underscore does not belong to it: "PET_WB_NAC".
_MIP = re.compile(r"(?i)(?<![a-z])MIPS?(?![a-z])")
_UNCORRECTED = re.compile(r"(?i)(?<![a-z])(NAC|non?[ _-]?(ac|attn|atten\w*)|uncorrected|uncorr)(?![a-z])")
_BRAIN = re.compile(r"(?i)(?<![a-z])(brain|head|cerebr\w*|neuro)(?![a-z])")
_KINDS = {
    "CT": "CT", "MR": "MR", "NM": "scintigraphy or SPECT", "SEG": "contours", "RTSTRUCT": "contours",
    "OT": "secondary capture or other", "SC": "secondary capture", "SR": "structured report", "PR": "presentation state",
    "REG": "registration", "DOC": "document", "KO": "key object selection", "US": "ultrasound", "DX": "radiograph",
    "CR": "radiograph",
}  # fmt: skip


def reason_left_out(series: Series, *, doubtful_too: bool = False) -> str:
    """Why a series is left out; empty for an attenuation-corrected, static FDG PET.

    Rules, in this order: unreadable; not PET; secondary capture; no pixels; single-photon emitter; another tracer than
    FDG; dynamic or gated; projection or reformation; not attenuation-corrected; a single slice; the brain alone.
    A series that :func:`doubtful` speaks against is left out unless ``doubtful_too``, for whoever has no better one.
    """
    if series.problem:
        return series.problem
    get = series.attributes.get
    modality = get("Modality", "").upper()
    if _captured(series):
        return "secondary capture"
    if modality != "PT":
        return _KINDS.get(modality, f"modality {modality or 'missing'}")
    if get("Pixels") == "none":
        return "no image: raw data or a protocol of the scanner"
    return (
        _tracer(series)
        or _kind_of_image(series)
        or _correction(series)
        or ("a single slice" if len(series.files) == 1 and get("FrameCount", "1") == "1" else "")
        or _brain(series)
        or ("" if doubtful_too else doubtful(series))
    )


def doubtful(series: Series) -> str:
    """What speaks against a series without ruling it out: measured only where there is no other of its visit."""
    image = [part.strip().upper() for part in series.attributes.get("ImageType", "").split("\\")]
    if image[:2] == ["DERIVED", "SECONDARY"]:
        return f"derived from another series ({tag_text('ImageType')} DERIVED\\SECONDARY)"
    if _UNCORRECTED.search(series.attributes.get("SeriesDescription", "")):
        return f"{tag_text('SeriesDescription')} says that it is not attenuation-corrected, {tag_text('CorrectedImage')} that it is"
    return ""


def _captured(series: Series) -> bool:
    get = series.attributes.get
    classes = (_SECONDARY_CAPTURE, f"{_SECONDARY_CAPTURE}.")
    captured = get("SOPClassUID", "") == classes[0] or get("SOPClassUID", "").startswith(classes[1])
    return captured or (get("Modality", "").upper() == "PT" and get("SamplesPerPixel", "1") == "3")


def _brain(series: Series) -> str:
    """The brain alone; the word is not enough, since protocols from head to thigh name the head as well."""
    words = (
        f"{series.attributes.get('BodyPartExamined', '')} {series.attributes.get('SeriesDescription', '')}"
    )
    longest = float(load_protocol().value("series.brain_extent_mm"))
    short = 0 < series.extent_mm <= longest
    return "the brain alone, not the whole body" if short and _BRAIN.search(words) else ""


def meant_as_image(series: Series) -> bool:
    """Whether files that cannot be used were meant to be images: a text file beside them was not.

    Half a DICOM file is a fault of the study; a README in the image folder is none. Images are often named by a number
    or a UID without an extension.
    """
    if any(text in series.problem for text in _NO_IMAGES):
        return False
    if series.series_uid or "no DICOM prefix" not in series.problem:
        return True
    names = (path.rpartition("/")[2].lower() for path in series.files)
    return any(_IMAGE_NAME.search(name) for name in names)


def _tracer(series: Series) -> str:
    get = series.attributes.get
    tracer = " ".join(get(k, "") for k in ("Radiopharmaceutical", "RadiopharmaceuticalCodeMeaning")).replace(
        "^", ""
    )
    if single_photon(f"{get('RadionuclideMeaning', '')} {tracer}", code=get("RadionuclideValue", "")):
        return "single-photon emitter: SPECT stored as PET"
    if _FDG.search(f"{tracer} {get('RadiopharmaceuticalCodeValue', '')}"):
        return ""
    other = _OTHER_TRACERS.search(tracer)
    return f"the tracer is {other[0]}, not FDG" if other else ""


def _kind_of_image(series: Series) -> str:
    get = series.attributes.get
    kind = [part.strip().upper() for part in get("SeriesType", "").split("\\")]
    if kind[0] in ("DYNAMIC", "GATED"):
        return f"{kind[0].lower()} series"
    frames = get("NumberOfTimeSlices", "")
    # Static whole-body series count their bed positions here, so it decides only when the type is not stated.
    if not kind[0] and frames.isdigit() and int(frames) > 1:
        return "dynamic series"
    if "REPROJECTION" in kind[1:]:
        return "reprojection"
    if _projected(series):
        return "maximum-intensity projection or reformation"
    if not kind[0] and len(set(series.positions)) < len(series.positions):
        return "dynamic series: several images at one position"
    return ""


def _projected(series: Series) -> bool:
    image = [part.strip().upper() for part in series.attributes.get("ImageType", "").split("\\")]
    described = _MIP.search(series.attributes.get("SeriesDescription", ""))
    return bool(_PROJECTIONS.intersection(image) or described)


def not_one_volume(series: Series) -> bool:
    """Whether a series shows no volume of tissue at all: a secondary capture, a projection, or no image."""
    get = series.attributes.get
    kind = [part.strip().upper() for part in get("SeriesType", "").split("\\")]
    return _captured(series) or get("Pixels") == "none" or "REPROJECTION" in kind[1:] or _projected(series)


def _correction(series: Series) -> str:
    corrected = series.attributes.get("CorrectedImage", "").upper().split("\\")
    if "ATTN" in (part.strip() for part in corrected):
        return ""
    if not any(corrected):
        method = series.attributes.get("AttenuationCorrectionMethod", "").upper()
        return (
            ""
            if method not in ("", "NONE")
            else f"{tag_text('CorrectedImage')} does not say that it is attenuation-corrected"
        )
    return "not attenuation-corrected (NAC)"
