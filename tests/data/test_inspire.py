"""INSPIRE's open data, against the extract that was made of them independently and against counts known of them."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from analysis.biomarkers import nominal_day, plasma_calls, plasma_concentrations, visit_under_treatment
from analysis.data import check_study, import_inspire, load_study
from analysis.errors import StudyError
from analysis.study import load_protocol
from analysis.survival import cox
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
    with pytest.raises(StudyError, match="not the data set inspire"):
        import_inspire(file, tmp_path / "inspire")
    assert not (tmp_path / "inspire").exists()


def test_another_data_set_of_the_package_is_refused(shared, tmp_path):
    with pytest.raises(StudyError, match="no data frame pembrolizumab"):
        import_inspire(shared / "realdata" / "inspire_ctdna" / "upstream" / "ctDNA.rda", tmp_path / "inspire")


def test_survival_by_change_is_what_lifelines_finds_in_the_independent_extract(study, shared):
    """Published, adjusted: overall survival 0.36 (0.18-0.71), progression-free 0.33 (0.19-0.58) (recalled)."""
    plasma = study.table("plasma_samples").merge(study.table("plasma_concentrations"), on="sample_id")
    fell = plasma.set_index("patient_id")["change_since_baseline"].dropna() == "decrease"
    ours = study.table("outcomes").set_index("patient_id").loc[fell.index]
    theirs = pd.read_csv(shared / "realdata" / "inspire_ctdna" / "pembrolizumab.csv").dropna(
        subset=["change_ctdna_group"]
    )
    theirs["fell"] = theirs["change_ctdna_group"].str.startswith("Decrease").astype(float)
    for end, low, high in (("os", 0.18, 0.71), ("pfs", 0.19, 0.58)):
        ratio = cox(ours[f"{end}_days"], ours[f"{end}_event"], fell.to_numpy(float)).coefficients[0]
        columns = ["fell", f"{end}_time", f"{end}_status"]
        peer = CoxPHFitter().fit(theirs[columns], f"{end}_time", f"{end}_status")
        assert ratio == pytest.approx(peer.params_["fell"], abs=1e-3)
        assert low < np.exp(ratio) < high


def test_rise_is_known_of_those_whose_direction_is_given(study):
    table = plasma_concentrations(study)
    assert table[table["visit"] == "week6"]["risen"].value_counts().to_dict() == {True: 40, False: 33}
    assert (table["mtm_per_ml"] == 0).sum() == 2
    calls = plasma_calls(study, load_protocol())
    assert visit_under_treatment(calls, "day14") == "week6"
    assert nominal_day("week6", load_protocol()) == 42
