"""Headers read by what differs between the files of a series, against the walk of every file: always the same."""

from __future__ import annotations

import io
import random
import warnings

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_series import slice_of, true_suv, write_series
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

import analysis.pet.headers.layout as module
from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.headers.elements import Short
from analysis.pet.headers.layout import HeaderReader, parse_header

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def encoded(index: int, syntax=ExplicitVRLittleEndian, *, uid: str = "1.2.3.4") -> bytes:
    """A file of a series: with what other writers add, such as sequences and private elements."""
    ds = slice_of(index, suv=true_suv(), uid=uid)
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SpecificCharacterSet = "ISO_IR 100"
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = f"{uid}.7.{10**index}"
    ds.ReferencedImageSequence = [reference]
    ds["ReferencedImageSequence"].is_undefined_length = True
    ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", bytes(2 * index))
    ds.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x00, "DS", "0.0004")
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(buffer, ds, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    return buffer.getvalue()


SERIES = {syntax: [encoded(index, syntax) for index in range(6)] for syntax in SYNTAXES}


@pytest.fixture
def walked(monkeypatch):
    """Paths of the files that were walked."""
    paths = []

    def watched(path, data, size):
        paths.append(path)
        return parse_header(path, data, size)

    monkeypatch.setattr(module, "parse_header", watched)
    return paths


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_header_of_a_mixed_folder_is_that_of_the_walk(tmp_path, syntax):
    for series in range(3):
        for index in range(6):
            data = encoded(index, syntax, uid=f"1.2.{series}")
            (tmp_path / f"{(index * 5) % 11:02d}-{series}.dcm").write_bytes(data)
    reader = HeaderReader()
    for file in sorted(tmp_path.iterdir()):
        assert reader.read(file) == read_header(file)


def test_a_series_is_walked_a_few_times_only(tmp_path, walked):
    files = write_series(tmp_path, suv=true_suv(60, 2, 2))
    reader = HeaderReader()
    for file in files:
        reader.read(file)
    assert 1 <= len(walked) <= 4


def test_where_every_file_is_another_no_layout_is_learnt_for_ever(tmp_path):
    reader = HeaderReader()
    for number in range(120):
        file = tmp_path / f"{number}.dcm"
        file.write_bytes(encoded(0, uid=f"1.{number}"))
        assert reader.read(file) == read_header(file)
    assert reader._learnt < 60


def outcome(parse, data: bytes) -> object:
    """Header or error, which may ask for more than there is."""
    from pathlib import Path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse(Path("a.dcm"), data, len(data))
        except (Short, ValueError, ImageError, OverflowError, RecursionError) as problem:
            return type(problem), str(problem)
        except Exception as problem:
            return type(problem)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), syntax=st.sampled_from(SYNTAXES))
def test_damaged_bytes_give_the_header_or_the_error_of_the_walk(seed, syntax):
    """Bytes are changed, taken out, put in and cut off where the header lies, in a file after files that are whole."""
    dice = random.Random(seed)
    reader = HeaderReader()
    for data in SERIES[syntax][:3]:
        reader._parse(module.Path("a.dcm"), data, len(data))
    for _ in range(8):
        data = bytearray(dice.choice(SERIES[syntax]))
        for _ in range(dice.choice((1, 1, 2, 5))):
            at = dice.randrange(len(data) - 300) if len(data) > 900 else dice.randrange(len(data))
            kind = dice.randrange(5)
            if kind == 0:
                data[at] = dice.randrange(256)
            elif kind == 1:
                data[at : at + 1] = b""
            elif kind == 2:
                data[at:at] = bytes(dice.randrange(256) for _ in range(dice.choice((1, 2, 8))))
            elif kind == 3:
                data[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x02\0\0\0"))
            else:
                del data[at + 1 :]
            if len(data) < 400:
                break
        assert outcome(reader._parse, bytes(data)) == outcome(parse_header, bytes(data))
