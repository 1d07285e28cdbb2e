"""What one simulated PET shows: the seam between the simulated patients and the DICOM they become."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SimulatedLesion:
    """One lesion as it looks at one visit.

    Parameters
    ----------
    lesion_id : str
        Label of the contour, ``L01``, ``L02`` ...: the same lesion has the same label at every visit.
    site : str
        ``bone``, ``node``, ``liver``, ``lung``, ``breast`` or ``other``.
    radius_mm : float
        Radius of the sphere of the lesion's volume, 8 to 25 mm; the same at every visit.
    suv_max : float
        SUVmax (body weight) wanted in the noise-free image blurred to the scanner's resolution, at
        least 1.5. The test-retest variation between scans is already in it: the noise of the image
        should add little.
    target : bool
        Whether it is a target lesion for response.
    new : bool
        Whether it was not there at baseline. New lesions stand last.
    """

    lesion_id: str
    site: str
    radius_mm: float
    suv_max: float
    target: bool
    new: bool


@dataclass(frozen=True, kw_only=True)
class SimulatedScan:
    """One whole-body FDG PET of one patient: everything its DICOM series and contours need.

    Parameters
    ----------
    patient_id, visit : str
        Pseudonym, and ``baseline``, ``day14`` or ``day28``.
    scan_date : datetime.date
        Day of the scan; a header style may let the clock pass midnight.
    centre : str
        Code of the centre; a centre has one scanner.
    height_cm, weight_kg : float
        Size at this visit, for the header.
    sex : str
        ``F`` or ``M``.
    lesions : tuple of SimulatedLesion
        In order of their labels. A lesion of the patient is listed at every visit.
    lesion_seed, anatomy_seed : int
        Roots of the positions of the lesions and of the anatomy: equal at all visits of a patient.
        A lesion's position may depend on ``lesion_seed`` and on the lesions before it, never on the
        lesions after it, so that a new lesion moves no other.
    noise_seed : int
        Root of everything that differs between the scans of a patient.
    header_style : str
        One of ``analysis.simulation.headers.HEADER_STYLES``.
    uptake_minutes : float
        From injection to the start of the acquisition.
    dose_mbq : float
        Injected activity at the time of injection.
    with_nac_twin : bool
        Whether the series without attenuation correction was exported too.
    """

    patient_id: str
    visit: str
    scan_date: datetime.date
    centre: str
    height_cm: float
    weight_kg: float
    sex: str
    lesions: tuple[SimulatedLesion, ...]
    lesion_seed: int
    anatomy_seed: int
    noise_seed: int
    header_style: str
    uptake_minutes: float
    dose_mbq: float
    with_nac_twin: bool
