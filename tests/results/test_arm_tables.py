"""What may be said of two arms and a subgroup: tables, refusals, and sentences that the interaction test allows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError, PublicationError, StudyError
from analysis.results.arm_tables import arm_table, forest_rows, strata_of, two_arms
from analysis.results.arm_words import effect_sentence, is_exploratory, subgroup_sentence
from analysis.results.context_tables import published_fact
from analysis.results.reader_tables import reader_table, two_by_two
from analysis.results.small_cells import SmallCells
from analysis.results.small_in_text import without_small
from analysis.results.subgroup_tables import characteristics, definition_table, in_subgroup
from analysis.study import load_protocol, project_root
from analysis.study.protocol import Fact
from analysis.survival import HazardRatio, Interaction, SubgroupEffect, compare_arms, reader_agreement


def ratio(estimate, low, high):
    return HazardRatio(estimate, low, high, 0.01, 100, 60, "Cox", "profile")


TESTED = Interaction(
    "line", ratio(0.40, 0.25, 0.62), ratio(0.50, 0.42, 0.60), 0.80, 0.49, 1.30, 0.37, 724, 510, "Cox"
)


@pytest.fixture(scope="module")
def protocol():
    return load_protocol(project_root() / "data" / "protocol-first-line.yml")


@pytest.fixture
def compared():
    rng = np.random.default_rng(1)
    arm = np.repeat(["eve", "pbo"], 60)
    time = np.ceil(rng.exponential(np.where(arm == "eve", 300, 120)))
    return compare_arms(
        time,
        rng.random(120) < 0.8,
        arm.tolist(),
        control="pbo",
        end_point="PFS",
        tau_months=12,
        rates_at_months=[6],
    )


def test_a_larger_effect_is_not_claimed_where_the_interaction_does_not_say_so():
    said = subgroup_sentence(TESTED, "patients treated first line")
    assert "There is no evidence that the effect" in said
    assert "larger" not in said
    assert "only" not in said
    assert "no evidence that it is the same" in said
    assert "0.80 (0.49–1.30), interaction p = 0.37" in said


@pytest.mark.parametrize(
    ("inside", "outside", "how"),
    [
        ((0.2, 0.1, 0.4), (0.6, 0.4, 0.9), "it is larger in first line"),
        ((0.8, 0.6, 1.1), (0.5, 0.4, 0.6), "it is smaller in first line"),
        ((1.5, 1.1, 2.0), (0.6, 0.4, 0.9), "it is in another direction in first line"),
        ((0.6, 0.4, 0.9), (1.5, 1.1, 2.0), "it is in another direction in first line"),
        # On two sides of 1, but one interval reaches across: the direction is not settled.
        (
            (1.5, 0.9, 2.5),
            (0.6, 0.4, 0.9),
            "the estimates are 1.50 (0.90–2.50) in first line and 0.60 (0.40–0.90) in the others",
        ),
    ],
)
def test_a_difference_that_the_interaction_shows_is_named_and_still_needs_another_trial(inside, outside, how):
    found = replace(
        TESTED,
        inside=ratio(*inside),
        outside=ratio(*outside),
        estimate=inside[0] / outside[0],
        p_value=0.01,
    )
    said = subgroup_sentence(found, "first line")
    assert f": {how}. A difference" in said
    assert "needs another trial" in said
    assert "exploratory" not in said
    assert "(exploratory, p not corrected)" in subgroup_sentence(found, "first line", exploratory=True)


def test_a_subgroup_that_does_not_differ_is_not_said_to_be_best_estimated_by_the_whole_trial():
    said = subgroup_sentence(TESTED, "first line", exploratory=True)
    assert "better" not in said
    assert said.endswith("more precise one; whether it holds in first line is not settled.")
    assert "exploratory" not in said  # nothing is claimed


def test_an_interaction_is_exploratory_unless_it_is_planned_otherwise(protocol):
    plan = protocol.plan.values()
    assert is_exploratory(plan, "survival.interaction", "local PFS")
    assert is_exploratory(plan, "survival.interaction", "of nothing planned")
    assert not is_exploratory(plan, "survival.compare_arms", "OS")


def test_an_interval_across_one_is_no_evidence_either_way(compared):
    unclear = replace(compared, hazard_ratio=ratio(0.9, 0.6, 1.3))
    assert "no evidence of a difference, which is not evidence of none" in effect_sentence(
        unclear, "all patients"
    )
    better = replace(compared, hazard_ratio=ratio(0.5, 0.3, 0.8))
    assert "fewer events with eve" in effect_sentence(better, "all patients")


def test_arms_are_not_guessed():
    single = SimpleNamespace(arms={}, control="", id="one")
    with pytest.raises(StudyError, match="compares two"):
        two_arms(single)
    three = SimpleNamespace(arms={"a": "A", "b": "B", "c": "C"}, control="c", id="three")
    with pytest.raises(StudyError, match="3 arm"):
        two_arms(three)
    assert two_arms(SimpleNamespace(arms={"p": "P", "e": "E"}, control="p", id="two")) == ("e", "p")


def test_a_patient_whose_earlier_treatment_is_unknown_is_not_guessed_into_a_subgroup(protocol):
    patients = pd.DataFrame({"last_treatment": pd.array(["adjuvant", None], dtype="string")})
    with pytest.raises(StudyError, match="of 1 patients it is not known"):
        in_subgroup(patients, protocol)
    with pytest.raises(StudyError, match="no column last_treatment"):
        in_subgroup(patients.drop(columns="last_treatment"), protocol)


def test_the_definition_is_counted_by_arm(protocol):
    patients = pd.DataFrame(
        {
            "last_treatment": pd.array(["adjuvant", "adjuvant", "metastatic", "metastatic"], dtype="string"),
            "prior_lines": pd.array([0, 0, 1, 2], dtype="Int64"),
            "arm": ["eve", "pbo", "eve", "eve"],
        }
    )
    inside = in_subgroup(patients, protocol)
    table = definition_table(patients, inside, {"eve": "E", "pbo": "P"})
    assert table[["In the subgroup", "E", "P", "All"]].to_numpy().tolist() == [
        ["yes", 1, 1, 2],
        ["no", 1, 0, 1],
        ["no", 1, 0, 1],
    ]
    assert list(characteristics(patients, inside, protocol).columns) == ["Line of treatment"]


def test_levels_of_few_are_words_in_their_order_which_no_small_number_hides(protocol):
    patients = pd.DataFrame(
        {
            "last_treatment": ["adjuvant", "metastatic"] * 3,
            "prior_lines": [0, 1] * 3,
            "ecog": [0, 1, 2, 0, 1, None],
            "sites": [3, 2, 1, 5, None, 2],
        }
    )
    found = characteristics(patients, in_subgroup(patients, protocol), protocol)
    organs, ecog = found["Organs with metastases"], found["ECOG performance status"]
    assert organs.cat.categories.tolist() == ["one", "two", "three or more"]
    assert organs.astype("string").fillna("").tolist() == [
        "three or more",
        "two",
        "one",
        "three or more",
        "",
        "two",
    ]
    rule = SmallCells(5, zeros_shown=True, applies=True)
    for level in (*organs.cat.categories, *ecog.dropna().unique()):
        assert without_small(level, rule, writing=True) == level


def test_a_row_of_the_forest_that_cannot_be_estimated_says_why():
    effects = (
        SubgroupEffect("Site", "a", 50, 20, 0.5, 0.3, 0.9, 0.2),
        SubgroupEffect(
            "Site", "b", 9, 3, float("nan"), float("nan"), float("nan"), 0.2, "not estimated: no control"
        ),
    )
    rows = forest_rows(effects, ratio(0.5, 0.4, 0.6))
    assert rows["name"].tolist() == ["All patients", "a", "b"]
    assert rows["family"].tolist() == [
        "Whole trial",
        "Site (interaction p = 0.20)",
        "Site (interaction p = 0.20)",
    ]
    assert rows["note"].tolist()[2] == "not estimated: no control"


def test_what_is_published_stands_beside_what_was_found(compared):
    table = arm_table({"PFS": compared}, {"PFS": "7.8 v 3.2; 0.45 (0.38–0.54)"})
    assert table["Published"].tolist() == ["7.8 v 3.2; 0.45 (0.38–0.54)"]
    assert table["Within strata"].tolist() == ["—"]


def test_a_two_by_two_table_adds_up():
    found = reader_agreement(
        [10, 20, 30, 40], [1, 1, 0, 0], [10, 20, 30, 40], [1, 0, 1, 0], tolerance_days=1, label="all"
    )
    table = two_by_two([found])
    assert table[["Central: event", "Central: no event", "All"]].to_numpy().tolist() == [[1, 1, 2], [1, 1, 2]]
    assert reader_table([found], ["0.00"])["Same time, of events by both"].tolist() == ["1 of 1"]


@pytest.mark.parametrize(
    ("basis", "printed"),
    [
        ("published", "7.8 v 3.2; 0.45"),
        ("recalled", "7.8 v 3.2; 0.45 (recalled, not verified)"),
        ("computed", "7.8 v 3.2; 0.45 (computed from open data)"),
    ],
)
def test_a_published_figure_of_the_protocol_is_printed_with_how_it_is_known(protocol, basis, printed):
    facts = {"published.local_all": Fact("7.8 v 3.2; 0.45", basis)}
    assert published_fact(replace(protocol, facts=facts), "local_all") == printed


def test_a_figure_that_nobody_published_is_not_printed_as_published(protocol):
    with pytest.raises(PublicationError, match="'assumed'"):
        published_fact(replace(protocol, facts={"published.a": Fact("1", "assumed")}), "a")
    with pytest.raises(ParameterError, match="no fact named"):
        published_fact(protocol, "nothing")


def test_a_stratum_that_is_not_known_is_none_and_without_columns_there_are_no_strata():
    rows = pd.DataFrame(
        {
            "visceral": pd.array([True, None], dtype="boolean"),
            "endocrine_sensitive": pd.array([False, True], dtype="boolean"),
        }
    )
    assert strata_of(rows, ["visceral", "endocrine_sensitive"]) == ["True/False", None]
    assert strata_of(rows, []) is None
