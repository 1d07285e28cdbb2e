"""Whether an analysis was planned is found from what it was, not from what its author says."""

import dataclasses

import pytest

from analysis.logbook import Analysis
from analysis.results.plan_comparison import Standing, family_of, standing
from analysis.study import Parameters, families_of, load_protocol

AS_PLANNED = Parameters(
    run="primary",
    study="data/none",
    metric="suv_max",
    cutoff_percent=25,
    day=14,
    patient_rule="any_resistant",
    lean_body_mass="janmahasatian",
    pre_specified=True,
    seed=1,
)
PRIMARY = Analysis(
    cell="by-response",
    question="PFS by metabolic response",
    function="survival.early_response",
    kind="comparison",
    outcome="PFS",
    variables=("metabolic response at day14",),
    landmark_day=14,
)
CTDNA = dataclasses.replace(PRIMARY, question="", variables=("panel at day14",))


def of(analysis, parameters=AS_PLANNED, **changed):
    return standing(dataclasses.replace(analysis, **changed), load_protocol(), parameters)


def run(**changed):
    return dataclasses.replace(AS_PLANNED, **changed)


def test_what_was_planned_has_the_status_of_the_plan():
    assert of(PRIMARY) == Standing("primary", "pfs-by-response")


def test_another_cut_off_makes_it_post_hoc_and_says_which():
    found = of(PRIMARY, run(cutoff_percent=15, pre_specified=False))
    assert found == Standing("post hoc", "pfs-by-response", "cutoff percent 15 instead of 25")


def test_another_cut_off_of_the_pet_leaves_the_plasma_as_planned():
    assert of(CTDNA, run(cutoff_percent=15)) == Standing("secondary", "pfs-by-ctdna")


def test_in_a_run_that_was_not_fixed_before_nothing_is_pre_specified():
    assert of(CTDNA, run(pre_specified=False)).status == "not pre-specified"


def test_another_landmark_is_not_what_was_planned():
    found = of(PRIMARY, landmark_day=28.0)
    assert found == Standing("not planned", "pfs-by-response", "from day 28 instead of day 14")


def test_another_visit_of_the_marker_is_not_what_was_planned():
    found = of(PRIMARY, variables=("metabolic response at day28",), landmark_day=28.0)
    assert found.status == "not planned"
    assert "at day28 instead of day14" in found.difference


def test_two_visits_of_one_marker_are_two_planned_analyses():
    assert of(CTDNA, variables=("panel at baseline",), landmark_day=0.0).planned == "pfs-by-baseline-ctdna"


def test_a_variant_by_the_authors_words_is_a_sensitivity_analysis():
    found = of(PRIMARY, question="PFS by metabolic response, scans inside the window")
    assert found == Standing("sensitivity", "pfs-by-response", "scans inside the window")


def test_a_declared_alternative_method_is_a_sensitivity_analysis():
    found = of(PRIMARY, function="survival.delayed_entry", landmark_day=None)
    assert (found.status, found.planned) == ("sensitivity", "pfs-by-response")


def test_an_undeclared_method_for_a_planned_question_is_not_planned_and_says_so():
    found = of(PRIMARY, function="survival.logrank", landmark_day=None)
    assert found == Standing("not planned", "pfs-by-response", "by logrank instead of early response")


def test_a_searched_cut_off_is_post_hoc_whatever_the_run_says():
    assert of(PRIMARY, function="survival.search_cutoff", kind="search").status == "post hoc"


def test_a_question_of_its_own_is_not_planned():
    found = of(PRIMARY, question="PFS by age", variables=("age",))
    assert found == Standing("not planned")


def test_words_alone_do_not_make_a_planned_analysis():
    found = of(PRIMARY, question="PFS by metabolic response", variables=("age",))
    assert found.status == "not planned"


@pytest.mark.parametrize("kind", ["description", "classification", "simulation"])
def test_what_tests_nothing_is_descriptive(kind):
    assert of(PRIMARY, function="survival.kaplan_meier", kind=kind).status == "descriptive"


def test_the_proportion_of_responders_is_planned_for_one_rule_only():
    asked = Analysis(
        cell="response",
        question="",
        function="pet.patient_response",
        kind="classification",
        settings={"visit": "day14", "patient_rule": "any_resistant", "lesion_rule": "suv_max 25 %"},
    )
    assert of(asked) == Standing("secondary", "nonresponse")
    other = of(asked, settings={**asked.settings, "patient_rule": "hottest"})
    assert other == Standing("sensitivity", "nonresponse", "patient rule hottest instead of any resistant")


def test_the_primary_analysis_stands_alone_and_others_in_the_family_that_the_run_declares():
    families = families_of("primary")
    assert family_of("pfs-by-response", families) == ""
    assert family_of("os-by-response", families) == "survival, secondary"


def test_a_method_of_the_plan_with_another_outcome_is_not_that_planned_analysis():
    asked = Analysis(
        cell="c",
        question="",
        function="biomarkers.binary_association",
        kind="association",
        outcome="metabolic response",
    )
    assert of(asked) == Standing("not planned")
    assert of(asked, outcome="early progression").planned == "early-progression"


def test_an_undeclared_method_stands_beside_the_planned_analysis_of_its_own_visit():
    found = of(
        CTDNA, function="survival.time_dependent_auc", kind="prediction", variables=("panel at baseline",)
    )
    assert found.planned == "pfs-by-baseline-ctdna"
