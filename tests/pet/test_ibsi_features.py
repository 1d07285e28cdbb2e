"""The IBSI phantom, every value of it, and what must hold of the features on any region."""

from __future__ import annotations

import csv

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ImageError, ParameterError
from analysis.pet import ibsi_features
from analysis.pet.measures.first_order import first_order
from analysis.pet.measures.histogram import intensity_histogram, intensity_volume_histogram
from analysis.pet.measures.shape import ellipsoid_area, shape_features, surface_mesh
from analysis.pet.measures.spatial_autocorrelation import _over_lags, _over_pairs, spatial_autocorrelation

FAMILIES = (
    "Morphology",
    "Local intensity",
    "Statistics",
    "Intensity histogram",
    "Intensity volume histogram",
)


@pytest.fixture(scope="module")
def reference(shared):
    file = shared / "reference" / "ibsi" / "ibsi_1_reference_values_digital_phantom.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["family"] in FAMILIES]
    return {row["tag"]: row for row in rows if row["reference value"]}


@pytest.fixture(scope="module")
def found(shared):
    folder = shared / "reference" / "ibsi"
    image = nibabel.load(folder / "phantom_image.nii.gz")
    # Slice, row, column; the NIfTI's axes run the other way round.
    volume, mask = (
        np.asarray(nibabel.load(folder / f"phantom_{name}.nii.gz").dataobj).transpose(2, 1, 0)
        for name in ("image", "mask")
    )
    spacing = tuple(float(step) for step in reversed(image.header.get_zooms()[:3]))
    return ibsi_features(volume.astype(float), mask > 0, spacing=spacing, bin_width=1, lowest=1)


def test_every_feature_of_the_ibsi_phantom_and_no_other_is_measured(found, reference):
    assert len(reference) == 74
    assert set(found) == set(reference)


def test_every_ibsi_phantom_value_is_within_its_tolerance(found, reference):
    off = {}
    for tag, row in reference.items():
        expected, tolerance = float(row["reference value"]), float(row["tolerance"])
        # IBSI prints three digits; a tolerance of 0 means equal as printed.
        printed = float(f"{found[tag]:.3g}")
        if abs(printed - expected) > tolerance + 1e-9:
            off[tag] = (found[tag], expected, tolerance)
    assert off == {}


def ball(radius, spacing, *, stretch=(1.0, 1.0, 1.0)):
    """A ball, or an ellipsoid, of this radius in mm."""
    reach = [int(np.ceil(radius * s / d)) + 1 for s, d in zip(stretch, spacing, strict=True)]
    axes = np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij")
    return sum((a * d / (radius * s)) ** 2 for a, d, s in zip(axes, spacing, stretch, strict=True)) <= 1


def test_a_ball_has_the_volume_axes_and_densities_of_a_ball():
    shape = shape_features(ball(30.0, (1.5, 1.5, 1.5)), (1.5, 1.5, 1.5))
    assert shape["morph_volume"] == pytest.approx(4 / 3 * np.pi * 30**3, rel=0.01)
    assert shape["morph_pca_maj_axis"] == pytest.approx(4 * 30 / np.sqrt(5), rel=0.01)
    assert shape["morph_pca_flatness"] == pytest.approx(1, abs=1e-9)
    assert shape["morph_diam"] == pytest.approx(60, abs=3)
    assert 0.95 < shape["morph_vol_dens_conv_hull"] < 1
    # Marching cubes' facets have more area than the sphere, by about 9 % however fine the grid.
    assert 0.90 < shape["morph_sphericity"] < 1


def test_an_ellipsoids_axes_are_in_the_ratio_of_its_half_axes():
    shape = shape_features(ball(20.0, (2.0, 1.0, 1.0), stretch=(1.0, 2.0, 0.5)), (2.0, 1.0, 1.0))
    assert shape["morph_pca_elongation"] == pytest.approx(1 / 2, rel=0.02)
    assert shape["morph_pca_flatness"] == pytest.approx(1 / 4, rel=0.02)


def test_the_ellipsoids_area_is_ibsis_series_in_legendre_polynomials():
    from scipy.special import eval_legendre

    a, b, c = 5.71, 4.65, 4.27
    alpha, beta = np.sqrt(1 - (b / a) ** 2), np.sqrt(1 - (c / a) ** 2)
    order = np.arange(21)
    terms = (alpha * beta) ** order / (1 - 4 * order**2)
    terms = terms * eval_legendre(order, (alpha**2 + beta**2) / (2 * alpha * beta))
    assert ellipsoid_area(a, b, c) == pytest.approx(4 * np.pi * a * b * terms.sum())


def test_the_mesh_of_one_voxel_is_an_octahedron_between_the_centres():
    corners, faces = surface_mesh(np.ones((1, 1, 1), bool), (2.0, 2.0, 2.0))
    assert (len(corners), len(faces)) == (6, 8)
    assert shape_features(np.ones((1, 1, 1), bool), (2.0, 2.0, 2.0))["morph_volume"] == pytest.approx(4 / 3)


def test_what_a_single_voxel_has_not_is_nan_and_never_an_error():
    found = ibsi_features(np.full((3, 3, 3), 2.0), np.eye(3, dtype=bool)[:, :, None] & np.zeros((1, 1, 3), bool)
                          | (np.arange(27).reshape(3, 3, 3) == 13), spacing=(4.0, 4.0, 4.0))  # fmt: skip
    undefined = {name for name, value in found.items() if np.isnan(value)}
    assert undefined == {
        "morph_pca_elongation", "morph_pca_flatness", "morph_vol_dens_aee", "morph_area_dens_aee", "morph_moran_i",
        "morph_geary_c",
    }  # fmt: skip
    assert found["stat_skew"] == found["stat_kurt"] == found["ih_entropy"] == 0


