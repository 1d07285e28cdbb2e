"""The header that is walked, against pydicom's parse of the same bytes: random data sets, and odd ones made by hand."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_series import slice_of, true_suv
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import SliceHeader, read_header
from analysis.pet.headers.tags import CODE_ITEM, PRIVATE, RADIOPHARMACEUTICAL_ITEM, TOP_LEVEL

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def parts(text: str) -> list[str]:
    return [part.strip(" \0\t\r\n") for part in text.split("\\")]


def spelt(element: pydicom.DataElement) -> list[str]:
    """Values of an element as text, as they were written."""
    value = element.value
    if element.VR == "SQ":
        return [str(len(value))]
    if isinstance(value, bytes):
        return parts(value.decode("latin-1"))
    values = value if isinstance(value, pydicom.multival.MultiValue) else [value]
    return parts("\\".join("" if v is None else str(getattr(v, "original_string", v)) for v in values))


def by_pydicom(file: Path) -> dict[str, list[str]]:
    """Every attribute that we read, as pydicom reads it."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(file, force=True)
        for tag, (keyword, _kind) in TOP_LEVEL.items():
            if tag in ds:
                found[keyword] = spelt(ds[tag])
        for item in (ds.get("RadiopharmaceuticalInformationSequence") or [])[:1]:
            for tag, (keyword, kind) in RADIOPHARMACEUTICAL_ITEM.items():
                if tag in item and kind != "SQ":
                    found[keyword] = spelt(item[tag])
                for code in (item[tag].value if tag in item and kind == "SQ" else [])[:1]:
                    found |= {keyword + end: spelt(code[t]) for t, end in CODE_ITEM.items() if t in code}
        for (group, element), owners in PRIVATE.items():
            for block in range(0x10, 0x100):
                owner = ds[group, block].value if (group, block) in ds else None
                for creator, keyword in owners:
                    if (group, block << 8 | element) in ds and owner == creator:
                        found[keyword] = spelt(ds[group, block << 8 | element])
    return found


def check(file: Path) -> SliceHeader:
    """Our header, after it has been compared with pydicom's; bare private elements are ours alone to interpret."""
    header = read_header(file)
    bare = tuple(
        name.removesuffix("WithoutCreator") for name in header.attributes if name.endswith("WithoutCreator")
    )
    ours = {
        name: parts(text) for name, text in header.attributes.items() if not (bare and name.startswith(bare))
    }
    assert ours == by_pydicom(file)
    return header


WORDS = st.text("ABCxyz019 _^=", max_size=12)
FOREIGN = {"": WORDS, "ISO_IR 192": st.text("aé漢µß", max_size=6), "ISO_IR 100": st.text("aéµß", max_size=6),
           "ISO_IR 144": st.text("aЖя", max_size=6), "\\ISO 2022 IR 87": st.text("a漢字", max_size=6)}  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9).map(str), st.floats(-1e6, 1e6).map("{:.6e}".format), st.just("")
)


def value_of(keyword: str, texts: st.SearchStrategy) -> st.SearchStrategy:
    vr = dictionary_VR(keyword)
    if vr == "US":
        return st.integers(0, 65535)
    if vr in ("DS", "FL", "FD"):
        return st.one_of(NUMBERS, st.lists(NUMBERS.filter(bool), min_size=2, max_size=6))
    if vr == "IS":
        return st.integers(-(2**31), 2**31 - 1).map(str)
    if vr == "UI":
        return st.lists(st.integers(0, 10**6), min_size=1, max_size=8).map(lambda v: ".".join(map(str, v)))
    if vr in ("DA", "TM", "DT"):
        return st.sampled_from(
            {"DA": ["20150310", ""], "TM": ["1000", "103000.05"], "DT": ["20150310103000+0100"]}[vr]
        )
    return texts if vr in ("LO", "SH", "ST", "LT") else st.text("ABC_ 01", max_size=12)


