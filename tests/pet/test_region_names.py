"""Regions are chosen by name, and none is merged, erased or made up."""

from __future__ import annotations

import nibabel
import numpy as np
import pydicom
import pytest
from make_contours import box, nifti, rtstruct
from make_series import write_series

from analysis.errors import ImageError
from analysis.pet import quantify, read_masks, read_suv

DRAWN = [(box(2, 5, 2, 4), 4.0 * index) for index in range(1, 5)]


@pytest.fixture
def image(tmp_path):
    write_series(tmp_path / "image")
    return tmp_path / "image"


@pytest.fixture
def grid(image):
    return read_suv(sorted(image.iterdir())).grid


def renamed(file, *names):
    ds = pydicom.dcmread(file)
    for item, name in zip(ds.StructureSetROISequence, names, strict=True):
        item.ROIName = name
    ds.save_as(file)
    return file


@pytest.mark.parametrize("roi", ["GTV Mass", " gtv  mass", "GTV MASS "])
def test_case_and_blanks_of_a_name_may_differ(tmp_path, image, roi):
    file = rtstruct(tmp_path / "rs.dcm", {"GTV Mass ": DRAWN, "Liver": DRAWN[:1]})
    found = quantify(image, file, roi=roi)
    assert (found.roi, found.measures.voxels) == ("GTV Mass", 48)


def test_a_name_that_means_two_regions_chooses_none(tmp_path, image):
    file = rtstruct(tmp_path / "rs.dcm", {"GTV": DRAWN, "Gtv": DRAWN[:2]})
    assert quantify(image, file, roi="Gtv").measures.voxels == 24
    with pytest.raises(ImageError, match="no region named 'gtv'"):
        quantify(image, file, roi="gtv")


def test_regions_of_one_name_stay_apart(tmp_path, image):
    file = renamed(rtstruct(tmp_path / "rs.dcm", {"a": DRAWN, "b": [(box(6, 6, 5, 5), 4.0)]}), "GTV", "GTV")
    with pytest.raises(ImageError, match=r"GTV \(ROI 1\), GTV \(ROI 2\)"):
        quantify(image, file, roi="GTV")
    assert quantify(image, file, roi="GTV (ROI 1)").measures.voxels == 48
    assert quantify(image, file, roi="GTV (ROI 2)").measures.voxels == 1


def test_a_region_that_cannot_be_read_matters_only_if_it_is_meant(tmp_path, image):
    outside = [([(x + 500, y) for x, y in points], z) for points, z in DRAWN]
    file = rtstruct(tmp_path / "rs.dcm", {"GTV": DRAWN, "BODY": outside})
    assert quantify(image, file, roi="GTV").measures.voxels == 48
    with pytest.raises(ImageError, match="choose with --roi one of BODY, GTV"):
        quantify(image, file)


def test_a_contour_stored_twice_does_not_erase_itself(tmp_path, grid):
    file = rtstruct(tmp_path / "rs.dcm", {"GTV": [*DRAWN, DRAWN[1]]})
    with pytest.raises(ImageError, match="same contour is stored twice"):
        read_masks(file, grid)


def test_contours_that_leave_out_slices_all_along_are_refused(tmp_path, grid):
    points = DRAWN[0][0]
    file = rtstruct(tmp_path / "rs.dcm", {"GTV": [(points, z) for z in (0.0, 8.0, 16.0)]})
    with pytest.raises(ImageError, match=r"2\.0 slices apart.*thicker slices"):
        read_masks(file, grid)
    apart = rtstruct(tmp_path / "two.dcm", {"GTV": [(points, z) for z in (0.0, 4.0, 16.0, 20.0)]})
    assert read_masks(apart, grid)["GTV"].any(axis=(1, 2)).tolist() == [True, True, False, False, True, True]


def test_a_keyhole_through_voxel_centres_leaves_its_hole_out(tmp_path, grid):
    outer, inner = box(2, 5, 2, 4), box(3, 4, 3, 3)
    row = 0.0  # the channel runs along the centres of row 3
    points = [*outer, (outer[0][0], row), (inner[0][0], row), inner[3], inner[2], inner[1], inner[0],
              (inner[0][0], row), (outer[0][0], row)]  # fmt: skip
    mask = read_masks(rtstruct(tmp_path / "rs.dcm", {"ring": [(points, 4.0)]}), grid)["ring"]
    expected = np.zeros(grid.shape, bool)
    expected[1, 2:5, 2:6] = True
    expected[1, 3, 3:5] = False
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((8, 7, 6), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")]),
        np.ones((8, 7, 6), np.complex64),
        np.full((8, 7, 6), -1, np.int16),
        np.full((8, 7, 6), 0.7, np.float32),
        np.full((8, 7, 6), np.nan, np.float32),
    ],
)
def test_nifti_that_is_no_mask_is_refused(tmp_path, grid, values):
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "mask.nii")
    with pytest.raises(ImageError, match="no labels"):
        read_masks(tmp_path / "mask.nii", grid)


def test_an_image_given_as_mask_is_told_by_its_many_values(tmp_path):
    write_series(tmp_path / "large", suv=np.arange(1.0, 1201).reshape(6, 10, 20) / 50)
    large = read_suv(sorted((tmp_path / "large").iterdir())).grid
    file = nifti(tmp_path / "mask.nii", np.zeros(large.shape), grid=large)
    stored = nibabel.load(file)
    values = np.arange(1200, dtype=np.int16).reshape(stored.shape)
    nibabel.save(nibabel.Nifti1Image(values, stored.affine), file)
    with pytest.raises(ImageError, match="1200 different values"):
        read_masks(file, large)


def test_volumes_under_a_liver_threshold_need_a_liver_drawn_or_found(tmp_path, image):
    without = quantify(image, rtstruct(tmp_path / "a.dcm", {"GTV": DRAWN}), roi="GTV")
    assert without.as_document()["mtv_liver_ml"] is None
    assert any(note.startswith("no liver reference: ") for note in without.warnings)
    drawn = quantify(image, rtstruct(tmp_path / "b.dcm", {"GTV": DRAWN[1:2], "Liver": DRAWN[:1]}), roi="GTV")
    document = drawn.as_document()
    assert document["parts"] == 1
    liver = document["references"]["liver"]
    assert liver["source"] == "contour"
    assert document["mtv_liver_ml"] == document["mtv_percist_ml"] is not None
