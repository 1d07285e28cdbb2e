"""Candidates for lesions in one PET: what is above a threshold and not physiological by rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.errors import ImageError, ParameterError
from analysis.pet.contours.region import Region
from analysis.pet.measures.liver import LiverReference, liver_reference
from analysis.pet.measures.peak import suv_peaks
from analysis.pet.proposals.physiological import HotRegion, body_of, physiological
from analysis.pet.suv.volume import SuvVolume
from analysis.study import load_protocol

THRESHOLDS: dict[str, str] = {
    "41%": "41 % of the maximum of each hot spot; hot spots are above the liver level",
    "50%": "50 % of the maximum of each hot spot; hot spots are above the liver level",
    "2.5": "SUV 2.5",
    "4.0": "SUV 4.0",
    "liver": "liver level: 1.5 times the liver's mean plus 2 standard deviations",
    "percist": "liver level, and only what is measurable by PERCIST 1.0: its peak reaches that level too",
}
"""Names of the rules and what they mean."""

_GROWTH_MM = 10.0
"""How far a percentage of the maximum may reach beyond the hot spot it starts from: it must not flood cool lesions' surroundings."""

_MOST = 200
_LIVER_REACH_MM = 110.0


@dataclass(frozen=True)
class Candidates:
    """Proposed lesions of one scan.

    Parameters
    ----------
    regions : dict of str to Region
        By name, ``proposal-01`` the hottest.
    removed : dict of str to Region
        What was taken for physiological, by organ; a reader must see this too, since a lesion may lie there.
    rule : str
        Threshold, connectivity and least volume in words.
    warnings : tuple of str
        What could not be told on this scan.
    """

    regions: dict[str, Region]
    removed: dict[str, Region]
    rule: str
    warnings: tuple[str, ...]


def propose(volume: SuvVolume, *, threshold: str = "41%", smallest_ml: float | None = None) -> Candidates:
    """Candidates for lesions of one scan. A proposal: nothing here is a finding until a reader accepts it.

    Parameters
    ----------
    volume : SuvVolume
        The scan.
    threshold : str
        One of ``THRESHOLDS``.
    smallest_ml : float, optional
        Smaller regions are left out; by default the protocol's ``proposals.smallest_ml``.

    Raises
    ------
    ParameterError
        If the threshold is unknown.
    ImageError
        If the threshold needs a liver reference and there is none.

    References
    ----------
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307; Boellaard 2015 (EANM 2.0), doi 10.1007/s00259-014-2961-x.
    """
    from scipy import ndimage

    if threshold not in THRESHOLDS:
        raise ParameterError(
            f"there is no threshold {threshold!r}", expected="one of " + ", ".join(THRESHOLDS)
        )
    protocol = load_protocol()
    least = float(protocol.value("proposals.smallest_ml")) if smallest_ml is None else smallest_ml
    neighbours = int(protocol.value("suv.connectivity"))
    liver, reason = liver_reference(volume.suv, volume.grid)
    if threshold in ("liver", "percist", "41%", "50%") and liver is None:
        raise ImageError(
            f"the threshold {threshold} needs the liver: {reason}", where=f"series {volume.series_uid}",
            expected="a liver reference", do="use --threshold 2.5 or 4.0 for this scan",
        )  # fmt: skip
    level = 1.5 * liver.mean + 2 * liver.sd if liver is not None else np.inf
    seed = float(threshold) if threshold in ("2.5", "4.0") else level
    warnings = (
        []
        if liver is not None
        else [f"no liver reference ({reason}): heart, kidneys and liver are not removed"]
    )
    body = body_of(volume.suv, volume.grid)
    if body is None:
        warnings.append(
            "the image shows too little of the body, or is not axial: nothing physiological is removed"
        )
    labels, hot = _hot_regions(volume, _seeds(volume, seed, liver, level), neighbours)
    organs = physiological(hot, body, liver.centre if liver is not None else None)
    physio = np.isin(labels, list(organs))
    places = ndimage.find_objects(labels)
    rest = [region for region in hot if region.number not in organs]
    fraction = float(threshold.rstrip("%")) / 100 if threshold.endswith("%") else None
    if len(rest) > _MOST:
        warnings.append(f"{len(rest)} hot regions: only the {_MOST} hottest were looked at")
    found = []
    for region in sorted(rest, key=lambda r: -r.suv_max)[:_MOST]:
        if region.volume_ml < least:  # specks of noise would grow into whole organs under a percentage
            continue
        place = places[region.number - 1]
        low = tuple(part.start for part in place)
        spot = Region(volume.grid.shape, low, labels[place] == region.number)
        found += [spot] if fraction is None else _grown(volume, spot, fraction, physio, neighbours)
    kept = [r for r in found if r.voxels * volume.grid.voxel_ml >= least]
    if threshold == "percist":
        peaks = suv_peaks(volume.suv, kept, volume.grid.spacing)
        kept = [region for region, peak in zip(kept, peaks, strict=True) if peak.best >= level]
    kept = sorted(_apart(kept), key=lambda r: -float(volume.suv[r.box][r.inside].max()))
    kept = [r for r in kept if r.voxels * volume.grid.voxel_ml >= least]
    rule = (
        f"{THRESHOLDS[threshold]}; seeds from SUV {seed:.2f}; {neighbours} neighbours; at least {least:g} ml"
    )
    return Candidates(
        {f"proposal-{place:02d}": region for place, region in enumerate(kept, start=1)},
        _named(organs, places, labels),
        rule,
        tuple(warnings),
    )


