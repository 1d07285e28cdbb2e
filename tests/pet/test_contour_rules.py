"""What other programs write as contours: kinds of SEG, polygons of every shape, NIfTI headers that disagree."""

from __future__ import annotations

import itertools

import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_contours import box, rtstruct
from make_seg import hand_made, with_highdicom
from make_series import SPACING, setting, write_series
from matplotlib.path import Path as Polygon

from analysis.errors import ImageError
from analysis.pet import Grid, quantify, read_suv
from analysis.pet.contours.masks import read_masks, read_regions
from analysis.pet.contours.region import Region, union

SHAPE = (6, 7, 8)
TURNED = np.array([[0, 0.6, -0.8], [-1, 0, 0]], float)
"""Directions of an oblique set of slices, along a row and along a column: no axis keeps its name or its sign."""


@pytest.fixture
def series(tmp_path):
    files = write_series(tmp_path / "series")
    return files, read_suv(files)


@pytest.fixture
def masks():
    first, second = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    first[1:4, 2:5, 3:7] = True
    first[2, 3, 4] = False
    second[3:5, 4:6, 5:8] = True  # overlaps the first
    second[0, 0, 0] = True
    return {"L01": first, "L02": second}


def same(found, expected):
    assert list(found) == list(expected)
    for name, mask in expected.items():
        np.testing.assert_array_equal(found[name], mask)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_each_kind_of_segmentation_of_highdicom_comes_back_exactly(tmp_path, series, masks, kind):
    files, volume = series
    if kind == "LABELMAP":  # holds no overlap
        masks["L02"] &= ~masks["L01"]
    same(read_masks(with_highdicom(tmp_path / "seg.dcm", files, masks, kind=kind), volume.grid), masks)


@pytest.mark.parametrize("order", ["forward", "reversed", "shuffled"])
@pytest.mark.parametrize("flip", ["", "rows", "columns", "transposed"])
def test_frames_lie_where_they_say_whatever_their_order_and_direction(tmp_path, series, masks, order, flip):
    _files, volume = series
    file = hand_made(tmp_path / "seg.dcm", masks, volume.grid, order=order, flip=flip)
    same(read_masks(file, volume.grid), masks)


def test_frames_may_hold_a_part_of_a_slice(tmp_path, series, masks):
    _files, volume = series
    del masks["L02"]
    file = hand_made(tmp_path / "seg.dcm", masks, volume.grid, crop=(slice(1, 6), slice(2, 8)))
    same(read_masks(file, volume.grid), masks)


def test_a_fractional_segmentation_is_cut_at_one_half_and_says_so(tmp_path, series, masks):
    files, volume = series
    file = with_highdicom(
        tmp_path / "seg.dcm", files, {"L01": 0.6 * masks["L01"] + 0.4 * ~masks["L01"]}, kind="FRACTIONAL"
    )
    found = read_regions(file, volume.grid)
    np.testing.assert_array_equal(found.by_name["L01"].full(), masks["L01"])
    assert any("fractional (probability)" in note for note in found.warnings)


def test_an_automatic_segment_is_a_proposal(tmp_path, series, masks):
    files, volume = series
    drawn = with_highdicom(tmp_path / "drawn.dcm", files, masks)
    assert not read_regions(drawn, volume.grid).proposals
    made = with_highdicom(tmp_path / "made.dcm", files, masks, algorithm="AUTOMATIC")
    assert read_regions(made, volume.grid).proposals == {"L01", "L02"}
    answer = quantify(tmp_path / "series", made, roi="L01")
    assert any("automatic proposal" in note for note in answer.warnings)


def test_a_pixel_of_a_segment_that_is_not_described_is_refused(tmp_path, series, masks):
    files, volume = series
    file = with_highdicom(tmp_path / "seg.dcm", files, masks)
    ds = pydicom.dcmread(file)
    del ds.SegmentSequence[1]
    ds.save_as(file)
    with pytest.raises(ImageError, match="segment 2, which the file does not describe"):
        read_masks(file, volume.grid)


