"""All first-order, shape, peak and histogram features of a region, by the names of the IBSI reference manual."""

from __future__ import annotations

import numpy as np

from analysis.errors import ImageError
from analysis.pet.measures.first_order import first_order
from analysis.pet.measures.histogram import intensity_histogram, intensity_volume_histogram, levels_of
from analysis.pet.measures.peak import suv_peak
from analysis.pet.measures.shape import shape_features
from analysis.pet.measures.spatial_autocorrelation import spatial_autocorrelation


def ibsi_features(
    volume: np.ndarray,
    mask: np.ndarray,
    *,
    spacing: tuple[float, float, float],
    bin_width: float = 0.25,
    lowest: float = 0.0,
) -> dict[str, float]:
    """The 74 features of a region that IBSI standardises outside of texture.

    The lesions table holds what is used in the clinic (maximum, mean, peak, volume, glycolysis); the rest is here. No
    voxel is resampled or left out.

    Parameters
    ----------
    volume : ndarray of float, shape (slices, rows, columns)
        Uptake.
    mask : ndarray of bool, same shape
        Region; at least one voxel.
    spacing : tuple of float
        Voxel spacing in mm.
    bin_width, lowest : float
        Histogram: width of its bins and lower edge of the first, in units of the uptake.

    Returns
    -------
    dict of str to float
        By IBSI tag; nan where a feature is not defined for the region. Lengths in mm.

    Raises
    ------
    ImageError
        If the region is empty or of another shape.
    ParameterError
        If the histogram does not fit the uptake.

    References
    ----------
    Zwanenburg 2020, doi 10.1148/radiol.2020191145; reference manual, sections 3.1 to 3.5.
    """
    if volume.shape != mask.shape:
        raise ImageError(f"the mask has the shape {mask.shape}", expected=f"the image's, {volume.shape}")
    voxels = np.argwhere(mask)
    if not len(voxels):
        raise ImageError("the region holds no voxel", expected="at least one voxel")
    values = volume[mask].astype(float)
    levels = levels_of(values, bin_width=bin_width, lowest=lowest)
    box = tuple(
        slice(int(a), int(b)) for a, b in zip(voxels.min(axis=0), voxels.max(axis=0) + 1, strict=True)
    )
    shape = shape_features(mask[box], spacing)
    places = voxels * np.array(spacing)
    total = values.sum()
    # The centre of uptake is not defined where uptake sums to nothing.
    shift = places.mean(axis=0) - values @ places / total if total else np.full(3, np.nan)
    moran, geary = spatial_autocorrelation(values, voxels, spacing)
    peak = suv_peak(volume, mask, spacing)
    return {
        **shape,
        "morph_com": float(np.linalg.norm(shift)),
        "morph_integ_int": float(values.mean()) * shape["morph_volume"],
        "morph_moran_i": moran,
        "morph_geary_c": geary,
        "loc_peak_loc": peak.at_max,
        "loc_peak_glob": peak.best,
        **first_order(values),
        **intensity_histogram(levels),
        **intensity_volume_histogram(levels, bin_width=bin_width, lowest=lowest),
    }
