"""The liver as reference: a sphere of 3 cm in the right lobe, placed by a rule on the PET alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.pet.suv.grid import Grid

_RADIUS_MM = 15.0
_COARSE_MM = 10.0
_LOWEST_SUV, _HIGHEST_SUV = 1.1, 5.0
_LARGEST_VARIATION = 0.35
_LEAST_CONTRAST = 1.5
_ALIKE = (0.7, 1.4)
_SMALLEST_LOBE_ML = 300.0
_LUNG_MM, _LUNG_WITHIN_MM = 40.0, 150.0
_AIR_SUV = 0.1


@dataclass(frozen=True)
class LiverReference:
    """Uptake in the reference sphere of the liver.

    Parameters
    ----------
    mean, sd : float
        SUV by body weight in the sphere.
    voxels : int
        Number of its voxels.
    centre : tuple of float
        Its centre in patient coordinates, mm.
    """

    mean: float
    sd: float
    voxels: int
    centre: tuple[float, float, float]


def liver_reference(
    suv: np.ndarray, grid: Grid, *, avoid: np.ndarray | None = None
) -> tuple[LiverReference | None, str]:
    """Liver reference of a whole-body PET, or ``None`` and why not.

    Rule: the image is averaged to voxels of about 1 cm. Of the voxels right of the body's midline with an SUV of 1.1
    to 5 and no lesion, the connected region that is widest is taken as the right lobe if it passes for a liver, else
    the next. The centre of the sphere is the point of it farthest from its border. It passes if

    - the sphere fits inside, and varies by at most 35 %;
    - its mean is at least 1.5 times the body's median, which muscle and fat set;
    - at least 300 ml around it have 0.7 to 1.4 times its mean: brown fat, bowel, kidney and mediastinum do not;
    - headwards, within 15 cm, come 4 cm of less than half its uptake inside the body, the lung: brain, thigh and a
      field of view that ends in the liver have none.

    Parameters
    ----------
    suv : ndarray of float32, shape (slices, rows, columns)
        SUV by body weight.
    grid : Grid
        Its grid; axial.
    avoid : ndarray of bool, same shape, optional
        Lesions.

    References
    ----------
    Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307: 3 cm sphere in the right hepatic lobe.
    """
    from scipy import ndimage

    if abs(grid.directions[0][2]) < 0.9 or abs(grid.directions[2][0]) < 0.9:
        return None, "the slices are not axial"
    steps = tuple(max(1, round(_COARSE_MM / s)) for s in grid.spacing)
    coarse = _block_mean(suv, steps)
    spacing = np.array(grid.spacing) * steps
    body = coarse > 0.15
    if body.sum() < 50:
        return None, "no body was found"
    tissue = (coarse >= _LOWEST_SUV) & (coarse <= _HIGHEST_SUV)
    if avoid is not None and avoid.any():
        tissue &= ~(_block_mean(avoid.astype(np.float32), steps) > 0)
    columns = np.arange(coarse.shape[2])
    midline = float((body.sum(axis=(0, 1)) * columns).sum() / body.sum())
    # Columns ascend towards the patient's left, unless the image is stored the other way.
    right = columns < midline if grid.directions[2][0] > 0 else columns > midline
    tissue &= right[None, None, :]
    depth = _depth(tissue, spacing)
    wide, count = ndimage.label(depth >= _RADIUS_MM)  # type: ignore[misc]
    if not count:
        return None, "no region right of the midline is wide enough for a 3 cm sphere of SUV 1.1 to 5"
    places = ndimage.maximum_position(depth, wide, range(1, count + 1))
    reasons = []
    for place in sorted(places, key=lambda at: -depth[at]):
        centre = grid.points(((np.array(place) + 0.5) * steps - 0.5)[None])[0]
        values = sphere_values(suv, grid, centre)
        mean, sd = float(values.mean()), float(values.std())
        reason = (
            f"uptake in the sphere varies by {100 * sd / mean:.0f} %"
            if sd > _LARGEST_VARIATION * mean
            else _objection(coarse, body, right, place, mean, spacing, headwards=grid.directions[0][2] > 0)
        )
        if not reason:
            x, y, z = map(float, centre)
            return LiverReference(mean, sd, int(values.size), (x, y, z)), ""
        reasons.append(reason)
    return None, f"the widest region right of the midline does not pass for a liver: {reasons[0]}"


def _objection(
    coarse: np.ndarray,
    body: np.ndarray,
    right: np.ndarray,
    place: tuple[int, ...],
    mean: float,
    spacing: np.ndarray,
    *,
    headwards: bool,
) -> str:
    """Why the region about a place is no liver; empty if it passes."""
    from scipy import ndimage

    if mean < _LEAST_CONTRAST * float(np.median(coarse[body])):
        return f"SUV {mean:.1f} is not above the rest of the body"
    alike = (coarse >= _ALIKE[0] * mean) & (coarse <= _ALIKE[1] * mean) & right[None, None, :]
    labels, _count = ndimage.label(alike)  # type: ignore[misc]
    millilitres = float((labels == labels[place]).sum() * np.prod(spacing)) / 1000 if labels[place] else 0.0
    if millilitres < _SMALLEST_LOBE_ML:
        return f"{millilitres:.0f} ml of its uptake, less than {_SMALLEST_LOBE_ML:.0f} ml"
    row, column = (slice(max(at - 1, 0), at + 2) for at in place[1:])
    line = coarse[:, row, column].mean(axis=(1, 2))
    upwards = line[place[0] :] if headwards else line[place[0] :: -1]
    below = upwards < 0.5 * mean
    start = int(below.argmax()) if below.any() else len(below)
    lung = upwards[start : start + int(np.ceil(_LUNG_MM / spacing[0]))]
    if start * spacing[0] > _LUNG_WITHIN_MM or len(lung) * spacing[0] < _LUNG_MM:
        return "no lung is seen above it"
    if not ((lung < 0.5 * mean) & (lung > _AIR_SUV)).all():
        return "what lies above it is no lung"
    return ""


def _depth(inside: np.ndarray, spacing: Sequence[float] | np.ndarray) -> np.ndarray:
    """Distance in mm of each voxel from the nearest one outside; beyond the array is outside as well.

    Computed in the bounding box, since outside of it every distance is 0.
    """
    from scipy import ndimage

    depth = np.zeros(inside.shape)
    if not inside.any():
        return depth
    (box,) = ndimage.find_objects(inside.astype(np.int8))
    found = ndimage.distance_transform_edt(np.pad(inside[box], 1), sampling=spacing)
    depth[box] = np.asarray(found)[1:-1, 1:-1, 1:-1]
    return depth


def _block_mean(volume: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Means of blocks; summed plane by plane, row by row and column by column, which is how they lie in memory."""
    shape = [n // s for n, s in zip(volume.shape, steps, strict=True)]
    total = volume[tuple(slice(n * s) for n, s in zip(shape, steps, strict=True))]
    for axis, step in enumerate(steps):
        parts = np.moveaxis(total, axis, 0)
        total = np.moveaxis(sum((parts[i::step] for i in range(1, step)), parts[::step]), 0, axis)
    return total / np.float32(np.prod(steps))


def sphere_in(
    suv: np.ndarray, grid: Grid, inside: np.ndarray, low: tuple[int, int, int]
) -> np.ndarray | None:
    """SUVs of the 3 cm sphere about the point of a contour farthest from its border; ``None`` if it does not fit.

    Parameters
    ----------
    suv, grid
        As for :func:`liver_reference`.
    inside : ndarray of bool
        The contour within its bounding box, without lesions.
    low : tuple of int
        Index of the box's first voxel.
    """
    depth = _depth(inside, grid.spacing)
    place = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    if depth.max() <= _RADIUS_MM:
        return None
    return sphere_values(suv, grid, grid.points((place + low)[None])[0])


def sphere_values(suv: np.ndarray, grid: Grid, centre: np.ndarray) -> np.ndarray:
    """SUVs of the voxels whose centres lie within 1.5 cm of a point in mm."""
    middle = grid.index(centre[None])[0]
    reach = _RADIUS_MM / np.array(grid.spacing)
    low = np.maximum(np.ceil(middle - reach).astype(int), 0)
    high = np.minimum(np.floor(middle + reach).astype(int) + 1, grid.shape)
    axes = [(np.arange(a, b) - m) * s for a, b, m, s in zip(low, high, middle, grid.spacing, strict=True)]
    distance = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    part = suv[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return part[distance <= _RADIUS_MM**2].astype(float)
