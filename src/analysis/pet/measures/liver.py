"""The liver as reference: a sphere of 3 cm in the right lobe, placed by a rule on the PET alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.pet.suv.grid import Grid

_RADIUS_MM = 15.0
_COARSE_MM = 10.0
_LOWEST_SUV, _HIGHEST_SUV = 1.1, 5.0
_LARGEST_VARIATION = 0.35


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
    to 5 and no lesion, the connected region that is widest is taken as the right lobe, and the centre of the sphere
    is the point of it farthest from its border. The sphere must fit inside, and vary by at most 35 %.

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
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(tissue, 1), sampling=spacing))[1:-1, 1:-1, 1:-1]
    if depth.max() < _RADIUS_MM:
        return None, "no region right of the midline is wide enough for a 3 cm sphere of SUV 1.1 to 5"
    place = np.unravel_index(int(depth.argmax()), depth.shape)
    centre = grid.points(((np.array(place) + 0.5) * steps - 0.5)[None])[0]
    values = _sphere_values(suv, grid, centre)
    mean, sd = float(values.mean()), float(values.std())
    if sd > _LARGEST_VARIATION * mean:
        return None, f"uptake in the sphere varies by {100 * sd / mean:.0f} %"
    return LiverReference(
        mean, sd, int(values.size), (float(centre[0]), float(centre[1]), float(centre[2]))
    ), ""


def _block_mean(volume: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    shape = [n // s for n, s in zip(volume.shape, steps, strict=True)]
    cut = volume[tuple(slice(n * s) for n, s in zip(shape, steps, strict=True))]
    blocks = cut.reshape(shape[0], steps[0], shape[1], steps[1], shape[2], steps[2])
    return blocks.mean(axis=(1, 3, 5), dtype=np.float32)


def _sphere_values(suv: np.ndarray, grid: Grid, centre: np.ndarray) -> np.ndarray:
    middle = grid.index(centre[None])[0]
    reach = _RADIUS_MM / np.array(grid.spacing)
    low = np.maximum(np.ceil(middle - reach).astype(int), 0)
    high = np.minimum(np.floor(middle + reach).astype(int) + 1, grid.shape)
    axes = [(np.arange(a, b) - m) * s for a, b, m, s in zip(low, high, middle, grid.spacing, strict=True)]
    distance = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    part = suv[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return part[distance <= _RADIUS_MM**2].astype(float)
