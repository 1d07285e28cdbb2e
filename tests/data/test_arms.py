"""A two-arm study in the same folder: its arms, its day 0, its forms item by item."""

from __future__ import annotations

import pytest

from analysis.data import check_study, load_study

DESCRIPTION = """id: two-arm
title: A two-arm study
kind: real
design: randomised
source: written by hand for the tests
licence: none
caveats: []
arms: {eve: everolimus, pbo: placebo}
control: pbo
strata: [visceral]
lacks:
  patients: [centre, phase, sex, birth, age_years, enrolment, height_cm, weight_kg, ecog, measurable, bone, liver, lung, nodes, sites]
  outcomes: [last_contact, death, treatment_end, treatment_end_reason, new_therapy]
"""
PATIENTS = """\
patient_id,treatment_start_date,visceral,prior_lines,arm,randomised_date,last_treatment
A1,2010-01-06,yes,0,eve,2010-01-04,adjuvant
A2,,no,2,eve,2010-02-01,metastatic
A3,2010-03-02,yes,0,pbo,2010-03-01,adjuvant
"""
OUTCOMES = """\
patient_id,pfs_days,pfs_event,os_days,os_event,pfs_central_days,pfs_central_event
A1,200,yes,400,no,240,no
A2,30,no,90,yes,30,no
A3,84,yes,300,no,84,yes
"""
EVENTS = "patient_id,term,grade,onset_date,resolved_date,serious\nA1,stomatitis,2,2010-01-14,,no\n"
FORMS = "patient_id,completed_date," + ",".join(f"item_{n}" for n in range(1, 31)) + "\n"
FORMS += "A1,2010-01-04," + ",".join(["1"] * 28 + ["7", "6"]) + "\n"


@pytest.fixture
def folder(tmp_path):
    files = {
        "study.yml": DESCRIPTION,
        "patients.csv": PATIENTS,
        "outcomes.csv": OUTCOMES,
        "adverse_events.csv": EVENTS,
        "quality_of_life_items.csv": FORMS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def change(folder, file, old, new):
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def errors(folder):
    return [str(problem) for problem in check_study(folder) if problem.severity == "error"]


def test_a_right_two_arm_study_loads_with_its_arms(folder):
    study = load_study(folder)
    assert (study.design, study.arms, study.control, study.strata) == (
        "randomised",
        {"eve": "everolimus", "pbo": "placebo"},
        "pbo",
        ("visceral",),
    )
    assert study.has("quality_of_life")


def test_day_0_is_randomisation_also_for_the_first_dose_and_for_who_never_had_one(folder):
    patients = load_study(folder).table("patients").set_index("patient_id")
    assert patients["randomised_day"].tolist() == [0, 0, 0]
    assert patients.loc["A1", "treatment_start_day"] == 2  # 6 January - 4 January
    assert patients["treatment_start_day"].isna().tolist() == [False, True, False]
    assert load_study(folder).table("adverse_events")["onset_day"].tolist() == [10]  # 14 - 4 January


def test_a_single_arm_study_needs_none_of_the_columns_of_a_two_arm_study(study):
    assert "arm" not in load_study(study.path).table("patients")
    assert not load_study(study.path).arms


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("patients.csv", "0,eve,2010", "0,evi,2010", "the study has no such arm: 'evi'"),
        ("patients.csv", "0,eve,2010", "0,,2010", "to which arm is not said"),
        ("patients.csv", "0,pbo,2010", "0,eve,2010", "nobody is in the arm pbo"),
        ("patients.csv", "yes,0,eve", "yes,1,eve", "the last treatment was adjuvant, yet there were 1 lines"),
        ("patients.csv", "2010-01-06", "2010-01-03", "treatment starts before randomisation"),
        ("patients.csv", "lines,arm,", "lines,arms,", "the column arm is missing"),
        ("study.yml", "control: pbo", "control: placebo", "the control 'placebo' is none of the arms"),
        ("study.yml", "control: pbo\n", "", "the key control is missing, and the study is randomised"),
        ("study.yml", "[visceral]", "[hope]", "the key strata does not hold what it should"),
        ("study.yml", "design: randomised", "design: single-arm", "the key arms is given in a single-arm"),
        ("adverse_events.csv", "stomatitis,2,", "stomatitis,,", "the cell is empty"),
        ("adverse_events.csv", "stomatitis,2,", "stomatitis,6,", "6 is out of range"),
        ("quality_of_life_items.csv", "1,7,6", "5,7,6", "5 is out of range"),
        ("quality_of_life_items.csv", "7,6\n", "8,6\n", "8 is out of range"),
        ("outcomes.csv", "no,240,no", "no,440,no", "central reading is longer than survival"),
        ("outcomes.csv", "no,240,no", "no,,yes", "an event without its time"),
        ("outcomes.csv", "no,240,no", "no,240,", "without whether it ended in an event"),
    ],
)
def test_what_cannot_be_is_named(folder, file, old, new, said):
    change(folder, file, old, new)
    found = errors(folder)
    assert any(said in text and text.startswith(f"error: {file}") for text in found), found


def test_a_stratum_that_is_not_known_is_a_warning(folder):
    change(folder, "patients.csv", ",no,2,eve", ",,2,eve")
    [problem] = check_study(folder)
    assert problem.severity == "warning"
    assert problem.row == 3
