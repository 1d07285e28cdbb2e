"""Maximum-intensity projection of a scan with the lesions' outlines: what a picture needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.pet.suv.grid import Grid
from analysis.pet.suv.volume import SuvVolume


@dataclass(frozen=True)
class Projection:
    """Coronal maximum-intensity projection of one scan.

    Parameters
    ----------
    visit : str
        Visit of the scan.
    suv : ndarray of float32, shape (rows, columns)
        Highest SUV along the patient's front-to-back direction; head at the top, the patient's right on the left.
    spacing : tuple of float
        Distance of rows and of columns in mm.
    lesions : mapping of str to ndarray of bool
        Projected mask of each lesion, by lesion.
    """

    visit: str
    suv: np.ndarray
    spacing: tuple[float, float]
    lesions: Mapping[str, np.ndarray]


def maximum_intensity_projection(volume: np.ndarray, grid: Grid | None = None) -> np.ndarray:
    """Highest value along the front-to-back direction; head up and the patient's right on the left.

    Parameters
    ----------
    volume : ndarray, shape (slices, rows, columns)
        SUV, or a mask.
    grid : Grid, optional
        Axial grid; without it slices are taken to ascend to the head and columns to the patient's left.

    Returns
    -------
    ndarray, shape (slices, columns)
    """
    projected = volume.max(axis=1)
    head_last = grid is None or grid.directions[0][2] > 0
    left_last = grid is None or grid.directions[2][0] > 0
    return projected[:: -1 if head_last else 1, :: 1 if left_last else -1]


def projection_of(visit: str, volume: SuvVolume, lesions: Mapping[str, np.ndarray]) -> Projection:
    """Projection of one scan with the masks of its lesions."""
    grid = volume.grid
    return Projection(
        visit,
        maximum_intensity_projection(volume.suv, grid),
        (grid.spacing[0], grid.spacing[2]),
        {lesion: maximum_intensity_projection(mask, grid) for lesion, mask in lesions.items()},
    )
