"""DICOM without the patient: nothing of who it is stays, everything of what was measured does."""

from __future__ import annotations

import datetime
import stat

import numpy as np
import pydicom
import pytest
from make_contours import rtstruct
from make_multiframe import write_enhanced
from make_seg import with_highdicom
from make_series import code, private, setting, write_series
from pydicom.dataset import Dataset

from analysis.data import PseudonymKey, new_key, read_key
from analysis.errors import StudyError
from analysis.pet import quantify, read_masks, read_suv
from analysis.pet.deidentification import Options
from analysis.pet.deidentification.burned_in import burned_in
from analysis.pet.deidentification.files import deidentify_folder
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.factors import suv_factors
from analysis.simulation.dicom import write_scan
from analysis.simulation.headers import HEADER_STYLES
from analysis.simulation.scans import SimulatedLesion, SimulatedScan

KEY = PseudonymKey(bytes(range(32)))
DAYS = KEY.shift_days("1234567")
WHO = setting(PatientName="DOE^JANE", PatientID="1234567", PatientBirthDate="19510312")


def away(folder, target, **details):
    """De-identified files of a folder, by name."""
    report = deidentify_folder(folder, target, key=KEY, **details)
    return sorted(target.rglob("*.dcm")), report


def same_suv(before, after):
    np.testing.assert_array_equal(after.suv, before.suv)
    assert list(after.factors.factors) == list(before.factors.factors)
    assert after.factors.sul_factor == before.factors.sul_factor
    assert after.factors.reference.source == before.factors.reference.source
    assert after.factors.reference.uptake_minutes == before.factors.reference.uptake_minutes
    assert after.grid.matches(before.grid)


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_suv_is_unchanged_whatever_the_scanner(style, tmp_path):
    lesion = SimulatedLesion(
        lesion_id="L01", site="node", radius_mm=12.0, suv_max=5.0, target=True, new=False
    )
    scan = SimulatedScan(
        patient_id="1234567", visit="day14", scan_date=datetime.date(2015, 3, 1), centre="C1", height_cm=164.0, weight_kg=68.4,
        sex="F", lesions=(lesion,), lesion_seed=1, anatomy_seed=2, noise_seed=3, header_style=style, uptake_minutes=61.4,
        dose_mbq=255.1, with_nac_twin=False,
    )  # fmt: skip
    write_scan(scan, tmp_path / "all", tmp_path / "contours")
    files = sorted((f for f in (tmp_path / "all").rglob("*") if f.is_file()), key=lambda f: int(pydicom.dcmread(f, stop_before_pixels=True, specific_tags=["InstanceNumber"]).InstanceNumber))  # fmt: skip
    (tmp_path / "some").mkdir()
    some = [file.rename(tmp_path / "some" / f"{number}") for number, file in enumerate(files[60:84])]
    made, report = away(tmp_path / "some", tmp_path / "out")
    assert (len(made), report.aside) == (24, {})
    same_suv(read_suv(some), read_suv(made))


def test_suv_of_enhanced_pet_is_unchanged_and_its_frames_are_shifted_alike(tmp_path):
    single = write_series(tmp_path / "single", WHO)
    (tmp_path / "enhanced").mkdir()
    before = write_enhanced(tmp_path / "enhanced" / "e.dcm", single)
    (after,), _ = away(tmp_path / "enhanced", tmp_path / "out")
    same_suv(read_suv([before]), read_suv([after]))
    dates = {str(e.value)[:8] for e in pydicom.dcmread(after).iterall() if e.VR in ("DA", "DT") and e.value}
    originals = {str(e.value)[:8] for e in pydicom.dcmread(before).iterall() if e.VR in ("DA", "DT") and e.value and "Birth" not in e.keyword}  # fmt: skip
    assert len(dates) == len(originals)
    assert not dates & originals


REAL = {
    "GE scanner": ("tcia_sts001_fdg_raw/image", slice(100, 112)),
    "reference object of IBSI": ("ibsi_suv_dro_sample/DRO_1_0", slice(None)),
    "sarcoma 2": ("ibsi_sts_pet_sample/dicom/STS_002/PET/image", slice(10, 30)),
    "sarcoma 8": ("ibsi_sts_pet_sample/dicom/STS_008/PET/image", slice(10, 30)),
    "Siemens slice 1": ("siemens_flt_breast_slices", slice(0, 1)),
    "Siemens slice 2": ("siemens_flt_breast_slices", slice(1, 2)),
}


def of_pet(folder):
    """PET files of a folder, from the feet up."""
    headers = {f: pydicom.dcmread(f, stop_before_pixels=True, force=True) for f in sorted(folder.rglob("*")) if f.is_file()}  # fmt: skip
    chosen = [file for file, header in headers.items() if header.get("Modality") == "PT"]
    return sorted(chosen, key=lambda file: headers[file].ImagePositionPatient[2])


