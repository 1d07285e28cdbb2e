"""The trial's open plasma data, against the extract that was made of them independently and against counts known of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.data import check_study, import_pearl_open, load_study
from analysis.errors import StudyError
from analysis.units import months

VISITS = {"BL": "baseline", "D14": "day14", "PD": "progression"}


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "realdata" / "pearl_ctdna_alfassay"


@pytest.fixture(scope="module")
def raw(folder):
    return folder / "upstream" / "data_sorted_short_meta.csv"


@pytest.fixture(scope="module")
def study(raw, tmp_path_factory):
    return load_study(import_pearl_open(raw, tmp_path_factory.mktemp("public") / "pearl-open"))


def test_nothing_is_wrong_with_the_study(study):
    assert check_study(study.path) == []
    assert study.parts == ("patients", "outcomes", "plasma")
    assert not study.simulated


def test_it_has_the_patients_samples_and_events_of_the_trial(study):
    assert len(study.table("patients")) == 48
    assert len(study.table("plasma_samples")) == 131
    assert study.table("outcomes")["pfs_event"].sum() == 40


@pytest.mark.parametrize(
    ("visit", "detected", "tested"), [("baseline", 26, 47), ("day14", 15, 44), ("progression", 18, 33)]
)
def test_detection_at_each_visit_is_as_known(study, visit, detected, tested):
    samples = study.table("plasma_samples")
    results = samples.loc[samples["visit"] == visit, "panel_detected"].dropna()
    assert (results.sum(), len(results)) == (detected, tested)


def test_every_sample_equals_one_of_the_independent_extract(study, folder):
    samples = study.table("plasma_samples").merge(study.table("outcomes"), on="patient_id")
    extract = pd.read_csv(folder / "pearl_plasma_long.csv")
    ours = pd.DataFrame(
        {
            "visit": samples["visit"].astype(str),
            "detected": samples["panel_detected"].astype("Float64").to_numpy(dtype=float, na_value=np.nan),
            "vaf": samples["max_vaf_percent"],
            "fraction": samples["tumour_fraction_percent"],
            "time": samples["pfs_days"] * 12,
            "event": samples["pfs_event"].astype(float),
        }
    )
    theirs = pd.DataFrame(
        {
            "visit": extract["timepoint"].map(VISITS),
            "detected": extract["ctdna_oncofollow"].map({"Positive": 1.0, "Negative": 0.0}),
            "vaf": extract["max_vaf_pct"],
            "fraction": extract["ichorcna_tf_pct"],
            "time": extract["pfs_time_raw"],
            "event": extract["pfs_event"],
        }
    )
    order = ["time", "visit", "fraction"]
    pd.testing.assert_frame_equal(
        ours.round(6).sort_values(order, ignore_index=True),
        theirs.round(6).sort_values(order, ignore_index=True),
        rtol=1e-8,
    )


def test_samples_of_one_patient_stay_together(study, folder):
    ours = study.table("plasma_samples").merge(study.table("outcomes"), on="patient_id")
    ours = ours.pivot_table(index="patient_id", columns="visit", values="tumour_fraction_percent")
    theirs = pd.read_csv(folder / "pearl_patients_wide.csv")[["ichor_BL", "ichor_D14", "ichor_PD"]]
    as_rows = lambda frame: sorted(map(tuple, frame.fillna(-1).round(6).to_numpy()))  # noqa: E731
    assert as_rows(ours[["baseline", "day14", "progression"]]) == as_rows(theirs)


def test_the_median_is_that_of_the_inferred_unit(study):
    outcomes = study.table("outcomes").sort_values("pfs_days")
    at_risk = np.arange(len(outcomes), 0, -1)
    survival = np.cumprod(1 - outcomes["pfs_event"].to_numpy(dtype=float) / at_risk)
    median = outcomes["pfs_days"].to_numpy()[np.argmax(survival <= 0.5)]
    assert months(median) == pytest.approx(4.15, abs=0.005)


def test_caveats_and_gaps_are_declared(study):
    text = " ".join(study.caveats)
    for said in (
        "unit",
        "do not reproduce",
        "earliest event is at 1.1 months",
        "licence",
        "no overall survival",
        "nominal day",
    ):
        assert said in text
    assert "sampled" in study.lacks["plasma_samples"]
    assert study.table("plasma_samples")["sampled_day"].isna().all()


def test_no_name_of_the_source_is_left(study, raw):
    rows = pd.read_csv(raw, sep="\t", dtype=str, keep_default_na=False)
    rows = rows[rows["study"] == "Pearl"]
    text = "".join(path.read_text() for path in study.path.iterdir())
    for name in {*rows["PatientId"], *rows["Sample_ID"], *rows["patient"], *rows["batch"]} - {""}:
        assert name not in text
    assert "PRL" not in text


def test_the_order_of_patients_is_not_that_of_the_source(study, raw):
    rows = pd.read_csv(raw, sep="\t", dtype=str, keep_default_na=False)
    theirs = (
        rows[rows["study"] == "Pearl"].drop_duplicates("patient")["survivalTime"].astype(float).to_numpy()
    )
    ours = study.table("outcomes")["pfs_days"].to_numpy() * 12
    assert np.mean(np.isclose(ours, theirs, atol=1e-3)) < 0.25


def test_the_order_of_rows_in_the_source_makes_no_difference(study, raw, tmp_path):
    rows = pd.read_csv(raw, sep="\t", dtype=str, keep_default_na=False)
    rows.sample(frac=1, random_state=1).to_csv(tmp_path / "shuffled.csv", sep="\t", index=False)
    again = import_pearl_open(tmp_path / "shuffled.csv", tmp_path / "again")
    for path in study.path.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_importing_again_replaces_the_study_and_leaves_nothing_beside_it(study, raw, tmp_path):
    for _ in range(2):
        import_pearl_open(raw, tmp_path / "pearl-open")
    assert [path.name for path in tmp_path.iterdir()] == ["pearl-open"]
    assert load_study(tmp_path / "pearl-open").checksum == study.checksum


def test_a_folder_of_something_else_is_left_alone(raw, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "patients.csv").write_text("mine")
    with pytest.raises(StudyError, match="left alone"):
        import_pearl_open(raw, tmp_path / "mine")
    assert (tmp_path / "mine" / "patients.csv").read_text() == "mine"


HEADER = "study\tpatient\ttimepoint\tOncoFollowDNA\tVAF\tichorTF\tsurvivalTime\tsurvivalStatus\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\tb\n1\t2\n", "no column study"),
        (HEADER + "Other\tA\tBL\tPositive\t1\t1\t12\t1\n", "no row of the trial"),
        (HEADER + "Pearl\tA\tW1\tPositive\t1\t1\t12\t1\n", "time points"),
        (HEADER + "Pearl\tA\tBL\tMaybe\t1\t1\t12\t1\n", "panel result"),
        (
            HEADER + "Pearl\tA\tBL\tPositive\t1\t1\t12\t1\nPearl\tA\tPD\tPositive\t1\t1\t24\t1\n",
            "two survival times",
        ),
        (HEADER + "Pearl\tA\tBL\tPositive\tmuch\t1\t12\t1\n", "not a number"),
        (HEADER + "Pearl\tA\tBL\tPositive\t1\t1\t12\tdead\n", "neither 0 nor 1"),
        ("", "cannot be read"),
    ],
)
def test_another_table_is_refused_and_nothing_is_written(tmp_path, text, said):
    (tmp_path / "raw.csv").write_text(text)
    with pytest.raises(StudyError, match=said):
        import_pearl_open(tmp_path / "raw.csv", tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["raw.csv"]


def test_published_hazard_ratios_of_these_data_come_out(study):
    """Values of the brief of the data (Cox, Efron): HR and 95 % limits by ctDNA at baseline and day 14."""
    import lifelines

    rows = study.table("plasma_samples").merge(study.table("outcomes"), on="patient_id")
    rows["panel"] = rows["panel_detected"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    rows["ichor"] = (rows["tumour_fraction_percent"] >= 3).astype(float)
    rows["pfs_event"] = rows["pfs_event"].astype(float)
    for visit, marker, expected in (
        ("day14", "panel", (1.91, 0.96, 3.83)),
        ("baseline", "panel", (1.93, 1.00, 3.73)),
        ("day14", "ichor", (2.99, 1.49, 6.01)),
    ):
        table = rows.loc[rows["visit"] == visit, ["pfs_days", "pfs_event", marker]].dropna()
        model = lifelines.CoxPHFitter().fit(table, "pfs_days", "pfs_event")
        found = model.summary.loc[marker, ["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%"]]
        assert tuple(found.round(2)) == expected
