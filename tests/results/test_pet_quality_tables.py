import pandas as pd

from analysis.pet import StudyMeasures
from analysis.results import pet_quality_tables as tables
from analysis.results.pet_tables import example_patient


def test_corrections_are_counted_by_field_with_the_largest_change_and_no_reason():
    overrides = pd.DataFrame(
        {
            "patient_id": ["P1", "P2", "P2", "P3"],
            "field": ["PatientWeight", "PatientWeight", "Units", "Units"],
            "reason": ["the scale was wrong"] * 4,
            "change_percent": [3.0, -20.0, -20.0, None],
            "refused_before": ["", "", "", "Units is missing"],
            "refused_after": ["", "", "", "weight is missing"],
        }
    )
    assert tables.override_table(overrides).to_numpy().tolist() == [
        ["PatientWeight", 2, "−20.0", 0, 0],
        ["Units", 2, "−20.0", 1, 1],
    ]


def test_the_example_patient_has_lesions_where_anyone_has():
    scans = pd.DataFrame({"patient_id": ["P1", "P1", "P2"], "visit": ["baseline", "day14", "baseline"]})
    lesions = pd.DataFrame({"patient_id": ["P2"], "lesion_id": ["L1"]})
    planned = pd.DataFrame({"patient_id": ["P1", "P2", "P3"]})
    assert example_patient(StudyMeasures(scans, scans, lesions), planned) == "P2"
    assert example_patient(StudyMeasures(scans, scans, lesions.iloc[:0]), planned) == "P1"
    assert example_patient(StudyMeasures(scans, scans, lesions.iloc[:0]), planned.iloc[2:]) == "P1"
