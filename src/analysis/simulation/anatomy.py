"""The patient without lesions: outline, organs and their FDG uptake.

Everything is drawn for a woman of 165 cm and 70 kg and then scaled. Lengths inside the body follow the
height alone, so that a patient who loses weight between two visits keeps organs and lesions in place; the
outline follows the weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.simulation.grid import Point
from analysis.simulation.scans import SimulatedScan

REFERENCE_HEIGHT_CM = 165.0
REFERENCE_WEIGHT_KG = 70.0

FAT, MUSCLE, BLOOD = 0.3, 0.65, 1.6
"""SUV of the tissues that fill the outline, and of the blood pool."""

LIVER_SUV = 2.3
"""Mean SUV of the liver over patients: SUL 1.6 in the reference woman (Janmahasatian)."""

OUTLINE = np.array(
    [  # depth below the vertex, half width, half thickness: mm
        (-1, 12, 20), (12, 45, 58), (40, 66, 84), (75, 75, 95), (130, 70, 90), (180, 60, 70), (205, 54, 58),
        (225, 72, 62), (245, 140, 80), (270, 182, 96), (320, 172, 112), (385, 162, 116), (470, 154, 114),
        (540, 150, 112), (620, 172, 120), (700, 184, 124), (760, 182, 120), (800, 178, 112), (960, 165, 100),
    ],
    dtype=np.float32,
)  # fmt: skip
CROTCH_DEPTH = 765.0
LEG_GAP = 90.0
"""Distance of each leg's axis from the midline, below the crotch."""

LIVER_REFERENCE: Point = (-80.0, 0.0, 452.0)
"""Centre of the sphere of 3 cm in the right lobe that no lesion comes near (PERCIST 1.0)."""


@dataclass(frozen=True)
class Organ:
    """An ellipsoid of even uptake.

    Parameters
    ----------
    name : str
        What it is.
    centre : tuple of float
        x (left), y (back) and depth below the vertex, mm.
    semi_axes : tuple of float
        Half its size in the same order, mm.
    suv : float
        Uptake.
    blunt : bool
        A column with flat ends along the body rather than an ellipsoid.
    """

    name: str
    centre: Point
    semi_axes: Point
    suv: float
    blunt: bool = False


@dataclass(frozen=True)
class Anatomy:
    """One patient at one visit: scaled outline, organs in the order of painting, and the scale itself."""

    outline: np.ndarray
    crotch_depth: float
    organs: tuple[Organ, ...]
    scale: Point

    def organ(self, name: str) -> Organ:
        """Organ of this name, the first if there are several."""
        return next(organ for organ in self.organs if organ.name == name)

    def place(self, point: Point) -> Point:
        """Where a point of the reference woman lies in this patient."""
        return (point[0] * self.scale[0], point[1] * self.scale[1], point[2] * self.scale[2])


def _pair(name: str, centre: Point, semi_axes: Point, suv: float, *, blunt: bool = False) -> list[Organ]:
    """Organ on the patient's left, and its mirror image."""
    x, y, depth = centre
    return [Organ(name, (side * x, y, depth), semi_axes, suv, blunt) for side in (1.0, -1.0)]


def _skeleton(marrow: float) -> list[Organ]:
    vertebrae = [
        Organ("vertebra", (0, 55, depth), (17, 15, 12), marrow, True) for depth in range(205, 640, 29)
    ]
    return [
        *vertebrae,
        Organ("sacrum", (0, 68, 662), (34, 14, 32), marrow),
        *_pair("ilium", (80, 32, 625), (26, 20, 40), 0.95 * marrow),
        *_pair("acetabulum", (86, 5, 700), (20, 22, 22), 0.8 * marrow),
        *_pair("ischium", (60, 32, 750), (16, 16, 22), 0.7 * marrow),
        *_pair("femur", (95, 2, 738), (23, 23, 23), 0.6 * marrow),
        *_pair("femur", (93, 0, 840), (14, 14, 90), 0.55 * marrow, blunt=True),
        *_pair("humerus", (134, 22, 263), (19, 19, 19), 0.6 * marrow),
        Organ("sternum", (0, -88, 320), (17, 8, 52), 0.8 * marrow),
    ]


