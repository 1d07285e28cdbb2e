"""No public function of a statistical room can be left out of the log by forgetting it."""

import inspect

import pytest

from analysis import biomarkers, cohort, evidence, pet, quality_of_life, safety, survival

NO_ESTIMATE = {
    survival: {
        "bootstrap_indices": "draws patients",
        "confidence_band": "belongs to a curve that is logged",
        "cox_residuals": "belong to a fit that is logged",
        "episodes": "prepares rows",
        "robust_covariance": "belongs to a fit that is logged",
        "grouping": "names a grouping",
        "landmark_with_missing": "selects patients; the comparison after it is logged",
        "pool": "combines estimates that are logged",
        "landmark": "selects patients; the comparison after it is logged",
        "overall_survival": "derives an end-point",
        "progression_free_survival": "derives an end-point",
        "robust_std_errors": "belong to a fit that is logged",
        "schoenfeld": "belong to a fit that is logged",
        "study_end_points": "derives end-points",
        "time_to_progression": "derives an end-point",
        "timed_marker": "names a marker",
    },
    biomarkers: {
        "association_table": "prints associations that are logged",
        "association_power": "states power by a function that is logged",
        "at_visit": "selects a column",
        "benjamini_hochberg": "corrects p values that are logged",
        "concordance_table": "prints what is logged",
        "early_progression": "groups patients; what is done with the groups is logged",
        "marker_label": "names a marker",
        "plasma_calls": "reads a table",
        "nominal_day": "names a day",
        "plasma_concentrations": "reads a table",
        "power_column": "prints power that is logged",
        "power_words": "prints power that is logged",
        "tissue_values": "reads a table",
        "trajectories": "gives points to a figure",
        "visit_under_treatment": "names a visit",
        "visit_words": "names a visit",
        "vaf_change": "gives one row a patient; its summary is logged",
        "in_declared_families": "corrects p values that are logged",
        "with_q_values": "corrects p values that are logged",
    },
    quality_of_life: {
        "course_design": "prepares the design of a model that is logged",
        "deterioration_rules": "names rules",
        "score_items": "scores forms",
        "time_to_deterioration": "derives an end-point",
    },
    evidence: {
        "arm_curve": "draws on a function that is logged",
        "arm_of": "selects rows",
        "matching_task": "selects columns",
        "read_figure": "reads files",
        "reconstruct_arm": "derives times and events",
        "write_patients": "writes a file",
    },
    safety: {
        "exposure": "derives the time watched",
        "most_frequent": "selects rows",
        "time_to_first_event": "derives an end-point",
    },
    cohort: {
        "eligibility_items": "counts the flow",
        "eligible_patients": "counts the flow",
        "exclusions": "counts the flow",
        "participant_flow": "counts the flow",
        "patient_exclusions": "counts the flow",
        "phase_counts": "counts the flow",
        "populations": "counts the flow",
    },
    pet: dict.fromkeys(
        (
            "assess",
            "classify_lesions",
            "eortc_facts",
            "ibsi_features",
            "index_series",
            "lesion_at_visits",
            "lesion_changes",
            "lesion_planes",
            "lesion_rules",
            "maximum_intensity_projection",
            "measure_region",
            "measure_regions",
            "measure_study",
            "patient_measures",
            "percist_facts",
            "planned_visits",
            "probability_of_chance",
            "quantify",
            "read_masks",
            "read_overrides",
            "read_suv",
            "refuse_unused",
            "repeatability_limits",
            "repeatability_of",
            "scan_checks",
            "scan_quality",
            "suv_factors",
            "suv_of_folder",
            "trial_rule",
            "unusable_scans",
            "with_certainty",
        ),
        "measures an image or prepares a rule; no outcome is in it",
    ),
}
"""Public functions that estimate nothing, each with the reason."""


@pytest.mark.parametrize("room", NO_ESTIMATE, ids=lambda room: room.__name__)
def test_every_public_function_is_logged_or_named_here_with_a_reason(room):
    public = {name: getattr(room, name) for name in room.__all__}
    functions = {name: value for name, value in public.items() if inspect.isroutine(value)}
    unlogged = {name for name, value in functions.items() if not hasattr(value, "logged_as")}
    assert unlogged - set(NO_ESTIMATE[room]) == set(), (
        "mark these with @logged (analysis.logbook), or say why not"
    )


@pytest.mark.parametrize("room", NO_ESTIMATE, ids=lambda room: room.__name__)
def test_no_function_is_excused_that_is_logged_or_gone(room):
    excused = set(NO_ESTIMATE[room])
    assert {name for name in excused if hasattr(getattr(room, name, None), "logged_as")} == set()
    assert excused <= set(room.__all__)
