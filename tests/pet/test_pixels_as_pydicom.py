"""Stored values of every encoding, against pydicom's pixel_array bit for bit; what no reader can know is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_series import slice_of, true_suv
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.pixels import scaled_volume, stored_pixels

NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def image(values: np.ndarray, *, stored: int | None = None, syntax=ExplicitVRLittleEndian) -> pydicom.Dataset:
    """A PET slice that holds these integers, in as many bits as their type has or as are said."""
    ds = slice_of(0, suv=true_suv())
    allocated = 8 * values.dtype.itemsize
    ds.Rows, ds.Columns = values.shape
    ds.BitsAllocated, ds.BitsStored = allocated, stored or allocated
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(values.dtype.kind == "i")
    raw = values.astype(values.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OB" if allocated == 8 and syntax != ImplicitVRLittleEndian else "OW"
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        ds.compress(syntax, generate_instance_uid=False)
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def written(file: Path, ds: pydicom.Dataset) -> Path:
    syntax = ds.file_meta.TransferSyntaxUID
    pydicom.dcmwrite(
        file, ds, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )  # fmt: skip
    return file


def as_pydicom(file: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(file).pixel_array


def ours(file: Path, scale: float = 1.0) -> np.ndarray:
    return scaled_volume([stored_pixels(read_header(file))], np.array([scale]))[0]


def refused(file: Path) -> str:
    with pytest.raises(ImageError) as caught:
        ours(file)
    return str(caught.value)


def everything(code: str, stored: int | None, shape: tuple[int, int] = (37, 41)) -> np.ndarray:
    """Random values over the whole range, its ends included; the odd shape gives odd lengths of 8-bit data."""
    dtype = np.dtype(code)
    bits = stored or 8 * dtype.itemsize
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if dtype.kind == "i" else (0, 2**bits)
    values = np.random.default_rng(7).integers(low, high, shape)
    values.flat[:2] = low, high - 1
    return values.astype(dtype)


KINDS = [("u1", None), ("i1", None), ("u2", None), ("i2", None), ("u4", None), ("i4", None), ("u2", 12), ("i2", 12),
         ("u2", 15), ("u4", 24), ("u1", 7)]  # fmt: skip


CASES = [
    (syntax, *kind)
    for syntax in (*NATIVE, DeflatedExplicitVRLittleEndian, RLELossless)
    for kind in KINDS
    if syntax != RLELossless
    or kind[0][1] != "4"  # run lengths are defined for 8 and 16 bits (PS3.5 section 8.2.2)
]


@pytest.mark.parametrize(("syntax", "code", "stored"), CASES)
def test_values_of_every_size_and_sign_are_those_of_pydicom(tmp_path, syntax, code, stored):
    file = written(tmp_path / "a.dcm", image(everything(code, stored), stored=stored, syntax=syntax))
    decoded = as_pydicom(file)
    np.testing.assert_array_equal(decoded, everything(code, stored))
    np.testing.assert_array_equal(ours(file), decoded.astype(np.float32))
    assert (stored_pixels(read_header(file)).dtype is not None) == (syntax in NATIVE)


@pytest.mark.parametrize(
    ("syntax", "code", "stored"),
    [(s, c, b) for s in (JPEG2000Lossless, JPEGLSLossless) for c, b in (("u1", None), ("u2", None), ("u2", 12))]
    + [(JPEG2000Lossless, "i2", None), (JPEG2000Lossless, "i2", 12)],
)  # fmt: skip
def test_values_compressed_by_jpeg_are_those_of_pydicom(tmp_path, syntax, code, stored):
    file = written(tmp_path / "a.dcm", image(everything(code, stored), stored=stored, syntax=syntax))
    np.testing.assert_array_equal(ours(file), as_pydicom(file).astype(np.float32))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    case=st.sampled_from(CASES),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    scale=st.floats(1e-9, 1e6),
)
def test_one_float32_product_is_what_a_voxel_holds(tmp_path, case, shape, scale):
    syntax, *kind = case
    values = everything(*kind, shape=(max(shape[0], 2), shape[1]))
    file = written(tmp_path / "a.dcm", image(values, stored=kind[1], syntax=syntax))
    wide = np.float64 if values.dtype.itemsize == 4 else np.float32
    expected = (as_pydicom(file).astype(wide) * np.float32(scale)).astype(np.float32)
    np.testing.assert_array_equal(ours(file, scale), expected)


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("code", ["u2", "i2"])
def test_bits_that_are_not_stored_are_ignored_as_pydicom_does(tmp_path, syntax, code):
    # Overlays were once kept in the high bits that pixels leave free (PS3.5 section 8.1.2).
    values = everything(code, None)
    file = written(tmp_path / "a.dcm", image(values, stored=12, syntax=syntax))
    assert not np.array_equal(as_pydicom(file), values)
    np.testing.assert_array_equal(ours(file), as_pydicom(file).astype(np.float32))


def test_fragments_and_offset_tables_of_compressed_pixels_are_followed(tmp_path):
    ds = image(everything("u2", None), syntax=RLELossless)
    frame = next(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1))
    for name, packed in {
        "fragments": encapsulate([frame], fragments_per_frame=2),
        "no table": encapsulate([frame], has_bot=False),
    }.items():
        ds.PixelData = packed
        ds["PixelData"].is_undefined_length = True
        file = written(tmp_path / f"{name}.dcm", ds)
        np.testing.assert_array_equal(ours(file), everything("u2", None).astype(np.float32))
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = pydicom.encaps.encapsulate_extended(
        [frame]
    )
    ds["PixelData"].is_undefined_length = True
    file = written(tmp_path / "extended.dcm", ds)
    np.testing.assert_array_equal(ours(file), as_pydicom(file).astype(np.float32))


def test_padding_after_the_pixel_data_changes_nothing(tmp_path):
    ds = image(everything("i2", None))
    ds.DataSetTrailingPadding = bytes(3000)
    file = written(tmp_path / "a.dcm", ds)
    np.testing.assert_array_equal(ours(file), as_pydicom(file).astype(np.float32))


def test_many_slices_of_mixed_encodings_come_in_the_order_asked_for(tmp_path):
    syntaxes = (*NATIVE, RLELossless, DeflatedExplicitVRLittleEndian)
    files, expected = [], []
    for place in range(40):
        values = np.full((5, 6), place, "u2")
        files.append(
            written(tmp_path / f"{place}.dcm", image(values, syntax=syntaxes[place % len(syntaxes)]))
        )
        expected.append(values * np.float32(place + 1))
    pixels = [stored_pixels(read_header(file)) for file in files]
    np.testing.assert_array_equal(scaled_volume(pixels, np.arange(1.0, 41)), expected)


def jpeg_lossless(values: np.ndarray, *, bits: int, predictor: int) -> pydicom.Dataset:
    ds = image(values, stored=bits)
    stored = values.view(values.dtype.str.replace("i", "u")) & np.array(
        2**bits - 1, values.dtype.str.replace("i", "u")
    )
    frame = imagecodecs.jpeg_encode(stored, lossless=True, predictor=predictor, bitspersample=bits)
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1 if predictor == 1 else JPEGLossless
    return ds


@pytest.mark.parametrize("predictor", [1, 4, 7])
@pytest.mark.parametrize(("code", "bits"), [("u1", 8), ("u2", 16), ("u2", 12), ("i2", 16), ("i2", 12)])
def test_jpeg_lossless_as_archives_send_it_gives_the_values_back(tmp_path, code, bits, predictor):
    values = everything(code, bits)
    file = tmp_path / "a.dcm"
    jpeg_lossless(values, bits=bits, predictor=predictor).save_as(file, enforce_file_format=True)
    np.testing.assert_array_equal(ours(file), values.astype(np.float32))


def test_a_jpeg_image_that_ends_early_is_refused(tmp_path):
    ds = jpeg_lossless(everything("u2", None), bits=16, predictor=1)
    whole = ds.PixelData
    frame = imagecodecs.jpeg_encode(everything("u2", None), lossless=True, predictor=1)
    ds.PixelData = encapsulate([frame[: len(frame) // 2]])
    assert len(ds.PixelData) < len(whole)
    ds["PixelData"].is_undefined_length = True
    ds.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert "truncated" in refused(tmp_path / "a.dcm")


def test_pixels_that_no_codec_can_decode_are_refused_with_their_syntax(tmp_path):
    ds = image(everything("u2", None))
    ds.PixelData = encapsulate([b"\xff\xd8\xff\xc3" + bytes(60)])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    file = tmp_path / "a.dcm"
    ds.save_as(file, enforce_file_format=True)
    assert "1.2.840.10008.1.2.4.70" in refused(file)


@pytest.mark.parametrize("syntax", ["1.2.840.113619.5.2", "1.2.3.4", "1.2.840.10008.1.2.4.50"])
def test_pixels_in_a_transfer_syntax_that_is_not_native_are_never_taken_as_they_lie(tmp_path, syntax):
    # 1.2.840.113619.5.2 is GE's: its pixels alone are big endian.
    file = written(tmp_path / "a.dcm", image(everything("u2", None)))
    whole, plain = file.read_bytes(), ExplicitVRLittleEndian.encode() + b"\0"
    padded = syntax.encode() + b"\0" * (len(syntax) % 2)
    element = b"\x02\0\x10\0UI"
    place = whole.index(element + len(plain).to_bytes(2, "little") + plain)
    changed = element + len(padded).to_bytes(2, "little") + padded
    file.write_bytes(whole[:place] + changed + whole[place + 8 + len(plain) :])
    assert syntax in refused(file)


def test_encapsulated_pixels_that_are_declared_native_are_refused(tmp_path):
    ds = image(everything("u2", None))
    whole = written(tmp_path / "a.dcm", ds).read_bytes()
    place = whole.rindex(b"\xe0\x7f\x10\0OW\0\0") + 8
    (tmp_path / "a.dcm").write_bytes(whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :])
    assert "no stated length" in refused(tmp_path / "a.dcm")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("HighBit", 14), ("BitsStored", 17), ("BitsAllocated", 12), ("SamplesPerPixel", 3), ("PixelRepresentation", 2),
     ("Rows", 0), ("Rows", 38), ("Columns", 40)],
)  # fmt: skip
def test_an_attribute_of_the_pixels_that_contradicts_them_is_named(tmp_path, keyword, value):
    ds = image(everything("u2", None))
    setattr(ds, keyword, value)
    assert keyword in refused(written(tmp_path / "a.dcm", ds))


def test_float_pixels_are_refused_by_name(tmp_path):
    ds = image(everything("u4", None))
    ds.FloatPixelData = ds.PixelData
    del ds.PixelData
    assert "Float Pixel Data" in refused(written(tmp_path / "a.dcm", ds))


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_compressed_pixels_that_end_early_are_refused_or_read_as_pydicom_does(tmp_path, syntax, share):
    file = written(tmp_path / "a.dcm", image(everything("u2", None), syntax=syntax))
    whole = file.read_bytes()
    start = read_header(file).pixel_start
    file.write_bytes(whole[: start + int(share * (len(whole) - start))])
    try:
        found = ours(file)
    except ImageError:
        return
    np.testing.assert_array_equal(found, as_pydicom(file).astype(np.float32))


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    file = written(tmp_path / "a.dcm", image(everything("u2", None)))
    pixels = stored_pixels(read_header(file))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ImageError, match="changed while it was read"):
        scaled_volume([pixels], np.ones(1))


@pytest.mark.parametrize("scale", [1e35, 1e-42, np.inf, np.nan])
def test_a_factor_that_float32_cannot_hold_is_refused(tmp_path, scale):
    pixels = stored_pixels(read_header(written(tmp_path / "a.dcm", image(everything("u2", None)))))
    with pytest.raises(ImageError, match="no numbers"):
        scaled_volume([pixels], np.array([scale]))
