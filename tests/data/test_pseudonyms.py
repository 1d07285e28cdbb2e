"""Pseudonyms can name files, and no two are one on a file system that ignores case."""

from __future__ import annotations

import pytest

from analysis.data import check_study


def rename(study, old: str, new: str):
    for path in study.path.glob("*.csv"):
        path.write_text(path.read_text().replace(f"{old},", f"{new},"))
    return study


@pytest.mark.parametrize("name", ["P/1", "P 1", "..", "-P1", "P*", "Pé1", "P:1", "=P1", "a\\b", "１"])
def test_a_pseudonym_that_cannot_name_a_file_is_an_error(study, name):
    (found,) = check_study(rename(study, "P02", name).path)
    assert (found.severity, found.file, found.row, found.column) == ("error", "patients.csv", 3, "patient_id")
    assert "rename the patient in every table" in found.do
    assert name not in found.what


@pytest.mark.parametrize("name", ["BE-01_003.a", "7", "p"])
def test_letters_digits_dot_hyphen_and_underscore_are_right(study, name):
    assert check_study(rename(study, "P02", name).path) == []


def test_two_pseudonyms_that_differ_in_case_only_are_an_error(study):
    (found,) = check_study(rename(study, "P02", "p01").path)
    assert (found.severity, found.file, found.row, found.column) == ("error", "patients.csv", 3, "patient_id")
    assert "that of line 2 in upper and lower case only" in found.what


def test_a_pseudonym_with_a_blank_beside_it_is_reported_once(study):
    study.change("patients.csv", "P02,", "P02 ,")
    assert len([each for each in check_study(study.path) if "character" in each.what]) == 1
