"""A draft takes what is sure, leaves open what is not, and says why."""

from __future__ import annotations

import pytest
import yaml

from analysis.data import TABLES
from analysis.data.intake.draft_text import draft_mapping
from analysis.data.intake.guessing import name_score


def patients(sent, text):
    sent.write("demographics.csv", text)
    drafted = draft_mapping(sent.path)
    return yaml.safe_load(drafted.text)["tables"]["patients"][0]["columns"], drafted


def test_names_labels_codes_units_and_dates_are_recognised(sent):
    columns, _ = patients(
        sent,
        "Subject ID;Gender;Height (m);First dose;ECOG PS\nA1;Female;1,65;31/01/2014;1\nA2;Male;1,80;02/02/2014;0\n",
    )
    assert columns == {
        "patient_id": "Subject ID",
        "sex": {"column": "Gender", "codes": {"Female": "F", "Male": "M"}},
        "treatment_start": {"column": "First dose", "date": "%d/%m/%Y"},
        "height_cm": {"column": "Height (m)", "unit": "m"},
        "ecog": "ECOG PS",
    }


@pytest.mark.parametrize(
    ("header", "cells", "column", "expected"),
    [
        ("start", ("03/04/2014", "05/06/2014"), "treatment_start", {"column": "first_dose", "date": "?"}),
        ("height", ("1.65", "1.80"), "height_cm", {"column": "height", "unit": "?"}),
        ("sex", ("1", "2"), "sex", "?"),
    ],
)
def test_what_cannot_be_told_stays_open(sent, header, cells, column, expected):
    name = "first_dose" if header == "start" else header
    columns, drafted = patients(sent, f"patient_id,ecog,{name}\nA1,1,{cells[0]}\nA2,0,{cells[1]}\n")
    assert columns.get(column, "?") == expected
    assert drafted.open >= (5 if column == "sex" else 6)


def test_a_date_that_could_be_either_is_what_the_other_dates_of_its_file_are(sent):
    columns, _ = patients(
        sent, "patient_id,birth_date,first_dose\nA1,25/12/1950,03/04/2014\nA2,31/01/1960,05/06/2014\n"
    )
    assert columns["treatment_start"] == {"column": "first_dose", "date": "%d/%m/%Y"}


def test_an_unknown_code_among_known_ones_stays_open(sent):
    columns, _ = patients(
        sent, "patient_id,ecog,sex\n" + "".join(f"A{n},1,female\n" for n in range(40)) + "B,1,9\n"
    )
    assert columns["sex"] == {"column": "sex", "codes": {"female": "F", "9": "?"}}


def test_two_columns_that_fit_alike_are_both_left_to_a_person(sent):
    columns, drafted = patients(sent, "patient_id,ecog,body_weight,weightbl\nA1,1,61,60\n")
    assert columns["weight_kg"] == "?"
    assert "body_weight of demographics? 0.96" in drafted.text


def test_no_cell_of_a_text_column_stands_in_a_draft(sent):
    _, drafted = patients(sent, "patient_id,centre,ecog,remark\nSECRET1,Mons,1,Jane Doe\n")
    assert not any(word in drafted.text for word in ("SECRET1", "Mons", "Jane"))


def test_a_file_whose_decimal_sign_cannot_be_told_is_asked_about(sent):
    _, drafted = patients(sent, "patient_id;ecog;x\nA1;1;1,250\nA2;0;2,500\n")
    assert yaml.safe_load(drafted.text)["files"] == {"demographics.csv": {"decimal": "?"}}


@pytest.mark.parametrize(
    ("name", "table", "column", "low", "high"),
    [
        ("patient_id", "patients", "patient_id", 1.0, 1.0),
        ("Treatment_Start_Date", "patients", "treatment_start", 1.0, 1.0),
        ("Date of first dose", "patients", "treatment_start", 0.9, 1.0),
        ("wieght_kg", "patients", "weight_kg", 0.6, 0.9),
        ("colour of eyes", "patients", "weight_kg", 0.0, 0.6),
    ],
)
def test_a_name_scores_by_what_it_says(name, table, column, low, high):
    assert low <= name_score(name, TABLES[table].column(column)) <= high
