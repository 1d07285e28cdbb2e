"""Which hot regions are normal organs, told by size and place on the PET alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.pet.suv.grid import Grid

_BODY_SUV = 0.15
_SHORTEST_BODY_MM = 400.0

REMOVED = {
    "brain": "more than 150 ml within 22 cm of the top of the body",
    "heart": "the largest of more than 15 ml, 0 to 10 cm left of the midline, in front, 1 to 16 cm above the liver's centre",
    "kidney": "on each side the largest of more than 5 ml, 2 to 11 cm from the midline, behind, 16 cm below to 4 cm above the liver's centre",
    "bladder": "the hottest of more than 5 ml within 3 cm of the midline, at most 4 cm behind the middle, below the trunk's middle and 15 cm below the liver's centre",
}
"""What is removed, and by which rule."""

KEPT = "bowel, stomach, ureters, tonsils, salivary glands, brown fat, muscle, bone marrow, inflammation and the injection site"
"""What may be hot without being a lesion and is not removed: a reader must."""


@dataclass(frozen=True)
class HotRegion:
    """A connected region above the seed level: its number, volume, hottest SUV and centre (left, back, up; mm)."""

    number: int
    volume_ml: float
    suv_max: float
    centre: tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """Where the body lies: midline, middle from front to back, top and bottom, in mm."""

    midline: float
    depth: float
    top: float
    bottom: float


def body_of(suv: np.ndarray, grid: Grid) -> Body | None:
    """Place of the body in an axial image; ``None`` where there is none, or too little of it for a rule of place."""
    if (
        abs(grid.directions[0][2]) < 0.9
        or abs(grid.directions[1][1]) < 0.9
        or abs(grid.directions[2][0]) < 0.9
    ):
        return None
    steps = [max(1, round(10.0 / s)) for s in grid.spacing]
    coarse = suv[:: steps[0], :: steps[1], :: steps[2]]
    inside = np.argwhere(coarse > _BODY_SUV)
    if len(inside) < 50:
        return None
    x, y, z = grid.points(inside * steps).T
    low, high = np.percentile(z, [0.5, 99.5])
    body = Body(float(np.median(x)), float(np.median(y)), float(high), float(low))
    return body if body.top - body.bottom >= _SHORTEST_BODY_MM else None


def physiological(
    regions: Sequence[HotRegion], body: Body | None, liver: tuple[float, float, float] | None
) -> dict[int, str]:
    """Organ of each region that is taken to be physiological, by its number.

    Parameters
    ----------
    regions : sequence of HotRegion
        Connected regions above the seed level.
    body : Body or None
        From :func:`body_of`; without it no rule applies.
    liver : tuple of float or None
        Centre of the liver reference in mm; without it heart and kidneys are not told.
    """
    if body is None:
        return {}
    found: dict[int, str] = {}
    for region in regions:
        if region.volume_ml > 150 and body.top - region.centre[2] < 220:
            found[region.number] = "brain"
    rest = [region for region in regions if region.number not in found]
    if liver is not None:
        heart = [r for r in rest if r.volume_ml > 15 and _between(r.centre[0] - body.midline, 0, 100)
                 and r.centre[1] < body.depth + 10 and _between(r.centre[2] - liver[2], 10, 160)]  # fmt: skip
        kidneys = [
            [r for r in rest if r.volume_ml > 5 and _between(side * (r.centre[0] - body.midline), 20, 110)
             and r.centre[1] > body.depth and _between(r.centre[2] - liver[2], -160, 40)]
            for side in (1, -1)
        ]  # fmt: skip
        for group, organ in ((heart, "heart"), *((side, "kidney") for side in kidneys)):
            if group:
                found[max(group, key=lambda r: r.volume_ml).number] = organ
    low = body.bottom + 0.45 * (body.top - body.bottom)
    bladder = [
        r
        for r in rest
        if r.volume_ml > 5
        and abs(r.centre[0] - body.midline) < 30
        and r.centre[1] < body.depth + 40
        and r.centre[2] < low
        and r.number not in found
    ]
    if liver is not None:
        bladder = [r for r in bladder if r.centre[2] < liver[2] - 150]
    if bladder:
        found[max(bladder, key=lambda r: r.suv_max).number] = "bladder"
    return found


def _between(value: float, low: float, high: float) -> bool:
    return low <= value <= high
