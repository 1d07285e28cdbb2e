"""Slices that form one volume, slices that do not, and every way pixels may be encoded."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_series import SPACING, setting, slice_of, true_suv, write_series
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from analysis.errors import ImageError
from analysis.pet import read_suv
from analysis.pet.headers.dicom_file import read_header

STEP = 2e-4


def refused(files):
    with pytest.raises(ImageError) as caught:
        read_suv(files)
    return str(caught.value)


def test_slices_are_ordered_by_position_whatever_their_names(tmp_path):
    files = write_series(tmp_path)
    first = read_suv(files)
    again = read_suv(files[::-1])
    np.testing.assert_array_equal(first.suv, again.suv)
    assert first.factors.files == again.factors.files
    np.testing.assert_allclose(first.suv, true_suv(), atol=STEP)


def test_the_grid_is_that_of_the_header(tmp_path):
    grid = read_suv(write_series(tmp_path)).grid
    assert grid.shape == (6, 7, 8)
    assert grid.spacing == pytest.approx(SPACING)
    assert grid.points(np.array([[2, 3, 4]]))[0] == pytest.approx([-20 + 4 * 6, -15 + 3 * 5, 2 * 4])
    assert grid.index(grid.points(np.array([[2, 3, 4]])))[0] == pytest.approx([2, 3, 4])
    assert (grid.affine @ [2, 3, 4, 1])[:3] == pytest.approx([4, 0, 8])
    assert grid.voxel_ml == pytest.approx(0.12)


def test_an_oblique_series_is_ordered_along_its_own_normal(tmp_path):
    normal = np.cross([0.8, 0.6, 0], [0, 0, -1])

    def oblique(ds, index):
        ds.ImageOrientationPatient = [0.8, 0.6, 0, 0, 0, -1]
        ds.ImagePositionPatient = [float(round(v, 6)) for v in 4.0 * index * normal]

    found = read_suv(write_series(tmp_path, oblique))
    np.testing.assert_allclose(found.suv, true_suv(), atol=STEP)
    assert found.grid.spacing[0] == pytest.approx(4)


def test_a_missing_slice_is_named_by_its_positions(tmp_path):
    message = refused(write_series(tmp_path, skip=(2,)))
    assert "1 slices are missing" in message
    assert "4.00 to 12.00 mm" in message
    assert "series 1.2.3.4.200" in message


def test_a_missing_end_is_reported_from_the_number_of_slices(tmp_path):
    found = read_suv(write_series(tmp_path, skip=(5,)))
    assert any("NumberOfSlices" in text and "5 slices" in text for text in found.warnings)


def test_a_doubled_slice_is_named_by_its_position(tmp_path):
    files = write_series(tmp_path)
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(files[3].read_bytes())
    message = refused([*files, copy])
    assert "more than one slice" in message
    assert "12.00 mm" in message


def test_uneven_spacing_is_refused(tmp_path):
    def shift(ds, index):
        ds.ImagePositionPatient = [-20.0, -15.0, index * 4.0 + (1.3 if index == 3 else 0)]

    assert "not evenly spaced" in refused(write_series(tmp_path, shift))


def test_positions_rounded_to_a_tenth_of_a_millimetre_are_even(tmp_path):
    def rounded(ds, index):
        ds.ImagePositionPatient = [-20.0, -15.0, round(index * 2.027, 1)]

    assert read_suv(write_series(tmp_path, rounded)).grid.spacing[0] == pytest.approx(2.02, abs=0.01)


def test_rounding_of_long_stacks_and_of_both_neighbours_is_no_unevenness(tmp_path):
    suv = np.ones((60, 2, 2))
    files = write_series(
        tmp_path,
        lambda ds, i: setattr(ds, "ImagePositionPatient", [0, 0, round(i * 3.27 + 0.015, 1)]),
        suv=suv,
    )
    assert read_suv(files).grid.spacing[0] == pytest.approx(3.27, abs=2e-3)
    for i, file in enumerate(files):
        ds = pydicom.dcmread(file)
        ds.ImagePositionPatient = [0, 0, f"{i * 4 + 0.045 * (-1) ** i:.3f}"]
        ds.save_as(file)
    assert read_suv(files).grid.spacing[0] == pytest.approx(4.0, abs=2e-3)


def test_spacing_that_changes_along_the_stack_is_refused_though_each_step_is_small(tmp_path):
    drift = [3.25 * i if i < 30 else 3.25 * 30 + 3.33 * (i - 30) for i in range(60)]
    files = write_series(
        tmp_path,
        lambda ds, i: setattr(ds, "ImagePositionPatient", [0, 0, f"{drift[i]:.4f}"]),
        suv=np.ones((60, 2, 2)),
    )
    assert "not evenly spaced" in refused(files)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "ImageOrientationPatient"),
        ({"PixelSpacing": [5.0, 6.1]}, "PixelSpacing"),
        ({"ImagePositionPatient": [-18.0, -15.0, 12.0]}, "shifted"),
        ({"ImagePositionPatient": None}, "ImagePositionPatient"),
        ({"PixelSpacing": [0, 6.0]}, "PixelSpacing"),
        ({"RescaleSlope": None}, "RescaleSlope"),
        ({"RescaleSlope": "0"}, "RescaleSlope"),
        ({"RescaleIntercept": "-1024"}, "RescaleIntercept"),
        ({"SeriesInstanceUID": "1.2.7"}, "2 series"),
        ({"NumberOfFrames": "3"}, "NumberOfFrames"),
    ],
)
def test_a_slice_that_does_not_fit_is_refused(tmp_path, values, name):
    def edit(ds, index):
        if index == 3:
            setting(**values)(ds, index)

    assert name in refused(write_series(tmp_path, edit))


def test_a_truncated_file_is_refused_by_name(tmp_path):
    files = write_series(tmp_path)
    files[2].write_bytes(files[2].read_bytes()[:-40])
    message = refused(files)
    assert "truncated" in message
    assert files[2].name in message


def test_pixel_data_shorter_than_the_image_are_refused(tmp_path):
    def edit(ds, _index):
        ds.PixelData = ds.PixelData[:-20]

    assert "bytes" in refused(write_series(tmp_path, edit))


def test_a_text_file_is_not_dicom(tmp_path):
    file = tmp_path / "notes.dcm"
    file.write_text("not an image, but long enough to hold a preamble" * 10)
    with pytest.raises(ImageError, match="no DICOM prefix"):
        read_header(file)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_uncompressed_encoding_gives_the_same_volume(tmp_path, syntax):
    plain = read_suv(write_series(tmp_path / "plain"))
    files = []
    for index in range(6):
        ds = slice_of(index, suv=true_suv())
        if syntax is ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
        ds.file_meta.TransferSyntaxUID = syntax
        files.append(tmp_path / f"{index}.dcm")
        implicit, little = syntax is ImplicitVRLittleEndian, syntax is not ExplicitVRBigEndian
        pydicom.dcmwrite(files[-1], ds, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    np.testing.assert_array_equal(read_suv(files).suv, plain.suv)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compression_without_loss_changes_no_voxel(tmp_path, syntax):
    suv = true_suv(3, 40, 48)  # JPEG 2000 needs more than a few pixels
    plain = read_suv(write_series(tmp_path / "plain", suv=suv))
    files = []
    for index in range(3):
        ds = slice_of(index, suv=suv)
        ds.PixelRepresentation = (
            0  # encoders of signed values differ between libraries; no value here is negative
        )
        ds.compress(syntax, generate_instance_uid=False)
        files.append(tmp_path / f"{index}.dcm")
        ds.save_as(files[-1], enforce_file_format=True)
    np.testing.assert_array_equal(read_suv(files).suv, plain.suv)


def test_the_walked_header_says_what_pydicom_says(tmp_path):
    for file in write_series(tmp_path):
        ds, header = pydicom.dcmread(file), read_header(file)
        tracer = ds.RadiopharmaceuticalInformationSequence[0]
        compared = 0
        for element in [*ds, *tracer]:
            if element.keyword in header.attributes and element.VR != "SQ":
                value = element.value
                parts = value if isinstance(value, pydicom.multival.MultiValue) else [value]
                spelt = [str(getattr(part, "original_string", part)) for part in parts]
                assert header.get(element.keyword).split("\\") == spelt, element.keyword
                compared += 1
        assert compared >= len(header.attributes) - 3
        assert file.read_bytes()[header.pixel_start :][: header.pixel_length] == ds.PixelData


def test_sequences_of_undefined_length_are_skipped_and_read(tmp_path):
    ds = slice_of(0, suv=true_suv())
    for name in ("RadiopharmaceuticalInformationSequence",):
        ds[name].is_undefined_length = True
        ds[name].value[0].is_undefined_length_sequence_item = True
        ds[name].value[0]["RadionuclideCodeSequence"].is_undefined_length = True
    ds.ReferencedImageSequence = [pydicom.Dataset()]
    ds["ReferencedImageSequence"].is_undefined_length = True
    ds.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"
    file = tmp_path / "a.dcm"
    ds.save_as(file, enforce_file_format=True)
    header = read_header(file)
    assert header.get("RadionuclideValue") == "C-111A1"
    assert header.get("RadionuclideTotalDose") == "350000000"
    assert header.get("DecayFactor")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_an_image_error_or_readable(tmp_path, data):
    buffer = io.BytesIO()
    ds = slice_of(0, suv=true_suv())
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    whole = bytearray(buffer.getvalue())
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(0, 4))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "damaged.dcm"
    file.write_bytes(bytes(whole))
    try:
        found = read_suv([file])
    except ImageError:
        return
    assert np.isfinite(found.suv).all()
