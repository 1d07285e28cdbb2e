"""Positron emitters: their half-lives, and the codes by which DICOM names them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Nuclide:
    """A positron emitter with its half-life in seconds and its codes (SNOMED CT, SNOMED RT)."""

    name: str
    half_life: float
    codes: tuple[str, ...]


POSITRON_EMITTERS = (
    Nuclide("F-18", 6586.2, ("77004003", "C-111A1")),
    Nuclide("C-11", 1221.84, ("40565003", "C-105A1")),
    Nuclide("N-13", 597.9, ("21576001", "C-107A1")),
    Nuclide("O-15", 122.24, ("129504001", "C-B1038")),
    Nuclide("Ga-68", 4062.6, ("35337001", "C-131A3")),
    Nuclide("Rb-82", 76.38, ("79197006", "C-159A2")),
    Nuclide("Cu-64", 45723.6, ("3932008", "C-127A2")),
    Nuclide("Zr-89", 282276.0, ("63360001", "C-168A4")),
    Nuclide("I-124", 360806.4, ("40937006", "C-114A5")),
    Nuclide("Y-86", 53064.0, ("10738001", "C-162A3")),
    Nuclide("Sc-44", 14292.0, ("126600",)),
    Nuclide("Sc-43", 14007.6, ("126605",)),
    Nuclide("Cu-60", 1422.0, ("425364008",)),
    Nuclide("Cu-61", 12020.4, ("71425003",)),
    Nuclide("Cu-62", 580.3, ("422934004",)),
    Nuclide("Ga-66", 34164.0, ("79477007",)),
    Nuclide("Br-76", 58320.0, ("79523006",)),
    Nuclide("Mn-52", 483062.4, ("37225000",)),
    Nuclide("Tb-152", 63000.0, ("126606",)),
)
"""Codes: DICOM PS3.16 CID 4020. Half-lives: Laboratoire National Henri Becquerel, Table of Radionuclides; F-18 is
109.77 minutes. Vendors write 6586.2, 6588 or 6584 s for F-18: the header's own value is used, these only replace it."""

_SINGLE_PHOTON = re.compile(
    r"(?i)\b(99 ?m?Tc|Tc ?-?99 ?m?|177 ?Lu|Lu ?-?177|lutetium|technetium|111 ?In|In-?111|indium|131 ?I|I-?131|123 ?I|I-?123|"
    r"201 ?Tl|Tl-?201|thallium|67 ?Ga|Ga-?67|133 ?Xe|Xe-?133|xenon|153 ?Sm|Sm-?153|samarium|166 ?Ho|Ho-?166|holmium)\b"
)
_SINGLE_PHOTON_CODES = frozenset([
    "72454006", "C-163A8", "447553000", "56609000", "C-145A4", "21572004", "C-114A4", "1368003", "C-114B1",
    "60057003", "C-138A9", "2008008", "C-131A2", "80751004", "C-172A8", "419804008", "C1943",
])  # fmt: skip
_SINGLE_PHOTON_HALF_LIVES = (21624.0, 574_300.0, 242_330.0, 47_600.0, 692_900.0, 262_800.0)
"""Tc-99m, Lu-177, In-111, I-123, I-131, Tl-201; Ga-67 is left out, since Zr-89 lives as long."""


def single_photon(wording: str, *, code: str = "") -> bool:
    """Whether a wording or a code (PS3.16 CID 18) names an emitter of single photons: SPECT is sometimes stored as PT.

    >>> single_photon("^99m^Technetium"), single_photon("177Lu-PSMA"), single_photon("Fluorodeoxyglucose ^18^F")
    (True, True, False)
    """
    if code in _SINGLE_PHOTON_CODES:
        return True
    return any(_SINGLE_PHOTON.search(wording.replace("^", mark)) for mark in ("", " "))


def lives_like_single_photon(half_life: float) -> bool:
    """Whether a half-life in s is that of an emitter of single photons and of no positron emitter (within 1 %)."""
    return any(abs(half_life / known - 1) < 0.01 for known in _SINGLE_PHOTON_HALF_LIVES)


_ELEMENTS = {
    "fluor": "F", "carbon": "C", "nitrogen": "N", "oxygen": "O", "gallium": "Ga", "rubidium": "Rb", "copper": "Cu",
    "zirconium": "Zr", "iod": "I", "yttrium": "Y", "scandium": "Sc",
}  # fmt: skip


def nuclide_of(code: str, meaning: str) -> Nuclide | None:
    """The positron emitter named by a code or, failing that, by its wording.

    >>> nuclide_of("C-111A1", "").name, nuclide_of("", "^18^Fluorine").name, nuclide_of("", "18F").name
    ('F-18', 'F-18', 'F-18')
    >>> nuclide_of("", "^177^Lutetium") is None
    True
    """
    for nuclide in POSITRON_EMITTERS:
        if code and code in nuclide.codes:
            return nuclide
    mass = re.search(r"\d+", meaning)
    letters = "".join(re.findall(r"[A-Za-z]+", meaning))
    if not mass or not letters:
        return None
    for nuclide in POSITRON_EMITTERS:
        symbol, number = nuclide.name.split("-")
        named = any(letters.lower().startswith(start) and sign == symbol for start, sign in _ELEMENTS.items())
        if number == mass[0] and (letters == symbol or letters.startswith(f"{symbol}F") or named):
            return nuclide
    return None


def decay_constant(half_life: float) -> float:
    """Decay constant in 1/s of a half-life in s."""
    return math.log(2) / half_life


def average_time(duration: float, half_life: float) -> float:
    """Seconds after the start of a frame at which the activity equals the frame's mean.

    T_ave = ln(λT / (1 - exp(-λT))) / λ. Just before half of the frame, because activity falls.

    Parameters
    ----------
    duration : float
        Frame duration in s.
    half_life : float
        Half-life in s.

    References
    ----------
    DICOM PS3.3 C.8.9.4.1.5 (Frame Reference Time).

    >>> round(average_time(300, 6586.2), 4)
    149.6053
    """
    decayed = decay_constant(half_life) * duration
    if decayed < 1e-9:
        return duration / 2
    return math.log(decayed / -math.expm1(-decayed)) / decay_constant(half_life)
