"""Lesion measures against the IBSI phantom, hand-computed cases and properties."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ImageError
from analysis.pet import measure_region
from analysis.pet.measures.liver import liver_reference
from analysis.pet.measures.peak import suv_peak
from analysis.pet.suv.grid import Grid


@pytest.fixture(scope="module")
def phantom(shared):
    document = json.loads(
        (shared / "reference" / "ibsi" / "ibsi1_digital_phantom.json").read_text(encoding="utf-8")
    )
    image, mask = np.array(document["image"], float), np.array(document["mask"], bool)
    return measure_region(image, mask, (2.0, 2.0, 2.0)), document["reference"]


def test_ibsi_phantom_values_of_everything_that_is_measured(phantom):
    found, reference = phantom
    for value, name in (
        (found.volume_ml * 1000, "morph_vol_approx"),
        (found.suv_mean, "stat_mean"),
        (found.suv_max, "stat_max"),
        (found.peak.at_max, "loc_peak_loc"),
        (found.peak.best, "loc_peak_glob"),
    ):
        expected = reference[name]
        # IBSI prints three digits; a tolerance of 0 means equal as printed.
        printed = float(f"{value:.3g}")
        assert printed == pytest.approx(expected["value"], abs=expected["tolerance"] + 1e-9), name
    assert found.voxels == 74


def test_metabolic_volumes_of_three_voxels_by_hand():
    volume = np.zeros((5, 5, 5))
    mask = np.zeros((5, 5, 5), bool)
    for column, value in enumerate((10.0, 5.0, 4.0, 2.0)):
        volume[2, 2, column], mask[2, 2, column] = value, True
    found = measure_region(volume, mask, (10.0, 10.0, 10.0))
    unknown = {"liver": np.nan, "percist": np.nan}
    assert found.mtv_ml == pytest.approx(
        {"41": 2.0, "50": 2.0, "2_5": 3.0, "4_0": 3.0, **unknown}, nan_ok=True
    )
    assert found.tlg_g == pytest.approx(
        {"41": 15.0, "50": 15.0, "2_5": 19.0, "4_0": 19.0, **unknown}, nan_ok=True
    )
    assert found.suv_mean == pytest.approx(5.25)


def test_the_peak_sphere_at_the_images_corner_is_cut_by_the_image_only():
    volume = np.zeros((4, 4, 4))
    volume[0, 0, 0] = 8.0
    mask = np.zeros((4, 4, 4), bool)
    mask[0, 0, 0] = True
    found = suv_peak(volume, mask, (6.0, 6.0, 6.0))
    assert found.at_max == pytest.approx(8 / 4)
    assert found.kernel_ml == pytest.approx(7 * 0.216)
    assert found.leaves_region


def test_of_several_maxima_the_one_with_the_hottest_sphere_counts():
    volume = np.zeros((3, 3, 9))
    volume[1, 1, 1] = volume[1, 1, 7] = 9.0
    volume[1, 1, 6] = 7.0
    mask = volume > 0
    assert suv_peak(volume, mask, (6.0, 6.0, 6.0)).at_max == pytest.approx(16 / 7)


def test_the_kernel_states_its_real_volume_on_each_grid():
    volume, mask = np.ones((9, 9, 9)), np.zeros((9, 9, 9), bool)
    mask[4, 4, 4] = True
    # Seven voxels (centre and six faces) of 5.47 × 5.47 × 3.27 mm; nineteen of 4 mm.
    assert suv_peak(volume, mask, (3.27, 5.47, 5.47)).kernel_ml == pytest.approx(
        7 * 5.47 * 5.47 * 3.27 / 1000
    )
    assert suv_peak(volume, mask, (4.0, 4.0, 4.0)).kernel_ml == pytest.approx(19 * 0.064)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 20))
def test_measures_scale_with_uptake_and_do_not_move_with_the_lesion(seed, scale):
    rng = np.random.default_rng(seed)
    volume = rng.random((12, 12, 12)) + 0.5
    mask = np.zeros(volume.shape, bool)
    mask[4:7, 4:8, 4:7] = rng.random((3, 4, 3)) < 0.7
    mask[5, 5, 5] = True
    spacing = (3.0, 4.0, 4.0)
    first = measure_region(volume, mask, spacing)
    scaled = measure_region(scale * volume, mask, spacing)
    moved = measure_region(
        np.roll(volume, (1, 1, 1), (0, 1, 2)), np.roll(mask, (1, 1, 1), (0, 1, 2)), spacing
    )
    for name in first.uptake(0.7):
        assert scaled.uptake(0.7)[name] == pytest.approx(scale * first.uptake(0.7)[name])
        assert moved.uptake(0.7)[name] == pytest.approx(first.uptake(0.7)[name])
    assert scaled.mtv_ml["41"] == pytest.approx(first.mtv_ml["41"])
    assert first.peak.best >= first.peak.at_max
    assert first.peak.exact_best >= first.peak.exact_at_max
    assert first.mtv_ml["50"] <= first.mtv_ml["41"] <= first.volume_ml


def test_an_empty_region_is_refused():
    with pytest.raises(ImageError, match="no voxel"):
        measure_region(np.ones((3, 3, 3)), np.zeros((3, 3, 3), bool), (4.0, 4.0, 4.0))


def body(liver_suv=2.2, liver_radius=55.0, noise=0.1, flip=False):
    """Torso of SUV 0.6 with a liver on the right, a spleen on the left and a hot bladder."""
    grid = Grid((100, 60, 80), (-200.0, -150.0, -250.0), (5.0, 5.0, 5.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    z, y, x = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    place = grid.points(np.stack([z, y, x], -1).reshape(-1, 3)).reshape(*grid.shape, 3)
    suv = np.where((place[..., 0] / 170) ** 2 + (place[..., 1] / 110) ** 2 < 1, 0.6, 0.0)
    for centre, radius, value in (
        ((-80, 0, 50), liver_radius, liver_suv),
        ((100, 20, 60), 35, 1.8),
        ((0, -20, -200), 30, 20.0),
    ):
        suv[((place - np.array(centre)) ** 2).sum(-1) < radius**2] = value
    suv *= 1 + noise * np.random.default_rng(7).standard_normal(suv.shape)
    return suv.astype(np.float32), grid


def test_the_liver_is_found_right_of_the_midline():
    suv, grid = body()
    found, reason = liver_reference(suv, grid)
    assert reason == ""
    assert found.mean == pytest.approx(2.2, abs=0.05)
    assert found.sd == pytest.approx(0.22, abs=0.06)
    assert np.linalg.norm(np.array(found.centre) - (-80, 0, 50)) < 25


def test_a_lesion_in_the_liver_is_avoided():
    suv, grid = body()
    lesion = np.zeros(suv.shape, bool)
    middle = np.rint(grid.index(np.array([[-80.0, 0, 50]]))[0]).astype(int)
    lesion[tuple(slice(m - 3, m + 4) for m in middle)] = True
    suv[lesion] = 9.0
    found, _reason = liver_reference(suv, grid, avoid=lesion)
    assert found is not None
    assert found.mean == pytest.approx(2.2, abs=0.1)


@pytest.mark.parametrize("arguments", [{"liver_suv": 0.6}, {"liver_radius": 12.0}])
def test_no_liver_is_no_number_but_a_reason(arguments):
    found, reason = liver_reference(*body(**arguments))
    assert found is None
    assert "3 cm sphere" in reason
