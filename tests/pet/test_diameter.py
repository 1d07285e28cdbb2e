"""The longest dimension of a region."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from analysis.pet import measure_region
from analysis.pet.measures.diameter import max_diameter


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_diameter_is_the_greatest_of_all_distances_of_two_voxels(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 8, 3)) < rng.uniform(0.05, 1)
    mask.flat[rng.integers(mask.size)] = True
    spacing = tuple(rng.uniform(1, 6, 3))
    centres = np.argwhere(mask) * spacing
    expected = pdist(centres).max() if len(centres) > 1 else 0
    assert max_diameter(mask, spacing) == pytest.approx(expected)


@pytest.mark.parametrize("radius", [8.0, 15.0, 40.0])
def test_a_ball_is_as_long_as_it_is_drawn_but_for_a_voxel(radius):
    axis = np.arange(-45, 46, 3.0)
    distance = np.sqrt(sum(np.square(part) for part in np.meshgrid(axis, axis, axis, indexing="ij")))
    found = max_diameter(distance <= radius, (3.0, 3.0, 3.0))
    assert 2 * radius - 3 * np.sqrt(3) <= found <= 2 * radius


def test_measures_hold_the_diameter():
    mask = np.zeros((6, 6, 6), bool)
    mask[1, 1, 1] = mask[4, 5, 1] = True
    assert measure_region(mask * 2.0, mask, (2.0, 3.0, 4.0)).max_diameter_mm == pytest.approx(np.hypot(6, 12))


def test_a_ragged_region_of_many_points_is_measured_as_any_other():
    mask = np.random.default_rng(np.random.SeedSequence(5)).random((12, 18, 18)) < 0.5
    spacing = (3.0, 2.0, 2.0)
    assert max_diameter(mask, spacing) == pytest.approx(pdist(np.argwhere(mask) * spacing).max())
