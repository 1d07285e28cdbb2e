"""Lesion classes and patient rules on small tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.pet import (
    RULES,
    StudyMeasures,
    classify_lesions,
    eortc_1999,
    lesion_changes,
    patient_response,
    percist_1_0,
    response_by_all_rules,
    trial_rule,
)
from analysis.pet.response.lesion_rules import LesionRule, lesion_rules
from analysis.pet.response.patient_rules import deciding_change, patient_rule
from analysis.study.parameters import PATIENT_RULES

QUARTER = trial_rule("suv_max", 25.0)


def lesion(patient, visit, name, value, *, target=True, **other):
    row = {"patient_id": patient, "visit": visit, "lesion_id": name, "site": "bone", "target": target}
    row |= {m: float(value) for m in ("suv_max", "suv_mean", "suv_peak", "sul_peak", "tlg_g", "volume_ml")}
    return row | other


def scan(patient, visit, **other):
    row = {"patient_id": patient, "visit": visit, "contours": 1, "comparable": True, "comparability_reason": "",
           "liver_sul_mean": 1.5, "liver_sul_sd": 0.1}  # fmt: skip
    return row | other


def study(lesions, scans=None, series=None):
    table = pd.DataFrame(lesions).astype({"target": "boolean"})
    if scans is None:
        scans = [
            scan(p, v) for p, v in table[["patient_id", "visit"]].drop_duplicates().itertuples(index=False)
        ]
    columns = ["patient_id", "visit", "modality", "reason"]
    return StudyMeasures(
        pd.DataFrame(series or [], columns=columns),
        pd.DataFrame(scans).astype({"comparable": "boolean"}),
        table,
    )


def visits(*patients, new="no", **status):
    rows = []
    for patient in patients:
        for visit in ("baseline", "day14"):
            state, _, reason = status.get(visit, "done").partition(":")
            rows.append({"patient_id": patient, "visit": visit, "status": state, "reason": reason or pd.NA,
                         "new_lesion": pd.NA if visit == "baseline" else new})  # fmt: skip
    return pd.DataFrame(rows).astype("string")


def respond(measures, planned, rule="any_resistant", cutoff=25.0, metric="suv_max"):
    lesion_rule = trial_rule(metric, cutoff)
    return patient_response(
        measures, planned, lesion_rule=lesion_rule, patient_rule=patient_rule(rule), visit="day14"
    ).set_index("patient_id")


def pair(patient, name, before, after, **other):
    return [
        lesion(patient, "baseline", name, before, **other),
        lesion(patient, "day14", name, after, **other),
    ]


THREE = [*pair("A", "L1", 10, 6), *pair("A", "L2", 5, 4.5), *pair("A", "L3", 4, 2)]


@pytest.mark.parametrize(
    ("rule", "change", "response"),
    [
        ("any_resistant", -10.0, "non_responder"),
        ("all_resistant", -50.0, "responder"),
        ("majority", -40.0, "responder"),
        ("majority_by_volume", -40.0, "responder"),
        ("hottest", -40.0, "responder"),
        ("hottest_at_baseline", -40.0, "responder"),
        ("mean", -100 / 3, "responder"),
        ("sum", -100 * 6.5 / 19, "responder"),
    ],
)
def test_each_rule_decides_three_lesions_as_by_hand(rule, change, response):
    found = respond(study(THREE), visits("A"), rule).loc["A"]
    assert found["change_percent"] == pytest.approx(change)
    assert found["response"] == response
    assert found["lesions"] == 3


def test_the_volume_may_decide_otherwise_than_the_number():
    lesions = [
        *pair("A", "L1", 10, 9, volume_ml=12),
        *pair("A", "L2", 5, 2, volume_ml=3),
        *pair("A", "L3", 5, 2, volume_ml=4),
    ]
    measures, planned = study(lesions), visits("A")
    assert respond(measures, planned, "majority").loc["A", "response"] == "responder"
    assert respond(measures, planned, "majority_by_volume").loc["A", "change_percent"] == pytest.approx(-10)


def test_exactly_half_of_the_volume_is_no_majority():
    lesions = [
        *pair("A", "L1", 10, 10, volume_ml=0.3),
        *pair("A", "L2", 5, 2, volume_ml=0.1),
        *pair("A", "L3", 5, 2, volume_ml=0.2),
    ]
    assert respond(study(lesions), visits("A"), "majority_by_volume").loc["A", "response"] == "non_responder"


def test_a_rule_by_volume_without_volumes_is_not_assessable_and_says_so():
    measures = study(pair("A", "L1", 10, 5, volume_ml=np.nan))
    found = respond(measures, visits("A"), "majority_by_volume").loc["A"]
    assert found["response"] == "not_assessable"
    assert "not measured" in found["reason"]


def test_the_hottest_lesion_at_baseline_is_followed_by_its_own_rule():
    measures = study([*pair("A", "L1", 10, 2), *pair("A", "L2", 5, 8)])
    assert respond(measures, visits("A"), "hottest_at_baseline").loc["A", "change_percent"] == pytest.approx(
        -80
    )


def test_a_change_below_the_smallest_counts_as_none_and_exactly_that_counts():
    rule = LesionRule(
        name="x", metric="sul_peak", response_percent=30, progression_percent=30, smallest_change=0.8
    )
    assert rule.changes([2.0, 2.0, 1.0, 1.0], [1.2, 1.25, 1.75, 1.8]).tolist() == pytest.approx(
        [-40, 0, 0, 80]
    )


def test_a_rule_may_leave_a_disappeared_lesion_unknown_and_ignore_a_new_one():
    lesions = [
        *pair("A", "L1", 10, 5),
        lesion("A", "baseline", "L2", 5),
        *pair("B", "L1", 10, 5),
        lesion("B", "day14", "L9", 4),
    ]
    rule = LesionRule(name="strict", metric="suv_max", response_percent=25, progression_percent=25,
                      disappeared="unknown", new="ignored")  # fmt: skip
    found = patient_response(
        study(lesions), visits("A", "B"), lesion_rule=rule, patient_rule=RULES["any_resistant"], visit="day14"
    ).set_index("patient_id")
    assert found["response"].to_dict() == {"A": "not_assessable", "B": "responder"}


def test_an_impossible_rule_is_refused():
    with pytest.raises(DesignError, match="above 0"):
        LesionRule(name="x", metric="suv_max", response_percent=0, progression_percent=25)


def test_every_named_rule_says_what_it_is_and_where_it_comes_from():
    for rule in lesion_rules().values():
        assert rule.source
        assert f"{rule.response_percent:g} % (" in rule.definition
    assert all(rule.definition and rule.source for rule in RULES.values())
    assert tuple(RULES) == PATIENT_RULES


def test_a_lesion_whose_measure_is_missing_is_not_taken_for_a_new_one():
    lesions = [lesion("A", "baseline", "L1", 10, sul_peak=np.nan), lesion("A", "day14", "L1", 5)]
    found = respond(study(lesions), visits("A"), metric="sul_peak").loc["A"]
    assert found["new_lesion"] == "no"
    assert found["reason"] == "the measure that decides is missing for a lesion"


def test_the_hottest_lesion_may_be_another_one_at_follow_up():
    found = respond(study([*pair("A", "L1", 10, 2), *pair("A", "L2", 5, 8)]), visits("A"), "hottest").loc["A"]
    assert found["change_percent"] == pytest.approx(-20)
    assert found["progression"]


def test_half_of_the_lesions_is_no_majority():
    found = respond(study([*pair("A", "L1", 10, 5), *pair("A", "L2", 10, 10)]), visits("A"), "majority").loc[
        "A"
    ]
    assert found["response"] == "non_responder"


def test_exactly_the_cut_off_counts_as_response_by_the_protocol():
    found = respond(study([*pair("A", "L1", 9.2, 9.2 * 0.75)]), visits("A")).loc["A"]
    assert found["response"] == "responder"


def test_a_disappeared_lesion_has_responded_and_a_scan_without_contours_tells_nothing():
    lesions = [*pair("A", "L1", 10, 6), lesion("A", "baseline", "L2", 5), *pair("B", "L1", 10, 6)[:1]]
    scans = [scan("A", "baseline"), scan("A", "day14"), scan("B", "baseline"), scan("B", "day14", contours=0)]
    measures = study(lesions, scans)
    changes = lesion_changes(measures.lesions, scans=measures.scans).set_index(["patient_id", "lesion_id"])
    assert changes.loc[("A", "L2"), "state"] == "disappeared"
    assert changes.loc[("A", "L2"), "change_percent"] == -100
    assert changes.loc[("B", "L1"), "state"] == "not_contoured"
    found = respond(measures, visits("A", "B"))
    assert found.loc["A", "response"] == "responder"
    assert found.loc["B", ["response", "reason"]].tolist() == [
        "not_assessable",
        "no lesion was contoured at day14",
    ]
    assert np.isnan(found.loc["B", "change_percent"])


def test_a_new_lesion_makes_a_non_responder_and_a_possible_flare_does_not():
    measures = study(pair("A", "L1", 10, 5))
    new = respond(measures, visits("A", new="yes")).loc["A"]
    assert (new["response"], new["reason"], new["progression"]) == ("non_responder", "new lesion", True)
    flare = respond(measures, visits("A", new="uncertain")).loc["A"]
    assert flare["response"] == "responder"
    assert "flare" in flare["reason"]


def test_a_contour_without_baseline_is_a_new_lesion():
    measures = study([*pair("A", "L1", 10, 5), lesion("A", "day14", "L2", 4, target=False)])
    changes = classify_lesions(lesion_changes(measures.lesions, scans=measures.scans), QUARTER)
    assert changes.set_index("lesion_id")["lesion_class"].to_dict() == {"L1": "responding", "L2": "new"}
    assert respond(measures, visits("A")).loc["A", "reason"] == "new lesion"


@pytest.mark.parametrize(
    ("after", "expected"), [(7.5, "responding"), (7.6, "stable"), (12.5, "stable"), (12.6, "progressing")]
)
def test_lesion_classes_at_their_boundaries(after, expected):
    changes = lesion_changes(study(pair("A", "L1", 10, after)).lesions)
    assert classify_lesions(changes, QUARTER)["lesion_class"].tolist() == [expected]


def test_only_target_lesions_decide_and_at_most_five():
    lesions = [row for i in range(6) for row in pair("A", f"L{i}", 10 - i, 5 - i / 2 if i < 5 else 10)]
    lesions += pair("A", "N", 20, 20, target=False)
    found = respond(study(lesions), visits("A")).loc["A"]
    assert (found["lesions"], found["response"]) == (5, "responder")


def test_without_marked_targets_the_hottest_lesions_decide():
    found = respond(study([*pair("A", "L1", 10, 5, target=pd.NA)]), visits("A")).loc["A"]
    assert found["response"] == "responder"


@pytest.mark.parametrize(
    ("status", "series", "reason"),
    [
        ({"day14": "not_done:toxicity"}, [], "scan at day14 not done: toxicity"),
        ({"day14": "not_planned"}, [], "scan at day14 not planned"),
        ({}, [], "scan at day14 was made, but no series of it was found"),
        (
            {},
            [("A", "day14", "PT", "Units (0054,1001) is missing")],
            "scan at day14 cannot be used: Units (0054,1001) is missing",
        ),
    ],
)
def test_a_missing_scan_says_why(status, series, reason):
    rows = [dict(zip(("patient_id", "visit", "modality", "reason"), row, strict=True)) for row in series]
    measures = study([lesion("A", "baseline", "L1", 10)], series=rows)
    found = respond(measures, visits("A", **status)).loc["A"]
    assert (found["response"], found["reason"]) == ("not_assessable", reason)


def test_every_patient_of_the_visits_has_one_row():
    found = respond(study(THREE), visits("A", "B", "C"))
    assert found.index.tolist() == ["A", "B", "C"]
    assert found.loc["B", "reason"].startswith("baseline scan was made")


def test_an_unknown_metric_or_rule_is_refused_with_the_known_ones():
    with pytest.raises(DesignError, match="suv_max"):
        respond(study(THREE), visits("A"), metric="suvmax")
    with pytest.raises(DesignError, match="any_resistant"):
        respond(study(THREE), visits("A"), rule="most")


def test_all_rules_mark_the_pre_specified_combination_once():
    table = response_by_all_rules(study(THREE), visits("A"), visits=("day14",))
    assert len(table) == (4 * 4 + 1) * len(RULES)
    assert table["pre_specified"].sum() == 1
    marked = table[table["pre_specified"]].iloc[0]
    assert (marked["metric"], marked["rule"], marked["cutoff_percent"]) == ("suv_max", "any_resistant", 25.0)
    assert (table[["responders", "non_responders", "not_assessable"]].sum(axis=1) == 1).all()


@given(st.lists(st.tuples(st.floats(2, 20), st.floats(0.5, 30)), min_size=1, max_size=5), st.floats(1, 90))
def test_rules_are_ordered_and_any_and_all_are_what_they_say(values, cutoff):
    changes = pd.DataFrame(values, columns=["baseline", "follow_up"]).assign(patient_id="A")
    changes["change_percent"] = (changes["follow_up"] / changes["baseline"] - 1) * 100
    changes["volume_ml"] = np.arange(1.0, len(values) + 1)
    rule = trial_rule("suv_max", cutoff)
    decided = {name: deciding_change(changes, RULES[name], lesion_rule=rule)["A"] for name in RULES}
    responding = rule.responds(changes["change_percent"].to_numpy())
    volume = changes["volume_ml"].to_numpy()
    assert rule.responds(decided["any_resistant"]) == responding.all()
    assert rule.responds(decided["all_resistant"]) == responding.any()
    assert rule.responds(decided["majority"]) == (responding.sum() > len(values) / 2)
    assert rule.responds(decided["majority_by_volume"]) == (2 * volume[responding].sum() > volume.sum())
    for name in set(RULES) - {"any_resistant", "all_resistant", "hottest"}:
        assert decided["all_resistant"] - 1e-9 <= decided[name] <= decided["any_resistant"] + 1e-9


@pytest.mark.parametrize(
    ("pairs", "new", "expected"),
    [
        ([(10, 8.5)], "no", "PMR"),
        ([(10, 8.6)], "no", "SMD"),
        ([(10, 12.5)], "no", "SMD"),
        ([(10, 12.6)], "no", "PMD"),
        ([(10, 5), (4, 5.2)], "no", "PMD"),
        ([(10, 5)], "yes", "PMD"),
    ],
)
def test_eortc_classes_after_one_cycle(pairs, new, expected):
    lesions = [row for i, (before, after) in enumerate(pairs) for row in pair("A", f"L{i}", before, after)]
    assert eortc_1999(study(lesions), visits("A", new=new), visit="day14")["eortc"].tolist() == [expected]


def test_eortc_asks_for_more_than_a_quarter_after_more_cycles():
    measures = study(pair("A", "L1", 10, 8))
    assert eortc_1999(measures, visits("A"), visit="day14", after_one_cycle=False)["eortc"].tolist() == [
        "SMD"
    ]


@pytest.mark.parametrize(
    ("before", "after", "glycolysis", "expected"),
    [
        (10, 7, (1, 1), "PMR"),
        (10, 7.01, (1, 1), "SMD"),
        (2.6, 1.8, (1, 1), "PMR"),
        (2.6, 1.81, (1, 1), "SMD"),
        (10, 1.4, (1, 1), "CMR"),
        (10, 13.01, (1, 1), "PMD"),
        (10, 13, (1, 1), "SMD"),
        (10, 10, (10, 17.5), "PMD"),
        (2.4, 1.0, (1, 1), "not_assessable"),
    ],
)
def test_percist_classes_at_their_boundaries(before, after, glycolysis, expected):
    lesions = [
        lesion("A", "baseline", "L1", before, tlg_g=float(glycolysis[0])),
        lesion("A", "day14", "L1", after, tlg_g=float(glycolysis[1])),
    ]
    assert percist_1_0(study(lesions), visits("A"), visit="day14")["percist"].tolist() == [expected]


def test_eortc_counts_growth_where_the_longest_dimension_is_measured():
    def grown(after):
        lesions = [
            lesion("A", "baseline", "L1", 10, max_diameter_mm=20.0),
            lesion("A", "day14", "L1", 6, max_diameter_mm=after),
        ]
        return eortc_1999(study(lesions), visits("A"), visit="day14").loc[0, ["eortc", "reason"]].tolist()

    assert grown(24.0) == ["PMR", ""]
    assert grown(24.1) == ["PMD", "longest dimension increased by more than 20 %"]


def test_eortc_takes_no_growth_from_a_proposal_whose_edge_moves_as_the_lesion_cools():
    lesions = [
        lesion("A", "baseline", "L1", 10, max_diameter_mm=20.0, proposal=False),
        lesion("A", "day14", "L1", 6, max_diameter_mm=30.0, proposal=True),
    ]
    assert eortc_1999(study(lesions), visits("A"), visit="day14")["eortc"].tolist() == ["PMR"]


def test_a_new_lesion_is_progression_even_without_a_measure():
    lesions = [lesion("A", visit, "L1", 10, sul_peak=np.nan) for visit in ("baseline", "day14")]
    assert percist_1_0(study(lesions), visits("A", new="yes"), visit="day14")["percist"].tolist() == ["PMD"]
    assert percist_1_0(study(lesions), visits("A"), visit="day14")["percist"].tolist() == ["not_assessable"]


def test_percist_refuses_scans_that_are_not_comparable_unless_a_lesion_is_new():
    scans = [
        scan("A", "baseline"),
        scan("A", "day14", comparable=False, comparability_reason="uptake +20 min"),
    ]
    measures = study(pair("A", "L1", 10, 5), scans)
    found = percist_1_0(measures, visits("A"), visit="day14").iloc[0]
    assert (found["percist"], found["reason"]) == ("not_assessable", "not comparable: uptake +20 min")
    assert percist_1_0(measures, visits("A", new="yes"), visit="day14")["percist"].tolist() == ["PMD"]