def test_a_frame_without_position_is_refused_by_name(tmp_path, series, masks):
    files, volume = series
    file = with_highdicom(tmp_path / "seg.dcm", files, masks)
    ds = pydicom.dcmread(file)
    del ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
    ds.save_as(file)
    with pytest.raises(ImageError, match="PlanePositionSequence"):
        read_masks(file, volume.grid)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 7.9), st.floats(0, 8.9)), min_size=3, max_size=9),
        min_size=1,
        max_size=3,
    )
)
def test_even_odd_agrees_with_an_independent_test_of_each_centre(tmp_path_factory, polygons):
    grid = Grid((3, 9, 10), (-20.0, -15.0, 0.0), SPACING, ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    points = [
        [(round(-20 + c * SPACING[2], 4), round(-15 + r * SPACING[1], 4)) for r, c in polygon]
        for polygon in polygons
    ]
    if len({tuple(p) for p in points}) < len(points):
        return
    file = rtstruct(
        tmp_path_factory.mktemp("rs") / "rs.dcm", {"tumour": [(p, 4.0) for p in points]}, digits=9
    )
    rows, columns = np.meshgrid(np.arange(9), np.arange(10), indexing="ij")
    centres = np.stack([-20 + columns.ravel() * SPACING[2], -15 + rows.ravel() * SPACING[1]], axis=1)
    inside, near = np.zeros(len(centres), bool), np.zeros(len(centres), bool)
    for polygon in points:
        outline = np.array([*polygon, polygon[0]])
        near |= _distance(centres, outline) < 1e-3  # a centre on the line is in or out by convention
        inside ^= _crossings(centres, outline) % 2 == 1
    found = read_masks(file, grid)["tumour"][1].ravel()
    np.testing.assert_array_equal(found[~near], inside[~near])


def _crossings(points, outline):
    """Edges that a ray to the right of each point crosses: the definition of even-odd, one point at a time."""
    counts = np.zeros(len(points), int)
    for (x0, y0), (x1, y1) in itertools.pairwise(outline):
        for place, (x, y) in enumerate(points):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                counts[place] += 1
    return counts


def _distance(points, outline):
    best = np.full(len(points), np.inf)
    for start, end in itertools.pairwise(outline):
        edge = end - start
        along = np.clip(((points - start) @ edge) / max(edge @ edge, 1e-12), 0, 1)
        best = np.minimum(best, np.linalg.norm(points - start - along[:, None] * edge, axis=1))
    return best


def test_a_keyhole_contour_has_its_hole(tmp_path, series):
    outer, inner = box(1, 6, 1, 5), box(3, 4, 3, 3)
    keyhole = [outer[0], *outer[1:], outer[0], inner[0], *reversed(inner[1:]), inner[0]]
    by_keyhole = read_masks(rtstruct(tmp_path / "a.dcm", {"ring": [(keyhole, 4.0)]}), series[1].grid)["ring"]
    by_two = read_masks(rtstruct(tmp_path / "b.dcm", {"ring": [(outer, 4.0), (inner, 4.0)]}), series[1].grid)[
        "ring"
    ]
    assert by_keyhole.sum() == 28
    np.testing.assert_array_equal(by_keyhole, by_two)


def test_points_and_open_lines_are_listed_and_left_out(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0), (box(1, 2, 1, 2), 4.0)]})
    ds = pydicom.dcmread(file)
    ds.ROIContourSequence[0].ContourSequence[1].ContourGeometricType = "OPEN_PLANAR"
    ds.save_as(file)
    found = read_regions(file, series[1].grid)
    assert found.by_name["tumour"].voxels == 12
    assert found.warnings == (
        "ROI tumour: 1 contour(s) of type OPEN_PLANAR enclose no volume and are left out",
    )


def test_contours_between_two_slices_go_to_the_nearest_and_say_so(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 4.0 * k + 1.6) for k in range(4)]})
    found = read_regions(file, series[1].grid)
    assert found.by_name["tumour"].full().any(axis=(1, 2)).tolist() == [True] * 4 + [False] * 2
    assert found.warnings == ("ROI tumour: contours lie up to 0.40 slices from the slice they are taken to",)


def test_contours_that_cross_are_doubted(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(1, 4, 1, 4), 8.0), (box(3, 6, 3, 5), 8.0)]})
    found = read_regions(file, series[1].grid)
    assert found.by_name["tumour"].voxels == 16 + 12 - 2 * 4
    assert "cross another" in found.warnings[0]


def test_an_roi_that_is_named_but_not_drawn_is_empty_and_not_measured(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": []})
    assert read_regions(file, series[1].grid).by_name["tumour"].voxels == 0
    with pytest.raises(ImageError, match="is empty"):
        quantify(tmp_path / "series", file)


def test_contours_of_an_roi_that_nobody_named_are_still_contours(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0)]})
    ds = pydicom.dcmread(file)
    ds.StructureSetROISequence = []
    ds.save_as(file)
    assert read_regions(file, series[1].grid).by_name["(ROI 1)"].voxels == 12


def test_another_frame_of_reference_is_refused_though_the_series_is_named(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0)]}, frame="1.2.3.999")
    with pytest.raises(ImageError, match="another frame of reference"):
        quantify(tmp_path / "series", file)