def test_pairs_and_lags_give_the_same_autocorrelation():
    rng = np.random.default_rng(3)
    mask = rng.random((7, 9, 8)) < 0.6
    values, voxels = rng.random(mask.sum()), np.argwhere(mask)
    deviation, size = values - values.mean(), 2 * np.array(mask.shape) - 1
    pairs = _over_pairs(deviation, voxels, np.array((3.0, 2.0, 2.5)), size)
    lags = _over_lags(deviation, voxels, np.array((3.0, 2.0, 2.5)), size)
    for one, other in zip(pairs, lags, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_autocorrelation_of_three_voxels_by_hand():
    # Values 1, 2, 6 on a line, 1 mm apart: mean 3; weights 1, 1, 1/2; products 2, -3, -6; squares 1, 16, 25.
    moran, geary = spatial_autocorrelation(
        np.array([1.0, 2, 6]), np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2]]), (1.0, 1.0, 1.0)
    )
    assert moran == pytest.approx(3 / 5 * 2 * (2 * 1 + -1 * 3 + -2 * 3 / 2) / 14)
    assert geary == pytest.approx(2 / (2 * 5) * 2 * (1 + 16 + 25 / 2) / 14)


def test_the_volume_histogram_of_ten_values_by_hand():
    found = intensity_volume_histogram(np.arange(1, 11), bin_width=0.5, lowest=0.0)
    # Bins 1 to 10, uptake 0 to 4.5: 10 % of the range is 1.9, so bin 2 and above; at most 10 % of voxels is bin 10.
    assert found["ivh_v10"] == pytest.approx(0.9)
    assert found["ivh_v90"] == pytest.approx(0.1)
    assert found["ivh_i10"] == pytest.approx(4.5)
    assert found["ivh_i90"] == pytest.approx(0.5)


def test_of_two_modes_the_one_closer_to_the_mean_counts():
    assert intensity_histogram(np.array([1, 1, 5, 5, 9]))["ih_mode"] == 5


def random_region(seed):
    rng = np.random.default_rng(seed)
    volume = rng.random((9, 9, 9)) * 4 + 0.5
    mask = np.zeros(volume.shape, bool)
    mask[3:6, 3:7, 2:6] = rng.random((3, 4, 4)) < 0.7
    mask[4, 4, 4] = True
    return volume, mask


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_features_do_not_notice_where_the_region_lies_nor_how_its_axes_run(seed):
    volume, mask = random_region(seed)
    first = ibsi_features(volume, mask, spacing=(3.0, 4.0, 4.0))
    moved = ibsi_features(
        *(np.roll(array, (1, -1, 1), (0, 1, 2)) for array in (volume, mask)), spacing=(3.0, 4.0, 4.0)
    )
    turned = ibsi_features(
        *(array.transpose(0, 2, 1)[::-1] for array in (volume, mask)), spacing=(3.0, 4.0, 4.0)
    )
    for name, value in first.items():
        assert moved[name] == pytest.approx(value, rel=1e-6, nan_ok=True), name
        # Marching cubes resolves ambiguous cells by the axes' order, which is the mesh's only such choice.
        if name not in _OF_THE_MESH:
            assert turned[name] == pytest.approx(value, rel=1e-6, nan_ok=True), name


_OF_THE_MESH = (
    "morph_volume", "morph_area_mesh", "morph_av", "morph_comp_1", "morph_comp_2", "morph_sph_dispr",
    "morph_sphericity", "morph_asphericity", "morph_vol_dens_aabb", "morph_area_dens_aabb", "morph_vol_dens_aee",
    "morph_area_dens_aee", "morph_vol_dens_conv_hull", "morph_area_dens_conv_hull", "morph_integ_int", "morph_diam",
)  # fmt: skip


@given(st.lists(st.floats(0.1, 30), min_size=2, max_size=60), st.floats(0.1, 20), st.randoms())
def test_statistics_scale_with_uptake_and_do_not_notice_the_order(values, scale, random):
    first = first_order(np.array(values))
    scaled = first_order(scale * np.array(values))
    shuffled = list(values)
    random.shuffle(shuffled)
    again = first_order(np.array(shuffled))
    without_unit = {"stat_skew", "stat_kurt", "stat_cov", "stat_qcod"}
    for name, value in first.items():
        power = 0 if name in without_unit else 2 if name in ("stat_var", "stat_energy") else 1
        assert scaled[name] == pytest.approx(
            value * scale**power, rel=1e-5, abs=1e-7 * scale**power, nan_ok=True
        ), name
        assert again[name] == pytest.approx(value, rel=1e-5, abs=1e-7, nan_ok=True), name


def test_a_histogram_that_does_not_fit_the_uptake_is_refused():
    volume, mask = random_region(1)
    with pytest.raises(ParameterError, match="below the first bin"):
        ibsi_features(volume, mask, spacing=(4.0, 4.0, 4.0), lowest=3)
    with pytest.raises(ParameterError, match="bin width"):
        ibsi_features(volume, mask, spacing=(4.0, 4.0, 4.0), bin_width=0)
    with pytest.raises(ImageError, match="no voxel"):
        ibsi_features(volume, mask & False, spacing=(4.0, 4.0, 4.0))
