"""A study brought in without its patients: tables and images by one key, and the door that refuses those that name them."""

from __future__ import annotations

import csv
from datetime import date

import pydicom
import pytest
from make_series import setting, write_series

from analysis.cli import main
from analysis.data import check_study, load_study, new_key
from analysis.errors import StudyError
from analysis.pet.deidentification.door import identifiers_in_header
from analysis.pet.deidentification.study import pseudonymise_study

PATIENTS = """\
patient_id,centre,surname,sex,birth_date,age_years,treatment_start_date,weight_kg
1234567,Sainte Anne,Doe,F,1951-03-12,92,2014-01-10,70
7654321,Sainte Anne,Roe,F,1961-03-12,52,2014-02-10,60
"""
VISITS = "patient_id,visit,status,reason,scanned_date\n1234567,baseline,done,,2014-01-08\n1234567,day14,done,,2014-01-24\n"


@pytest.fixture
def named(tmp_path):
    """A hospital's folder, with names."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "study.yml").write_text(
        "id: small\ntitle: Small\nkind: real\ndesign: single-arm\nsource: a test\nlicence: none\ncaveats: []\n"
        "lacks:\n  patients: [phase, enrolment, height_cm, ecog, measurable, visceral, bone, liver, lung, nodes, sites, prior_lines]\n"
        "  pet_visits: [glucose_mmol_l, new_lesion]\n"
    )
    (folder / "patients.csv").write_text(PATIENTS)
    (folder / "pet_visits.csv").write_text(VISITS)
    (folder / "dicom").mkdir()
    write_series(
        folder / "dicom" / "DOE_JANE",
        setting(PatientName="DOE^JANE", PatientID="1234567", StudyDate="20140124"),
    )
    return folder


def rows(folder, table):
    with (folder / f"{table}.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_study_that_names_nobody_comes_out_with_the_same_intervals(named, tmp_path):
    key = new_key(tmp_path / "key")
    report = pseudonymise_study(named, tmp_path / "out", key=key)
    assert report.aside == {}
    first, second = rows(tmp_path / "out", "patients")
    assert set(first) == {"patient_id", "centre", "sex", "age_years", "treatment_start_date", "weight_kg"}
    assert (first["patient_id"], first["age_years"], second["age_years"]) == (
        key.patient("1234567"),
        "90",
        "52",
    )
    assert first["centre"] == second["centre"] != "Sainte Anne"
    start = date.fromisoformat(first["treatment_start_date"])
    assert (start - date(2014, 1, 10)).days == key.shift_days("1234567")
    assert [
        (date.fromisoformat(v["scanned_date"]) - start).days for v in rows(tmp_path / "out", "pet_visits")
    ] == [-2, 14]
    images = [pydicom.dcmread(file) for file in (tmp_path / "out" / "dicom").rglob("*.dcm")]
    assert {image.PatientID for image in images} == {key.patient("1234567")}
    assert (date(2014, 1, 24) - date(2014, 1, 10)).days == (
        date(int(images[0].StudyDate[:4]), int(images[0].StudyDate[4:6]), int(images[0].StudyDate[6:]))
        - start
    ).days
    everything = b"".join(
        f.read_bytes() + str(f).encode() for f in (tmp_path / "out").rglob("*") if f.is_file()
    )
    # Whole dates: three or four digits also stand in a new UID by chance.
    for word in (
        b"Doe",
        b"DOE",
        b"Roe",
        b"1234567",
        b"7654321",
        b"Anne",
        b"1951-03",
        b"19510312",
        b"2014-01",
    ):
        assert word not in everything
    assert [p for p in check_study(tmp_path / "out") if p.severity == "error"] == []
    assert len(load_study(tmp_path / "out").table("patients")) == 2


def test_the_same_key_gives_the_same_study_and_another_key_another(named, tmp_path):
    key, other = new_key(tmp_path / "key"), new_key(tmp_path / "other")
    for name, each in (("a", key), ("b", key), ("c", other)):
        pseudonymise_study(named, tmp_path / name, key=each)
    read = {name: (tmp_path / name / "patients.csv").read_bytes() for name in "abc"}
    assert read["a"] == read["b"] != read["c"]


def test_a_dry_run_counts_without_naming_anybody_and_writes_nothing(named, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    out = ["--to", str(tmp_path / "out"), "--key", str(tmp_path / "key")]
    assert main(["pseudonymise", str(named), *out, "--new-key", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "images: 6 files would be written" in told
    assert "column number 3 (a name) left out" in told
    assert not any(word in told for word in ("Doe", "DOE", "1234567", "P-"))
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "key"])


def test_what_is_at_the_target_is_left_alone(named, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(StudyError, match="left alone"):
        pseudonymise_study(named, tmp_path / "out", key=new_key(tmp_path / "key"))


def test_a_call_begun_with_another_key_is_not_mixed_with_this_one(named, tmp_path):
    begun = tmp_path / ".out.pseudonymising"
    begun.mkdir()
    (begun / ".key").write_text("another")
    with pytest.raises(StudyError, match="another key"):
        pseudonymise_study(named, tmp_path / "out", key=new_key(tmp_path / "key"))


def test_columns_and_cells_that_name_persons_are_refused_without_being_repeated(named):
    (named / "patients.csv").write_text(
        PATIENTS.replace("7654321", "Roe Ann").replace("Sainte Anne", "mail ann@example.org", 1)
    )
    found = [str(problem) for problem in check_study(named)]
    assert any("named like one that holds a name" in text for text in found)
    assert any("what looks like a name" in text and "line 3" in text for text in found)
    assert any("an e-mail address" in text for text in found)
    assert not any("Roe" in text or "ann@" in text for text in found)


def test_check_study_refuses_images_that_name_their_patient(named, capsys):
    (named / "patients.csv").write_text(
        PATIENTS.replace(",surname", "").replace(",Doe", "").replace(",Roe", "")
    )
    assert main(["check-study", str(named)]) == 1
    told = capsys.readouterr().out
    assert "the headers hold direct identifiers: PatientName" in told
    assert "DOE" not in told


def test_free_text_of_a_header_is_searched_for_the_name_and_pseudonyms_pass():
    header = pydicom.Dataset()
    header.PatientName, header.PatientID, header.StudyDescription = "DOE^JANE", "P-1", "PET of Doe"
    assert identifiers_in_header(header, ["P-1"]) == ["PatientName", "StudyDescription (the patient's name)"]
    header.PatientName, header.StudyDescription = "P-1", "PET WB"
    assert identifiers_in_header(header, ["P-1"]) == []
    header.PatientBirthDate = "19510312"
    assert identifiers_in_header(header, ["P-1"]) == ["PatientBirthDate"]
