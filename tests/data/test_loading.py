"""Loading a study folder."""

from __future__ import annotations

import datetime
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data import TABLES, FaultyStudyError, load_study, write_study
from analysis.errors import StudyError


def test_a_right_study_has_its_description_parts_and_folders(study):
    loaded = load_study(study.path)
    assert (loaded.id, loaded.kind, loaded.simulated) == ("small", "real", False)
    assert loaded.caveats == ("It is small.",)
    assert loaded.parts == (
        "patients",
        "eligibility",
        "assessments",
        "outcomes",
        "adverse_events",
        "plasma",
        "tissue",
        "pet",
    )
    assert loaded.has("plasma")
    assert loaded.has("plasma_variants")
    assert not loaded.has("quality_of_life")
    assert loaded.dicom_folder == study.path / "dicom"
    assert loaded.contours_folder == study.path / "contours"


def test_dates_become_days_since_the_patients_own_treatment_start(study):
    loaded = load_study(study.path)
    patients = loaded.table("patients")
    assert patients["enrolment_day"].tolist() == [-9, -9, -2]
    assert patients["treatment_start_day"].tolist() == [0, 0, 0]
    assert loaded.table("plasma_samples")["sampled_day"].tolist() == [-1, 14, 84]
    np.testing.assert_array_equal(loaded.table("outcomes")["death_day"], [100, np.nan, np.nan])


def test_days_given_as_days_are_taken_as_they_are(study):
    np.testing.assert_array_equal(
        load_study(study.path).table("adverse_events")["resolved_day"], [20.5, np.nan]
    )


def test_no_table_in_memory_holds_a_date_or_a_birth(study):
    for frame in load_study(study.path).tables.values():
        assert not any(pd.api.types.is_datetime64_any_dtype(dtype) for dtype in frame.dtypes)
        assert not [name for name in frame.columns if "birth" in name or name.endswith("_date")]


def test_every_column_has_the_type_of_its_kind(study):
    types = {
        "text": "string",
        "code": "string",
        "yes_no": "boolean",
        "whole": "Int64",
        "number": "float64",
        "time": "float64",
    }
    for name, frame in load_study(study.path).tables.items():
        for column in frame.columns:
            assert frame[column].dtype == types[TABLES[name].column(column).kind], (name, column)


def test_a_column_declared_lacking_is_there_with_every_value_missing(study):
    loaded = load_study(study.path)
    assert loaded.table("patients")["centre"].isna().all()
    assert loaded.lacks == {"patients": ("centre",)}


def test_without_images_the_study_lacks_pet(study):
    shutil.rmtree(study.path / "dicom")
    shutil.rmtree(study.path / "contours")
    loaded = load_study(study.path)
    assert not loaded.has("pet")
    assert loaded.has("pet_visits")
    assert (loaded.dicom_folder, loaded.contours_folder) == (None, None)


def test_asking_for_a_table_that_is_lacking_names_those_that_are_there(study):
    with pytest.raises(StudyError, match=r"no table quality_of_life.*patients, eligibility"):
        load_study(study.path).table("quality_of_life")


def test_asking_for_a_part_that_no_study_can_have_is_an_error(study):
    with pytest.raises(StudyError, match="no part 'images'"):
        load_study(study.path).has("images")


def test_changing_a_table_taken_from_a_study_leaves_the_study_alone(study):
    loaded = load_study(study.path)
    loaded.table("patients")["patient_id"] = "changed"
    assert loaded.table("patients")["patient_id"].tolist() == ["P01", "P02", "P03"]


@pytest.mark.parametrize("name", ["nowhere", "study.yml"])
def test_a_study_that_is_no_folder_is_refused_with_what_to_do(study, name):
    with pytest.raises(StudyError, match="Do: correct the path"):
        load_study(study.path / name)


def test_the_error_lists_the_first_twenty_and_carries_all(study):
    rows = "".join(f"P01,I{number},yes\n" for number in range(7, 32))
    study.write("eligibility.csv", "patient_id,item,met\n" + rows)
    with pytest.raises(FaultyStudyError, match="25 errors") as caught:
        load_study(study.path)
    assert str(caught.value).count("the protocol has no such criterion") == 20
    assert "and 5 more" in str(caught.value)
    assert len([problem for problem in caught.value.problems if problem.severity == "error"]) == 25
    assert caught.value.offenders[0] == "eligibility.csv, line 2, column item"


def test_excels_byte_order_mark_line_ends_and_quotes_are_read(study):
    text = (study.path / "eligibility.csv").read_text().replace("I1", '"I1"').replace("\n", "\r\n")
    study.write("eligibility.csv", b"\xef\xbb\xbf" + text.encode())
    assert load_study(study.path).table("eligibility")["item"].tolist() == ["I1", "I1", "I1"]


def test_a_text_that_reads_na_is_a_text_and_not_missing(study):
    study.change("plasma_variants.csv", "PIK3CA", "NA")
    assert load_study(study.path).table("plasma_variants")["gene"].tolist() == ["NA"]


@settings(deadline=None, max_examples=25)
@given(
    days=st.lists(
        st.one_of(st.none(), st.floats(0, 500, allow_nan=False).map(lambda day: float(f"{day:.10g}"))),
        min_size=1,
        max_size=8,
    ),
    serious=st.lists(st.sampled_from([True, False, None]), min_size=8, max_size=8),
)
def test_what_is_written_is_what_is_loaded(tmp_path_factory, days, serious):
    folder = tmp_path_factory.mktemp("study")
    n = len(days)
    ids = [f"P{number:02d}" for number in range(n)]
    patients = pd.DataFrame({"patient_id": ids, "treatment_start_day": 0.0})
    events = pd.DataFrame(
        {
            "patient_id": pd.array(ids, dtype="string"),
            "term": pd.array(["rash"] * n, dtype="string"),
            "grade": pd.array([1] * n, dtype="Int64"),
            "onset_day": 0.0,
            "resolved_day": pd.array(days, dtype="Float64").to_numpy(dtype=float, na_value=np.nan),
            "serious": pd.array(serious[:n], dtype="boolean"),
        }
    )
    lacks = [c.name for c in TABLES["patients"].columns if c.name not in ("patient_id", "treatment_start")]
    meta = {
        "id": "s",
        "title": "S",
        "kind": "simulated",
        "design": "single-arm",
        "source": "test",
        "licence": "none",
        "caveats": [],
        "lacks": {"patients": lacks},
    }
    write_study(folder, meta=meta, tables={"patients": patients, "adverse_events": events})
    pd.testing.assert_frame_equal(load_study(folder).table("adverse_events"), events)


def test_a_calendar_day_of_an_image_becomes_a_study_day(study):
    loaded = load_study(study.path)
    assert loaded.study_day("P01", datetime.date(2014, 1, 24)) == 14
    assert np.isnan(loaded.study_day("P99", datetime.date(2014, 1, 24)))
    assert "2014" not in repr(loaded)


def test_identifiers_are_those_of_patients_and_samples(study):
    assert load_study(study.path).identifiers == ("P01", "P02", "P03", "S01", "S02", "S03")
