"""Weight, height and sex from the header, with units repaired where only one unit is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.errors import ImageError
from analysis.pet.headers.attributes import common_number, common_text, malformed, missing, partly_missing
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text


@dataclass(frozen=True)
class PatientSize:
    """What body normalisations need; a value that is not known is ``None``.

    Parameters
    ----------
    weight : float or None
        Weight in kg.
    height : float or None
        Height in cm.
    sex : {"F", "M", "O"} or None
        Sex.
    warnings : tuple of str
        Every repair and doubt.
    """

    weight: float | None
    height: float | None
    sex: str | None
    warnings: tuple[str, ...]


def patient_size(headers: Sequence[SliceHeader], *, weight_needed: bool) -> PatientSize:
    """Weight, height and sex of the patient of a series.

    Parameters
    ----------
    headers : sequence of SliceHeader
        All slices of one series.
    weight_needed : bool
        Whether SUV needs the weight: then its absence is an error.

    Raises
    ------
    ImageError
        If the weight is missing though needed, is not above zero, or slices disagree.
    """
    warnings = partly_missing(headers, ("PatientWeight", "PatientSize", "PatientSex"))
    weight = _weight(headers, weight_needed, warnings)
    height = _height(headers, warnings)
    sex = common_text(headers, "PatientSex").upper() or None
    if sex not in ("F", "M", "O", None):
        warnings.append(f"{tag_text('PatientSex')} is {sex[:20]!r}, which is neither F, M nor O: no SUL")
        sex = None
    if sex == "O":
        warnings.append("PatientSex is O: lean body mass is the mean of the formulas for women and men")
    return PatientSize(weight, height, sex, tuple(warnings))


def _weight(headers: Sequence[SliceHeader], needed: bool, warnings: list[str]) -> float | None:
    try:
        weight = common_number(headers, "PatientWeight")
        if weight is None and needed:
            raise missing(headers[0], "PatientWeight", needed_for="SUV")
        if weight is not None and weight <= 0:
            raise malformed(headers[0], "PatientWeight", expected="a weight above 0 kg")
    except ImageError as problem:
        if needed:
            raise
        warnings.append(f"{problem.what}: no SUL")
        return None
    if weight is not None and weight > 1000:
        warnings.append(f"PatientWeight {weight:g} is taken as grams: {weight / 1000:g} kg")
        weight /= 1000
    if weight is not None and not 25 <= weight <= 300:
        warnings.append(f"PatientWeight {weight:g} kg is implausible for an adult: check it")
    return weight


def _height(headers: Sequence[SliceHeader], warnings: list[str]) -> float | None:
    # Height is needed for SUL only, so a bad one costs SUL and not the scan.
    try:
        height = common_number(headers, "PatientSize")
        if height is not None and height <= 0:
            raise malformed(headers[0], "PatientSize", expected="a height above 0 m")
    except ImageError as problem:
        warnings.append(f"{problem.what}: no SUL")
        return None
    if height is None:
        warnings.append(f"{tag_text('PatientSize')} is missing: no SUL")
        return None
    if height > 300:
        warnings.append(f"PatientSize {height:g} is taken as millimetres: {height / 1000:g} m")
        height /= 10
    elif height > 3:
        warnings.append(f"PatientSize {height:g} is taken as centimetres: {height / 100:g} m")
    else:
        height *= 100
    if not 100 <= height <= 230:
        warnings.append(f"PatientSize {height:g} cm is implausible for an adult: no SUL")
        return None
    return height
