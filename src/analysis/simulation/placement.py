"""Where the lesions of a patient lie: the same at every visit, and a new lesion moves no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import DesignError
from analysis.simulation.anatomy import LIVER_REFERENCE, Anatomy
from analysis.simulation.grid import Point
from analysis.simulation.scans import SimulatedLesion


def _both(*places: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    return [(side * x, y, depth, room) for x, y, depth, room in places for side in (1.0, -1.0)]


PLACES: dict[str, list[tuple[float, float, float, float]]] = {
    # x (left), y (back), depth, largest radius that stays in the region: mm in the reference woman
    "bone": [
        *[(0.0, 55.0, float(depth), 25.0) for depth in (278, 321, 365, 408, 452, 495, 539, 582, 626)],
        (0.0, 50.0, 234.0, 12.0),
        (0.0, 66.0, 665.0, 22.0),
        *_both((80, 34, 612, 22), (84, 20, 650, 22), (88, 5, 702, 22), (60, 32, 752, 16)),
        *_both((95, 2, 740, 22), (93, 0, 775, 14), (118, 22, 264, 14)),
        *_both((138, 0, 340, 12), (98, 66, 322, 13), (98, 66, 378, 13)),
        (0.0, -86.0, 292.0, 12.0),
        (0.0, -86.0, 332.0, 12.0),
    ],
    "node": [
        *_both((20, 8, 288, 16), (38, 15, 326, 16), (138, -12, 284, 16), (46, 5, 230, 12)),
        *_both((22, 26, 572, 18), (24, 26, 610, 18), (52, 8, 662, 18), (76, -58, 742, 16)),
        (0.0, -25.0, 268.0, 14.0),
        (2.0, 20.0, 540.0, 16.0),
    ],
    "liver": [
        (-52.0, -50.0, 446.0, 18.0),
        (-48.0, 8.0, 408.0, 18.0),
        (-98.0, -36.0, 418.0, 16.0),
        (-70.0, -28.0, 506.0, 18.0),
        (-28.0, 0.0, 462.0, 18.0),
        (-50.0, 46.0, 426.0, 16.0),
        (-6.0, -48.0, 448.0, 16.0),
        (-112.0, 18.0, 488.0, 10.0),
    ],
    "lung": [
        *_both((78, -20, 278, 18), (84, 32, 318, 20)),
        (-72.0, -45.0, 330.0, 20.0),
        (-84.0, 22.0, 366.0, 14.0),
        (96.0, 28.0, 368.0, 16.0),
        (74.0, -48.0, 318.0, 14.0),
    ],
    "breast": _both((82, -110, 330, 20), (58, -108, 366, 16), (92, -104, 372, 14)),
    "other": _both((80, 68, 690, 22), (78, 62, 592, 18), (95, 35, 770, 18), (108, -40, 585, 16)),
}
"""Places where a lesion may be centred, for each site of the lesion table."""

REGIONS: dict[str, list[tuple[Point, Point]]] = {
    # centre and semi-axes: x, y, depth in mm in the reference woman
    "bone": [((0.0, 55.0, 450.0), (8.0, 8.0, 190.0))],
    "node": [
        ((0.0, 0.0, 290.0), (45.0, 35.0, 50.0)),
        ((0.0, 15.0, 600.0), (50.0, 25.0, 80.0)),
        *[((side * 140.0, -8.0, 285.0), (14.0, 20.0, 28.0)) for side in (1.0, -1.0)],
    ],
    "liver": [((-64.0, -2.0, 455.0), (62.0, 70.0, 66.0)), ((-10.0, -44.0, 440.0), (36.0, 26.0, 28.0))],
    "lung": [((side * 76.0, -5.0, 325.0), (46.0, 70.0, 78.0)) for side in (1.0, -1.0)],
    "breast": [((side * 80.0, -92.0, 345.0), (50.0, 42.0, 60.0)) for side in (1.0, -1.0)],
    "other": [
        *[((side * 80.0, 66.0, 670.0), (50.0, 22.0, 80.0)) for side in (1.0, -1.0)],
        *[((side * 100.0, -40.0, 600.0), (30.0, 40.0, 60.0)) for side in (1.0, -1.0)],
    ],
}
"""Where further lesions go once the places are taken."""

TRIES = 250
"""Random points of the region that are tried at each size."""

AWAY_FROM = ("brain", "cerebellum", "heart", "kidney", "bladder")
"""Organs whose uptake would spill into a lesion."""

CLEARANCE_MM = 10.0
"""Distance kept from those organs, and from the liver's reference sphere."""

BETWEEN_MM = 18.0
"""Distance kept between lesions: the blur reaches 9 mm from each, so that neither changes the other."""

ELONGATION = 1.12
"""The longest semi-axis of a lesion is at most this times its radius."""

