"""Baseline table and standardised differences, computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort import baseline_statistics, baseline_table, difference_of_means, difference_of_shares
from analysis.errors import DesignError


@pytest.fixture
def patients(study_of):
    rows = [
        {"patient_id": "A", "phase": "pilot", "age_years": 50.0, "ecog": 0, "visceral": True, "sites": 1},
        {"patient_id": "B", "phase": "pilot", "age_years": 60.0, "ecog": 1, "visceral": True, "sites": 2},
        {
            "patient_id": "C",
            "phase": "extension",
            "age_years": 70.0,
            "ecog": 1,
            "visceral": False,
            "sites": 3,
        },
        {"patient_id": "D", "phase": "extension", "ecog": 0, "visceral": True, "sites": 4},
        {"patient_id": "E", "age_years": 65.5, "sites": 2},
    ]
    return study_of(patients=rows).table("patients")


def test_the_printed_table_is_that_counted_by_hand(patients):
    found = baseline_table(patients)
    rows = [
        [row[0], row[1], row[2], None if row[3] is pd.NA else row[3]] for row in found.to_numpy(dtype=object)
    ]
    assert list(found.columns) == ["variable", "level", "Overall (n = 5)", "missing"]
    assert rows == [
        ["Part of the trial the patient was enrolled in", "pilot", "2 (50 %)", 1],
        ["", "extension", "2 (50 %)", None],
        ["Age at enrolment (years)", "", "62.8 (57.5–66.6) [50–70]", 1],
        ["ECOG performance status", "0", "2 (50 %)", 1],
        ["", "1", "2 (50 %)", None],
        ["Visceral metastases", "yes", "3 (75 %)", 1],
        ["Number of organs with metastases", "", "2 (2–3) [1–4]", 0],
    ]


def test_groups_stand_beside_the_whole_with_their_difference(patients):
    found = baseline_table(patients, by="phase").set_index("variable")
    assert list(found.columns) == [
        "level",
        "Overall (n = 5)",
        "Pilot (n = 2)",
        "Extension (n = 2)",
        "Unknown (n = 1)",
        "missing",
        "standardised difference",
    ]
    visceral = found.loc["Visceral metastases"]
    assert visceral["Pilot (n = 2)"] == "2 (100 %)"
    assert visceral["Extension (n = 2)"] == "1 (50 %)"
    assert visceral["Unknown (n = 1)"] == "no data"
    # |1 - 0.5| / sqrt((0 + 0.25) / 2)
    assert visceral["standardised difference"] == pytest.approx(0.5 / math.sqrt(0.125))
    sites = found.loc["Number of organs with metastases", "standardised difference"]
    assert sites == pytest.approx(2 / math.sqrt(0.5))


def test_the_numbers_behind_the_table_are_given(patients):
    found = baseline_statistics(patients, by="phase").set_index(["variable", "level", "group"])
    age = found.loc[("age_years", "", "overall")]
    assert age[["n", "missing", "lowest", "median", "highest"]].tolist() == [4, 1, 50, 62.75, 70]
    ecog = found.loc[("ecog", "1", "pilot")]
    assert ecog[["n", "count", "percent"]].tolist() == [2, 1, 50]


def test_groups_and_unknown_add_up_to_the_whole(patients):
    found = baseline_statistics(patients, by="phase")
    total = (found["n"] + found["missing"]).groupby([found["variable"], found["level"], found["group"]]).sum()
    apart = total.drop("overall", level="group").groupby(["variable", "level"]).sum()
    assert (apart == 5).all()


def test_joined_columns_are_described_by_their_type_and_label(patients):
    patients["ctdna"] = pd.array([True, False, None, True, False], dtype="boolean")
    patients["delta"] = [1.0, 2.0, 3.0, 4.0, np.nan]
    found = baseline_statistics(patients, labels={"ctdna": "ctDNA at baseline"})
    assert set(found.loc[found["variable"] == "ctdna", "level"]) == {"yes", "no"}
    assert found.loc[found["variable"] == "ctdna", "label"].unique().tolist() == ["ctDNA at baseline"]
    assert found.loc[found["variable"] == "delta", "median"].tolist() == [2.5]


def test_identifiers_times_and_lacking_columns_are_left_out(patients):
    found = set(baseline_statistics(patients)["variable"])
    assert found == {"phase", "age_years", "ecog", "visceral", "sites"}


def test_patients_alone_make_an_empty_table(study_of):
    found = baseline_table(study_of(patients=[{"patient_id": "A"}]).table("patients"))
    assert found.empty
    assert "Overall (n = 1)" in found.columns


@pytest.mark.parametrize("by", ["nowhere", "age_years", "patient_id"])
def test_a_column_without_groups_is_refused(patients, by):
    with pytest.raises(DesignError):
        baseline_table(patients, by=by)


def test_constants_differ_by_nothing_or_beyond_measure():
    same, other = np.array([1.0, 1.0]), np.array([2.0, 2.0])
    assert difference_of_means(same, same) == 0
    assert math.isnan(difference_of_means(same, other))
    assert difference_of_shares(np.array([3.0, 0.0]), np.array([5.0, 0.0])) == 0
    assert math.isnan(difference_of_shares(np.array([3.0, 0.0]), np.array([0.0, 3.0])))
    assert math.isnan(difference_of_shares(np.array([0.0, 0.0]), np.array([0.0, 3.0])))


levels = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=4)


@given(levels)
def test_the_difference_of_shares_does_not_depend_on_the_order_of_groups_or_levels(pairs):
    first, second = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    found = difference_of_shares(first, second)
    for one, other in ((second, first), (first[::-1], second[::-1])):
        assert difference_of_shares(one, other) == pytest.approx(found, nan_ok=True, rel=1e-6, abs=1e-7)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.floats(0.1, 10), st.floats(-50, 50))
def test_the_difference_of_means_does_not_depend_on_the_unit(values, scale, offset):
    first = np.array(values)
    second = np.append(first[1:] + 3.0, 0.5)
    found = difference_of_means(first, second)
    assert difference_of_means(first * scale + offset, second * scale + offset) == pytest.approx(
        found, rel=1e-6, abs=1e-9
    )