@st.composite
def items(draw, keywords, texts, depth=0):
    """A data set of some of these attributes, in some sequences of which the same attributes stand again."""
    ds = Dataset()
    for keyword in draw(st.lists(st.sampled_from(keywords), unique=True)):
        setattr(ds, keyword, draw(value_of(keyword, texts)))
    if depth < 2:
        for keyword in draw(
            st.sets(st.sampled_from(["ReferencedImageSequence", "RequestAttributesSequence"]))
        ):
            setattr(ds, keyword, draw(st.lists(items(keywords, texts, depth + 1), max_size=2)))
            ds[keyword].is_undefined_length = draw(st.booleans())
            for item in ds[keyword].value:
                item.is_undefined_length_sequence_item = draw(st.booleans())
        if draw(st.booleans()):
            block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
            block.add_new(0x10, "SQ", [draw(items(keywords, texts, depth + 1))])
            block.add_new(0x11, "OB", bytes(draw(st.sampled_from([0, 20, 40000, 300000]))))
    return ds


@st.composite
def data_sets(draw):
    charset = draw(st.sampled_from(sorted(FOREIGN)))
    texts = st.one_of(WORDS, FOREIGN[charset])
    top = sorted(
        keyword for keyword, kind in TOP_LEVEL.values() if kind != "SQ" and keyword != "SpecificCharacterSet"
    )
    inner = sorted(keyword for keyword, kind in RADIOPHARMACEUTICAL_ITEM.values() if kind != "SQ")
    ds = draw(items(top, texts))
    if charset:
        ds.SpecificCharacterSet = charset.split("\\")
    if draw(st.booleans()):
        tracers = draw(st.lists(items(inner, texts), max_size=2))
        for tracer in tracers:
            for name in draw(
                st.sets(st.sampled_from(["RadionuclideCodeSequence", "RadiopharmaceuticalCodeSequence"]))
            ):
                codes = st.builds(lambda value, meaning: (value, meaning), WORDS, texts)
                setattr(tracer, name, [Dataset() for _ in range(draw(st.integers(0, 2)))])
                for code in tracer[name].value:
                    code.CodeValue, code.CodeMeaning = draw(codes)
                tracer[name].is_undefined_length = draw(st.booleans())
            tracer.is_undefined_length_sequence_item = draw(st.booleans())
        ds.RadiopharmaceuticalInformationSequence = tracers
        ds["RadiopharmaceuticalInformationSequence"].is_undefined_length = draw(st.booleans())
    for (group, element), owners in PRIVATE.items():
        for creator in draw(st.lists(st.sampled_from([owners[0][0], "ANOTHER", "THIRD"]), unique=True)):
            ds.private_block(group, creator, create=True).add_new(element, "LO", draw(WORDS))
    return ds


def encoded(ds: Dataset, syntax, pixels: bytes = bytes(112)) -> bytes:
    ds.file_meta = slice_of(0, suv=true_suv()).file_meta
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = pixels
    ds["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(
            buffer, ds, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian, enforce_file_format=False,
        )  # fmt: skip
    return buffer.getvalue()


@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(ds=data_sets(), syntax=st.sampled_from(SYNTAXES))
def test_random_data_sets_are_read_as_pydicom_reads_them(tmp_path, ds, syntax):
    file = tmp_path / "a.dcm"
    file.write_bytes(encoded(ds, syntax))
    header = check(file)
    if syntax != DeflatedExplicitVRLittleEndian:
        assert file.read_bytes()[header.pixel_start :][: header.pixel_length] == bytes(112)


def test_a_big_endian_data_set_that_begins_with_a_sequence_is_read(tmp_path):
    ds = Dataset()
    ds.RadiopharmaceuticalInformationSequence = []
    ds["RadiopharmaceuticalInformationSequence"].is_undefined_length = True
    (tmp_path / "a.dcm").write_bytes(encoded(ds, ExplicitVRBigEndian))
    check(tmp_path / "a.dcm")


