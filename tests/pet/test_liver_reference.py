"""The liver reference is found in a body however it lies and is stored, and is no number where there is no liver."""

from __future__ import annotations

import datetime
import functools

import numpy as np
import pytest

from analysis.pet.contours.region import Region
from analysis.pet.measures.liver import liver_reference
from analysis.pet.measures.references import references_of
from analysis.pet.suv.grid import Grid
from analysis.simulation.anatomy import anatomy_of
from analysis.simulation.headers import SIEMENS_GRID
from analysis.simulation.scanner import simulate_image
from analysis.simulation.scans import SimulatedScan


@functools.cache
def woman(seed):
    """SUV with noise, its grid (z to the head, slices from the head down), and the liver's true SUV."""
    scan = SimulatedScan(
        patient_id="P-1", visit="baseline", scan_date=datetime.date(2015, 1, 1), centre="A", height_cm=165.0 + seed,
        weight_kg=60.0 + 9 * seed, sex="F", lesions=(), lesion_seed=seed, anatomy_seed=seed, noise_seed=seed + 1000,
        header_style="siemens", uptake_minutes=60.0, dose_mbq=250.0, with_nac_twin=False,
    )  # fmt: skip
    grid = Grid(
        SIEMENS_GRID.shape,
        SIEMENS_GRID.position(0),
        SIEMENS_GRID.spacing_mm,
        ((0, 0, -1), (0, 1, 0), (1, 0, 0)),
    )
    return simulate_image(scan, SIEMENS_GRID).suv, grid, anatomy_of(scan).organ("liver").suv


def places(grid):
    return grid.points(np.argwhere(np.ones(grid.shape, bool))).reshape(*grid.shape, 3)


def filled(suv, where, value):
    """The image with a region of an uptake that varies as tissue's does."""
    out = suv.copy()
    out[where] = value * (1 + 0.1 * np.random.default_rng(1).standard_normal(int(where.sum())))
    return out


def ball(grid, x, y, depth, radius):
    return ((places(grid) - np.array([x, y, -depth])) ** 2).sum(-1) < radius**2


def turned(suv, grid, *axes):
    """The same body stored with some axes the other way."""
    last = [(n - 1) * (axis in axes) for axis, n in enumerate(grid.shape)]
    directions = tuple(
        tuple(-part for part in way) if axis in axes else way for axis, way in enumerate(grid.directions)
    )
    origin = tuple(grid.points(np.array([last]))[0])
    return np.flip(suv, axes).copy(), Grid(grid.shape, origin, grid.spacing, directions)


def part_of(suv, grid, low, high):
    depth = -grid.points(np.stack([np.arange(grid.shape[0]), *np.zeros((2, grid.shape[0]))], 1))[:, 2]
    kept = np.flatnonzero((depth >= low) & (depth < high))
    origin = tuple(grid.points(np.array([[kept[0], 0, 0]]))[0])
    return suv[kept], Grid((len(kept), *grid.shape[1:]), origin, grid.spacing, grid.directions)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_livers_true_uptake_whatever_the_body(seed):
    suv, grid, true = woman(seed)
    found, reason = liver_reference(suv, grid)
    assert found is not None, reason
    assert found.mean == pytest.approx(true, rel=0.06)
    # PERCIST's sphere of 3 cm holds 14 ml, give or take the voxels at its surface.
    assert found.voxels * grid.voxel_ml == pytest.approx(14.1, rel=0.15)


@pytest.mark.parametrize("axes", [(0,), (2,), (1, 2), (0, 2)])
def test_it_stays_where_it_is_when_the_axes_are_stored_the_other_way(axes):
    suv, grid, true = woman(0)
    found, reason = liver_reference(*turned(suv, grid, *axes))
    assert found is not None, reason
    assert found.mean == pytest.approx(true, rel=0.05)
    assert found.centre[0] < 0


def test_a_tilted_image_is_measured_and_one_that_is_not_axial_is_not():
    suv, grid, true = woman(0)
    c, s = np.cos(0.2), np.sin(0.2)
    tilted = Grid(grid.shape, grid.origin, grid.spacing, ((0, s, -c), (0, c, s), (1, 0, 0)))
    assert liver_reference(suv, tilted)[0].mean == pytest.approx(true, rel=0.05)
    coronal = Grid(
        (grid.shape[1], grid.shape[0], grid.shape[2]), grid.origin, grid.spacing, ((0, 1, 0), (0, 0, -1), (1, 0, 0))
    )  # fmt: skip
    assert liver_reference(np.moveaxis(suv, 1, 0), coronal) == (None, "the slices are not axial")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ((-85, -30, 560, 38), 4.0),  # colon at the flexure
        ((-60, 48, 515, 30), 10.0),  # kidney
        ((-95, 0, 820, 60), 3.0),  # a muscle that worked
        ((-80, -100, 345, 50), 2.5),  # breast
        ((-60, 10, 230, 30), 4.0),  # brown fat
    ],
)
def test_other_uptake_on_the_right_is_not_taken_for_it(where, value):
    suv, grid, true = woman(0)
    found, reason = liver_reference(filled(suv, ball(grid, *where), value), grid)
    assert found is not None, reason
    assert found.mean == pytest.approx(true, rel=0.05)


@pytest.mark.parametrize(("sides", "value"), [((-1, 1), 0.7), ((-1,), 0.9), ((-1,), 3.0), ((1,), 3.0)])
def test_arms_at_the_side_make_no_difference(sides, value):
    suv, grid, true = woman(0)
    at = places(grid)
    arms = np.zeros(grid.shape, bool)
    for side in sides:
        arms |= (
            ((at[..., 0] - side * 195) ** 2 + (at[..., 1] - 20) ** 2 < 38**2)
            & (at[..., 2] < -250)
            & (at[..., 2] > -800)
        )
    found, reason = liver_reference(filled(suv, arms, value), grid)
    assert found is not None, reason
    assert found.mean == pytest.approx(true, rel=0.05)


@pytest.mark.parametrize("extent", [(0, 230), (180, 330), (380, 640), (560, 900), (780, 1000)])
def test_a_field_of_view_without_the_liver_or_the_lung_above_it_gives_a_reason(extent):
    suv, grid, _true = woman(0)
    found, reason = liver_reference(*part_of(suv, grid, *extent))
    assert found is None
    assert "right of the midline" in reason


def test_lesions_of_the_liver_do_not_count():
    suv, grid, true = woman(0)
    lesions = np.zeros(grid.shape, bool)
    for place in ((-64, -2, 455), (-34, 18, 435), (-89, 8, 485), (-64, -37, 445)):
        lesions |= ball(grid, *place, 14)
    found, reason = liver_reference(filled(suv, lesions, 8.0), grid, avoid=lesions)
    assert found is not None, reason
    assert found.mean == pytest.approx(true, rel=0.05)


def test_in_a_drawn_liver_the_sphere_counts_and_in_a_small_contour_the_contour():
    suv, grid, true = woman(0)
    large, small = (Region.of_mask(ball(grid, -64, -2, 455, radius)) for radius in (50, 14))
    suv = filled(suv, ball(grid, -64, -2, 455, 60) & ~ball(grid, -64, -2, 455, 30), 9.0)
    found, notes = references_of(suv, grid, drawn={"liver": large}, lesions={})
    assert not notes
    assert found["liver"].source == "sphere in contour"
    assert found["liver"].mean == pytest.approx(true, rel=0.05)
    assert found["liver"].volume_ml == pytest.approx(14.1, rel=0.15)
    assert references_of(suv, grid, drawn={"liver": small}, lesions={})[0]["liver"].source == "contour"
