"""Headers damaged at random: the right number, a number with a warning, or an error that names what is wrong."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from make_multiframe import compressed
from make_series import private, setting, tracer_of, true_suv, write_series
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from analysis.errors import ImageError
from analysis.pet import read_suv
from analysis.pet.headers.dicom_file import SliceHeader, read_header
from analysis.pet.headers.tags import PRIVATE, RADIOPHARMACEUTICAL_ITEM, TOP_LEVEL
from analysis.pet.suv.factors import suv_factors

NAMES = sorted(
    {name for name, _kind in (*TOP_LEVEL.values(), *RADIOPHARMACEUTICAL_ITEM.values())}
    | {name for owners in PRIVATE.values() for _creator, name in owners}
    | {"RadionuclideValue", "RadionuclideMeaning", "RadiopharmaceuticalCodeValue"}
)
WRONG = st.one_of(
    st.just(""),
    st.just("nan"),
    st.just("-1"),
    st.just("0"),
    st.just("inf"),
    st.just("1e400"),
    st.just("99999999999999"),
    st.just("1\\2"),
    st.just("\\"),
    st.just("20150310"),
    st.just("256199"),
    st.just("20151340250000"),
    st.text(max_size=20),
)
STYLES = {
    "start": (),
    "admin": (setting(DecayCorrection="ADMIN", DecayFactor=None),),
    "none": (setting(DecayCorrection="NONE", CorrectedImage=["ATTN"]),),
    "stored": (setting(Units="GML", RescaleSlope="0.0003"),),
    "counts": (
        setting(Units="CNTS", RescaleSlope="1"),
        private(0x7053, "Philips PET Private Group", 0x00, "DS", "0.0004"),
    ),
    "ge": (
        private(0x0009, "GEMS_PETD_01", 0x0D, "DT", "20150310100000.00"),
        setting(Manufacturer="GE MEDICAL SYSTEMS"),
    ),
    "ge admin": (
        private(0x0009, "GEMS_PETD_01", 0x3B, "DT", "20150310090000.00"),
        setting(Manufacturer="GE MEDICAL SYSTEMS", DecayCorrection="ADMIN", DecayFactor=None),
    ),
    "siemens": (private(0x0071, "SIEMENS MED PT", 0x22, "DT", "20150310100000.000000"),),
    "philips": (
        setting(Manufacturer="Philips Medical Systems", Units="CNTS", DecayFactor="1"),
        private(0x7053, "Philips PET Private Group", 0x00, "DS", "0"),
        private(0x7053, "Philips PET Private Group", 0x09, "DS", "2.5"),
    ),
    "philips none": (
        setting(Manufacturer="Philips", Units="CNTS", DecayCorrection="NONE", CorrectedImage=["ATTN"], DecayFactor=None),
        private(0x7053, "Philips PET Private Group", 0x09, "DS", "2.5"),
    ),
    "canon": (
        setting(Manufacturer="CANON_MEC", CorrectedImage=["NORM", "DTIM", "ATTN", "SCAT", "DECY", "RAN"], DecayFactor=None,
                RadiopharmaceuticalStartDateTime=None),
    ),
    "uih": (setting(Manufacturer="UIH", SeriesType=["STATIC", "IMAGE"], FrameReferenceTime=None, DecayFactor=None),),
    "mediso": (setting(Manufacturer="Mediso", RadiopharmaceuticalStartTime=None, DecayFactor=None),),
    "lean": (setting(Units="GML", SUVType="LBMJANMA", RescaleSlope="0.0003"),),
    "surface": (setting(Units="CM2ML", SUVType="BSA", RescaleSlope="0.001"),),
}  # fmt: skip


class Styles(dict):
    """Headers and right factors of each style; short to print, since hypothesis prints every argument."""

    def __repr__(self) -> str:
        return "styles"


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    top = tmp_path_factory.mktemp("styles")
    found = Styles()
    for name, edits in STYLES.items():
        files = write_series(top / name, *edits)
        headers = [read_header(file) for file in files]
        right = suv_factors(headers)
        assert right.warnings == ()
        found[name] = headers, right.factors
    return found


def damaged(
    headers: list[SliceHeader], changes: dict[str, str | None], only: int | None
) -> list[SliceHeader]:
    result = []
    for place, header in enumerate(headers):
        attributes = dict(header.attributes)
        if only is None or place == only:
            for name, value in changes.items():
                if value is None:
                    attributes.pop(name, None)
                else:
                    attributes[name] = value
        result.append(
            SliceHeader(
                header.path, attributes, header.syntax, header.pixel_start, header.pixel_length, header.size
            )
        )
    return result


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    style=st.sampled_from(sorted(STYLES)),
    changes=st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), WRONG), min_size=1, max_size=3),
    only=st.one_of(st.none(), st.integers(0, 5)),
)
def test_no_damage_gives_another_number_in_silence(styles, style, changes, only):
    # A value that is right for its attribute is no damage that a header could reveal.
    assume(changes.get("ActualFrameDuration") != "256199")
    headers, right = styles[style]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = suv_factors(damaged(headers, changes, only))
        except ImageError:
            return
    assert np.isfinite(found.factors).all()
    assert (found.factors > 0).all()
    for value in (found.sul_factor, found.bsa_factor, found.ibw_factor, found.reference.uptake_minutes):
        assert value is None or np.isfinite(value)
    taken_for_weight = style == "lean" and only is None and changes.get("SUVType", "LBM") in (None, "", "BW")
    if not np.allclose(found.factors, right, rtol=2e-3) and not taken_for_weight:
        assert found.warnings, (style, changes, found.factors[0] / right[0])


@settings(max_examples=300, deadline=None)
@given(style=st.sampled_from(sorted(STYLES)), pair=st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)))
def test_two_attributes_that_changed_places_give_no_other_number_in_silence(styles, style, pair):
    # A series time of 10:00:00 reads as a frame of 100 s, which is as good as the 150 s it was.
    assume(set(pair) != {"ActualFrameDuration", "SeriesTime"})
    headers, right = styles[style]
    swapped = []
    for header in headers:
        first, second = header.attributes.get(pair[0]), header.attributes.get(pair[1])
        swapped += damaged([header], {pair[0]: second, pair[1]: first}, None)
    try:
        found = suv_factors(swapped)
    except ImageError:
        return
    # An absent SUV Type means body weight, as the standard has it.
    if not np.allclose(found.factors, right, rtol=2e-3) and not (style == "lean" and "SUVType" in pair):
        assert found.warnings, (style, pair, found.factors[0] / right[0])


@pytest.mark.parametrize("name", ["RadionuclideTotalDose", "RadionuclideHalfLife", "PatientWeight"])
def test_several_values_in_one_attribute_are_refused_or_repaired_by_name(tmp_path, name):
    def edit(ds, _index):
        where = tracer_of(ds) if name.startswith("Radionuclide") else ds
        setattr(where, name, ["70", "80"])

    headers = [read_header(f) for f in write_series(tmp_path, edit)]
    if name == "RadionuclideHalfLife":  # the radionuclide's code stands in
        found = suv_factors(headers)
        assert any(name in text for text in found.warnings)
        return
    with pytest.raises(ImageError, match=name):
        suv_factors(headers)


def test_one_slice_acquired_at_another_time_without_decay_correction_is_said(styles):
    headers, right = styles["none"]
    found = suv_factors(damaged(headers, {"AcquisitionTime": "103000"}, 5))
    assert not np.allclose(found.factors, right, rtol=1e-2)
    assert any("AcquisitionTime" in text for text in found.warnings)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.integers(-4000, 4000),
    order=st.permutations(range(6)),
    dose=st.floats(0.2, 3),
    weight=st.floats(0.5, 2),
)
@pytest.mark.parametrize("style", ["start", "admin", "none", "ge"])
def test_suv_ignores_day_and_order_falls_as_the_dose_rises_and_rises_with_the_weight(
    styles, style, days, order, dose, weight
):
    headers, right = styles[style]
    moved = []
    for place in order:
        attributes = dict(headers[place].attributes)
        dated = (
            "StudyDate",
            "SeriesDate",
            "AcquisitionDate",
            "RadiopharmaceuticalStartDateTime",
            "GeScanDateTime",
        )
        for name in dated:
            if name in attributes:
                day = datetime.strptime(attributes[name][:8], "%Y%m%d") + timedelta(days=days)
                attributes[name] = day.strftime("%Y%m%d") + attributes[name][8:]
        attributes["RadionuclideTotalDose"] = repr(float(attributes["RadionuclideTotalDose"]) * dose)
        attributes["PatientWeight"] = repr(float(attributes["PatientWeight"]) * weight)
        moved.append(replace(headers[place], attributes=attributes))
    expected = right[list(order)] * weight / dose
    assert suv_factors(moved).factors == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_suv_is_the_same_when_a_series_is_saved_again_compressed_without_loss(tmp_path, syntax):
    files = write_series(tmp_path / "plain", suv=true_suv(2, 64, 64))
    again = [compressed(file, tmp_path / "again" / file.name, syntax) for file in files]
    np.testing.assert_array_equal(read_suv(again).suv, read_suv(files).suv)
