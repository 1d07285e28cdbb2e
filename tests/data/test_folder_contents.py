"""Images have what they need to be measured, and mapping files name files that are there."""

from __future__ import annotations

import shutil

import pytest

from analysis.data import check_study

HEADER = "file,label,patient_id,visit,lesion_id\n"


def found(study) -> list[tuple]:
    return [(each.severity, each.file, each.row, each.column) for each in check_study(study.path)]


@pytest.mark.parametrize(
    "name", ["P01/day14.nii", "1.nii", "../patients.csv", "./1.dcm", "P01", "1.DCM", ".hidden"]
)
def test_a_contour_file_that_is_not_there_is_named_by_row(study, name):
    (study.path / "contours" / "P01").mkdir()
    (study.path / "contours" / ".hidden").write_bytes(b"")
    study.write("contours.csv", f"{HEADER}1.dcm,,P01,baseline,L1\n{name},,P01,day14,L1\n")
    assert found(study) == [("error", "contours.csv", 3, "file")]
    assert ("spell it the same" in check_study(study.path)[0].do) == (name == "1.DCM")
    assert name not in check_study(study.path)[0].what


@pytest.mark.parametrize("name", ["P01/a b.nii.gz", "P01\\a b.nii.gz"])
def test_a_contour_file_may_lie_in_a_folder_and_be_named_with_either_slash(study, name):
    (study.path / "contours" / "P01").mkdir()
    (study.path / "contours" / "P01" / "a b.nii.gz").write_bytes(b"mask")
    study.write("contours.csv", f"{HEADER}{name},1,P01,baseline,L1\n{name},2,P01,baseline,L2\n")
    assert found(study) == []


def test_contours_are_looked_for_where_the_description_says(study, tmp_path):
    shutil.move(study.path / "contours", tmp_path / "elsewhere")
    study.change("study.yml", "licence: none", f"licence: none\ncontours: {tmp_path / 'elsewhere'}")
    study.write("contours.csv", f"{HEADER}1.dcm,,P01,baseline,L1\n")
    assert found(study) == []


@pytest.mark.parametrize("kept", [True, False])
def test_images_without_contours_are_a_warning(study, kept):
    (study.path / "contours" / "1.dcm").unlink()
    if kept:
        (study.path / "contours" / ".DS_Store").write_bytes(b"left by a file manager")
    else:
        (study.path / "contours").rmdir()
    assert found(study) == [("warning", "contours", None, None)]
    assert ("the folder is empty" in check_study(study.path)[0].what) == kept


def test_images_without_the_table_of_visits_are_a_warning(study):
    (study.path / "pet_visits.csv").unlink()
    assert found(study) == [("warning", "pet_visits.csv", None, None)]


def test_an_empty_folder_of_images_is_a_warning(study):
    (study.path / "dicom" / "1.dcm").unlink()
    assert found(study) == [("warning", "dicom", None, None)]


def test_a_study_without_images_is_not_asked_for_contours(study):
    for name in ("dicom", "contours"):
        shutil.rmtree(study.path / name)
    study.write("contours.csv", f"{HEADER}1.nii,,P01,baseline,L1\n")
    assert found(study) == [
        ("warning", "pet_visits.csv", None, None),
        ("warning", "contours.csv", None, None),
    ]