def _named(organs: dict[int, str], places: list, labels: np.ndarray) -> dict[str, Region]:
    """Removed regions under their organ's name; the second kidney has a number."""
    removed: dict[str, Region] = {}
    for number, organ in organs.items():
        place = places[number - 1]
        again = sum(name.split(" ")[0] == organ for name in removed)
        name = organ if not again else f"{organ} {again + 1}"
        removed[name] = Region(labels.shape, tuple(part.start for part in place), labels[place] == number)
    return removed


def _seeds(volume: SuvVolume, seed: float, liver: LiverReference | None, level: float) -> np.ndarray:
    """Voxels above the seed level; within reach of the liver's centre, those above the liver's own level alone."""
    mask = volume.suv >= seed
    if liver is None or seed >= level:
        return mask
    grid = volume.grid
    middle = grid.index(np.array([liver.centre]))[0]
    reach = np.ceil(_LIVER_REACH_MM / np.array(grid.spacing)).astype(int)
    low = np.maximum(np.floor(middle).astype(int) - reach, 0)
    high = np.minimum(np.floor(middle).astype(int) + reach + 1, grid.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    axes = [(np.arange(s.start, s.stop) - m) * d for s, m, d in zip(box, middle, grid.spacing, strict=True)]
    near = axes[0][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[2] ** 2 <= _LIVER_REACH_MM**2
    mask[box] &= ~near | (volume.suv[box] >= level)
    return mask


def _structure(neighbours: int) -> np.ndarray:
    from scipy import ndimage

    return ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[neighbours])


def _hot_regions(volume: SuvVolume, seeds: np.ndarray, neighbours: int) -> tuple[np.ndarray, list[HotRegion]]:
    from scipy import ndimage

    labels, count = ndimage.label(seeds, structure=_structure(neighbours))
    if not count:
        return labels, []
    voxels = np.argwhere(seeds)
    of = labels[seeds]
    sizes = np.bincount(of, minlength=count + 1)[1:]
    centres = np.stack([np.bincount(of, voxels[:, axis], count + 1)[1:] / sizes for axis in range(3)], axis=1)
    highest = np.zeros(count + 1)
    np.maximum.at(highest, of, volume.suv[seeds])
    places = volume.grid.points(centres)
    return labels, [
        HotRegion(
            number + 1, float(sizes[number]) * volume.grid.voxel_ml, float(highest[number + 1]),
            (float(places[number, 0]), float(places[number, 1]), float(places[number, 2])),
        )
        for number in range(count)
    ]  # fmt: skip


def _grown(
    volume: SuvVolume, spot: Region, fraction: float, physio: np.ndarray, neighbours: int
) -> list[Region]:
    """What is above a fraction of each maximum of a hot spot, hottest first, until the spot is covered."""
    from scipy import ndimage

    box, left = spot.surroundings(np.ceil(_GROWTH_MM / np.array(volume.grid.spacing)).astype(int))
    suv, barred = volume.suv[box], physio[box].copy()
    low = np.array([part.start for part in box])
    found = []
    while left.any() and len(found) < _MOST:
        top = np.unravel_index(int(np.where(left, suv, -np.inf).argmax()), left.shape)
        above, _count = ndimage.label(
            (suv >= fraction * suv[top]) & ~barred, structure=_structure(neighbours)
        )
        region = above == above[top]
        found.append(Region.of_voxels(np.argwhere(region) + low, volume.grid.shape))
        left &= ~region
        barred |= region
    return found


def _apart(regions: list[Region]) -> list[Region]:
    """Regions without common voxels: a voxel belongs to the first that has it."""
    taken: set[tuple[int, int, int]] = set()
    kept = []
    for region in regions:
        voxels = np.argwhere(region.inside) + np.array(region.low)
        own = [place for place in map(tuple, voxels.tolist()) if place not in taken]
        taken.update(own)
        if own:
            kept.append(Region.of_voxels(np.array(own), region.shape))
    return kept
