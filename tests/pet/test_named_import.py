"""An export that names its patients, images included: refused at the door, or brought in without them."""

from __future__ import annotations

import pydicom
import pytest
from make_series import setting, write_series

from analysis.cli import main
from analysis.data import check_study, load_study

MAPPING = """\
study:
  {id: sent, title: Sent, kind: real, design: single-arm, source: a test, licence: none, caveats: [], dicom: images, keep_treatment_start: true}
tables:
  patients:
    - from: patients
      columns:
        patient_id: {column: hospital_no}
        centre: {column: clinic}
        treatment_start: {column: first_dose, date: iso}
        weight_kg: {column: kg}
"""
NAMED = "hospital_no,clinic,first_dose,kg,surname\nDoe Jane,Sainte Anne,2014-01-10,70,Doe\nRoe Ann,Sainte Anne,2014-02-10,60,Roe\n"


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "mapping.yml").write_text(MAPPING)
    (folder / "patients.csv").write_text(NAMED)
    write_series(
        folder / "images" / "DOE_JANE",
        setting(PatientName="DOE^JANE", PatientID="Doe Jane", StudyDate="20140124"),
    )
    return folder


def test_names_are_refused_without_a_key_and_the_way_in_is_named(export, tmp_path, capsys):
    assert main(["import", str(export), "--to", str(tmp_path / "study")]) == 1
    told = capsys.readouterr().out
    assert "looks like" in told
    assert "--pseudonymise" in told
    assert not any(name in told for name in ("Doe", "Roe", "Jane"))
    assert not (tmp_path / "study").exists()


def test_with_a_key_the_export_becomes_a_sealed_study_that_names_nobody(export, tmp_path, capsys):
    key = tmp_path / "key"
    assert (
        main(
            ["import", str(export), "--to", str(tmp_path / "study"), "--pseudonymise", str(key), "--new-key"]
        )
        == 0
    )
    told = capsys.readouterr().out
    assert "patients replaced" in told
    assert "sealed" in told
    assert not any(name in told for name in ("Doe", "Roe", "Jane", "DOE"))
    files = [file for file in (tmp_path / "study").rglob("*") if file.is_file()]
    everything = b"".join(file.read_bytes() + str(file.relative_to(tmp_path)).encode() for file in files)
    assert not any(name in everything for name in (b"Doe", b"Roe", b"DOE", b"Anne", b"2014-01", b"20140124"))
    assert [p for p in check_study(tmp_path / "study") if p.severity == "error"] == []
    patients = set(load_study(tmp_path / "study").table("patients")["patient_id"])
    assert {pydicom.dcmread(file).PatientID for file in files if file.suffix == ".dcm"} < patients


def test_a_dry_run_with_a_key_says_what_would_be_done_and_writes_nothing(export, tmp_path, capsys):
    key = tmp_path / "key"
    named = ["import", str(export), "--to", str(tmp_path / "study"), "--pseudonymise", str(key)]
    assert main([*named, "--new-key", "--dry-run"]) == 0
    assert "6 files would be written" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "key"]


LESIONS = """\
  lesions:
    - from: lesions
      columns: {patient_id: {column: hospital_no}, lesion_id: {column: lesion}, site: {column: site}}
"""


@pytest.mark.parametrize("lesion", ["Doe Jane-L1", "L1_roe", "liver (Jane)"])
def test_a_patient_named_in_the_name_of_a_lesion_stops_it(export, tmp_path, capsys, lesion):
    (export / "mapping.yml").write_text(MAPPING + LESIONS)
    key, rows = tmp_path / "key", "hospital_no,lesion,site\nDoe Jane,{},liver\n"
    named = ["import", str(export), "--to", str(tmp_path / "study"), "--pseudonymise", str(key)]
    (export / "lesions.csv").write_text(rows.format(lesion))
    assert main([*named, "--new-key", "--dry-run"]) == 1
    told = capsys.readouterr().err
    assert "lesions.csv, line 2, column lesion_id" in told
    assert not any(word in told for word in ("Doe", "roe", "Jane"))
    (export / "lesions.csv").write_text(rows.format("L1"))
    assert main([*named, "--dry-run"]) == 0


def test_what_is_wrong_with_the_export_stops_it_before_anything_is_written(export, tmp_path, capsys):
    (export / "patients.csv").write_text(NAMED.replace("60", "600"))
    key = tmp_path / "key"
    named = ["import", str(export), "--to", str(tmp_path / "study"), "--pseudonymise", str(key), "--new-key"]
    assert main(named) == 1
    assert "out of range" in capsys.readouterr().out
    assert not (tmp_path / "study").exists()
