"""One fault is reported as itself, and not once more for everything that cannot be known because of it."""

from __future__ import annotations

import pytest

from analysis.data import check_study


def errors(study) -> list[tuple]:
    return [
        (each.file, each.row, each.column) for each in check_study(study.path) if each.severity == "error"
    ]


@pytest.mark.parametrize("content", [b"", b"\xff", b"a;b\n"])
def test_an_unreadable_table_of_patients_is_the_only_error(study, content):
    study.write("patients.csv", content)
    assert [file for file, _, _ in errors(study)] == ["patients.csv"]
    assert not [each for each in check_study(study.path) if each.file in ("outcomes.csv", "pet_visits.csv")]


def test_a_missing_table_of_patients_is_the_only_error(study):
    (study.path / "patients.csv").unlink()
    assert errors(study) == [("patients.csv", None, None)]


def test_a_patient_who_is_not_listed_is_an_error_of_belonging_only(study):
    text = (study.path / "patients.csv").read_text()
    study.write("patients.csv", "".join(line for line in text.splitlines(True) if not line.startswith("P01")))
    assert {column for _, _, column in errors(study)} == {"patient_id"}


def test_dates_of_a_patient_without_treatment_start_are_not_taken_for_empty(study):
    study.change("patients.csv", "2014-01-10", "")
    found = check_study(study.path)
    assert [(each.severity, each.file, each.row) for each in found] == [("warning", "patients.csv", 2)]


def test_a_treatment_start_that_is_no_date_is_reported_once(study):
    study.change("patients.csv", "2014-01-10", "10.1.2014")
    (found,) = check_study(study.path)
    assert (found.severity, found.file, found.row) == ("error", "patients.csv", 2)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column"),
    [
        ("outcomes.csv", "P01,60,yes", "P01,sixty,yes", 2, "pfs_days"),
        ("outcomes.csv", "P01,60,yes", "P01,60,Y", 2, "pfs_event"),
        ("outcomes.csv", "100,yes", "hundred,yes", 2, "os_days"),
        ("outcomes.csv", "100,yes", "100,Y", 2, "os_event"),
        ("outcomes.csv", "2014-04-20", "20.4.2014", 2, "death_date"),
        ("outcomes.csv", "2014-06-10", "10.6.2014", 3, "last_contact_date"),
        ("pet_visits.csv", "done,,2014-01-24", "done,,24.1.2014", 3, "scanned_date"),
    ],
)
def test_an_illegible_cell_is_not_reported_as_an_empty_one_too(study, file, old, new, line, column):
    (found,) = check_study(study.change(file, old, new).path)
    assert (found.severity, found.file, found.row, found.column) == ("error", file, line, column)
