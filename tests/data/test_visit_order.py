"""Visits come in the order of their names, and samples near the day they are named after."""

from __future__ import annotations

from analysis.data import check_study


def findings(study, file):
    return [(p.severity, p.row, p.what) for p in check_study(study.path) if p.file == file]


def test_a_scan_on_or_before_the_day_of_an_earlier_visit_is_an_error(study):
    study.change("pet_visits.csv", "P01,day14,done,,2014-01-24", "P01,day14,done,,2014-01-08")
    assert (
        "error",
        3,
        "the day14 scan (day -2) does not come after the baseline scan (day -2, line 2)",
    ) in findings(study, "pet_visits.csv")


def test_a_sample_before_one_of_an_earlier_visit_is_an_error(study):
    study.change("plasma_samples.csv", "S02,P01,day14,2014-01-24", "S02,P01,day14,2014-01-08")
    assert (
        "error",
        3,
        "the day14 sample was taken on day -2, before one of an earlier visit (day -1)",
    ) in findings(study, "plasma_samples.csv")


def test_a_sample_far_from_its_visit_is_a_warning_with_the_protocols_window_or_two_weeks(study):
    study.change("plasma_samples.csv", "S02,P01,day14,2014-01-24", "S02,P01,day14,2014-02-24")
    study.change("plasma_samples.csv", "S03,P02,week12,2014-05-05", "S03,P02,week12,2014-05-21")
    found = [p for p in check_study(study.path) if p.file == "plasma_samples.csv"]
    assert [(p.severity, p.row, p.what, p.expected) for p in found] == [
        ("warning", 3, "the day14 sample was taken on day 45", "day 10 to 18 by the protocol"),
        ("warning", 4, "the week12 sample was taken on day 100", "day 70 to 98"),
    ]


def test_samples_in_order_of_other_patients_and_without_a_day_say_nothing(study):
    study.write(
        "plasma_samples.csv",
        "sample_id,patient_id,visit,sampled_day,panel_detected,max_vaf_percent,lod_vaf_percent,tumour_fraction_percent\n"
        "S01,P01,baseline,-1,no,0,0.1,\nS02,P01,day14,14,no,0,0.1,\nS03,P02,day14,12,no,0,0.1,\n"
        "S04,P02,baseline,,no,0,0.1,\nS05,P03,progression,300,no,0,0.1,\nS06,P03,week12,84,no,0,0.1,\n",
    ).write("plasma_variants.csv", "sample_id,gene,protein_change,vaf_percent\n")
    assert findings(study, "plasma_samples.csv") == []