def test_a_region_in_air_is_measured_and_doubted(tmp_path):
    suv = np.full(SHAPE, 0.01)
    suv[:, :, :3] = 2.0
    write_series(tmp_path / "series", suv=suv)
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(5, 7, 2, 4), 8.0)]})
    assert any("lies in air" in note for note in quantify(tmp_path / "series", file).warnings)


def test_contours_of_slices_that_are_not_axial_land_on_their_voxels(tmp_path):
    def turn(ds, index):
        ds.ImageOrientationPatient = [*TURNED[0], *TURNED[1]]
        ds.ImagePositionPatient = list(
            np.array([5.0, 6.0, 7.0]) + index * SPACING[0] * np.cross(TURNED[0], TURNED[1])
        )

    volume = read_suv(write_series(tmp_path / "series", turn))
    corners = np.array([[2.0, r, c] for r, c in ((1.6, 2.6), (1.6, 6.4), (4.4, 6.4), (4.4, 2.6))])
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": []})
    ds = pydicom.dcmread(file)
    contour = pydicom.Dataset()
    contour.ContourGeometricType = "CLOSED_PLANAR"
    contour.ContourData = [f"{v:.6g}" for v in volume.grid.points(corners).ravel()]
    ds.ROIContourSequence[0].ContourSequence = [contour]
    ds.save_as(file)
    expected = np.zeros(SHAPE, bool)
    expected[2, 2:5, 3:7] = True
    np.testing.assert_array_equal(read_masks(file, volume.grid)["tumour"], expected)


def _nifti(path, array, sform, qform, codes=(1, 1)):
    image = nibabel.Nifti1Image(array, None)
    image.set_sform(sform, codes[0])
    image.set_qform(qform, codes[1])
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("right", ["sform", "qform"])
def test_where_qform_and_sform_disagree_the_one_on_the_image_counts(tmp_path, series, masks, right):
    affine = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ series[1].grid.affine)[:, [2, 1, 0, 3]]
    other = affine.copy()
    other[:3, 3] += 40
    forms = (affine, other) if right == "sform" else (other, affine)
    file = _nifti(tmp_path / "mask.nii", masks["L01"].transpose(2, 1, 0).astype(np.uint8), *forms)
    found = read_regions(file, series[1].grid)
    np.testing.assert_array_equal(found.by_name["1"].full(), masks["L01"])
    assert "qform and sform" in found.warnings[0]
    with pytest.raises(ImageError, match="qform and sform"):
        read_masks(
            _nifti(tmp_path / "off.nii", np.ones((8, 7, 6), np.uint8), other, other + _shifted(20)),
            series[1].grid,
        )


def _shifted(by):
    move = np.zeros((4, 4))
    move[:3, 3] = by
    return move


def test_a_nifti_that_does_not_say_where_it_lies_is_refused(tmp_path, series):
    file = _nifti(tmp_path / "mask.nii", np.ones((8, 7, 6), np.uint8), np.eye(4), np.eye(4), (0, 0))
    with pytest.raises(ImageError, match="does not say where it lies"):
        read_masks(file, series[1].grid)


def test_labels_stored_as_floating_point_are_labels_and_probabilities_are_not(tmp_path, series, masks):
    affine = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ series[1].grid.affine)[:, [2, 1, 0, 3]]
    values = (0.99999 * masks["L01"]).transpose(2, 1, 0).astype(np.float32)
    found = read_masks(_nifti(tmp_path / "mask.nii", values, affine, affine), series[1].grid)
    np.testing.assert_array_equal(found["1"], masks["L01"])
    with pytest.raises(ImageError, match="no labels"):
        read_masks(_nifti(tmp_path / "p.nii", 0.7 * values, affine, affine), series[1].grid)


def test_four_dimensions_and_half_a_file_are_refused(tmp_path, series):
    file = _nifti(tmp_path / "mask.nii.gz", np.ones((8, 7, 6, 2), np.uint8), np.eye(4), np.eye(4))
    with pytest.raises(ImageError, match="4 dimensions"):
        read_masks(file, series[1].grid)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ImageError, match="cannot be read"):
        read_masks(file, series[1].grid)


