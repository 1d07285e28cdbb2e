"""Size and form of a region, as IBSI defines them: from its surface mesh and from its voxels' centres."""

from __future__ import annotations

import numpy as np

from analysis.pet.measures.diameter import longest_distance

_LEGENDRE_TERMS = 20


def shape_features(mask: np.ndarray, spacing: tuple[float, float, float]) -> dict[str, float]:
    """IBSI's 22 morphological features that need no uptake (family HCUG).

    The mesh is the surface at one half of the mask, by marching cubes; axes are those of the voxel centres' covariance
    (over n - 1: the one place where IBSI's reference values are not the population's). A region of one voxel, or flat, has axes of length 0: what divides by them is nan.

    Parameters
    ----------
    mask : ndarray of bool, shape (slices, rows, columns)
        Region; at least one voxel.
    spacing : tuple of float
        Voxel spacing in mm.

    Returns
    -------
    dict of str to float
        By IBSI tag; lengths in mm, areas in mm², volumes in mm³.

    References
    ----------
    IBSI reference manual, section 3.1, doi 10.1148/radiol.2020191145.
    """
    from scipy.spatial import ConvexHull

    corners, faces = surface_mesh(mask, spacing)
    volume, area = _enclosed(corners, faces), _area(corners, faces)
    hull = ConvexHull(corners)
    tips = corners[hull.vertices]
    edges = np.ptp(corners, axis=0)
    box_area = 2 * (edges[0] * edges[1] + edges[0] * edges[2] + edges[1] * edges[2])
    major, minor, least = axis_lengths(mask, spacing)
    sphere = 36 * np.pi * volume**2
    with np.errstate(divide="ignore", invalid="ignore"):
        ellipsoid = np.float64(np.pi / 6 * major * minor * least)
        found = {
            "morph_volume": volume,
            "morph_vol_approx": np.count_nonzero(mask) * float(np.prod(spacing)),
            "morph_area_mesh": area,
            "morph_av": area / volume,
            "morph_comp_1": volume / (np.sqrt(np.pi) * area**1.5),
            "morph_comp_2": sphere / area**3,
            "morph_sph_dispr": area / sphere ** (1 / 3),
            "morph_sphericity": sphere ** (1 / 3) / area,
            "morph_asphericity": (area**3 / sphere) ** (1 / 3) - 1,
            "morph_diam": longest_distance(tips),
            "morph_pca_maj_axis": major,
            "morph_pca_min_axis": minor,
            "morph_pca_least_axis": least,
            "morph_pca_elongation": np.divide(minor, major),
            "morph_pca_flatness": np.divide(least, major),
            "morph_vol_dens_aabb": volume / np.prod(edges),
            "morph_area_dens_aabb": area / box_area,
            "morph_vol_dens_aee": volume / ellipsoid if ellipsoid else np.nan,
            "morph_area_dens_aee": np.divide(area, ellipsoid_area(major / 2, minor / 2, least / 2))
            if major
            else np.nan,
            "morph_vol_dens_conv_hull": volume / hull.volume,
            "morph_area_dens_conv_hull": area / hull.area,
        }
    return {name: float(value) for name, value in found.items()}


def surface_mesh(mask: np.ndarray, spacing: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Corners in mm, shape (n, 3), and triangles of the surface of a region; closed at the image's edge too."""
    from skimage.measure import marching_cubes

    corners, faces, _normals, _values = marching_cubes(
        np.pad(mask, 1).astype(np.float32), 0.5, spacing=spacing
    )
    # Double precision: the volume of a small region is the difference of large terms.
    return corners.astype(float), faces


def _enclosed(corners: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (corners[faces[:, place]] - corners[0] for place in range(3))
    return abs(float(np.einsum("ij,ij->", a, np.cross(b, c)))) / 6


def _area(corners: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (corners[faces[:, place]] for place in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2


def axis_lengths(mask: np.ndarray, spacing: tuple[float, float, float]) -> tuple[float, float, float]:
    """Major, minor and least axis in mm of the ellipsoid that has the region's covariance (TDIC, P9VJ, 7J51)."""
    centres = np.argwhere(mask) * np.array(spacing)
    variances = np.linalg.eigvalsh(np.cov(centres.T)) if len(centres) > 1 else np.zeros(3)
    # Rounding leaves about -1e-16 along a direction in which a flat region has no extent.
    variances = np.where(variances > 1e-9 * min(spacing) ** 2, variances, 0.0)
    least, minor, major = 4 * np.sqrt(variances)
    return float(major), float(minor), float(least)


def ellipsoid_area(a: float, b: float, c: float) -> float:
    """Surface of the ellipsoid with half axes a ≥ b ≥ c, as IBSI's manual defines it: 20 terms in Legendre polynomials.

    The manual's eccentricities are √(1 - b²/a²) and √(1 - c²/a²), both against the longest axis; the series of the true
    surface has √(1 - c²/a²) and √(1 - c²/b²). Both agree for a sphere; the phantom's reference value rests on the
    manual's.

    References
    ----------
    IBSI reference manual, area density - approximate enclosing ellipsoid (RDD2): formula, 20 terms.

    >>> bool(np.isclose(ellipsoid_area(2.0, 2.0, 2.0), 16 * np.pi))
    True
    """
    alpha, beta = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    half, product = (alpha + beta) / 2, alpha * beta
    # (αβ)^ν P_ν((α² + β²) / 2αβ) by Bonnet's recurrence, multiplied through so that αβ = 0 needs no exception.
    before, now, total = 0.0, 1.0, 0.0
    for order in range(_LEGENDRE_TERMS + 1):
        total += now / (1 - 4 * order**2)
        before, now = now, ((2 * order + 1) * half * now - order * product * before) / (order + 1)
    return float(4 * np.pi * a * b * total)
