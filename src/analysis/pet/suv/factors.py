"""From the headers of a PET series to the factor that makes a standardised uptake value of each slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.data.tables.imaging import SUV_TYPES
from analysis.errors import ImageError
from analysis.pet.headers.attributes import common_number, common_text, missing
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.acquisition import back_computed, from_decay_factor, shared_start, timing
from analysis.pet.suv.body import (
    LEAN_BODY_MASS_OF_TYPE,
    body_surface_area,
    ideal_body_weight,
    lean_body_mass,
    mass_of_suv_type,
)
from analysis.pet.suv.image_checks import check_image, implausible_storage, implausible_uptake
from analysis.pet.suv.injection import Dose, injected_dose, injection_time
from analysis.pet.suv.nuclides import decay_constant
from analysis.pet.suv.patient_size import PatientSize, patient_size
from analysis.pet.suv.reference_time import Candidate, Reference, decay_reference

if TYPE_CHECKING:
    from analysis.pet.suv.overrides import Applied

_LONGEST_ACQUISITION_HOURS = 4


@dataclass(frozen=True)
class SuvFactors:
    """What turns a series' pixels into SUV, and how it was found.

    ``SUVbw = (stored × slope + intercept) × factors[slice]``; SUL, SUVbsa and SUVibw are SUVbw times the factor of
    that name, or unknown (``None``) when height or sex are.

    Parameters
    ----------
    files : tuple of str
        File name of each slice.
    factors : ndarray of float, shape (slices,)
        g/ml per Bq/ml, or per count, or per stored SUV.
    units, decay_correction : str
        Units (0054,1001) and Decay Correction (0054,1102).
    sul_factor, bsa_factor, ibw_factor : float or None
        SUL, SUVbsa (in cm²/ml) and SUVibw per SUVbw.
    lean_body_mass : str
        Formula of SUL.
    weight_kg, height_cm, dose_mbq, half_life_s : float or None
        What was used.
    sex, nuclide : str or None
        What was used.
    reference : Reference
        Reference time, injection, uptake time and every candidate.
    warnings : tuple of str
        Every repair and doubt: they reach the report.
    overrides : tuple of Applied
        Values that a reader corrected, with what they changed.
    """

    files: tuple[str, ...]
    factors: np.ndarray
    units: str
    decay_correction: str
    sul_factor: float | None
    bsa_factor: float | None
    ibw_factor: float | None
    lean_body_mass: str
    weight_kg: float | None
    height_cm: float | None
    sex: str | None
    dose_mbq: float | None
    half_life_s: float | None
    nuclide: str | None
    reference: Reference
    warnings: tuple[str, ...]
    overrides: tuple[Applied, ...] = ()


def suv_factors(headers: Sequence[SliceHeader], *, lean_body_mass: str = "janmahasatian") -> SuvFactors:
    """SUV factors of one series.

    Parameters
    ----------
    headers : sequence of SliceHeader
        All slices of one series, in any order.
    lean_body_mass : {"janmahasatian", "james", "james128", "file"}
        Formula of SUL; ``file``: the one by which an image stored as SUL was made.

    Raises
    ------
    ImageError
        If the image is no attenuation-corrected PET in known units, an attribute that is needed is missing or
        malformed, or the slices disagree; the message names the attribute.

    References
    ----------
    DICOM PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.8.9.4 (PET Image).
    """
    if not headers:
        raise ImageError("the series has no slices", expected="at least one PET slice")
    warnings = check_image(headers)
    units = common_text(headers, "Units").upper()
    if units == "BQML":
        found = _from_activity(headers, np.ones(len(headers)), warnings)
    elif units == "CNTS":
        found = _from_counts(headers, warnings)
    elif units in ("GML", "CM2ML"):
        found = _stored(headers, units, warnings)
    elif not units:
        raise missing(headers[0], "Units", needed_for="SUV")
    else:
        raise ImageError(
            f"{tag_text('Units')} is {units[:16]}, from which no SUV follows",
            where=headers[0].path.name,
            expected="BQML, GML, CM2ML, or CNTS with Philips' factors",
            do="export the series in Bq/ml",
            offenders=("Units",),
        )
    factors, size, dose, reference = found
    if not np.all(np.isfinite(factors)) or np.any(factors <= 0):
        raise ImageError("the SUV factor is not a positive number", where=headers[0].path.name)
    lean_body_mass = _formula(headers, units, lean_body_mass, warnings)
    mass = _normalisations(size, lean_body_mass)
    warnings += implausible_storage(headers, factors)
    warnings += implausible_uptake(reference.uptake_minutes)
    return SuvFactors(
        files=tuple(header.path.name for header in headers),
        factors=factors,
        units=units,
        decay_correction=common_text(headers, "DecayCorrection").upper(),
        sul_factor=mass["sul_factor"],
        bsa_factor=mass["bsa_factor"],
        ibw_factor=mass["ibw_factor"],
        lean_body_mass=lean_body_mass,
        weight_kg=size.weight,
        height_cm=size.height,
        sex=size.sex,
        dose_mbq=dose.activity / 1e6 if dose else None,
        half_life_s=dose.half_life if dose else None,
        nuclide=dose.nuclide if dose else None,
        reference=reference,
        warnings=tuple(
            dict.fromkeys((*warnings, *size.warnings, *(dose.warnings if dose else ()), *reference.warnings))
        ),
    )


_Found = tuple[np.ndarray, PatientSize, Dose | None, Reference]


def _from_activity(headers: Sequence[SliceHeader], per_activity: np.ndarray, warnings: list[str]) -> _Found:
    """Factors of an image in Bq/ml, or of one that ``per_activity`` turns into Bq/ml."""
    size = patient_size(headers, weight_needed=True)
    dose = injected_dose(headers)
    weight = (size.weight or 0.0) * 1000
    correction = common_text(headers, "DecayCorrection").upper()
    if correction == "START":
        reference = decay_reference(headers, half_life=dose.half_life)
        elapsed = (reference.time - reference.injection).total_seconds()  # type: ignore[operator]
        remaining = dose.activity * 2 ** (-elapsed / dose.half_life)
        factors = np.full(len(headers), weight / remaining)
    elif correction == "ADMIN":
        reference = _uptake_only(headers, dose.half_life, "administration")
        warnings += _admin_contradicted(headers, reference, dose.half_life)
        factors = np.full(len(headers), weight / dose.activity)
    elif correction == "NONE":
        reference, growth = _not_corrected(headers, dose.half_life)
        factors = weight / dose.activity * growth
    elif not correction:
        raise missing(headers[0], "DecayCorrection", needed_for="SUV")
    else:
        raise ImageError(
            f"{tag_text('DecayCorrection')} is {correction[:16]}", where=headers[0].path.name,
            expected="START, ADMIN or NONE", offenders=("DecayCorrection",),
        )  # fmt: skip
    factors = factors * per_activity
    _compare_with_philips(headers, factors, per_activity, warnings)
    return factors, size, dose, reference


def _from_counts(headers: Sequence[SliceHeader], warnings: list[str]) -> _Found:
    """Factors of a Philips image in counts: its private SUV factor, or its private activity factor."""
    suv, activity = (
        _private_factor(headers, name, warnings) for name in ("PhilipsSuvFactor", "PhilipsActivityFactor")
    )
    if suv is None and activity is None:
        raise ImageError(
            f"{tag_text('Units')} is CNTS and neither {tag_text('PhilipsSuvFactor')} nor {tag_text('PhilipsActivityFactor')} holds a factor",
            where=headers[0].path.name, expected="one of the two, above 0", do="export the series in Bq/ml",
            offenders=("Units", "PhilipsSuvFactor", "PhilipsActivityFactor"),
        )  # fmt: skip
    if suv is None:
        return _from_activity(headers, np.full(len(headers), activity), warnings)
    if activity is not None:
        try:
            _from_activity(headers, np.full(len(headers), activity), warnings)
        except ImageError as problem:
            warnings.append(
                f"Philips' SUV factor could not be checked against dose and times: {problem.what}"
            )
    if common_text(headers, "DecayCorrection").upper() == "NONE":
        warnings.append(
            f"{tag_text('DecayCorrection')} is NONE: Philips' SUV factor does not undo the decay of each slice"
        )
    size = patient_size(headers, weight_needed=False)
    dose = _dose_if_known(headers)
    reference = _uptake_only(headers, dose.half_life if dose else 6586.2, "Philips SUV factor")
    return np.full(len(headers), suv), size, dose, reference


def _private_factor(headers: Sequence[SliceHeader], keyword: str, warnings: list[str]) -> float | None:
    try:
        value = common_number(headers, keyword)
    except ImageError as problem:
        if "differs" in problem.what:
            raise
        warnings.append(f"{problem.what}; it is not used")
        return None
    if value is not None and any(h.get(keyword + "WithoutCreator") for h in headers):
        warnings.append(f"{tag_text(keyword)} stands without its private creator; it is taken as Philips'")
    return value if value is not None and value > 0 else None


def _compare_with_philips(
    headers: Sequence[SliceHeader], factors: np.ndarray, per_activity: np.ndarray, warnings: list[str]
) -> None:
    """Philips' two factors divide to W·1000/D′: its own answer to the same question."""
    try:
        suv, activity = (
            common_number(headers, "PhilipsSuvFactor"),
            common_number(headers, "PhilipsActivityFactor"),
        )
    except ImageError:
        return
    if not suv or not activity or suv < 0 or activity < 0:
        return
    ratio = float(np.median(factors / per_activity)) / (suv / activity)
    if abs(ratio - 1) > 0.02:
        warnings.append(f"SUV from dose and times is {ratio:.3f} times what Philips' own factors give")


