"""What is measured in lesions: SUV, peak, metabolic volume and total glycolysis under each threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.region import Region
from analysis.pet.measures.diameter import max_diameter
from analysis.pet.measures.peak import Peak, suv_peaks
from analysis.pet.measures.thresholds import metabolic_volume, mtv_thresholds


@dataclass(frozen=True)
class RegionMeasures:
    """Measures of one region of a SUV volume.

    Parameters
    ----------
    voxels : int
        Number of voxels.
    volume_ml : float
        Their volume in ml: every voxel of the contour, whatever its uptake.
    max_diameter_mm : float
        Greatest distance between the centres of two of its voxels.
    suv_max, suv_mean : float
        Highest and mean SUV (g/ml).
    peak : Peak
        Means of 1 ml spheres, by IBSI's and by the exact kernel.
    mtv_ml, tlg_g : mapping of str to float
        Metabolic tumour volume in ml and total lesion glycolysis (mean × volume) in g, by the threshold's name: of the
        contour's voxels at or above it.
    values : ndarray of float32, shape (voxels,)
        The region's SUVs, sorted, for thresholds that are known later.
    """

    voxels: int
    volume_ml: float
    max_diameter_mm: float
    suv_max: float
    suv_mean: float
    peak: Peak
    mtv_ml: Mapping[str, float]
    tlg_g: Mapping[str, float]
    values: np.ndarray = field(repr=False)

    def uptake(self, lean: float | None) -> dict[str, float | None]:
        """Uptake by its column's name, SUV in g/ml, and SUL where the factor from SUV to SUL is known."""
        suv = {
            "max": self.suv_max,
            "mean": self.suv_mean,
            "peak": self.peak.best,
            "peak_at_max": self.peak.at_max,
            "peak_1ml": self.peak.exact_best,
            "peak_1ml_at_max": self.peak.exact_at_max,
        }
        sul = {name: value * lean if lean else None for name, value in suv.items()}
        return {
            **{f"suv_{name}": value for name, value in suv.items()},
            **{f"sul_{name}": value for name, value in sul.items()},
        }


def measure_region(
    volume: np.ndarray,
    mask: np.ndarray,
    spacing: tuple[float, float, float],
    *,
    references: Mapping[str, float] | None = None,
) -> RegionMeasures:
    """Measures of a region that is given as a mask of the volume's shape; see :func:`measure_regions`."""
    return measure_regions(volume, [Region.of_mask(mask)], spacing, references=references)[0]


def measure_regions(
    volume: np.ndarray,
    regions: Sequence[Region],
    spacing: tuple[float, float, float],
    *,
    references: Mapping[str, float] | None = None,
) -> list[RegionMeasures]:
    """Measures of each region, in their order.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        SUV.
    regions : sequence of Region
        Regions of the volume's grid; they may overlap.
    spacing : tuple of float
        Voxel spacing in mm.
    references : mapping of str to float, optional
        Thresholds in g/ml that rest on the scan's reference regions, by name; volumes under one that is not given
        are nan.

    Raises
    ------
    ImageError
        If a region is empty or of another shape.
    """
    for region in regions:
        if volume.shape != region.shape:
            raise ImageError(
                f"the mask has the shape {region.shape}", expected=f"the image's, {volume.shape}"
            )
        if not region.voxels:
            raise ImageError(
                "the region holds no voxel", expected="a region that covers the centre of at least one voxel"
            )
    voxel_ml = float(np.prod(spacing)) / 1000
    found = []
    for region, peak in zip(regions, suv_peaks(volume, regions, spacing), strict=True):
        values = np.sort(volume[region.box][region.inside])
        exact = values.astype(float)
        volumes = {
            one.name: metabolic_volume(exact, voxel_ml, threshold=one.level(exact[-1], references or {}))
            for one in mtv_thresholds()
        }
        found.append(
            RegionMeasures(
                voxels=int(values.size),
                volume_ml=values.size * voxel_ml,
                max_diameter_mm=max_diameter(region.inside, spacing),
                suv_max=float(exact[-1]),
                suv_mean=float(exact.mean()),
                peak=peak,
                mtv_ml={name: mtv for name, (mtv, _tlg) in volumes.items()},
                tlg_g={name: tlg for name, (_mtv, tlg) in volumes.items()},
                values=values,
            )
        )
    return found
