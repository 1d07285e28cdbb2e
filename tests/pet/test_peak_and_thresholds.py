"""The sphere of exactly 1 ml, thresholds from the protocol, and named reference contours."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ParameterError
from analysis.pet import Grid, measure_regions
from analysis.pet.contours.region import Region, Regions
from analysis.pet.measures import thresholds
from analysis.pet.measures.peak import suv_peak, suv_peaks
from analysis.pet.measures.peak_kernel import EXACT_RADIUS_MM, peak_kernel
from analysis.pet.measures.references import references_of, split_references
from analysis.study.protocol import Fact

SPACINGS = ((3.27, 5.47, 5.47), (4.0, 4.0, 4.0), (2.0, 1.65, 1.65), (5.0, 2.0, 3.0), (14.0, 14.0, 14.0))


@pytest.mark.parametrize("spacing", SPACINGS)
def test_the_exact_kernel_has_one_millilitre_on_any_grid(spacing):
    kernel = peak_kernel(spacing)
    assert kernel.exact.sum() * np.prod(spacing) == pytest.approx(1000, rel=2e-4)
    assert (kernel.exact <= 1 + 1e-12).all()


@pytest.mark.parametrize("spacing", SPACINGS[:4])
def test_the_exact_weights_agree_with_points_thrown_at_random(spacing):
    kernel = peak_kernel(spacing)
    points = np.random.default_rng(5).uniform(-EXACT_RADIUS_MM, EXACT_RADIUS_MM, (2_000_000, 3))
    voxels = np.rint(points[(points**2).sum(axis=1) <= EXACT_RADIUS_MM**2] / spacing).astype(int)
    low, size = voxels.min(axis=0), np.ptp(voxels, axis=0) + 1
    counts = np.bincount(np.ravel_multi_index(tuple((voxels - low).T), size), minlength=size.prod())
    thrown = np.stack(np.unravel_index(np.arange(size.prod()), size), axis=1) + low
    found = {tuple(v): c / len(voxels) for v, c in zip(thrown.tolist(), counts, strict=True)}
    share = kernel.exact / kernel.exact.sum()
    for offset, weight in zip(kernel.offsets.tolist(), share, strict=True):
        # Five standard errors of a share of a million points.
        assert found.get(tuple(offset), 0) == pytest.approx(
            weight, abs=5 * np.sqrt(max(weight, 1e-6) / 1e6) + 1e-5
        )


def test_a_voxel_larger_than_the_sphere_is_its_own_peak():
    volume = np.random.default_rng(1).random((3, 3, 3))
    mask = np.zeros((3, 3, 3), bool)
    mask[1, 1, 1] = True
    assert suv_peak(volume, mask, (14.0, 14.0, 14.0)).exact_best == pytest.approx(volume[1, 1, 1])


def brute_force(volume, mask, spacing):
    """Peaks voxel by voxel, as the definitions read."""
    kernel = peak_kernel(spacing)
    means = {}
    for centre in np.argwhere(mask):
        at = centre + kernel.offsets
        inside = ((at >= 0) & (at < volume.shape)).all(axis=1)
        taken = volume[tuple(at[inside].T)]
        means[tuple(centre)] = [np.average(taken, weights=w[inside]) for w in (kernel.ibsi, kernel.exact)]
    top = [means[tuple(c)] for c in np.argwhere(mask & (volume == volume[mask].max()))]
    return [max(values) for values in (*zip(*top, strict=True), *zip(*means.values(), strict=True))]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_many_overlapping_lesions_at_once_have_the_peaks_of_each_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    volume = rng.integers(1, 6, (9, 10, 11)).astype(np.float32)
    masks = [rng.random(volume.shape) < share for share in (0.02, 0.1, 0.3)]
    for mask in masks:
        mask[tuple(rng.integers(0, volume.shape))] = True
    spacing = (3.0, 4.0, 5.0)
    for mask, found in zip(
        masks, suv_peaks(volume, [Region.of_mask(m) for m in masks], spacing), strict=True
    ):
        expected = brute_force(volume, mask, spacing)
        assert [found.at_max, found.exact_at_max, found.best, found.exact_best] == pytest.approx(expected)


def test_a_sphere_that_the_images_border_cuts_is_flagged_and_one_inside_the_lesion_is_not():
    volume, mask = np.ones((12, 12, 12)), np.zeros((12, 12, 12), bool)
    mask[0:6] = True
    volume[0, 6, 6] = 9
    assert suv_peak(volume, mask, (4.0, 4.0, 4.0)).leaves_image
    whole = suv_peak(
        np.pad(np.full((2, 2, 2), 9.0), 5, constant_values=1), np.ones((12, 12, 12), bool), (4.0, 4.0, 4.0)
    )
    assert not whole.leaves_image
    assert not whole.leaves_region


def test_thresholds_on_references_count_when_these_are_known():
    volume = np.zeros((4, 4, 4), np.float32)
    volume[1, 1, :3] = 2, 4, 8
    region = Region.of_mask(volume > 0)
    (found,) = measure_regions(
        volume, [region], (10.0, 10.0, 10.0), references={"liver": 3.0, "percist": 5.0}
    )
    assert (found.mtv_ml["liver"], found.tlg_g["liver"]) == (2.0, 12.0)
    assert (found.mtv_ml["percist"], found.tlg_g["percist"]) == (1.0, 8.0)


@pytest.mark.parametrize("listed", [["41%", "spleen"], ["-2"], ["0%"], ["2.5", "2.5"]])
def test_a_threshold_that_means_nothing_is_refused(listed, monkeypatch):
    class Protocol:
        facts: ClassVar = {
            f"mtv_thresholds.{place}": Fact(text, "assumed") for place, text in enumerate(listed)
        }

    monkeypatch.setattr(thresholds, "load_protocol", Protocol)
    thresholds.mtv_thresholds.cache_clear()
    try:
        with pytest.raises(ParameterError, match="threshold"):
            thresholds.mtv_thresholds()
    finally:
        thresholds.mtv_thresholds.cache_clear()


GRID = Grid((10, 20, 20), (0.0, 0.0, 0.0), (4.0, 4.0, 4.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))


def region(*box):
    mask = np.zeros(GRID.shape, bool)
    mask[tuple(slice(a, b) for a, b in box)] = True
    return Region.of_mask(mask)


def test_contours_named_liver_or_blood_pool_are_references_and_no_lesions():
    found = Regions({
        "L01": region((0, 2), (0, 2), (0, 2)), "LIVER": region((2, 5), (2, 5), (2, 5)),
        "Blood-Pool": region((6, 9), (6, 9), (6, 9)), "aorta": region((6, 9), (0, 3), (0, 3)),
    })  # fmt: skip
    lesions, references = split_references(found)
    assert list(lesions.by_name) == ["L01"]
    assert references == {"liver": found.by_name["LIVER"], "blood_pool": found.by_name["Blood-Pool"]}
    assert "second contour of the blood pool, 'aorta', is not used" in " ".join(lesions.warnings)


def test_a_lesion_that_the_contours_table_calls_liver_is_a_lesion():
    found = Regions({"liver": region((0, 2), (0, 2), (0, 2))})
    lesions, references = split_references(found, lesions=frozenset({"liver"}))
    assert list(lesions.by_name) == ["liver"]
    assert references == {}


def test_a_drawn_reference_comes_first_and_leaves_lesions_out():
    suv = np.full(GRID.shape, 2.0, np.float32)
    lesion = region((2, 4), (2, 4), (2, 4))
    suv[lesion.box] = 20
    drawn = {"liver": region((1, 6), (1, 6), (1, 6)), "blood_pool": region((7, 8), (7, 8), (7, 8))}
    found, notes = references_of(suv, GRID, drawn=drawn, lesions={"L01": lesion})
    assert (found["liver"].mean, found["liver"].sd, found["liver"].source) == (2.0, 0.0, "contour")
    assert found["liver"].volume_ml == pytest.approx((125 - 8) * 0.064)
    # One voxel of 0.064 ml is no reference.
    assert "blood_pool" not in found
    assert "0.06 ml" in notes[0]
