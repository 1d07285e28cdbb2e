"""Contours as SEG, RTSTRUCT and NIfTI on the image's grid: the same voxels whatever the format and orientation."""

from __future__ import annotations

import nibabel
import numpy as np
import pydicom
import pytest
from make_contours import box, nifti, rtstruct
from make_seg import with_highdicom
from make_series import write_series

from analysis.errors import ImageError
from analysis.pet import quantify, read_masks, read_suv


@pytest.fixture
def series(tmp_path):
    files = write_series(tmp_path / "series")
    return files, read_suv(files)


@pytest.fixture
def region():
    mask = np.zeros((6, 7, 8), bool)
    mask[1:4, 2:5, 3:7] = True
    mask[2, 3, 4] = False
    mask[4, 0, 0] = True
    return mask


@pytest.mark.parametrize("axes", [(2, 1, 0), (0, 1, 2), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(False, False, False), (True, False, True), (False, True, False)])
def test_nifti_lands_on_the_grid_in_every_order_and_direction_of_axes(tmp_path, series, region, axes, flips):
    _files, volume = series
    file = nifti(tmp_path / "mask.nii.gz", region, axes, flips, volume.grid)
    np.testing.assert_array_equal(read_masks(file, volume.grid)["1"], region)


def test_nifti_labels_are_separate_regions(tmp_path, series):
    _files, volume = series
    labels = np.zeros((6, 7, 8), np.int16)
    labels[0, 0, 0], labels[5, 6, 7] = 1, 12
    file = nifti(tmp_path / "mask.nii", labels, grid=volume.grid)
    masks = read_masks(file, volume.grid)
    assert sorted(masks) == ["1", "12"]
    assert np.argwhere(masks["12"]).tolist() == [[5, 6, 7]]
    with pytest.raises(ImageError, match="one of 1, 12"):
        read_masks(file, volume.grid, roi="2")


@pytest.mark.parametrize("shift", [0.5, 3.0])
def test_nifti_shifted_against_the_image_is_refused(tmp_path, series, region, shift):
    _files, volume = series
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.grid.affine
    affine[0, 3] += shift
    file = tmp_path / "mask.nii.gz"
    nibabel.save(nibabel.Nifti1Image(region.astype(np.uint8), affine), file)
    with pytest.raises(ImageError, match="another grid"):
        read_masks(file, volume.grid)


def test_a_file_that_is_no_nifti_is_refused(tmp_path, series):
    file = tmp_path / "mask.nii.gz"
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(ImageError, match="cannot be read"):
        read_masks(file, series[1].grid)


def test_a_polygon_takes_the_voxels_whose_centres_it_encloses(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0)]})
    mask = read_masks(file, series[1].grid)["tumour"]
    expected = np.zeros((6, 7, 8), bool)
    expected[2, 2:5, 3:7] = True
    np.testing.assert_array_equal(mask, expected)


def test_a_contour_inside_another_is_a_hole(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"ring": [(box(1, 6, 1, 5), 4.0), (box(3, 4, 3, 3), 4.0)]})
    mask = read_masks(file, series[1].grid)["ring"]
    assert mask.sum() == 6 * 5 - 2
    assert not mask[1, 3, 3:5].any()


@pytest.mark.parametrize("z", [-2.5, 60.0])
def test_a_contour_outside_the_slices_is_refused(tmp_path, series, z):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), z)]})
    with pytest.raises(ImageError, match="outside the image"):
        read_masks(file, series[1].grid)


def test_contours_drawn_on_thinner_slices_are_refused(tmp_path, series):
    polygons = [(box(3, 6, 2, 4), z) for z in (8.0, 9.0)]
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": polygons})
    with pytest.raises(ImageError, match="another grid"):
        read_masks(file, series[1].grid)


def test_a_contour_that_leaves_the_image_is_refused(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 12, 2, 4), 8.0)]})
    with pytest.raises(ImageError, match="leaves the image"):
        read_masks(file, series[1].grid)


def test_malformed_contour_data_are_refused(tmp_path, series):
    file = rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4)[:2], 8.0)]})
    with pytest.raises(ImageError, match="ContourData"):
        read_masks(file, series[1].grid)