def _stored(headers: Sequence[SliceHeader], units: str, warnings: list[str]) -> _Found:
    """Factors of an image that holds SUV: 1 for body weight, else the ratio of the two body sizes."""
    first = headers[0]
    usual = "BW" if units == "GML" else "BSA"
    suv_type = common_text(headers, "SUVType", absence_means=usual).upper() or usual
    if suv_type not in SUV_TYPES or (suv_type == "BSA") != (units == "CM2ML"):
        raise ImageError(
            f"{tag_text('SUVType')} is {suv_type[:16]} though {tag_text('Units')} is {units}", where=first.path.name,
            expected=f"BSA with CM2ML; {', '.join(t for t in SUV_TYPES if t != 'BSA')} with GML",
            offenders=("SUVType", "Units"),
        )  # fmt: skip
    size = patient_size(headers, weight_needed=suv_type != "BW")
    factor = 1.0
    if suv_type != "BW":
        if size.height is None or size.weight is None:
            raise missing(first, "PatientSize", needed_for=f"SUV by body weight from SUV Type {suv_type}")
        if suv_type == "BSA":
            factor = size.weight * 1000 / (body_surface_area(size.weight, size.height) * 1e4)
        elif size.sex is None:
            raise missing(first, "PatientSex", needed_for=f"SUV by body weight from SUV Type {suv_type}")
        else:
            factor = size.weight / mass_of_suv_type(suv_type, size.weight, size.height, sex=size.sex)
    dose = _dose_if_known(headers)
    reference = _uptake_only(headers, dose.half_life if dose else 6586.2, "stored as SUV")
    return np.full(len(headers), factor), size, dose, reference


