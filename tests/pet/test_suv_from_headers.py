"""SUV of a small known series, through every way in which real headers say the same or lie."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta

import numpy as np
import pytest
from make_series import (
    DOSE,
    HALF_LIFE,
    INJECTED,
    STARTED,
    WEIGHT,
    code,
    da,
    private,
    setting,
    tm,
    true_suv,
    write_series,
)
from pydicom.sequence import Sequence

from analysis.errors import ImageError
from analysis.pet import read_suv, suv_of_folder
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.factors import suv_factors

START_FACTOR = WEIGHT * 1000 / (DOSE * 2 ** (-3600 / HALF_LIFE))
ADMIN_FACTOR = WEIGHT * 1000 / DOSE
STORED_STEP = true_suv().max() / 32000 * 1.5 / 2 * 1.01
MINUTE = 2 ** (60 / HALF_LIFE)


def volume(tmp_path, *edits, **options):
    return read_suv(write_series(tmp_path / "series", *edits, **options))


def factors(tmp_path, *edits, **options):
    return suv_factors([read_header(f) for f in sorted(write_series(tmp_path / "series", *edits, **options))])


def refused(tmp_path, *edits, **options):
    with pytest.raises(ImageError) as caught:
        factors(tmp_path, *edits, **options)
    return str(caught.value)


def test_a_plain_series_gives_its_suv_in_every_voxel_without_a_warning(tmp_path):
    found = volume(tmp_path)
    np.testing.assert_allclose(found.suv, true_suv(), atol=STORED_STEP)
    assert found.suv.dtype == np.float32
    assert found.warnings == ()
    assert found.factors.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert found.factors.reference.source == "series"
    assert found.factors.reference.uptake_minutes == pytest.approx(60)


def test_suv_does_not_notice_midnight(tmp_path):
    late = {"injected": datetime(2015, 3, 10, 23, 30), "started": datetime(2015, 3, 11, 0, 30)}
    found = volume(tmp_path, setting(RadiopharmaceuticalStartDateTime=None), **late)
    np.testing.assert_allclose(found.suv, true_suv(), atol=STORED_STEP)
    assert found.warnings == ()


def test_suv_does_not_notice_that_every_date_moved_except_the_injection(tmp_path):
    found = factors(tmp_path, setting(RadiopharmaceuticalStartDateTime="20110217090000.000000"))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert "clock time is used" in found.warnings[0]


def test_acquisition_that_passes_midnight_under_one_date_is_unwrapped(tmp_path):
    night = {"injected": datetime(2015, 3, 10, 22, 59), "started": datetime(2015, 3, 10, 23, 59)}
    found = factors(tmp_path, setting(AcquisitionDate="20150310"), **night)
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert any("midnight" in text for text in found.warnings)


def test_a_series_time_written_by_the_export_is_replaced_by_the_back_computed_time(tmp_path):
    found = factors(tmp_path, setting(SeriesTime=tm(STARTED + timedelta(minutes=25))))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-4)
    assert found.reference.source == "back-computed"
    assert found.reference.spread_percent == pytest.approx((MINUTE**25 - 1) * 100, rel=1e-3)
    assert any("series time is not used" in text for text in found.warnings)


def test_a_series_time_that_frames_and_decay_factors_contradict_is_replaced_with_a_warning(tmp_path):
    found = factors(tmp_path, setting(SeriesTime=tm(STARTED - timedelta(minutes=20))))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-4)
    assert any("contradict the series time" in text for text in found.warnings)


def test_a_series_time_before_the_injection_is_passed_over_with_a_warning(tmp_path):
    found = factors(tmp_path, setting(SeriesTime="080000", DecayFactor=None))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-4)
    assert any("series is not used" in text for text in found.warnings)


def test_one_acquisition_time_for_all_beds_is_not_used_to_compute_back(tmp_path):
    found = factors(
        tmp_path, setting(AcquisitionTime=tm(STARTED), SeriesTime=tm(STARTED + timedelta(hours=1)))
    )
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert found.reference.source == "earliest acquisition"
    objection = next(c.objection for c in found.reference.candidates if c.source == "back-computed")
    assert "several frame reference times" in objection


def test_ge_counts_frame_reference_from_the_start_of_the_bed(tmp_path):
    def ge(ds, index):
        ds.Manufacturer = "GE MEDICAL SYSTEMS"
        ds.FrameReferenceTime = str(1000 * 150 * (index * 2 // 6))

    found = factors(tmp_path, ge, setting(SeriesTime=tm(STARTED + timedelta(minutes=25))))
    assert found.reference.source == "back-computed"
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)


@pytest.mark.parametrize("creator", ["GEMS_PETD_01", ""])
def test_the_private_scan_time_of_ge_is_preferred_with_or_without_its_creator(tmp_path, creator):
    edits = (
        setting(Manufacturer="GE MEDICAL SYSTEMS", SeriesTime=tm(STARTED + timedelta(minutes=25))),
        private(0x0009, creator, 0x0D, "DT", da(STARTED) + tm(STARTED)),
    )
    found = factors(tmp_path, *edits)
    assert found.reference.source == "GE private scan date-time"
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)


def test_a_private_element_of_another_creator_is_not_taken_for_ge(tmp_path):
    found = factors(tmp_path, private(0x0009, "SOMEBODY ELSE", 0x0D, "DT", "20150310080000"))
    assert found.reference.source == "series"
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)


def test_the_private_time_of_siemens_keeps_its_clock_when_its_date_was_not_shifted(tmp_path):
    found = factors(tmp_path, private(0x0071, "SIEMENS MED PT", 0x22, "DT", "20110217100000.000000"))
    assert found.reference.source == "Siemens private decay correction date-time"
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)


def test_activity_corrected_to_administration_needs_no_times(tmp_path):
    found = factors(
        tmp_path,
        setting(DecayCorrection="ADMIN", SeriesTime=None, AcquisitionTime=None, FrameReferenceTime=None),
    )
    assert found.factors == pytest.approx(ADMIN_FACTOR, rel=1e-12)


def test_activity_without_decay_correction_is_corrected_slice_by_slice(tmp_path):
    found = factors(tmp_path, setting(DecayCorrection="NONE", CorrectedImage=["ATTN", "SCAT"]))
    rate = np.log(2) / HALF_LIFE
    growth = rate * 150 / (1 - np.exp(-rate * 150))
    expected = {ADMIN_FACTOR * growth * np.exp(rate * (3600 + bed * 150)) for bed in (0, 1)}
    assert sorted(set(np.round(found.factors, 15))) == pytest.approx(sorted(expected), rel=1e-9)


def test_a_correction_to_administration_that_decay_factors_contradict_is_reported(tmp_path):
    found = factors(tmp_path, setting(DecayCorrection="ADMIN"))
    assert found.factors == pytest.approx(ADMIN_FACTOR, rel=1e-12)
    assert any(
        "decay factors are those of a correction to the scan's start" in text for text in found.warnings
    )


def test_slices_acquired_on_different_days_are_refused_when_each_is_corrected_for_itself(tmp_path):
    def edit(ds, index):
        if index == 5:
            ds.AcquisitionDate = "20150311"

    assert "acquired over 24 h" in refused(
        tmp_path, setting(DecayCorrection="NONE", CorrectedImage=["ATTN"]), edit
    )


def test_digits_of_other_scripts_are_no_numbers(tmp_path):
    headers = [read_header(f) for f in write_series(tmp_path / "series")]
    for header in headers:
        header.attributes["PatientWeight"] = "٧٠"
    with pytest.raises(ImageError, match="PatientWeight"):
        suv_factors(headers)


def test_stored_suv_is_taken_as_it_is_and_needs_neither_dose_nor_weight(tmp_path):
    edits = setting(
        Units="GML", PatientWeight=None, RadionuclideTotalDose="", SeriesTime="", RadionuclideHalfLife=None
    )
    found = factors(tmp_path, edits)
    assert found.factors == pytest.approx(1.0)
    assert found.sul_factor is None


@pytest.mark.parametrize(
    ("suv_type", "mass"),
    [
        ("LBM", 1.07 * 70 - 148 * (70 / 165) ** 2),
        ("LBMJAMES128", 1.07 * 70 - 148 * (70 / 165) ** 2),
        ("LBMJANMA", 9270 * 70 / (8780 + 244 * 70 / 1.65**2)),
        ("IBW", 45.5 + 0.91 * (165 - 152)),
    ],
)
def test_stored_suv_by_another_body_size_is_turned_into_suv_by_weight(tmp_path, suv_type, mass):
    found = factors(tmp_path, setting(Units="GML", SUVType=suv_type))
    assert found.factors == pytest.approx(70 / mass, rel=1e-9)


def test_stored_suv_by_surface_area_is_turned_into_suv_by_weight(tmp_path):
    found = factors(tmp_path, setting(Units="CM2ML"))
    surface = 0.007184 * 70**0.425 * 165**0.725
    assert found.factors == pytest.approx(70 * 1000 / (surface * 1e4), rel=1e-9)
    assert found.factors[0] * found.bsa_factor == pytest.approx(1)


@pytest.mark.parametrize("creator", ["Philips PET Private Group", "PHILIPS PET PRIVATE GROUP", ""])
def test_counts_become_suv_by_philips_factor_with_or_without_its_creator(tmp_path, creator):
    found = factors(tmp_path, setting(Units="CNTS"), private(0x7053, creator, 0x00, "DS", "0.00042"))
    assert found.factors == pytest.approx(0.00042)
    assert any("without its private creator" in text for text in found.warnings) is (creator == "")


def test_counts_become_activity_when_philips_suv_factor_is_zero(tmp_path):
    edits = (setting(Units="CNTS", Manufacturer="Philips Medical Systems"),
             private(0x7053, "Philips PET Private Group", 0x00, "DS", "0"),
             private(0x7053, "Philips PET Private Group", 0x09, "DS", "2.5"))  # fmt: skip
    assert factors(tmp_path, *edits).factors == pytest.approx(2.5 * START_FACTOR, rel=1e-9)


def test_philips_factors_that_contradict_dose_and_times_are_reported(tmp_path):
    edits = (setting(Units="CNTS"),
             private(0x7053, "Philips PET Private Group", 0x00, "DS", f"{1.05 * START_FACTOR:.8e}"),
             private(0x7053, "Philips PET Private Group", 0x09, "DS", "1.0"))  # fmt: skip
    found = factors(tmp_path, *edits)
    assert found.factors == pytest.approx(1.05 * START_FACTOR, rel=1e-6)
    assert any("Philips' own factors" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (setting(RadionuclideTotalDose="350"), "MBq"),
        (setting(PatientWeight="70000"), "grams"),
        (setting(PatientSize="165"), "centimetres"),
        (setting(RadionuclideHalfLife=None), "RadionuclideHalfLife"),
        (setting(RadionuclideHalfLife="109.77"), "minutes"),
        (setting(RadiopharmaceuticalStartTime="morning"), "RadiopharmaceuticalStartTime"),
        (setting(RadiopharmaceuticalStartDateTime="yesterday"), "RadiopharmaceuticalStartDateTime"),
        (
            setting(
                RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime="20150310090000+0100"
            ),
            "",
        ),
        (setting(RadiopharmaceuticalStartTime="0900", RadiopharmaceuticalStartDateTime=None), ""),
        (setting(SeriesTime=None), "series time is not used"),
        (setting(SeriesTime="", FrameReferenceTime=""), "series time is not used"),
        (setting(RescaleIntercept=None), ""),
        (setting(CorrectedImage="", AttenuationCorrectionMethod="measured,CT"), "inferred from its method"),
    ],
)
def test_what_can_only_mean_one_thing_is_repaired_with_a_warning(tmp_path, edit, word):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the wrong values that are written here
        found = factors(tmp_path, edit)
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-4)
    assert not word or any(word in text for text in found.warnings)


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        (setting(PatientWeight=None), "PatientWeight"),
        (setting(PatientWeight="0"), "PatientWeight"),
        (setting(PatientWeight="-70"), "PatientWeight"),
        (setting(RadionuclideTotalDose=None), "RadionuclideTotalDose"),
        (setting(RadionuclideTotalDose="0"), "RadionuclideTotalDose"),
        (setting(RadionuclideTotalDose="370000"), "RadionuclideTotalDose"),
        (setting(RadionuclideHalfLife="", RadionuclideCodeSequence=None), "RadionuclideHalfLife"),
        (setting(RadionuclideHalfLife="4062"), "RadionuclideHalfLife"),
        (
            setting(RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime=None),
            "RadiopharmaceuticalStartTime",
        ),
        (setting(RadiopharmaceuticalStartDateTime="20150310113000"), "later than the image's reference time"),
        (
            setting(RadiopharmaceuticalStartTime="113000", RadiopharmaceuticalStartDateTime=None),
            "22.5 h before",
        ),
        (setting(SeriesTime=None, AcquisitionTime=None), "SeriesTime"),
        (
            setting(RadiopharmaceuticalInformationSequence=Sequence([])),
            "RadiopharmaceuticalInformationSequence",
        ),
        (setting(Units="PROPCPS"), "Units"),
        (setting(Units=""), "Units"),
        (setting(Units="CNTS"), "PhilipsSuvFactor"),
        (setting(Units="GML", SUVType="BSA"), "SUVType"),
        (setting(CorrectedImage=["DECY", "NORM"]), "CorrectedImage"),
        (setting(CorrectedImage=None), "CorrectedImage"),
        (setting(CorrectedImage="", AttenuationCorrectionMethod="NONE"), "CorrectedImage"),
        (setting(CorrectedImage=["ATTN", "NORM"]), "DecayCorrection"),
        (setting(DecayCorrection=""), "DecayCorrection"),
        (setting(DecayCorrection="LATER"), "DecayCorrection"),
        (setting(Modality="CT"), "Modality"),
        (
            setting(
                RadionuclideCodeSequence=code("", "SRT", "^177^Lutetium"), Radiopharmaceutical="177Lu-PSMA"
            ),
            "SPECT",
        ),
    ],
)
def test_what_cannot_be_known_is_refused_by_name(tmp_path, edit, name):
    assert name in refused(tmp_path, edit)


@pytest.mark.parametrize(
    "name",
    [
        "Units",
        "PatientWeight",
        "RadionuclideTotalDose",
        "RadionuclideHalfLife",
        "DecayCorrection",
        "SUVType",
        "FrameOfReferenceUID",
    ],
)
def test_slices_that_contradict_each_other_are_refused(tmp_path, name):
    other = {"Units": "GML", "DecayCorrection": "ADMIN", "SUVType": "LBM", "FrameOfReferenceUID": "1.2.9"}

    def edit(ds, index):
        if name == "SUVType":
            ds.Units = "GML"
        if index == 3:
            setting(**{name: other.get(name, "6500")})(ds, index)

    message = refused(tmp_path, edit)
    assert name in message
    assert "differs between the slices" in message


def test_equal_numbers_may_be_spelt_differently(tmp_path):
    def edit(ds, index):
        ds.PatientWeight = "70.0" if index % 2 else "70"

    assert factors(tmp_path, edit).factors == pytest.approx(START_FACTOR, rel=1e-9)


def test_injection_date_time_and_time_that_differ_are_reported(tmp_path):
    found = factors(tmp_path, setting(RadiopharmaceuticalStartTime="084000"))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert any("20 min apart" in text for text in found.warnings)


def test_an_offset_from_utc_is_applied_only_when_the_images_zone_is_known(tmp_path):
    moment = da(INJECTED) + "080000+0000"
    found = factors(
        tmp_path,
        setting(
            RadiopharmaceuticalStartDateTime=moment,
            RadiopharmaceuticalStartTime=None,
            TimezoneOffsetFromUTC="+0100",
        ),
    )
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert found.warnings == ()


def test_a_slice_without_the_weight_borrows_it_with_a_warning(tmp_path):
    def edit(ds, index):
        if index == 2:
            del ds.PatientWeight

    found = factors(tmp_path, edit)
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert any("missing in 1 of 6 slices" in text for text in found.warnings)


def test_sex_other_means_the_mean_of_both_formulas_and_a_warning(tmp_path):
    found = factors(tmp_path, setting(PatientSex="O"))
    index = 70 / 1.65**2
    mean = (9270 * 70 / (6680 + 216 * index) + 9270 * 70 / (8780 + 244 * index)) / 2
    assert found.sul_factor == pytest.approx(mean / 70)
    assert any("PatientSex is O" in text for text in found.warnings)


def test_scaling_the_dose_scales_suv_inversely(tmp_path):
    half = factors(tmp_path / "a", setting(RadionuclideTotalDose=f"{DOSE / 2:.0f}"))
    assert half.factors == pytest.approx(2 * START_FACTOR, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("20150310080000.000000+0000", "+0100"),  # UTC, and the image says in which zone it is
        ("20150310090000.000000+0000", "+0100"),  # local time with an offset that is not its own
        ("20150310080000.000000+0000", None),  # UTC, and the image does not say
    ],
)
def test_an_offset_from_utc_never_moves_the_injection_away_from_the_start_time(tmp_path, text, zone):
    found = factors(tmp_path, setting(RadiopharmaceuticalStartDateTime=text, TimezoneOffsetFromUTC=zone))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)


def test_an_emptied_private_creator_is_as_good_as_none(tmp_path):
    emptied = [
        setting(Units="CNTS"), lambda ds, _index: ds.add_new(0x70530010, "LO", ""),
        private(0x7053, "", 0x00, "DS", "0.00031"),
    ]  # fmt: skip
    found = factors(tmp_path, *emptied)
    assert found.factors == pytest.approx(0.00031)
    assert any("without its private creator" in warning for warning in found.warnings)


def test_times_suffice_where_every_date_was_removed(tmp_path):
    found = factors(tmp_path, setting(StudyDate="", SeriesDate="", AcquisitionDate=None))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert any("no slice holds a date" in warning for warning in found.warnings)


def test_times_that_were_all_set_to_zero_are_refused(tmp_path):
    zero = setting(
        SeriesTime="000000", AcquisitionTime="000000", RadiopharmaceuticalStartTime="000000",
        RadiopharmaceuticalStartDateTime=None,
    )  # fmt: skip
    assert "times that were removed" in refused(tmp_path, zero)


def test_slices_of_two_patients_are_refused_without_naming_them(tmp_path):
    message = refused(tmp_path, lambda ds, index: setattr(ds, "PatientID", f"SECRET-{index // 3}"))
    assert "PatientID (0010,0020) differs" in message
    assert "SECRET" not in message


def test_loss_by_compression_and_undone_decay_reach_the_report(tmp_path):
    lossy = factors(tmp_path / "lossy", setting(LossyImageCompression="01"))
    assert any("compressed with loss" in warning for warning in lossy.warnings)
    counts = factors(
        tmp_path / "counts", setting(Units="CNTS", DecayCorrection="NONE", CorrectedImage=["ATTN"]),
        private(0x7053, "Philips PET Private Group", 0x00, "DS", "0.00031"),
    )  # fmt: skip
    assert any("does not undo the decay" in warning for warning in counts.warnings)


def test_a_series_time_that_is_overruled_is_said_to_be_contradicted(tmp_path):
    found = factors(tmp_path, setting(SeriesTime="081111"))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-3)
    assert any("contradicted by frame reference times" in warning for warning in found.warnings)


def test_a_date_time_that_was_set_to_a_far_midnight_gives_way_to_the_start_time(tmp_path):
    found = factors(tmp_path, setting(RadiopharmaceuticalStartDateTime="19000101000000"))
    assert found.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert any("stands for a moment that was removed" in text for text in found.warnings)


def test_codes_in_lower_case_mean_what_they_mean_in_upper_case(tmp_path):
    low = setting(
        Modality="pt", Units="bqml", DecayCorrection="start", PatientSex="f", CorrectedImage=["decy", "attn"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the writer
        write_series(tmp_path / "low", low)
    found = suv_of_folder(tmp_path / "low")
    assert found.error is None
    assert found.factors.factors == pytest.approx(START_FACTOR, rel=1e-9)
    assert found.factors.sul_factor == pytest.approx(factors(tmp_path).sul_factor)