@pytest.mark.parametrize("part", REAL)
def test_suv_of_real_series_is_unchanged(part, shared, tmp_path):
    place, some = REAL[part]
    chosen = of_pet(shared / "realdata" / place)[some]
    folder = tmp_path / "some"
    folder.mkdir()
    before = [folder / file.name for file in chosen]
    for file, copy in zip(chosen, before, strict=True):
        copy.write_bytes(file.read_bytes())
    made, report = away(folder, tmp_path / "out")
    assert len(made) == len(before) > 0, report.aside
    if len(made) > 1:
        same_suv(read_suv(before), read_suv(made))
    else:
        whole, without = (suv_factors([read_header(file)]) for file in (before[0], made[0]))
        np.testing.assert_array_equal(without.factors, whole.factors)
        assert without.reference.uptake_minutes == whole.reference.uptake_minutes


def test_masks_still_lie_on_their_images(tmp_path):
    files = write_series(tmp_path / "in", WHO)
    mask = np.zeros((6, 7, 8), bool)
    mask[1:4, 2:5, 3:7] = True
    (tmp_path / "c").mkdir()
    with_highdicom(tmp_path / "c" / "seg.dcm", files, {"L01": mask})
    volume = read_suv(files)
    before = quantify(tmp_path / "in", tmp_path / "c" / "seg.dcm", roi="L01").as_document()
    away(tmp_path / "in", tmp_path / "out")
    (seg,), report = away(tmp_path / "c", tmp_path / "contours", patients=frozenset({"1234567"}), of_series={"1.2.3.77": "1234567"})  # fmt: skip
    assert report.aside == {}
    after = quantify(tmp_path / "out", seg, roi="L01").as_document()
    assert {name: after[name] for name in ("voxels", "suv_max", "suv_mean")} == {
        name: before[name] for name in ("voxels", "suv_max", "suv_mean")
    }
    np.testing.assert_array_equal(read_masks(seg, volume.grid)["L01"], mask)
    image = pydicom.dcmread(sorted((tmp_path / "out").rglob("*.dcm"))[0], stop_before_pixels=True)
    referred = pydicom.dcmread(seg).ReferencedSeriesSequence[0]
    assert referred.SeriesInstanceUID == image.SeriesInstanceUID
    assert referred.ReferencedInstanceSequence[0].ReferencedSOPClassUID == image.SOPClassUID


def test_an_rtstruct_refers_to_its_image_afterwards(tmp_path):
    write_series(tmp_path / "in", WHO)
    (tmp_path / "c").mkdir()
    made, _ = away(tmp_path / "in", tmp_path / "out")
    image = pydicom.dcmread(made[0], stop_before_pixels=True)
    rtstruct(tmp_path / "c" / "rt.dcm", {"L01": []})
    dataset = pydicom.dcmread(tmp_path / "c" / "rt.dcm", force=True)
    dataset.PatientID, dataset.PatientName, dataset.SOPInstanceUID = "1234567", "DOE^JANE", "1.2.3.99"
    dataset.save_as(tmp_path / "c" / "rt.dcm", enforce_file_format=True)
    (rt,), _report = away(tmp_path / "c", tmp_path / "contours")
    found = pydicom.dcmread(rt)
    study = found.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    assert study.RTReferencedSeriesSequence[0].SeriesInstanceUID == image.SeriesInstanceUID
    assert found.SeriesInstanceUID != "1.2.3.8"
    assert found.StructureSetROISequence[0].ROIName == "L01"
    assert found.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID == image.FrameOfReferenceUID


def hide_everywhere(ds: Dataset, _index: int) -> None:
    """The patient in every corner of a header."""
    ds.OtherPatientIDs, ds.PatientAddress = "H-998877", "Rue Haute 322, Bruxelles"
    ds.StudyDescription, ds.SeriesDescription = "PET WB of Jane Doe", "PET WB AC doe 1234567"
    ds.ImageComments = ds.PatientComments = "Mrs Doe, born 12.03.1951"
    ds.ReferringPhysicianName, ds.InstitutionName = "HOUSE^GREGORY", "Hopital Sainte Anne"
    ds.AccessionNumber, ds.StationName, ds.DeviceSerialNumber = "ACC4711", "PETROOM7", "SN55512"
    ds.RequestAttributesSequence = [Dataset()]
    ds.RequestAttributesSequence[0].RequestedProcedureDescription = "PET DOE JANE"
    inner = Dataset()
    inner.ReferencedSOPInstanceUID, inner.ReferencedSOPClassUID = "1.2.3.4.777", ds.SOPClassUID
    inner.PersonName, inner.ContentDate = "DOE^JANE", "20140301"
    ds.ReferencedStudySequence, ds.SourceImageSequence = [inner], [inner]
    ds.PurposeOfReferenceCodeSequence = code("121322", "DCM", "Source image for image processing operation")
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60004000, "LT", "DOE JANE")
    block = ds.private_block(0x0011, "ACME", create=True)
    block.add_new(0x01, "LO", "DOE^JANE")
    ds.ProtocolName = "1234567"
    ds.file_meta.SourceApplicationEntityTitle = "PETROOM7"
    ds.preamble = b"DOE JANE".ljust(128, b"\0")


@pytest.fixture
def hidden(tmp_path):
    write_series(
        tmp_path / "in",
        WHO,
        hide_everywhere,
        private(0x0009, "GEMS_PETD_01", 0x0D, "DT", "20140301100000.00"),
    )
    return away(tmp_path / "in", tmp_path / "out")


