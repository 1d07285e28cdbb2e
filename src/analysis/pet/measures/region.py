"""What is measured in a lesion: SUV, metabolic volume and total glycolysis, under each threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.errors import ImageError
from analysis.pet.measures.peak import suv_peak

THRESHOLDS: dict[str, tuple[str, float]] = {
    "41": ("percent", 41.0),
    "50": ("percent", 50.0),
    "2_5": ("suv", 2.5),
    "4_0": ("suv", 4.0),
}
"""Names of the metabolic volumes: percent of the region's own maximum, or an absolute SUV."""


@dataclass(frozen=True)
class RegionMeasures:
    """Measures of one region of a SUV volume.

    Parameters
    ----------
    voxels : int
        Number of voxels.
    volume_ml : float
        Their volume in ml.
    suv_max, suv_mean : float
        Highest and mean SUV (g/ml).
    suv_peak, suv_peak_at_max : float
        Best 1 ml sphere (PERCIST), and the one centred on the hottest voxel.
    peak_kernel_ml : float
        Volume of that sphere on this grid, in ml.
    peak_leaves_region : bool
        Whether the best sphere reaches beyond the region.
    mtv_ml, tlg_g : mapping of str to float
        Metabolic tumour volume in ml and total lesion glycolysis (mean × volume) in g, by name of ``THRESHOLDS``.
    """

    voxels: int
    volume_ml: float
    suv_max: float
    suv_mean: float
    suv_peak: float
    suv_peak_at_max: float
    peak_kernel_ml: float
    peak_leaves_region: bool
    mtv_ml: Mapping[str, float]
    tlg_g: Mapping[str, float]


def measure_region(
    volume: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]
) -> RegionMeasures:
    """Measures of a region.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        SUV.
    mask : ndarray of bool, same shape
        Region.
    spacing : tuple of float
        Voxel spacing in mm.

    Raises
    ------
    ImageError
        If the region is empty or of another shape.
    """
    if volume.shape != mask.shape:
        raise ImageError(f"the mask has the shape {mask.shape}", expected=f"the image's, {volume.shape}")
    if not mask.any():
        raise ImageError(
            "the region holds no voxel", expected="a region that covers the centre of at least one voxel"
        )
    low, high = _bounds(mask)
    # Work on the region's surroundings only; the peak's sphere may reach out by its radius.
    reach = np.array([int(np.ceil(6.3 / step)) for step in spacing])
    box = tuple(
        slice(a, b)
        for a, b in zip((low - reach).clip(0), np.minimum(high + reach + 1, mask.shape), strict=True)
    )
    part, region = volume[box], mask[box]
    values = part[region].astype(float)
    voxel_ml = float(np.prod(spacing)) / 1000
    peak = suv_peak(part, region, spacing)
    mtv, tlg = {}, {}
    for name, (kind, level) in THRESHOLDS.items():
        mtv[name], tlg[name] = metabolic_volume(
            values, voxel_ml, threshold=level / 100 * values.max() if kind == "percent" else level
        )
    return RegionMeasures(
        voxels=int(values.size),
        volume_ml=values.size * voxel_ml,
        suv_max=float(values.max()),
        suv_mean=float(values.mean()),
        suv_peak=peak.best,
        suv_peak_at_max=peak.at_max,
        peak_kernel_ml=peak.kernel_ml,
        peak_leaves_region=peak.leaves_region,
        mtv_ml=mtv,
        tlg_g=tlg,
    )


def metabolic_volume(values: np.ndarray, voxel_ml: float, *, threshold: float) -> tuple[float, float]:
    """Metabolic volume in ml and total lesion glycolysis in g of the voxels at or above a threshold.

    >>> metabolic_volume(np.array([1.0, 2.0, 4.0]), 0.5, threshold=2.0)
    (1.0, 3.0)
    """
    above = values[values >= threshold]
    volume = above.size * voxel_ml
    return volume, float(above.mean()) * volume if above.size else 0.0


def _bounds(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = [], []
    for axis in range(3):
        line = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        low.append(line[0])
        high.append(line[-1])
    return np.array(low), np.array(high)
