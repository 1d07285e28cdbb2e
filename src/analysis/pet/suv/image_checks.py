"""What must be true of a series before its SUV can be believed, and what makes a result implausible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.attributes import common_text, missing, parse_number, partly_missing
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.nuclides import single_photon

_SHORTEST_UPTAKE, _LONGEST_UPTAKE = 20, 180
_LEAST_LARGEST_SUV, _MOST_LARGEST_SUV = 0.5, 2e4


def check_image(headers: Sequence[SliceHeader]) -> list[str]:
    """Warnings about an image that can be converted.

    Raises
    ------
    ImageError
        If it is no PET, of a single-photon emitter, not attenuation-corrected, or contradicts itself about decay.
    """
    first = headers[0]
    modality = common_text(headers, "Modality").upper()
    if modality != "PT":
        raise ImageError(
            f"{tag_text('Modality')} is {modality or 'missing'}",
            where=first.path.name,
            expected="PT",
            offenders=("Modality",),
        )
    names = ("RadionuclideMeaning", "Radiopharmaceutical", "RadiopharmaceuticalCodeMeaning")
    tracers = {(" ".join(h.get(k) for k in names), h.get("RadionuclideValue")) for h in headers}
    if any(single_photon(wording, code=code) for wording, code in tracers):
        raise ImageError(
            "the radionuclide emits no positrons: SPECT stored as PT",
            where=first.path.name,
            offenders=("RadionuclideCodeSequence",),
        )
    if len({header.get("PatientID") for header in headers}) > 1:
        # The values themselves may identify patients and are not printed.
        raise ImageError(
            f"{tag_text('PatientID')} differs between the slices of one series", where=f"{first.path.name} and others",
            expected="one patient", do="separate the series that were merged", offenders=("PatientID",),
        )  # fmt: skip
    common_text(headers, "FrameOfReferenceUID")
    common_text(headers, "SUVType")
    warnings = [note for text in {h.get("FrameNotes"): None for h in headers} for note in text.splitlines()]
    warnings += partly_missing(headers, ("Units", "CorrectedImage", "DecayCorrection", "SUVType"))
    if any(header.get("LossyImageCompression") == "01" for header in headers):
        warnings.append("the image was compressed with loss: its values are not those that were measured")
    corrections = common_text(headers, "CorrectedImage").upper().split("\\")
    corrected = {text.strip() for text in corrections} - {""}
    if not corrected:
        if first.get("AttenuationCorrectionMethod").upper() in ("", "NONE"):
            raise missing(
                first, "CorrectedImage", needed_for="knowing that the image is attenuation-corrected"
            )
        warnings.append(
            f"{tag_text('CorrectedImage')} is missing; attenuation correction is inferred from its method"
        )
        return warnings
    if "ATTN" not in corrected:
        raise ImageError(
            "the image is not attenuation-corrected", where=first.path.name,
            expected=f"ATTN in {tag_text('CorrectedImage')}", do="use the attenuation-corrected series of the study",
            offenders=("CorrectedImage",),
        )  # fmt: skip
    declared = common_text(headers, "DecayCorrection").upper()
    decayed = bool(corrected & {"DECY", "DECAY"})
    if common_text(headers, "Units").upper() in ("BQML", "CNTS") and (
        (declared in ("START", "ADMIN") and not decayed) or (declared == "NONE" and decayed)
    ):
        raise ImageError(
            f"{tag_text('DecayCorrection')} is {declared}, but {tag_text('CorrectedImage')} {'holds' if decayed else 'lacks'} DECY",
            where=first.path.name, expected="attributes that agree", do="ask the site whether the image is decay-corrected",
            offenders=("DecayCorrection", "CorrectedImage"),
        )  # fmt: skip
    return warnings


def implausible_storage(headers: Sequence[SliceHeader], factors: np.ndarray) -> list[str]:
    """A warning if the files could hold no SUV of a human being: some unit is wrong that nothing else reveals."""
    slopes = [parse_number(header.get("RescaleSlope")) for header in headers]
    bits = parse_number(headers[0].get("BitsAllocated"))
    if any(slope is None or slope <= 0 for slope in slopes):
        return []
    # Whether the pixels can be read is decided where they are read; without a number of bits, PET's 16 are meant.
    with np.errstate(over="ignore"):
        largest = float((factors * np.array(slopes, float)).max() * (2**8 - 1 if bits == 8 else 2**16 - 1))
    if _LEAST_LARGEST_SUV <= largest <= _MOST_LARGEST_SUV:
        return []
    return [
        f"the largest SUV that these files can store is {largest:.3g}: check units, dose, weight and factors"
    ]


def implausible_uptake(minutes: float | None) -> list[str]:
    """A warning if an uptake time is known and is not that of a static FDG scan: a time is probably wrong."""
    if minutes is None or _SHORTEST_UPTAKE <= minutes <= _LONGEST_UPTAKE:
        return []
    return [
        f"the uptake time is {minutes:.0f} min, outside {_SHORTEST_UPTAKE} to {_LONGEST_UPTAKE}: "
        "check injection and scan times"
    ]
