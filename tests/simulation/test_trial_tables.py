"""Properties that the tables of any simulated trial have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data import TABLES
from analysis.simulation import draw_joint, load_parameters, tabulate_trial
from analysis.simulation.headers import HEADER_STYLES
from analysis.simulation.scan_list import list_scans

any_trial = settings(max_examples=12, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32)
sizes = st.integers(1, 60)


def made(n: int, seed: int):
    draw = draw_joint(n, seed=seed)
    return draw, tabulate_trial(draw)


@any_trial
@given(sizes, seeds)
def test_progression_free_survival_ends_at_the_progressive_assessment_or_death(n, seed):
    _, tables = made(n, seed)
    outcomes = tables["outcomes"].set_index("patient_id")
    starts = tables["patients"].set_index("patient_id")["treatment_start_date"]
    assessments = tables["assessments"]
    day = (assessments["assessed_date"] - assessments["patient_id"].map(starts)).dt.days
    progressive = assessments["response"] == "PD"
    assert not assessments.loc[progressive, "patient_id"].duplicated().any()
    for patient, row in outcomes.iterrows():
        own = assessments["patient_id"] == patient
        died = (row["death_date"] - starts[patient]).days if pd.notna(row["death_date"]) else None
        if (own & progressive).any():
            assert row["pfs_event"]
            assert day[own & progressive].item() == row["pfs_days"] == day[own].max()
        elif row["pfs_event"]:
            assert row["pfs_days"] == died == row["os_days"]
        else:
            assert row["pfs_days"] == max(day[own].max() if own.any() else 0, 0)


@any_trial
@given(sizes, seeds)
def test_nothing_happens_before_enrolment_or_after_the_last_contact(n, seed):
    _, tables = made(n, seed)
    patients = tables["patients"].set_index("patient_id")
    until = tables["outcomes"].set_index("patient_id")["last_contact_date"]
    for name, table in tables.items():
        if name == "patients":
            continue
        for column in [column for column in table.columns if column.endswith("_date")]:
            known = table[table[column].notna()]
            assert (known[column] >= known["patient_id"].map(patients["enrolment_date"])).all(), (
                name,
                column,
            )
            assert (known[column] <= known["patient_id"].map(until)).all(), (name, column)


@any_trial
@given(sizes, seeds)
def test_every_table_has_exactly_the_columns_that_are_not_optional_and_unique_keys(n, seed):
    _, tables = made(n, seed)
    for name, table in tables.items():
        known = {
            f"{column.name}_date" if column.kind == "time" else column.name: column.optional
            for column in TABLES[name].columns
        }
        assert set(table.columns) == {column for column, optional in known.items() if not optional}, name
        times = {column.name for column in TABLES[name].columns if column.kind == "time"}
        key = [f"{column}_date" if column in times else column for column in TABLES[name].key]
        assert not table.duplicated(key).any(), name


@any_trial
@given(sizes, seeds)
def test_treated_patients_and_only_they_have_data(n, seed):
    draw, tables = made(n, seed)
    treated = set(draw.patients["patient_id"])
    assert len(treated) == n
    assert set(tables["outcomes"]["patient_id"]) == treated
    for name in set(tables) - {"patients", "eligibility"}:
        assert set(tables[name].get("patient_id", [])) <= treated
    unmet = tables["eligibility"][~tables["eligibility"]["met"]]
    assert set(unmet["patient_id"]) == set(tables["patients"]["patient_id"]) - treated


@any_trial
@given(sizes, seeds)
def test_pilot_patients_are_planned_for_three_scans_and_the_others_for_two(n, seed):
    draw, tables = made(n, seed)
    visits = tables["pet_visits"]
    planned = visits[visits["status"] != "not_planned"].groupby("patient_id").size()
    phase = draw.patients.set_index("patient_id")["phase"]
    assert (planned == phase.map({"pilot": 3, "extension": 2})[planned.index]).all()
    assert (phase == "pilot").sum() == round(n * 30 / 46)
    assert visits["reason"].notna().eq(visits["status"] == "not_done").all()
    assert visits["scanned_date"].notna().eq(visits["status"] == "done").all()


@any_trial
@given(sizes, seeds)
def test_variants_belong_to_positive_samples_and_the_leading_one_has_the_sample_s_frequency(n, seed):
    _, tables = made(n, seed)
    samples = tables["plasma_samples"].set_index("sample_id")
    variants = tables["plasma_variants"]
    positive = samples.index[samples["max_vaf_percent"] > 0]
    assert set(variants["sample_id"]) == set(positive)
    highest = variants.groupby("sample_id")["vaf_percent"].max()
    np.testing.assert_array_equal(highest, samples.loc[highest.index, "max_vaf_percent"])
    assert (variants["vaf_percent"] >= 0.1).all()


@any_trial
@given(sizes, seeds)
def test_a_patient_s_variants_stay_the_same_until_progression(n, seed):
    _, tables = made(n, seed)
    samples = tables["plasma_samples"].set_index("sample_id")
    variants = tables["plasma_variants"].join(samples[["patient_id", "visit"]], on="sample_id")
    before = variants[variants["visit"] != "progression"]
    changes = before.groupby(["patient_id", "gene"])["protein_change"].nunique()
    genes = changes.index.get_level_values("gene")
    assert (changes[genes != "ESR1"] == 1).all()


@any_trial
@given(sizes, seeds)
def test_quality_of_life_scores_lie_on_the_steps_of_their_scale(n, seed):
    _, tables = made(n, seed)
    items = {scale: facts["items"] for scale, facts in load_parameters()["quality_of_life.scales"].items()}
    scores = tables["quality_of_life"].dropna()
    steps = scores["score"] * scores["scale"].map(items) / 100
    np.testing.assert_allclose(steps, steps.round(), atol=2e-3)
    assert scores["score"].between(0, 100).all()


@any_trial
@given(sizes, seeds)
def test_scans_are_those_done_and_agree_between_the_visits_of_a_patient(n, seed):
    draw, tables = made(n, seed)
    visits = tables["pet_visits"]
    scans = list_scans(draw, visits)
    done = visits[visits["status"] == "done"]
    assert [(scan.patient_id, scan.visit) for scan in scans] == list(
        zip(done["patient_id"], done["visit"], strict=True)
    )
    assert len({scan.noise_seed for scan in scans}) == len(scans)
    sites = tables["lesions"].set_index(["patient_id", "lesion_id"])["site"]
    for scan in scans:
        base = next(each for each in scans if each.patient_id == scan.patient_id)
        assert (scan.lesion_seed, scan.anatomy_seed) == (base.lesion_seed, base.anatomy_seed)
        assert scan.header_style in HEADER_STYLES
        assert all(lesion.suv_max >= 1.5 and 8 <= lesion.radius_mm <= 25 for lesion in scan.lesions)
        assert all(sites[scan.patient_id, lesion.lesion_id] == lesion.site for lesion in scan.lesions)
        old = [lesion.lesion_id for lesion in scan.lesions if not lesion.new]
        assert old == [lesion.lesion_id for lesion in base.lesions]
        assert [lesion.new for lesion in scan.lesions] == sorted(lesion.new for lesion in scan.lesions)


def test_a_trial_of_usual_size_has_every_header_style():
    draw = draw_joint(46, seed=3)
    scans = list_scans(draw, tabulate_trial(draw)["pet_visits"])
    assert {scan.header_style for scan in scans} == set(HEADER_STYLES)


@pytest.fixture(scope="module")
def large() -> dict[str, pd.DataFrame]:
    return tabulate_trial(draw_joint(4000, seed=23))


def test_adverse_events_are_about_as_frequent_as_in_bolero_2(large):
    events = large["adverse_events"]
    share = events.groupby("term")["patient_id"].nunique() / 4000
    expected = pd.Series(load_parameters()["adverse_events.probability"])
    # Late events are cut off by the end of treatment, those that stop treatment come on top.
    assert (share.reindex(expected.index) - expected).abs().max() < 0.07


def test_early_scans_are_missed_as_often_as_published_and_more_often_with_early_progression(large):
    visits = large["pet_visits"]
    day14 = visits[visits["visit"] == "day14"].set_index("patient_id")
    missed = day14["status"] == "not_done"
    assert 0.08 <= missed.mean() <= 0.14
    early = large["outcomes"].set_index("patient_id")["pfs_days"] < 60
    assert missed[early].mean() > 2 * missed[~early].mean()


def test_genes_in_plasma_are_as_frequent_as_the_parameters_say(large):
    variants = large["plasma_variants"].merge(large["plasma_samples"][["sample_id", "patient_id", "visit"]])
    baseline = variants[variants["visit"] == "baseline"]
    share = baseline.groupby("gene")["patient_id"].nunique() / (4000 * 0.98)
    for gene, expected in load_parameters()["plasma.genes"].items():
        assert abs(share[gene] - expected) < 0.03, gene


def test_quality_of_life_at_baseline_is_that_of_bolero_2(large):
    forms = large["quality_of_life"]
    first = forms[forms["scale"] == "global_health_status"].drop_duplicates("patient_id")["score"]
    assert abs(first.mean() - 64.7) < 4 * 22 / np.sqrt(len(first))
    assert abs(first.std() - 23) < 2


def test_a_partial_response_is_seen_in_about_one_patient_in_ten(large):
    responders = large["assessments"].query("response == 'PR'")["patient_id"].nunique()
    assert abs(responders / 4000 - 0.12) < 0.03


def test_targets_of_the_metastasis_mostly_agree_with_the_primary(large):
    tissue = large["tissue"].query("kind == 'alteration' and marker == 'PIK3CA'")
    both = tissue.pivot_table(index="patient_id", columns="specimen", values="value").dropna()
    assert 0.9 < (both["primary"] == both["metastasis"]).mean() < 1