def test_segmentation_written_by_highdicom_comes_back_exactly(tmp_path, series, region):
    files, volume = series
    other = np.zeros_like(region)
    other[5, 6, 0:3] = True
    file = with_highdicom(tmp_path / "seg.dcm", files, {"L01": region, "L02": other})
    masks = read_masks(file, volume.grid)
    np.testing.assert_array_equal(masks["L01"], region)
    np.testing.assert_array_equal(masks["L02"], other)
    assert list(read_masks(file, volume.grid, roi="L02")) == ["L02"]


def test_segmentation_of_another_grid_is_refused(tmp_path, series, region):
    files, _volume = series
    file = with_highdicom(tmp_path / "seg.dcm", files, {"L01": region})
    moved = read_suv(
        write_series(
            tmp_path / "moved", lambda ds, i: setattr(ds, "ImagePositionPatient", [-18.0, -15.0, 4.0 * i])
        )
    )
    with pytest.raises(ImageError, match="another grid"):
        read_masks(file, moved.grid)


def test_quantify_reads_the_series_the_segmentation_names(tmp_path, region):
    image = tmp_path / "image"
    files = write_series(image / "ac")
    write_series(image / "other", uid="1.2.3.5")
    file = with_highdicom(tmp_path / "seg.dcm", files, {"L01": region})
    found = quantify(image, file).as_document()
    assert found["series"] == "1.2.3.4.200"
    assert found["voxels"] == int(region.sum())


def test_quantify_refuses_a_folder_without_pet(tmp_path, series, region):
    mask = nifti(tmp_path / "mask.nii.gz", region, grid=series[1].grid)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ImageError, match="0 PET series"):
        quantify(empty, mask)
    with pytest.raises(ImageError, match="no such image folder"):
        quantify(tmp_path / "nowhere", mask)
    with pytest.raises(ImageError, match="no such mask file"):
        quantify(tmp_path / "series", tmp_path / "nothing.nii")


def test_segmentation_of_every_second_slice_of_a_finer_image_is_refused(tmp_path, series, region):
    files, volume = series
    file = with_highdicom(tmp_path / "seg.dcm", files, {"L01": region})
    ds = pydicom.dcmread(file)
    ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = 2.0
    ds.save_as(file)
    with pytest.raises(ImageError, match="another grid"):
        read_masks(file, volume.grid)


def test_segments_of_one_label_stay_apart(tmp_path, series, region):
    files, volume = series
    file = with_highdicom(tmp_path / "seg.dcm", files, {"L01": region, "L02": ~region})
    ds = pydicom.dcmread(file)
    for item in ds.SegmentSequence:
        item.SegmentLabel = "Lesion"
    ds.save_as(file)
    masks = read_masks(file, volume.grid)
    np.testing.assert_array_equal(masks["Lesion (segment 1)"], region)
    np.testing.assert_array_equal(masks["Lesion (segment 2)"], ~region)


def test_a_damaged_contour_file_is_an_image_error_or_readable(tmp_path, series, region):
    files, volume = series
    whole = {
        "rs.dcm": rtstruct(tmp_path / "rs.dcm", {"tumour": [(box(3, 6, 2, 4), 8.0)]}).read_bytes(),
        "seg.dcm": with_highdicom(tmp_path / "seg.dcm", files, {"L01": region}).read_bytes(),
        "mask.nii": nifti(tmp_path / "mask.nii", region, grid=volume.grid).read_bytes(),
    }
    random = np.random.default_rng(np.random.SeedSequence(20150310))
    refused = 0
    for count in range(450):
        name = list(whole)[count % 3]
        data = bytearray(whole[name])
        if count % 2:
            data = data[: random.integers(len(data))]
        else:
            for place in random.integers(len(data), size=8):
                data[place] = random.integers(256)
        (tmp_path / name).write_bytes(data)
        try:
            masks = read_masks(tmp_path / name, volume.grid)
        except ImageError:
            refused += 1
        else:
            assert all(mask.shape == volume.grid.shape and mask.dtype == bool for mask in masks.values())
    assert refused > 200