def _dose_if_known(headers: Sequence[SliceHeader]) -> Dose | None:
    try:
        return injected_dose(headers)
    except ImageError:
        return None


def _uptake_only(headers: Sequence[SliceHeader], half_life: float, source: str) -> Reference:
    """Reference record of an image whose SUV needs no times: the uptake time is reported when it is known."""
    times = timing(headers)
    earliest = times.earliest
    if earliest is None:
        return Reference(
            None, source, None, None, (), 0.0, ("the uptake time is not known: no acquisition time",)
        )
    candidates = (Candidate("earliest acquisition", earliest, ""),)
    try:
        injected, warnings = injection_time(headers, earliest, half_life=half_life)
    except ImageError as problem:
        return Reference(
            None, source, None, None, candidates, 0.0, (f"the uptake time is not known: {problem.what}",)
        )
    minutes = (earliest - injected).total_seconds() / 60
    return Reference(None, source, injected, minutes, candidates, 0.0, tuple(warnings))


def _admin_contradicted(headers: Sequence[SliceHeader], reference: Reference, half_life: float) -> list[str]:
    """A warning if decay factors say that the image was corrected to the scan, though it declares the injection."""
    times = timing(headers)
    corrected_to, _reason = from_decay_factor(times, half_life=half_life)
    if corrected_to is None or reference.injection is None or times.earliest is None:
        return []
    to_scan, to_injection = (
        abs((corrected_to - t).total_seconds()) for t in (times.earliest, reference.injection)
    )
    if to_scan >= to_injection or to_injection < 60:
        return []
    return [
        f"{tag_text('DecayCorrection')} is ADMIN, but the decay factors are those of a correction to the scan's start: "
        f"if they are right, SUV is {(2 ** (to_injection / half_life) - 1) * 100:.0f} % too low"
    ]


