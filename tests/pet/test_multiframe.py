"""Multi-frame PET gives what its single-frame twin gives: the same SUV, the same grid, the same factors."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from make_contours import box, nifti, rtstruct
from make_multiframe import compressed, write_enhanced, write_legacy
from make_seg import with_highdicom
from make_series import code, setting, true_suv, write_series
from pydicom.uid import RLELossless

from analysis.errors import ImageError
from analysis.pet import index_series, quantify, read_suv, suv_of_folder
from analysis.pet.series.reason import reason_left_out


@pytest.fixture
def single(tmp_path):
    return write_series(tmp_path / "single")


def same(found, expected):
    np.testing.assert_allclose(found.suv, expected.suv, rtol=1e-6)
    assert found.grid.matches(expected.grid)
    assert found.factors.factors == pytest.approx(expected.factors.factors, rel=1e-9)
    assert found.factors.sul_factor == pytest.approx(expected.factors.sul_factor)
    assert found.frame_of_reference == expected.frame_of_reference
    assert len(found.sop_instances) == len(found.suv)


def test_enhanced_pet_is_its_single_frame_twin(tmp_path, single):
    found = read_suv([write_enhanced(tmp_path / "e.dcm", single)])
    same(found, read_suv(single))
    assert set(found.sop_instances) == {"1.2.3.4.1000"}
    assert found.factors.reference.source == "decay correction date-time"
    assert found.factors.dose_mbq == pytest.approx(350)


def test_enhanced_pet_is_the_same_whatever_the_order_of_its_frames(tmp_path, single):
    def reverse(ds):
        ds.PerFrameFunctionalGroupsSequence = list(reversed(ds.PerFrameFunctionalGroupsSequence))
        frame = len(ds.PixelData) // 6
        ds.PixelData = b"".join(ds.PixelData[i * frame : (i + 1) * frame] for i in reversed(range(6)))

    same(read_suv([write_enhanced(tmp_path / "e.dcm", single, reverse)]), read_suv(single))


def test_enhanced_pet_is_the_same_when_compressed(tmp_path, single):
    plain = write_enhanced(tmp_path / "e.dcm", single)
    same(read_suv([compressed(plain, tmp_path / "rle.dcm", RLELossless)]), read_suv(single))


def test_legacy_converted_pet_is_its_single_frame_twin(tmp_path, single):
    same(read_suv([write_legacy(tmp_path / "l.dcm", single)]), read_suv(single))


def test_real_pet_converted_to_legacy_enhanced_is_the_same(shared, tmp_path):
    files = sorted((shared / "realdata" / "tcia_sts001_fdg_raw" / "image").iterdir())[:20]
    same(read_suv([write_legacy(tmp_path / "l.dcm", files)]), read_suv(files))


@pytest.mark.parametrize(("unit", "suv_type"), [
    ("g/ml{SUVbw}", "BW"), ("g/ml{SUVlbm}", "LBM"), ("g/ml{SUVlbm(James128)}", "LBMJAMES128"),
    ("g/ml{SUVlbm(Janma)}", "LBMJANMA"), ("g/ml{SUVibw}", "IBW"), ("cm2/ml{SUVbsa}", "BSA"),
])  # fmt: skip
def test_units_by_ucum_are_those_of_single_frame_pet(tmp_path, unit, suv_type):
    units = "CM2ML" if suv_type == "BSA" else "GML"
    files = write_series(tmp_path / "single", setting(Units=units, SUVType=suv_type, RescaleSlope="0.001"))
    same(read_suv([write_enhanced(tmp_path / "e.dcm", files, unit=unit)]), read_suv(files))


def test_kilobecquerels_are_a_thousand_becquerels(tmp_path, single):
    def thousandth(ds):
        for frame in ds.PerFrameFunctionalGroupsSequence:
            frame.RealWorldValueMappingSequence[0].RealWorldValueSlope /= 1000
            del frame.PixelValueTransformationSequence

    same(read_suv([write_enhanced(tmp_path / "e.dcm", single, thousandth, unit="kBq/ml")]), read_suv(single))


def test_of_two_real_world_values_activity_is_used(tmp_path, single):
    def both(ds):
        for frame in ds.PerFrameFunctionalGroupsSequence:
            other = pydicom.Dataset()
            other.RealWorldValueSlope, other.RealWorldValueIntercept = 0.5, 0.0
            other.MeasurementUnitsCodeSequence = code("g/ml{SUVbw}", "UCUM", "SUV")
            frame.RealWorldValueMappingSequence = [other, *frame.RealWorldValueMappingSequence]

    same(read_suv([write_enhanced(tmp_path / "e.dcm", single, both)]), read_suv(single))


def test_enhanced_pet_corrected_to_the_injection_is_as_administered(tmp_path, single):
    found = read_suv(
        [
            write_enhanced(
                tmp_path / "e.dcm",
                single,
                lambda ds: setattr(ds, "DecayCorrectionDateTime", "20150310090000"),
            )
        ]
    )
    assert found.factors.decay_correction == "ADMIN"
    assert found.factors.factors == pytest.approx(70_000 / 350e6)


def test_enhanced_pet_without_decay_correction_is_corrected_frame_by_frame(tmp_path):
    files = write_series(tmp_path / "single", setting(DecayCorrection="NONE", CorrectedImage=["ATTN"]))
    same(
        read_suv([write_enhanced(tmp_path / "e.dcm", files, lambda ds: setattr(ds, "DecayCorrected", "NO"))]),
        read_suv(files),
    )


def test_a_time_of_decay_correction_beside_no_decay_correction_is_said(tmp_path, single):
    """Either may be the slip, and they differ by a third of SUV; the standard allows the time to be there."""

    def uncorrected(ds):
        ds.DecayCorrected = "NO"

    def without_time(ds):
        del ds.DecayCorrectionDateTime

    doubtful = read_suv([write_enhanced(tmp_path / "a.dcm", single, uncorrected)])
    plain = read_suv([write_enhanced(tmp_path / "b.dcm", single, uncorrected, without_time)])
    assert doubtful.factors.factors == pytest.approx(plain.factors.factors)
    assert any("DecayCorrected (0018,9758) is NO" in text for text in doubtful.warnings)
    assert not any("DecayCorrected" in text for text in plain.warnings)


def test_activity_in_becquerels_is_said_to_be_wrong_in_enhanced_pet(tmp_path, single):
    def becquerels(ds):
        ds.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose = "350000000"

    found = read_suv([write_enhanced(tmp_path / "e.dcm", single, becquerels)])
    same(found, read_suv(single))
    assert any("taken as Bq" in text for text in found.warnings)


def _drop(name):
    def edit(ds):
        for group in (*ds.PerFrameFunctionalGroupsSequence, *ds.SharedFunctionalGroupsSequence, ds):
            if name in group:
                delattr(group, name)

    return edit


def _dynamic(ds):
    for place, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
        frame.FrameContentSequence[0].TemporalPositionIndex = place % 2 + 1


@pytest.mark.parametrize(("edit", "named"), [
    (_drop("PixelMeasuresSequence"), "PixelSpacing"),
    (_drop("PlanePositionSequence"), "ImagePositionPatient"),
    (_drop("PlaneOrientationSequence"), "ImageOrientationPatient"),
    (_drop("RealWorldValueMappingSequence"), "RealWorldValueMappingSequence"),
    (_drop("DecayCorrectionDateTime"), "DecayCorrectionDateTime"),
    (_drop("DecayCorrected"), "DecayCorrected"),
    (_drop("AttenuationCorrected"), "attenuation-corrected"),
    (_drop("RadiopharmaceuticalInformationSequence"), "RadiopharmaceuticalInformationSequence"),
    (_drop("PerFrameFunctionalGroupsSequence"), "file describes 0"),
    (_drop("PatientWeight"), "PatientWeight"),
    (lambda ds: setattr(ds, "NumberOfFrames", "5"), "file describes 6"),
    (lambda ds: setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", "DYNAMIC", "NONE"]), "dynamic"),
    (_dynamic, "dynamic or gated"),
])  # fmt: skip
def test_what_a_multiframe_image_lacks_is_named(tmp_path, single, edit, named):
    file = write_enhanced(tmp_path / "multi" / "e.dcm", single, edit)
    with pytest.raises(ImageError, match=named):
        read_suv([file])
    assert named in (suv_of_folder(tmp_path / "multi").error or "")


def test_the_command_gives_a_multiframe_file_one_factor_or_one_a_frame(tmp_path, single):
    write_enhanced(tmp_path / "start" / "e.dcm", single)
    found = suv_of_folder(tmp_path / "start").as_document()
    assert found["factors"] == {"e.dcm": pytest.approx(read_suv(single).factors.factors[0])}
    write_enhanced(tmp_path / "none" / "e.dcm", single, lambda ds: setattr(ds, "DecayCorrected", "NO"))
    factors = suv_of_folder(tmp_path / "none").as_document()["factors"]["e.dcm"]
    assert len(factors) == 6
    assert len(set(factors)) == 2


def test_the_series_finder_keeps_static_multiframe_pet_and_says_why_not_a_dynamic_one(tmp_path, single):
    write_enhanced(tmp_path / "multi" / "e.dcm", single)
    write_enhanced(
        tmp_path / "multi" / "d.dcm", single, _dynamic, lambda ds: setattr(ds, "SeriesInstanceUID", "1.2.3.5")
    )
    found = {entry.series_uid: reason_left_out(entry) for entry in index_series(tmp_path / "multi")}
    assert found == {"1.2.3.4.200": "", "1.2.3.5": "dynamic series"}


@pytest.mark.parametrize("kind", ["seg", "rtstruct", "nifti"])
@pytest.mark.parametrize("reversed_frames", [False, True])
def test_contours_on_a_multiframe_image_are_read_where_they_were_drawn(
    tmp_path, single, kind, reversed_frames
):
    def reverse(ds):
        if reversed_frames:
            ds.PerFrameFunctionalGroupsSequence = list(reversed(ds.PerFrameFunctionalGroupsSequence))
            ds.PixelData = np.frombuffer(ds.PixelData, "<i2").reshape(6, -1)[::-1].tobytes()

    file = write_enhanced(tmp_path / "image" / "e.dcm", single, reverse)
    volume = read_suv([file])
    mask = np.zeros(volume.grid.shape, bool)
    mask[2, 2:5, 3:7] = True
    if kind == "seg":
        drawn = with_highdicom(tmp_path / "m.dcm", [file], {"L01": mask[::-1] if reversed_frames else mask})
    elif kind == "nifti":
        drawn = nifti(tmp_path / "m.nii.gz", mask.astype(np.uint8), grid=volume.grid)
    else:
        drawn = rtstruct(tmp_path / "m.dcm", {"L01": [(box(3, 6, 2, 4), 8.0)]})
    found = quantify(tmp_path / "image", drawn or tmp_path / "m.dcm")
    np.testing.assert_array_equal(found.region.full(), mask)
    assert found.measures.suv_max == pytest.approx(true_suv()[2, 4, 6], rel=1e-3)