SMALLER = (1.0, 0.85, 0.7, 0.6, 0.5)
"""A lesion too large for the room that is left is drawn smaller, in these steps."""

SMALLEST_MM = 6.0

SPARE_BELOW_MM = 10.0
"""Only a lesion smaller than this may lie outside the listed places: a larger one would leave the region."""


@dataclass(frozen=True)
class PlacedLesion:
    """A lesion with its ellipsoid: centre and semi-axes in x (left), y (back) and depth, mm."""

    lesion: SimulatedLesion
    centre: Point
    semi_axes: Point


def _clear_of_organs(point: np.ndarray, radius: float, anatomy: Anatomy) -> bool:
    gap = ELONGATION * radius + CLEARANCE_MM
    for organ in anatomy.organs:
        if organ.name in AWAY_FROM:
            reach = np.asarray(organ.semi_axes) + gap
            if np.sum(np.square((point - organ.centre) / reach)) < 1:
                return False
    return bool(np.linalg.norm(point - anatomy.place(LIVER_REFERENCE)) > 15.0 + gap)


def _clear_of_lesions(point: np.ndarray, radius: float, placed: Sequence[PlacedLesion]) -> bool:
    return all(
        np.linalg.norm(point - other.centre) > ELONGATION * radius + max(other.semi_axes) + BETWEEN_MM
        for other in placed
    )


def _candidates(
    site: str, rng: np.random.Generator, anatomy: Anatomy
) -> tuple[list[tuple[np.ndarray, float]], np.ndarray]:
    """Places of a site in random order, each with the largest radius it holds, and points of its region."""
    places = PLACES[site]
    shift = rng.uniform(-2.0, 2.0, 3)
    listed = []
    for index in rng.permutation(len(places)):
        x, y, depth, room = places[index]
        listed.append((np.asarray(anatomy.place((x, y, depth))) + shift, room))
    centres, semi_axes = np.asarray(REGIONS[site]).transpose(1, 0, 2)
    direction = rng.standard_normal((TRIES, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    part = rng.integers(len(centres), size=TRIES)
    inside = direction * rng.random((TRIES, 1)) ** (1 / 3)
    return listed, (centres[part] + semi_axes[part] * inside) * anatomy.scale


def _place_one(
    lesion: SimulatedLesion, rng: np.random.Generator, anatomy: Anatomy, placed: Sequence[PlacedLesion]
) -> PlacedLesion:
    stretch = np.exp(rng.uniform(-0.07, 0.07, 3))
    stretch /= np.prod(stretch) ** (1 / 3)  # the volume stays that of the sphere; at most exp(0.094) < 1.12
    listed, spare = _candidates(lesion.site, rng, anatomy)
    for factor in SMALLER:
        radius = max(lesion.radius_mm * factor, SMALLEST_MM)
        fitting = [point for point, room in listed if radius <= room]
        if radius < SPARE_BELOW_MM or factor == SMALLER[-1]:
            fitting += list(spare)
        for point in fitting:
            if _clear_of_organs(point, radius, anatomy) and _clear_of_lesions(point, radius, placed):
                x, y, depth = (float(value) for value in point)
                a, b, c = (float(value) for value in radius * stretch)
                return PlacedLesion(lesion, (x, y, depth), (a, b, c))
    raise DesignError(
        f"no room for another lesion of site {lesion.site}",
        where=f"lesion {lesion.lesion_id}, after {len(placed)} others",
        expected="at most about 11 lesions of one site in a patient",
        do="simulate fewer lesions a patient",
    )


def place_lesions(
    lesions: Sequence[SimulatedLesion], anatomy: Anatomy, *, seed: int
) -> tuple[PlacedLesion, ...]:
    """Ellipsoids of a patient's lesions inside their organs.

    The place of a lesion follows from the seed, its rank and the lesions before it; never from its uptake,
    from the visit or from a lesion after it.

    Parameters
    ----------
    lesions : sequence of SimulatedLesion
        In the order of their labels.
    anatomy : Anatomy
        The patient.
    seed : int
        The same at all visits of the patient.

    Raises
    ------
    DesignError
        If a site is unknown, or holds no more room for a lesion of half its radius or 6 mm.
    """
    placed: list[PlacedLesion] = []
    for rank, lesion in enumerate(lesions):
        if lesion.site not in PLACES:
            raise DesignError(
                f"the site {lesion.site!r} of a lesion is unknown",
                where=f"lesion {lesion.lesion_id}",
                expected="one of " + ", ".join(PLACES),
            )
        rng = np.random.default_rng(np.random.SeedSequence([seed, rank, 2]))
        placed.append(_place_one(lesion, rng, anatomy, placed))
    return tuple(placed)