def _not_corrected(headers: Sequence[SliceHeader], half_life: float) -> tuple[Reference, np.ndarray]:
    """Per-slice growth that undoes decay during and before the frame (IBSI: decay correction NONE)."""
    times = timing(headers)
    for header, start, duration in zip(headers, times.starts, times.duration, strict=True):
        if start is None:
            raise missing(header, "AcquisitionTime", needed_for="undoing the decay of each slice")
        if duration is None:
            raise missing(header, "ActualFrameDuration", needed_for="undoing the decay of each slice")
    starts = [start for start in times.starts if start is not None]
    earliest = min(starts)
    injected, warnings = injection_time(headers, earliest, half_life=half_life)
    rate = decay_constant(half_life)
    since = np.array([(start - injected).total_seconds() for start in starts])
    apart = since.max() - since.min()
    if apart > _LONGEST_ACQUISITION_HOURS * 3600:
        raise ImageError(
            f"the slices were acquired over {apart / 3600:.0f} h, by {tag_text('AcquisitionTime')} and {tag_text('AcquisitionDate')}",
            where=headers[0].path.name,
            expected=f"one scan of at most {_LONGEST_ACQUISITION_HOURS} h",
            do="correct the dates, or separate the series that were merged",
            offenders=("AcquisitionDate", "AcquisitionTime"),
        )
    during = rate * np.array([duration for duration in times.duration if duration is not None])
    growth = during / -np.expm1(-during) * np.exp(rate * since)
    durations = {duration for duration in times.duration if duration is not None}
    if len(durations) > 1:
        listed = ", ".join(f"{duration:g}" for duration in sorted(durations)[:5])
        warnings.append(f"{tag_text('ActualFrameDuration')} differs between slices ({listed} s)")
    if shared_start(times):
        warnings.append(
            f"one {tag_text('AcquisitionTime')} stands for several beds of an image without decay correction: "
            "the later beds' decay is not known and not undone"
        )
    # Only whether the slices agree is asked: the origin of the frame reference times, another one at Philips, falls out.
    maker = headers[0].get("Manufacturer")
    same_origin = "" if maker.upper().startswith("PHILIPS") else maker
    _time, apart_by = back_computed(times, half_life=half_life, manufacturer=same_origin)
    if "apart" in apart_by:
        warnings.append(
            f"{tag_text('AcquisitionTime')} contradicts {tag_text('FrameReferenceTime')} in some slices ({apart_by}): "
            "their decay is undone by the former"
        )
    uptake = (earliest - injected).total_seconds() / 60
    candidates = (Candidate("earliest acquisition", earliest, ""),)
    reference = Reference(
        earliest, "each slice's acquisition", injected, uptake, candidates, 0.0, (*times.warnings, *warnings)
    )
    return reference, growth


def _formula(headers: Sequence[SliceHeader], units: str, formula: str, warnings: list[str]) -> str:
    """Formula of SUL; ``file`` is that of an image stored as SUL (SUV Type LBM, LBMJAMES128, LBMJANMA)."""
    own = LEAN_BODY_MASS_OF_TYPE.get(common_text(headers, "SUVType").upper()) if units == "GML" else None
    if formula != "file":
        if own not in (None, formula):
            warnings.append(f"the image is stored as SUL by {own}; SUL is computed again by {formula}")
        return formula
    if own is None:
        raise ImageError(
            f"{tag_text('SUVType')} names no lean body mass, so the file has no formula of its own",
            where=headers[0].path.name, expected="an image stored as SUL", do="choose a formula by name",
            offenders=("SUVType",),
        )  # fmt: skip
    return own


def _normalisations(size: PatientSize, formula: str) -> dict[str, float | None]:
    weight, height, sex = size.weight, size.height, size.sex
    known = weight is not None and height is not None
    lean = lean_body_mass(weight, height, sex=sex, formula=formula) if known and sex else None  # type: ignore[arg-type]
    ideal = ideal_body_weight(weight, height, sex=sex) if known and sex else None  # type: ignore[arg-type]
    surface = body_surface_area(weight, height) if known else None  # type: ignore[arg-type]
    return {
        "sul_factor": lean / weight if lean and lean > 0 and weight else None,
        "bsa_factor": surface * 1e4 / (weight * 1000) if surface and weight else None,
        "ibw_factor": ideal / weight if ideal and ideal > 0 and weight else None,
    }