def test_nothing_of_the_patient_is_left_in_any_byte(hidden):
    made, report = hidden
    assert report.aside == {}
    told = ("doe", "jane", "1234567", "998877", "1951", "haute", "house", "sainte", "4711", "petroom", "sn555", "1.2.3.4.", "acme", "20140301")  # fmt: skip
    for file in made:
        header = pydicom.dcmread(file, stop_before_pixels=True)
        content = file.read_bytes()[: -len(pydicom.dcmread(file).PixelData)].lower()
        assert [word for word in told if word.encode() in content] == []
        assert header.PatientName == header.PatientID == KEY.patient("1234567")
        assert not any(word in str(file).lower() for word in told)


def test_the_header_says_what_was_done(hidden):
    header = pydicom.dcmread(hidden[0][0], stop_before_pixels=True)
    assert (header.PatientIdentityRemoved, header.LongitudinalTemporalInformationModified) == (
        "YES",
        "MODIFIED",
    )
    codes = {item.CodeValue for item in header.DeidentificationMethodCodeSequence}
    assert codes == {"113100", "113104", "113105", "113107", "113108", "113111"}
    assert header.SeriesDescription == "PET WB AC"


def test_dates_move_alike_in_sequences_and_private_elements_and_clock_times_stay(hidden, tmp_path):
    before = pydicom.dcmread(sorted((tmp_path / "in").iterdir())[0], stop_before_pixels=True)
    number = int(before.InstanceNumber)
    after = next(d for d in (pydicom.dcmread(f, stop_before_pixels=True) for f in hidden[0]) if int(d.InstanceNumber) == number)  # fmt: skip

    def moved(old: str, new: str) -> int:
        days = [datetime.datetime.strptime(text[:8], "%Y%m%d") for text in (old, new)]
        return (days[1] - days[0]).days

    assert moved(before.StudyDate, after.StudyDate) == DAYS
    assert after.SeriesTime == before.SeriesTime
    private_time = after[0x0009, 0x100D].value
    assert (moved("20140301", str(private_time)), str(private_time)[8:]) == (DAYS, "100000.00")
    assert moved("20140301", after.SourceImageSequence[0].ContentDate) == DAYS


def test_the_scanner_is_named_only_where_that_is_asked_for(hidden, tmp_path):
    assert pydicom.dcmread(hidden[0][0]).get("DeviceSerialNumber", "REMOVED") == "REMOVED"
    made, _ = away(tmp_path / "in", tmp_path / "with", options=Options(retain_device=True))
    found = pydicom.dcmread(made[0])
    assert (found.DeviceSerialNumber, found.StationName) == ("SN55512", "PETROOM7")
    assert "113109" in {item.CodeValue for item in found.DeidentificationMethodCodeSequence}


def test_pictures_that_may_show_writing_are_set_aside_for_a_person(tmp_path):
    write_series(tmp_path / "in", WHO, setting(BurnedInAnnotation="YES"))
    made, report = away(tmp_path / "in", tmp_path / "out")
    assert made == []
    assert set(report.aside.values()) == {"the header says that there is burned-in annotation"}
    assert burned_in({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "PT"})
    assert burned_in({"Modality": "PT", "ImageType": "DERIVED\\SECONDARY\\SCREEN SAVE"})
    assert not burned_in({"Modality": "PT", "ImageType": "DERIVED\\PRIMARY"})


def test_files_of_nobody_in_the_tables_and_files_that_are_no_dicom_are_set_aside(tmp_path):
    write_series(tmp_path / "in", WHO)
    (tmp_path / "in" / "notes.txt").write_text("x")
    made, report = away(tmp_path / "in", tmp_path / "out", patients=frozenset({"somebody else"}))
    assert made == []
    assert set(report.aside.values()) == {"of no patient of the study's tables", "no DICOM file"}


def test_an_interrupted_call_goes_on_and_gives_the_same_bytes(tmp_path):
    write_series(tmp_path / "in", WHO)
    made, _ = away(tmp_path / "in", tmp_path / "out")
    content = {file: file.read_bytes() for file in made}
    made[0].unlink()
    again, report = away(tmp_path / "in", tmp_path / "out")
    assert (report.written, report.there_already) == (1, 5)
    assert {file: file.read_bytes() for file in again} == content


def test_a_dry_run_counts_and_writes_nothing(tmp_path):
    write_series(tmp_path / "in", WHO)
    made, report = away(tmp_path / "in", tmp_path / "out", dry_run=True)
    assert (made, report.written) == ([], 6)


def test_a_key_is_made_once_for_its_owner_alone_and_outside_the_checkout(tmp_path, project):
    file = tmp_path / "key"
    key = new_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_key(file) == key
    assert key.secret.hex() not in repr(key)
    with pytest.raises(StudyError, match="not replaced"):
        new_key(file)
    with pytest.raises(StudyError, match="inside the checkout"):
        new_key(project / "data" / "key")
    file.chmod(0o644)
    with pytest.raises(StudyError, match="others than its owner"):
        read_key(file)
