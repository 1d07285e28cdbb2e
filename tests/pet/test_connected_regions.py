"""The parts of a mask, found block by block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from analysis.pet.contours.region import connected_regions


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 0.3))
def test_the_parts_are_those_of_labelling_the_whole_grid(seed, share):
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(5, 40, 3)) < share
    labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
    expected = {np.flatnonzero(labels == number).tobytes() for number in range(1, count + 1)}
    found = connected_regions(mask)
    assert len(found) == count
    assert {np.flatnonzero(region.full()).tobytes() for region in found} == expected


@pytest.mark.parametrize("gap", [1, 2])
def test_voxels_that_touch_across_blocks_are_one_part_and_others_are_not(gap):
    mask = np.zeros((20, 20, 20), bool)
    mask[7, 7, 7] = mask[7 + gap, 7 + gap, 7 + gap] = True
    assert len(connected_regions(mask)) == gap


def test_an_empty_mask_has_no_part():
    assert connected_regions(np.zeros((3, 4, 5), bool)) == []
