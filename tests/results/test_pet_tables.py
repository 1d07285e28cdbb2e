import pandas as pd

from analysis.results import pet_tables as tables


def test_series_are_counted_by_what_became_of_them_and_files_are_not_named():
    series = pd.DataFrame(
        {
            "kept": [True, True, False, False],
            "fault": [False, False, False, True],
            "reason": ["", "", "not attenuation-corrected (NAC)", "the file is truncated: SMITH_JOHN.dcm"],
        }
    )
    assert tables.series_table(series).to_numpy().tolist() == [
        ["kept and converted to SUV", "", 2],
        ["left out, being of another kind", "not attenuation-corrected (NAC)", 1],
        ["refused, though it should have been measured", "the file is truncated", 1],
    ]


def test_equal_warnings_count_together_whatever_their_numbers():
    scans = pd.DataFrame({"warnings": ["dose 3.7 MBq taken as Bq | a; b", "dose 4.1 MBq taken as Bq", ""]})
    assert tables.warnings_of(scans) == ["1 scan(s): a; b", "2 scan(s): dose … MBq taken as Bq"]


def test_criteria_are_counted_at_each_visit_with_classes_nobody_has_left_out():
    rule = {"day14": pd.DataFrame({"response": ["responder", "non_responder", "non_responder"]})}
    eortc = {"day14": pd.DataFrame({"eortc": ["PMR", "SMD", "SMD"]})}
    percist = {"day14": pd.DataFrame({"percist": ["not_assessable"] * 3})}
    table = tables.criteria_table(rule, eortc, percist)
    assert table.to_numpy().tolist() == [
        ["Rule of this run", "metabolic response", 1],
        ["Rule of this run", "no metabolic response", 2],
        ["EORTC 1999", "partial metabolic response", 1],
        ["EORTC 1999", "stable metabolic disease", 2],
        ["PERCIST 1.0", "not assessable", 3],
    ]


def test_the_planned_combination_is_starred_and_responders_become_non_responders():
    every = pd.DataFrame(
        {
            "metric": ["suv_max", "suv_max", "sul_peak"],
            "rule": ["mean", "mean", "mean"],
            "cutoff_percent": [15.0, 25.0, 30.0],
            "smallest_change": [0.0, 0.0, 0.8],
            "responder_percent": [60.0, float("nan"), 20.0],
            "pre_specified": [True, False, False],
        }
    )
    table = tables.rule_table(every, {"suv_max": "SUVmax", "sul_peak": "SULpeak"}, {"mean": "mean change"})
    assert table.to_dict("records") == [
        {
            "Measure": "SUVmax",
            "Rule": "mean change",
            "15 % decrease": "40 *",
            "25 % decrease": "—",
            "30 % decrease and 0.8": "—",
        },
        {
            "Measure": "SULpeak",
            "Rule": "mean change",
            "15 % decrease": "—",
            "25 % decrease": "—",
            "30 % decrease and 0.8": "80",
        },
    ]


def test_no_table_of_pet_has_a_row_a_patient():
    lesions = pd.DataFrame(
        {
            "patient_id": ["A1", "A1", "B2"],
            "visit": ["baseline"] * 3,
            **{
                name: [1.0, 2.0, 3.0]
                for name in (
                    "suv_max",
                    "suv_mean",
                    "suv_peak",
                    "sul_peak",
                    "mtv_baseline_threshold_ml",
                    "tlg_baseline_threshold_g",
                )
            },
        }
    )
    table = tables.lesion_table(lesions)
    assert list(table) == ["", "Baseline"]
    assert table.to_numpy()[:3].tolist() == [
        ["Lesions", "3"],
        ["Patients", "2"],
        ["SUVmax", "2.0 (1.5 to 2.5)"],
    ]


def test_classes_of_rules_and_criteria_stand_under_one_another_in_the_same_two_words():
    one = pd.DataFrame({"patient_id": ["A", "B"], "response": ["responder", "not_assessable"]})
    two = pd.DataFrame({"patient_id": ["A", "B", "C"], "percist": ["CMR", "PMD", "not_assessable"]})
    found = tables.classes_by_rule({"rule": one}, {"PERCIST": two})
    assert found["rule"].tolist() == ["rule"] * 2 + ["PERCIST"] * 3
    assert found["response"].tolist() == [
        "responder",
        "not_assessable",
        "responder",
        "non_responder",
        "not_assessable",
    ]