def _organs(stable: np.random.Generator, visit: np.random.Generator) -> list[Organ]:
    liver = LIVER_SUV * float(np.exp(stable.normal(0, 0.10) + visit.normal(0, 0.03)))
    brain = 9.0 * float(np.exp(stable.normal(0, 0.10)))
    heart = float(np.clip(stable.lognormal(1.35, 0.35) * visit.lognormal(0, 0.2), 2.0, 8.0))
    kidney = float(visit.uniform(3.0, 5.0))
    bladder = float(visit.uniform(10.0, 30.0))
    marrow = float(stable.uniform(1.1, 1.6))
    bowel = [
        Organ(
            "bowel",
            (float(x), float(y), float(depth)),
            (float(r), float(r), 1.4 * float(r)),
            float(suv),
        )
        for x, y, depth, r, suv in zip(
            stable.uniform(-95, 95, 14),
            stable.uniform(-75, -35, 14),
            stable.uniform(540, 660, 14),
            stable.uniform(8, 16, 14),
            visit.uniform(1.0, 2.4, 14),
            strict=True,
        )
    ]
    return [
        *_pair("breast", (75, -104, 345), (52, 42, 44), 0.45),
        *_pair("lung", (76, -5, 330), (52, 78, 88), 0.45),
        Organ("mediastinum", (0, -8, 310), (26, 45, 82), 1.25),
        Organ("aorta", (14, 34, 430), (11, 11, 150), BLOOD, True),
        *_skeleton(marrow),
        Organ("brain", (0, -2, 72), (62, 78, 56), brain),
        Organ("white matter", (0, -2, 66), (44, 60, 34), 0.55 * brain),
        *_pair("basal ganglia", (20, 0, 78), (11, 20, 14), 1.05 * brain),
        Organ("cerebellum", (0, 42, 122), (46, 30, 22), 0.75 * brain),
        *_pair("tonsil", (15, -5, 182), (7, 8, 12), 2.3),
        Organ("liver", (-64, -2, 455), (68, 76, 72), liver),
        Organ("liver", (2, -44, 438), (58, 34, 36), liver),
        Organ("spleen", (98, 35, 452), (26, 38, 48), 0.8 * liver),
        Organ("stomach", (62, -30, 462), (30, 30, 30), 1.9),
        Organ("heart", (45, -28, 385), (38, 36, 38), heart),
        Organ("ventricle", (45, -28, 380), (23, 21, 28), BLOOD),
        *_pair("kidney", (60, 48, 515), (24, 24, 46), kidney),
        *_pair("renal pelvis", (52, 44, 518), (9, 10, 20), 2.2 * kidney),
        *bowel,
        Organ("bladder", (0, -28, 715), (38, 32, 27), bladder),
    ]


def anatomy_of(scan: SimulatedScan) -> Anatomy:
    """Anatomy of the patient at this visit.

    Sizes and the patient's own level of uptake come from ``anatomy_seed`` and the height; what the body
    does from day to day (heart, bladder, bowel, 3 % in the liver) from ``noise_seed``; the outline from
    the weight.

    Parameters
    ----------
    scan : SimulatedScan
        Its lesions are not looked at.
    """
    stable = np.random.default_rng(np.random.SeedSequence([scan.anatomy_seed, 1]))
    visit = np.random.default_rng(np.random.SeedSequence([scan.noise_seed, 1]))
    along = float(np.clip(scan.height_cm / REFERENCE_HEIGHT_CM, 0.88, 1.05))
    across = along**0.5
    thickness = (scan.weight_kg / scan.height_cm) / (REFERENCE_WEIGHT_KG / REFERENCE_HEIGHT_CM)
    girth = float(np.clip(thickness**0.5, 0.95, 1.18)) * across
    outline = OUTLINE * np.array([along, girth, girth], dtype=np.float32)
    head = OUTLINE[:, 0] < 215  # a heavy patient has no larger head
    outline[head, 1:] = OUTLINE[head, 1:] * across
    organs = tuple(
        replace(
            organ,
            centre=(organ.centre[0] * across, organ.centre[1] * across, organ.centre[2] * along),
            semi_axes=(organ.semi_axes[0] * across, organ.semi_axes[1] * across, organ.semi_axes[2] * along),
        )
        for organ in _organs(stable, visit)
    )
    return Anatomy(outline, CROTCH_DEPTH * along, organs, (across, across, along))