def element(tag: int, vr: str, value: bytes, *, order: str = "<", undefined: bool = False) -> bytes:
    """One element with explicit VR; with implicit VR if ``vr`` is empty."""
    place = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
    value += b"\0" * (len(value) % 2)
    length = 0xFFFFFFFF if undefined else len(value)
    if not vr:
        return place + struct.pack(order + "I", length) + value
    if vr in ("OB", "OW", "SQ", "UN", "UT", "UC", "UR", "OF", "OD", "OL", "OV", "SV", "UV"):
        return place + vr.encode() + b"\0\0" + struct.pack(order + "I", length) + value
    return place + vr.encode() + struct.pack(order + "H", length) + value


META = element(0x00020000, "UL", struct.pack("<I", 28)) + element(0x00020010, "UI", b"1.2.840.10008.1.2.1\0")
PREAMBLE = bytes(128) + b"DICM"
WEIGHT, SLOPE = element(0x00101030, "DS", b"70"), element(0x00281053, "DS", b"0.5 ")
PIXELS = element(0x7FE00010, "OW", bytes(8))
ITEM, ITEM_END, SEQUENCE_END = (
    b"\xfe\xff\x00\xe0",
    b"\xfe\xff\x0d\xe0" + bytes(4),
    b"\xfe\xff\xdd\xe0" + bytes(4),
)
DOSE = element(0x00181074, "DS", b"350000000 ")
IMPLICIT_DOSE = element(0x00181074, "", b"350000000 ")


def item(content: bytes, *, undefined: bool = False) -> bytes:
    if undefined:
        return ITEM + b"\xff\xff\xff\xff" + content + ITEM_END
    return ITEM + struct.pack("<I", len(content)) + content