def test_a_finer_mask_is_resampled_on_request_only_and_says_both_volumes(tmp_path, series):
    grid = series[1].grid
    fine = Grid(
        tuple(2 * n for n in SHAPE), tuple(np.array(grid.origin) - np.array([1.5, 1.25, 1.0])),
        tuple(s / 2 for s in grid.spacing), grid.directions,
    )  # fmt: skip
    mask = np.zeros(fine.shape, bool)
    mask[2:8, 4:10, 6:14] = True
    affine = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ fine.affine)[:, [2, 1, 0, 3]]
    file = _nifti(tmp_path / "mask.nii", mask.transpose(2, 1, 0).astype(np.uint8), affine, affine)
    with pytest.raises(ImageError, match="another grid"):
        quantify(tmp_path / "series", file)
    answer = quantify(tmp_path / "series", file, resample=True)
    assert answer.measures.voxels == 3 * 3 * 4
    ml = 36 * grid.voxel_ml
    assert any(f"{ml:.2f} ml before, {ml:.2f} ml after" in note for note in answer.warnings)


def test_a_segmentation_of_thinner_slices_is_resampled_on_request(tmp_path, series):
    grid = series[1].grid
    fine = Grid((12, 7, 8), (grid.origin[0], grid.origin[1], -1.0), (2.0, *grid.spacing[1:]), grid.directions)
    mask = np.zeros(fine.shape, bool)
    mask[4:8, 2:5, 3:6] = True
    file = hand_made(tmp_path / "seg.dcm", {"L01": mask}, fine, frame="1.2.3.4.300")
    with pytest.raises(ImageError, match="another grid"):
        read_masks(file, grid)
    expected = np.zeros(SHAPE, bool)
    expected[2:4, 2:5, 3:6] = True
    np.testing.assert_array_equal(read_masks(file, grid, resample=True)["L01"], expected)


@pytest.mark.parametrize("gap", [1.0, 8.0])
def test_contours_of_other_slices_are_resampled_on_request(tmp_path, series, gap):
    grid = series[1].grid
    file = rtstruct(
        tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), gap * k) for k in range(int(16 / gap) + 1)]}
    )
    with pytest.raises(ImageError, match="drawn on"):
        read_masks(file, grid)
    found = read_regions(file, grid, resample=True)
    assert found.by_name["tumour"].full().any(axis=(1, 2)).tolist() == [True] * 5 + [gap == 8.0]
    assert "was resampled" in found.warnings[0]


def test_the_reference_objects_structure_set_lies_inside_their_mask(shared):
    """IBSI's phantom is a cylinder: its NIfTI is every voxel above 0, its RTSTRUCT a smoothed outline within it.

    The outline's own corners lie a whole voxel inside the cylinder, and its first and last slice have none; so the two
    files differ by themselves, and a test of each centre that shares nothing with ours counts the same voxels.
    """
    top = shared / "realdata" / "ibsi_suv_dro_sample" / "DRO_0_0"
    volume = read_suv(sorted((top / "PT").iterdir()))
    stored = read_masks(top / "mask" / "DRO_mask.nii.gz", volume.grid)["1"]
    file = next((top / "RS").iterdir())
    drawn = read_masks(file, volume.grid)["region_1"]
    np.testing.assert_array_equal(stored, volume.suv > 0)
    assert not (drawn & ~stored).any()
    centres = np.argwhere(np.ones(volume.grid.shape[1:], bool))
    for contour in pydicom.dcmread(file).ROIContourSequence[0].ContourSequence:
        corners = volume.grid.index(np.array(contour.ContourData, float).reshape(-1, 3))
        place = round(corners[0, 0])
        inside = Polygon(corners[:, 1:]).contains_points(centres).reshape(volume.grid.shape[1:])
        differing = centres[(inside ^ drawn[place]).ravel()].astype(float)
        assert (_distance(differing, np.vstack([corners[:, 1:], corners[:1, 1:]])) < 1e-3).all()
        radius = np.hypot(*(corners[:, 1:] - 128).T)
        assert radius.max() < np.sqrt(stored[place].sum() / np.pi) - 0.5


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 6)), max_size=20))
def test_a_region_is_its_voxels(voxels):
    mask = np.zeros((5, 6, 7), bool)
    for voxel in voxels:
        mask[voxel] = True
    by_voxels = Region.of_voxels(np.array(voxels, int).reshape(-1, 3), mask.shape)
    grid = Grid(mask.shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    for region in (by_voxels, Region.of_mask(mask)):
        np.testing.assert_array_equal(region.full(), mask)
        np.testing.assert_array_equal(union({"a": region}, grid), mask)
        assert region.voxels == mask.sum()
        part = np.zeros_like(mask)
        where, inside = region.surroundings(np.array([1, 0, 2]))
        part[where] = inside
        np.testing.assert_array_equal(part, mask)


def test_a_series_without_frame_of_reference_still_takes_contours_that_name_it(tmp_path):
    write_series(tmp_path / "series", setting(FrameOfReferenceUID=None))
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0)]})
    assert quantify(tmp_path / "series", file).measures.voxels == 12
