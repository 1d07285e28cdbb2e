"""Events of progression-free survival are compared, row by row, with assessments and death."""

from __future__ import annotations

import pytest

from analysis.data import check_study

MONTHS = "this looks like months: multiply by 30.4375"


def findings(study) -> list[tuple]:
    return [(each.severity, each.file, each.row, each.column, each.do) for each in check_study(study.path)]


def assess(study, *visits: str):
    """Add assessments of P03 (treatment from 2014-03-03; event on day 14.5; last contact on day 300)."""
    table = study.path / "assessments.csv"
    study.write("assessments.csv", table.read_text() + "".join(f"P03,{visit},,\n" for visit in visits))
    return study


@pytest.mark.parametrize(("days", "do"), [("1.97", MONTHS), ("2", MONTHS), ("40", None), ("52.9", None)])
def test_an_event_away_from_progression_and_death_is_an_error(study, days, do):
    study.change("outcomes.csv", "P01,60,yes", f"P01,{days},yes")
    assert findings(study) == [
        ("error", "outcomes.csv", 2, "pfs_days", do or "correct whichever is wrong; the time is in days")
    ]


@pytest.mark.parametrize("days", ["53", "60", "67", "93", "100"])
def test_an_event_within_a_week_of_progression_or_death_is_right(study, days):
    study.change("outcomes.csv", "P01,60,yes", f"P01,{days},yes")
    study.change("outcomes.csv", "2014-03-11,progression", "2014-03-11,toxicity")
    assert findings(study) == []


def test_an_event_before_an_assessment_without_progression_is_an_error(study):
    assess(study, "2014-04-28,local,SD", "2014-06-23,local,PR")
    (found,) = check_study(study.path)
    assert (found.severity, found.row, found.column) == ("error", 4, "pfs_days")
    assert "an assessment without progression on day 112" in found.what
    assert found.do == MONTHS


def test_a_time_that_would_be_too_early_even_in_months_is_not_called_one(study):
    assess(study, "2014-12-01,local,SD").change("outcomes.csv", "P03,14.5,yes", "P03,3,yes")
    (found,) = check_study(study.path)
    assert "an assessment without progression on day 273" in found.what
    assert "months" not in found.do


def test_months_are_noticed_by_the_day_of_death_too(study):
    study.change("outcomes.csv", "14.5,yes,300,no,2014-12-28,,", "9.9,yes,300,yes,2014-12-28,2014-12-28,")
    assert findings(study) == [("error", "outcomes.csv", 4, "pfs_days", MONTHS)]


def test_clinical_progression_that_ends_treatment_is_an_event(study):
    assess(study, "2014-03-10,local,SD").change(
        "outcomes.csv", "2014-03-18,toxicity", "2014-03-18,progression"
    )
    assert findings(study) == []


def test_an_event_that_nothing_bears_out_or_contradicts_is_a_warning(study):
    assess(study, "2014-03-10,local,SD")
    (found,) = check_study(study.path)
    assert (found.severity, found.row, found.column) == ("warning", 4, "pfs_days")
    assert "bears out" in found.what


@pytest.mark.parametrize("visit", ["2014-04-28,local,NE", "2014-03-18,local,PD"])
def test_an_assessment_that_could_not_be_evaluated_says_nothing(study, visit):
    assert findings(assess(study, visit)) == []


def test_readers_may_differ_but_not_one_with_themselves(study):
    study.change("assessments.csv", "2014-03-11,central", "2014-04-08,central")
    assert findings(study) == []
    study.change("assessments.csv", "2014-04-08,central", "2014-04-08,local")
    (found,) = check_study(study.path)
    assert (found.severity, found.row) == ("warning", 2)
    assert "saw none at a later assessment" in found.what


def test_a_censored_time_in_months_is_a_warning(study):
    text = (study.path / "assessments.csv").read_text()
    study.write("assessments.csv", text + "P02,2014-05-12,local,SD,,\nP02,2014-06-09,local,SD,,\n")
    study.change("outcomes.csv", "P02,120,no,120", "P02,4,no,120")
    assert findings(study) == [("warning", "outcomes.csv", 3, "pfs_days", MONTHS + " if it is")]
    study.change("outcomes.csv", "P02,4,no,120", "P02,91,no,120")
    assert findings(study) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("assessments.csv", "P01,2014-03-11,local,PD", "P01,11.3.2014,local,PD"),
        ("assessments.csv", "local,PD", "local,progress"),
        ("outcomes.csv", "2014-04-20", "20.4.2014"),
        ("patients.csv", "2014-01-10", "10.1.2014"),
    ],
)
def test_a_patient_with_an_illegible_day_is_not_judged(study, file, old, new):
    study.change("outcomes.csv", "P01,60,yes", "P01,40,yes").change(file, old, new)
    assert {each.file for each in check_study(study.path) if each.severity == "error"} == {file}


def test_without_a_whole_table_of_assessments_nothing_is_concluded(study):
    study.change("outcomes.csv", "P01,60,yes", "P01,40,yes")
    study.change("assessments.csv", "P01,2014-03-11,local,PD,80.5,yes", "P01,2014-03-11,local,PD,80.5")
    assert [each.file for each in check_study(study.path)] == ["assessments.csv"]
    (study.path / "assessments.csv").unlink()
    assert findings(study) == []