ODD = {
    "plain": PREAMBLE + META + WEIGHT + SLOPE + PIXELS,
    "no preamble": META + element(0x00080060, "CS", b"PT") + WEIGHT + PIXELS,
    "no preamble, no group length": META[12:] + element(0x00080060, "CS", b"PT") + WEIGHT + PIXELS,
    "data set alone": element(0x00080060, "CS", b"PT") + WEIGHT + PIXELS,
    "implicit data set alone": element(0x00080060, "", b"PT") + element(0x00101030, "", b"70")
    + element(0x7FE00010, "", bytes(8)),
    "no meta information": PREAMBLE + element(0x00080060, "CS", b"PT") + WEIGHT + PIXELS,
    "no meta information, big endian": PREAMBLE + element(0x00080060, "CS", b"PT", order=">")
    + element(0x00101030, "DS", b"70", order=">") + element(0x7FE00010, "OW", bytes(8), order=">"),
    "declared explicit, is implicit": PREAMBLE + META + element(0x00080060, "", b"PT") + element(0x00101030, "", b"70")
    + element(0x7FE00010, "", bytes(8)),
    "group lengths": PREAMBLE + META + element(0x00080000, "UL", bytes(4)) + WEIGHT + element(0x00280000, "UL", bytes(4))
    + SLOPE + PIXELS,
    "the last of two counts": PREAMBLE + META + WEIGHT + element(0x00101030, "DS", b"71") + SLOPE + PIXELS,
    "out of order": PREAMBLE + META + SLOPE + WEIGHT + element(0x00080060, "CS", b"PT") + PIXELS,
    "unknown VRs": PREAMBLE + META + element(0x00101030, "UN", b"70") + element(0x00280010, "UN", struct.pack("<H", 400))
    + element(0x00281053, "UN", b"0.5") + PIXELS,
    "a VR of the future": PREAMBLE + META + element(0x00091001, "ZZ", b"abcd") + WEIGHT + PIXELS,
    "one element without VR": PREAMBLE + META + WEIGHT + element(0x00280030, "", b"2\\2 ") + SLOPE + PIXELS,
    "padding after the pixels": PREAMBLE + META + WEIGHT + PIXELS + element(0xFFFCFFFC, "OB", bytes(100)),
    "empty values": PREAMBLE + META + element(0x00101030, "DS", b"") + element(0x00280010, "US", b"") + SLOPE + PIXELS,
    "null-padded": PREAMBLE + META + element(0x00101030, "DS", b"70\0\0") + element(0x00080060, "CS", b"PT \0") + PIXELS,
    "a tracer of unknown VR": PREAMBLE + META + element(0x00540016, "UN", item(IMPLICIT_DOSE)) + PIXELS,
    "a tracer of unknown VR and length": PREAMBLE + META
    + element(0x00540016, "UN", item(IMPLICIT_DOSE, undefined=True) + SEQUENCE_END, undefined=True) + PIXELS,
    "a tracer of undefined length": PREAMBLE + META
    + element(0x00540016, "SQ", item(DOSE, undefined=True) + SEQUENCE_END, undefined=True) + SLOPE + PIXELS,
    "an empty tracer": PREAMBLE + META + element(0x00540016, "SQ", b"") + SLOPE + PIXELS,
    "a slope in a sequence": PREAMBLE + META + element(0x00081140, "SQ", item(SLOPE + WEIGHT)) + WEIGHT + PIXELS,
    "a slope in a private sequence": PREAMBLE + META + element(0x00090010, "LO", b"X ")
    + element(0x00091001, "UN", item(element(0x00281053, "", b"9 "), undefined=True) + SEQUENCE_END, undefined=True)
    + WEIGHT + PIXELS,
    "a large private element": PREAMBLE + META + element(0x00091001, "OB", bytes(200_000)) + WEIGHT + SLOPE + PIXELS,
    "the first element beyond what is read first": PREAMBLE + META + element(0x00080009, "OB", bytes(40_000)) + WEIGHT
    + PIXELS,
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_layout_is_read_as_pydicom_reads_it(tmp_path, name):
    file = tmp_path / "a.dcm"
    file.write_bytes(ODD[name])
    header = check(file)
    assert header.attributes
    assert header.pixel_start == ODD[name].index(bytes(8), header.pixel_start)
    assert header.pixel_length == 8


def test_headers_of_real_scanners_are_read_as_pydicom_reads_them(shared):
    files = sorted(file for file in (shared / "realdata").rglob("*") if file.suffix.lower() == ".dcm")
    for file in files[::20]:
        check(file)
    assert len(files) > 20


TOO_LONG = PREAMBLE + META + element(0x00101030, "DS", b"70")[:6] + b"\xfe\xff"
BROKEN = {
    "nothing": b"",
    "a preamble only": PREAMBLE,
    "meta information only": PREAMBLE + META,
    "a length beyond the end": TOO_LONG + b"70",
    "an element cut off": PREAMBLE + META + WEIGHT + SLOPE[:5],
    "a long length cut off": PREAMBLE + META + WEIGHT + PIXELS[:9],
    "a sequence without end": PREAMBLE + META + element(0x00081140, "SQ", item(SLOPE), undefined=True),
    "a sequence of no items": PREAMBLE + META + element(0x00081140, "SQ", WEIGHT * 3, undefined=True) + PIXELS,
    "an item without end": PREAMBLE + META + element(0x00081140, "SQ", ITEM + b"\xff" * 4 + SLOPE, undefined=True),
    "deflated rubbish": PREAMBLE + element(0x00020010, "UI", b"1.2.840.10008.1.2.1.99") + b"\x07rubbish",
    "text": b"This is no image. " * 20,
    "a thousand sequences in each other": PREAMBLE + META
    + (element(0x00081140, "SQ", b"", undefined=True) + ITEM + b"\xff" * 4) * 3000,
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_an_image_error_or_has_no_pixels(tmp_path, name):
    file = tmp_path / "a.dcm"
    file.write_bytes(BROKEN[name])
    try:
        truncated = read_header(file).truncated
    except ImageError:
        return
    assert truncated


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(ODD)))
def test_any_damage_to_an_odd_layout_is_an_image_error_or_readable(tmp_path, data, name):
    whole = bytearray(ODD[name][:2000])
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "a.dcm"
    file.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    try:
        header = read_header(file)
    except ImageError:
        return
    assert all(isinstance(text, str) for text in header.attributes.values())
