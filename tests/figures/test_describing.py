"""Alternative texts, word for word, from the hand-made inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.figures import (
    describe_agreement,
    describe_associations,
    describe_change_and_pfs,
    describe_dumbbell,
    describe_flow,
    describe_gene_matrix,
    describe_joint,
    describe_lesion_changes,
    describe_plasma,
    describe_projection,
    describe_schoenfeld,
    describe_score_course,
    describe_spline,
    describe_survival_curves,
    describe_waterfall,
    hazard_ratio_sentence,
)
from analysis.survival import HazardRatio


def test_survival_curves_say_group_events_medians_and_comparison(hand):
    text = describe_survival_curves(
        [hand.responders, hand.non_responders],
        origin="day 14",
        sentence="Hazard ratio 1.91 (95 % CI 0.96–3.83), p = 0.06",
    )
    assert text == (
        "Kaplan-Meier curves of progression-free survival from day 14. "
        "Responder: 4 patients, 3 events, median 6.0 months (95 % CI 2.0 to not reached). "
        "Non-responder: 4 patients, 3 events, median 2.0 months (95 % CI 1.0 to not reached). "
        "Hazard ratio 1.91 (95 % CI 0.96–3.83), p = 0.06."
    )


def test_a_median_that_is_not_reached_is_said_to_be_so(hand):
    text = describe_survival_curves([hand.curve("All", [30.0, 60.0], [0, 0])], end_point="Overall survival")
    assert text == (
        "Kaplan-Meier curves of overall survival from treatment start. All: 2 patients, 0 events, median not reached."
    )


def test_the_hazard_ratio_sentence_comes_from_the_result_itself():
    result = HazardRatio(1.914, 0.956, 3.832, 0.0627, 44, 38, "Cox", "profile", comparison="detected v not")
    assert hazard_ratio_sentence(result) == "Hazard ratio, detected v not: 1.91 (95 % CI 0.96–3.83), p = 0.06"


def test_a_hazard_ratio_without_upper_limit_or_estimate_is_printed_as_such():
    unbounded = HazardRatio(3.2, 0.9, np.inf, 0.07, 10, 4, "Firth", "profile")
    assert hazard_ratio_sentence(unbounded) == "Hazard ratio 3.20 (95 % CI 0.90–∞), p = 0.07"
    nothing = HazardRatio(np.nan, np.nan, np.nan, np.nan, 10, 0, "Cox", "profile")
    assert hazard_ratio_sentence(nothing) == "Hazard ratio: not estimable"


def test_the_flow_says_every_box_and_every_reason(hand):
    assert describe_flow(hand.flow) == (
        "Participant flow. Screened: 10. Eligible: 9; not included: criterion I5 not met: refractory to a non-steroidal"
        " aromatase inhibitor (1). PET at day 14: 7; not included: death (1) and logistics (1). Plasma at day 14: 9."
        " Tissue: number not known."
    )


def test_the_waterfall_says_range_calls_and_who_is_not_drawn(hand):
    assert describe_waterfall(hand.patients, cutoff_percent=25) == (
        "Waterfall of the change of SUVmax from baseline to day 14 in 4 patients, from −40 % to 150 %; cut-off for"
        " response −25 %: 2 responders and 2 non-responders. Lines show an interval of 4 patients; 2 reach over the"
        " cut-off. 1 patient without a value not drawn."
    )


def test_lesions_at_the_cut_off_count_as_having_reached_it(hand):
    assert describe_lesion_changes(hand.lesions, hand.patients, cutoff_percent=25) == (
        "Change of SUVmax of 3 lesions in 2 patients from baseline: 2 of 3 at day 14 and 1 of 1 at day 28 had"
        " decreased by 25 % or more."
    )


def test_agreement_says_limits_and_who_changes_response(hand):
    assert describe_agreement(hand.agreement) == (
        "Change of SUVmax at day 28 against day 14 in 3 patients: mean difference −5.3 percentage points, 95 % limits of"
        " agreement −21.2 to 10.5; 1 of 3 change response (kappa 0.40, 95 % CI −0.30 to 1.00)."
    )


def test_one_pair_has_no_limits_of_agreement(hand):
    one = replace(hand.agreement, n=1, limit_low=np.nan, limit_high=np.nan, kappa=np.nan, second_only=0)
    assert describe_agreement(one) == (
        "Change of SUVmax at day 28 against day 14 in 1 patient: limits of agreement not estimable; 0 of 1 change response."
    )


def test_new_lesions_are_counted_where_they_cannot_be_drawn(hand):
    new = pd.DataFrame([{"patient_id": "a", "lesion_id": "L09", "visit": "day14", "state": "new"}])
    text = describe_lesion_changes(pd.concat([hand.lesions, new]), hand.patients, cutoff_percent=25)
    assert text.endswith("25 % or more. 1 new lesion not drawn.")


def test_plasma_says_each_share_with_its_interval(hand):
    assert describe_plasma(hand.detection) == (
        "Patients with circulating tumour DNA: 26 of 47 at baseline (55 %, 95 % CI 40–70) and 0 of 0 at day 14."
    )


def test_associations_say_each_ratio_and_what_cannot_be_estimated(hand):
    assert describe_associations(hand.rows) == (
        "Forest plot of 3 odds ratios with 95 % intervals: PIK3CA 1.91 (0.96–60.0), p = 0.06; ESR1 ∞ (0.70–∞), p = 0.20;"
        " TP53 not estimable."
    )


def test_a_forest_of_odds_ratios_refuses_location_shifts(hand):
    mixed = hand.rows.assign(measure=["odds ratio", "location shift", "odds ratio"])
    with pytest.raises(DesignError, match="other measures"):
        describe_associations(mixed)


def test_a_forest_refuses_logarithms(hand):
    with pytest.raises(DesignError, match="below zero"):
        describe_associations(hand.rows.assign(low=-0.1))


def test_schoenfeld_says_the_test(hand):
    assert describe_schoenfeld(hand.hazards) == (
        "Scaled Schoenfeld residuals of non-responder v responder at 3 events, about the constant log hazard ratio 0.55;"
        " test of proportional hazards p = 0.16."
    )


def test_schoenfeld_refuses_a_term_that_is_not_in_the_model(hand):
    with pytest.raises(DesignError, match="no term 'age'"):
        describe_schoenfeld(hand.hazards, term="age")


def test_the_spline_says_both_ends_and_both_tests(hand):
    assert describe_spline(hand.spline) == (
        "Hazard ratio along: Change of SUVmax from baseline to day 14 (%); 0.50 at −60 and 1.60 at 40, against 1 at 0, in"
        " 44 patients. Any effect p = 0.21; departure from a straight line p = 0.65."
    )


def test_the_joint_table_says_its_four_cells(hand):
    assert describe_joint(hand.counts) == (
        "PET, day 14 against ctDNA, day 14 in 43 patients: responder and not detected 10; responder and detected 4;"
        " non-responder and not detected 17; non-responder and detected 12."
    )


def test_small_cells_are_kept_back_in_words_too(hand):
    assert "responder and detected <5;" in describe_joint(hand.counts, smallest=5)
    assert describe_gene_matrix(hand.genes, smallest=5) == (
        "Patients with an alteration of 2 genes at baseline (n = 47) and day 14 (n = 44): PIK3CA 14, 9; ESR1 <5, 0."
    )


def test_change_and_pfs_says_patients_events_and_association(hand):
    assert describe_change_and_pfs(hand.patients, sentence="Hazard ratio 0.88") == (
        "Progression-free survival against change of SUVmax from baseline to day 14 in 4 patients, 3 events."
        " Hazard ratio 0.88."
    )


def test_projections_say_visits_window_and_lesions(hand):
    assert describe_projection([hand.panel("baseline"), hand.panel("day14")]) == (
        "Coronal maximum-intensity projections of one patient, SUV (body weight), g/ml, window 0–10: baseline and day 14,"
        " each with 2 lesions outlined (L01, L02)."
    )


def test_nothing_to_draw_is_said_in_words(hand):
    nobody = hand.patients.assign(change_percent=np.nan)
    assert describe_waterfall(nobody, cutoff_percent=25) == "No patient has a change of SUVmax at day 14."
    assert describe_lesion_changes(hand.lesions.iloc[:0], nobody, cutoff_percent=25) == (
        "No lesion was measured at two visits."
    )
    assert describe_agreement(replace(hand.agreement, n=0)) == "No patient was assessed at both visits."
    assert describe_change_and_pfs(nobody) == "No patient has both a change and a follow-up time."
    assert describe_associations(hand.rows.iloc[:0]) == "There is no association to show."
    assert describe_gene_matrix(hand.genes.iloc[:0]) == "No gene was found altered."
    assert (
        describe_plasma(pd.DataFrame({"visit": ["baseline"], "k": [0], "n": [0]}))
        == "No plasma sample has a result."
    )


def test_the_waterfall_says_how_many_intervals_are_drawn_and_cross_the_cut_off():
    patients = pd.DataFrame(
        {"response": ["responder", "responder", "non_responder"], "change_percent": [-50.0, -30.0, -10.0]}
    ).assign(low=[-60.0, -45.0, np.nan], high=[-40.0, -15.0, np.nan])
    text = describe_waterfall(patients, cutoff_percent=25)
    assert "Lines show an interval of 2 patients; 1 reach over the cut-off." in text


def test_the_grid_of_missing_scans_says_whether_they_could_change_the_conclusion():
    from analysis.figures import describe_tipping_point
    from analysis.survival import tipping_point

    nan = float("nan")
    group = [nan] * 3 + [1.0, 1, 0] * 4 + [0.0, 0, 1] * 4 + [nan] * 3
    found = tipping_point(range(10, 40), [1] * 30, group, labels=("non-responders", "responders"), seed=1)
    text = describe_tipping_point(found)
    assert "24 classified patients includes 1" in text
    assert "It excludes 1 in some of them, for example if 2 of the 3" in text


def test_a_dumbbell_says_both_shares_and_how_many_differences_are_clear_of_zero(hand):
    text = describe_dumbbell(hand.harm, labels=("everolimus", "placebo"))
    assert text == (
        "Dumbbell plot of 2 adverse events, everolimus v placebo, whole trial and first line. In whole trial the interval of "
        "the difference leaves out zero for 2: stomatitis 55 v 9 %, difference 46 (40–52); pneumonitis 16 v 0 %, difference "
        "16 (12–20)."
    )


def test_the_course_of_a_score_says_its_ends(hand):
    text = describe_score_course(hand.course, score="global health status")
    assert "everolimus and exemestane: week 6 −3.0 (−6.0 to 1.0), week 18 −5.0 (−6.0 to 1.0)" in text


def test_three_populations_in_one_dumbbell_are_refused(hand):
    rows = pd.concat([hand.harm.assign(population=name) for name in "abc"])
    with pytest.raises(DesignError, match="3 populations"):
        describe_dumbbell(rows, labels=("a", "b"))
