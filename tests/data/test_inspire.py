"""INSPIRE's open data, against the extract that was made of them independently and against counts known of them."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from analysis.data import check_study, import_inspire, load_study
from analysis.errors import StudyError
from analysis.units import months


@pytest.fixture(scope="module")
def raw(shared):
    return shared / "realdata" / "inspire_ctdna" / "upstream" / "pembrolizumab.rda"


@pytest.fixture(scope="module")
def study(raw, tmp_path_factory):
    return load_study(import_inspire(raw, tmp_path_factory.mktemp("public") / "inspire"))


def test_nothing_is_wrong_with_the_study(study):
    assert check_study(study.path) == []
    assert study.parts == ("patients", "outcomes", "plasma")
    assert not study.simulated


def test_it_has_the_patients_events_and_changes_of_the_source(study):
    outcomes = study.table("outcomes")
    changes = study.table("plasma_concentrations")["change_since_baseline"]
    assert (len(outcomes), outcomes["pfs_event"].sum(), outcomes["os_event"].sum()) == (94, 82, 64)
    assert changes.value_counts().to_dict() == {"increase": 40, "decrease": 33}
    assert study.table("plasma_samples")["panel_detected"].sum() == 92


def test_every_patient_equals_one_of_the_independent_extract(study, shared):
    ours = study.table("patients").merge(study.table("outcomes"), on="patient_id")
    plasma = study.table("plasma_samples").merge(study.table("plasma_concentrations"), on="sample_id")
    first = plasma[plasma["visit"] == "baseline"].set_index("patient_id")
    second = plasma[plasma["visit"] == "week6"].set_index("patient_id")
    ours["baseline"] = ours["patient_id"].map(first["mtm_per_ml"])
    ours["change"] = ours["patient_id"].map(second["change_since_baseline"])
    theirs = pd.read_csv(shared / "realdata" / "inspire_ctdna" / "pembrolizumab.csv")
    left = pd.DataFrame(
        {
            "sex": ours["sex"].astype(str),
            "change": ours["change"].astype("string").fillna("").astype(str),
            "age": ours["age_years"],
            "pfs": months(ours["pfs_days"]),
            "os": months(ours["os_days"]),
            "event": ours["pfs_event"].astype(float),
            "death": ours["os_event"].astype(float),
            "baseline": ours["baseline"],
        }
    )
    right = pd.DataFrame(
        {
            "sex": theirs["sex"].str[0],
            "change": theirs["change_ctdna_group"].str.split().str[0].str.lower().fillna(""),
            "age": theirs["age"].round(1),
            "pfs": theirs["pfs_time"],
            "os": theirs["os_time"],
            "event": theirs["pfs_status"],
            "death": theirs["os_status"],
            "baseline": theirs["baseline_ctdna"],
        }
    )
    order = ["age", "baseline", "pfs"]
    pd.testing.assert_frame_equal(
        left.sort_values(order, ignore_index=True), right.sort_values(order, ignore_index=True), rtol=1e-6
    )


def test_times_are_whole_days(study):
    days = study.table("outcomes")[["pfs_days", "os_days"]].to_numpy()
    assert np.abs(days - np.round(days)).max() < 1e-5


def test_no_name_of_a_patient_is_taken_over(study, shared):
    names = set(pd.read_csv(shared / "realdata" / "inspire_ctdna" / "pembrolizumab.csv")["id"])
    text = "".join(path.read_text() for path in study.path.iterdir() if path.is_file())
    assert not [name for name in names if name in text]


@pytest.mark.parametrize(
    "content",
    [b"", b"not R", gzip.compress(b"RDX3\nX\n"), json.dumps({}).encode()],
    ids=["empty", "text", "cut", "json"],
)
def test_another_file_is_refused_and_nothing_is_written(content, tmp_path):
    file = tmp_path / "pembrolizumab.rda"
    file.write_bytes(content)
    with pytest.raises(StudyError, match="not the data set of INSPIRE"):
        import_inspire(file, tmp_path / "inspire")
    assert not (tmp_path / "inspire").exists()


def test_another_data_set_of_the_package_is_refused(shared, tmp_path):
    with pytest.raises(StudyError, match="no data frame pembrolizumab"):
        import_inspire(shared / "realdata" / "inspire_ctdna" / "upstream" / "ctDNA.rda", tmp_path / "inspire")
