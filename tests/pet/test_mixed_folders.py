"""Folders as they come: other series, damaged neighbours, droppings, links; the right series or a clear refusal."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from make_contours import box, nifti, rtstruct
from make_series import setting, true_suv, write_series

from analysis.errors import ImageError
from analysis.pet import quantify, read_suv

REGION = np.zeros((6, 7, 8), bool)
REGION[1:5, 2:5, 2:6] = True


@pytest.fixture
def image(tmp_path):
    write_series(tmp_path / "image" / "ac")
    return tmp_path / "image"


@pytest.fixture
def mask(image, tmp_path):
    return nifti(tmp_path / "mask.nii.gz", REGION, grid=read_suv(sorted((image / "ac").iterdir())).grid)


def contours(tmp_path, **references):
    drawn = [(box(2, 5, 2, 4), 4.0 * index) for index in range(1, 5)]
    return rtstruct(tmp_path / "rs.dcm", {"GTV": drawn}, **references)


def is_right(found):
    assert found.measures.voxels == REGION.sum()
    assert found.measures.suv_max == pytest.approx(true_suv()[REGION].max(), rel=1e-3)
    assert found.measures.suv_mean == pytest.approx(true_suv()[REGION].mean(), rel=1e-3)
    assert found.volume.series_uid == "1.2.3.4.200"


def test_a_damaged_series_of_another_kind_costs_nothing(image, mask):
    twin = write_series(image / "nac", setting(CorrectedImage=["DECY"]), uid="1.9")
    twin[0].write_bytes(twin[0].read_bytes()[:-40])
    is_right(quantify(image, mask))


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.66", "1.3.12.2.1107.5.9.1"])
def test_raw_data_under_the_modality_pt_are_no_truncated_image(image, mask, sop_class):
    ds = pydicom.dcmread(next((image / "ac").iterdir()))
    del ds.PixelData
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.SeriesInstanceUID = "1.77"
    ds.save_as(image / "raw.dcm")
    is_right(quantify(image, mask))


def test_an_image_that_lost_its_pixels_is_truncated(image, mask):
    file = next((image / "ac").iterdir())
    ds = pydicom.dcmread(file)
    del ds.PixelData
    ds.save_as(file)
    with pytest.raises(ImageError, match="truncated"):
        quantify(image, mask)


def test_droppings_and_the_directory_of_a_medium_are_passed_over(image, mask):
    for name in (".DS_Store", "._1.dcm", "DICOMDIR", "Thumbs.db", "LICENSE", "notes.txt"):
        (image / name).write_bytes(b"\0" * 128 + b"DICM" if name == "DICOMDIR" else b"no image")
    is_right(quantify(image, mask))


@pytest.mark.parametrize("name", ["a.dcm", "IM00007", "1.2.840.7"])
def test_an_empty_file_that_is_named_like_an_image_is_refused(image, mask, name):
    (image / name).write_bytes(b"")
    with pytest.raises(ImageError, match="no DICOM prefix"):
        quantify(image, mask)


def test_links_are_followed_and_every_folder_is_read_once(image, mask, tmp_path):
    top = tmp_path / "linked"
    top.mkdir()
    (top / "series").symlink_to(image, target_is_directory=True)
    (top / "again").symlink_to(image / "ac", target_is_directory=True)
    (image / "circle").symlink_to(top, target_is_directory=True)
    (image / "nowhere.dcm").symlink_to(tmp_path / "nowhere")
    is_right(quantify(top, mask))


def test_depth_of_folders_does_not_matter(image, mask):
    deep = image.joinpath(*["d"] * 300)
    for count in range(1, 301):
        image.joinpath(*["d"] * count).mkdir()
    (image / "ac").rename(deep / "ac")
    is_right(quantify(image, mask))


def test_of_two_visits_the_one_in_the_frame_of_reference_of_the_contours_is_measured(image, tmp_path):
    write_series(image / "visit-2", uid="1.9")
    found = quantify(image, contours(tmp_path, series_uid="1.2.77", frame="1.2.3.4.300"))
    is_right(found)
    assert "the mask was drawn on another series of the same frame of reference" in found.warnings


def test_of_two_visits_a_mask_that_names_none_chooses_none(image, mask):
    write_series(image / "visit-2", uid="1.9")
    with pytest.raises(ImageError, match=r"2 PET series: 1\.2\.3\.4\.200 .*1\.9\.200"):
        quantify(image, mask)


@pytest.mark.parametrize(
    "edit",
    [setting(ImageType=["DERIVED", "SECONDARY", "MIP"]), setting(SeriesType=["WHOLE BODY", "REPROJECTION"])],
)
def test_a_projection_is_not_measured_even_if_it_is_the_only_pet(tmp_path, edit):
    files = write_series(tmp_path / "image", edit)
    mask = nifti(tmp_path / "mask.nii.gz", REGION, grid=read_suv(files).grid)
    with pytest.raises(ImageError, match="cannot be measured: "):
        quantify(tmp_path / "image", mask)


@pytest.mark.parametrize("cut", [128, 132])
def test_files_that_lost_their_preamble_are_read(image, mask, cut):
    for file in (image / "ac").iterdir():
        file.write_bytes(file.read_bytes()[cut:])
    is_right(quantify(image, mask))
