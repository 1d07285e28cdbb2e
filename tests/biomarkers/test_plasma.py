"""Plasma: the trial's own published counts, hand-made samples, and the limit of detection."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.biomarkers import (
    at_visit,
    detection,
    marker_label,
    plasma_associations,
    plasma_calls,
    summarise_change,
    trajectories,
    transitions,
    vaf_change,
)
from analysis.biomarkers.plasma import visit_order
from analysis.errors import DesignError, StudyError


def _sample(number, patient, visit, **values):
    return {"sample_id": f"S{number}", "patient_id": patient, "visit": visit, **values}


@pytest.fixture
def calls(study_of, protocol):
    def positive(vaf, **values):
        return {"panel_detected": True, "max_vaf_percent": vaf, **values}

    negative = {"panel_detected": False, "max_vaf_percent": 0.0}
    samples = [
        _sample(1, "P1", "baseline", sampled_day=-2.0, tumour_fraction_percent=3.0, **positive(10.0)),
        _sample(2, "P1", "day14", sampled_day=14.0, tumour_fraction_percent=2.9, **positive(1.0)),
        _sample(3, "P2", "baseline", **positive(1.0)),
        _sample(4, "P2", "day14", **negative),
        _sample(5, "P3", "baseline", **negative),
        _sample(6, "P3", "day14", **positive(0.5, lod_vaf_percent=0.05)),
        _sample(7, "P4", "baseline", **negative),
        _sample(8, "P4", "day14", **negative),
        _sample(9, "P5", "baseline", **positive(2.0)),
        _sample(10, "P5", "day14"),
        _sample(11, "P5", "progression", **positive(20.0)),
    ]
    return plasma_calls(study_of(patients=[], plasma_samples=samples), protocol)


def test_the_trials_open_data_have_the_published_counts(open_plasma, protocol):
    found = detection(plasma_calls(open_plasma, protocol)).set_index(["marker", "visit"])
    panel = found.loc["panel", ["k", "n"]].to_numpy().tolist()
    assert panel == [[26, 47], [15, 44], [18, 33]]
    assert found.loc[("tumour_fraction", "day14"), ["k", "n"]].tolist() == [20, 45]


def test_visits_stand_in_the_order_of_time(open_plasma, protocol):
    visits = detection(plasma_calls(open_plasma, protocol))["visit"].unique().tolist()
    assert visits == ["baseline", "day14", "progression"]
    assert sorted(
        ["week24", "progression", "unscheduled", "day28", "week12", "baseline"], key=visit_order
    ) == [
        "baseline",
        "day28",
        "week12",
        "week24",
        "unscheduled",
        "progression",
    ]


def test_a_missing_result_is_neither_positive_nor_negative(calls):
    found = detection(calls).set_index(["marker", "visit"]).loc[("panel", "day14")]
    assert found[["k", "n", "no_result"]].tolist() == [2, 4, 1]


def test_the_tumour_fraction_is_positive_from_its_cut_off_on(calls):
    assert at_visit(calls, "tumour_fraction", visit="baseline")["P1"]
    assert not at_visit(calls, "tumour_fraction", visit="day14")["P1"]
    assert at_visit(calls, "tumour_fraction", visit="baseline")["P2"] is pd.NA


def test_of_two_samples_the_earliest_with_a_result_stands_and_the_other_is_counted(study_of, protocol):
    samples = [
        _sample(1, "P1", "day14", sampled_day=16.0, panel_detected=False),
        _sample(2, "P1", "day14", sampled_day=15.0, panel_detected=True),
        _sample(3, "P1", "day14", sampled_day=13.0),
    ]
    found = plasma_calls(study_of(plasma_samples=samples), protocol)
    assert found[["panel", "repeats"]].to_numpy().tolist() == [[True, 2]]


def test_a_marker_never_measured_is_not_in_the_table(study_of, protocol):
    samples = [_sample(1, "P1", "baseline", panel_detected=True)]
    assert detection(plasma_calls(study_of(plasma_samples=samples), protocol))["marker"].tolist() == ["panel"]


def test_a_study_without_plasma_says_so(study_of, protocol):
    with pytest.raises(StudyError):
        plasma_calls(study_of(patients=[]), protocol)


def test_no_samples_make_empty_tables(study_of, protocol):
    calls = plasma_calls(study_of(plasma_samples=[]), protocol)
    assert detection(calls).empty
    assert vaf_change(calls).empty
    assert trajectories(calls).empty
    assert transitions(calls, "panel").test.reason == "no patient's two calls differ"


def test_transitions_are_counted_in_patients_with_both_results(calls):
    found = transitions(calls, "panel")
    assert (found.persistent, found.cleared, found.emerged, found.absent) == (1, 1, 1, 1)
    assert (found.n, found.one_result) == (4, 1)
    assert (found.clearance.k, found.clearance.n) == (1, 2)
    assert found.test.p_value == 1.0


def test_the_trials_open_data_clear_more_often_than_they_emerge(open_plasma, protocol):
    found = transitions(plasma_calls(open_plasma, protocol), "panel")
    assert found.n == found.persistent + found.cleared + found.emerged + found.absent
    assert found.cleared > found.emerged


def test_the_change_of_the_frequency_honours_the_limit_of_detection(calls):
    found = vaf_change(calls).set_index("patient_id")
    assert found.loc["P1", ["change_log10", "bound"]].tolist() == [-1.0, "exact"]
    # From 1 % to below 0.1 %: a fall of at least one power of ten.
    assert found.loc["P2", ["change_log10", "bound"]].tolist() == [-1.0, "at_most"]
    # From below 0.1 % to 0.5 %.
    assert found.loc["P3", "change_log10"] == pytest.approx(math.log10(5))
    assert found.loc["P3", "bound"] == "at_least"
    assert math.isnan(found.loc["P4", "change_log10"])
    assert found.loc["P4", "bound"] == "unknown"
    assert "P5" not in found.index


def test_the_summary_counts_the_bounds_and_bounds_the_median(calls):
    found = summarise_change(vaf_change(calls))
    assert (found.n, found.exact, found.at_most, found.at_least, found.unknown) == (4, 1, 1, 1, 1)
    # Known changes: -1 exactly, -1 or less, 0.7 or more: the median is -1 whatever they are.
    assert (found.median_low, found.median_high) == (-1.0, -1.0)


def test_a_median_that_rests_on_censored_changes_is_open():
    changes = pd.DataFrame({"change_log10": [-1.0, -2.0], "bound": ["at_most", "at_most"]})
    found = summarise_change(changes)
    assert math.isnan(found.median_low)
    assert found.median_high == -1.5


def test_trajectories_carry_no_pseudonym(calls):
    found = trajectories(calls, groups=pd.Series({"P1": "responder"}))
    assert "patient_id" not in found
    assert not found.astype(str).isin([f"P{i}" for i in range(1, 6)]).to_numpy().any()
    assert found["below_limit"].sum() == 4
    assert found.loc[found["below_limit"], "vaf_percent"].to_numpy() == pytest.approx(np.full(4, 0.1))
    assert found.loc[found["line"] == 1, "group"].tolist() == ["responder", "responder"]


def test_the_plasma_families_are_complete_and_ranked_by_the_limit(calls, protocol):
    response = pd.Series(
        {
            "P1": "non_responder",
            "P2": "non_responder",
            "P3": "responder",
            "P4": "responder",
            "P5": "responder",
        }
    )
    found = plasma_associations(calls, protocol, response=response)
    assert [one.family for one in found] == ["plasma, detection"] * 4 + ["plasma, quantity"] * 4
    frequency = next(one for one in found if one.name == "Highest allele frequency (%), baseline")
    # 10 and 1 against 0.1 (none found, twice) and 2.
    assert frequency.n == 5
    assert frequency.groups[1].median == pytest.approx(0.1)
    never = next(one for one in found if one.name == "Tumour fraction (%), day 14")
    assert never.reason == "a group has no values"


def test_an_unknown_marker_is_refused(protocol):
    with pytest.raises(DesignError):
        marker_label("cfdna", protocol)
    assert marker_label("tumour_fraction", protocol) == "Tumour fraction at least 3 %"
