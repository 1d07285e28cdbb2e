import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import compare_engines, early_response, grouping, hazard_ratio, kaplan_meier, logrank
from analysis.units import months

LABELS = {True: "ctDNA detected", False: "ctDNA not detected"}


def groups(plasma, column):
    values = plasma[column] >= 3 if column.startswith("ichor") else plasma[column] > 0
    return values.astype(object).where(plasma[column].notna(), None)


def answer(plasma, column, day, **options):
    return early_response(
        plasma["days"],
        plasma["pfs_event"],
        groups(plasma, column),
        landmark_day=day,
        reference=False,
        labels=LABELS,
        end_point="PFS",
        tau_months=12,
        rates_at_months=[3, 6, 12],
        seed=1,
        permutations=2000,
        **options,
    )


def test_open_plasma_data_have_the_known_median(plasma):
    curve = kaplan_meier(plasma["days"], plasma["pfs_event"])
    assert (curve.n, curve.n_events) == (48, 40)
    assert round(months(curve.median), 2) == 4.15


@pytest.mark.parametrize(
    ("column", "n", "positive", "ratio", "p_value", "medians"),
    [
        ("vaf_D14", 44, 15, (1.91, 0.96, 3.83), 0.063, (3.56, 4.53)),
        ("vaf_BL", 47, 26, (1.93, 1.00, 3.73), 0.045, (3.16, 5.45)),
        ("ichor_D14", 45, 20, (2.99, 1.49, 6.01), 0.0014, (3.11, 6.23)),
    ],
)
def test_open_plasma_data_give_the_published_style_numbers(
    plasma, column, n, positive, ratio, p_value, medians
):
    # from the start and by Wald, as the comparison values were made; no event falls before day 28
    group = groups(plasma, column)
    known = group.notna()
    time, event, group = plasma["days"][known], plasma["pfs_event"][known], group[known].astype(bool)
    found = hazard_ratio(time, event, group, reference=False, interval="wald")
    assert (len(group), int(group.sum())) == (n, positive)
    assert tuple(round(x, 2) for x in (found.estimate, found.low, found.high)) == ratio
    assert logrank(time, event, group).p_value == pytest.approx(p_value, abs=0.0005)
    for side, median in zip((True, False), medians, strict=True):
        curve = kaplan_meier(time[group == side], event[group == side], median_rule="inf")
        assert months(curve.median) == pytest.approx(median, abs=0.006)


def test_the_landmark_excludes_nobody_there_and_leaves_the_hazard_ratio_alone(plasma):
    found = answer(plasma, "vaf_D14", 14)
    assert (found.landmark.n, found.landmark.excluded, found.without_group) == (44, 0, 4)
    wald = found.hazard_ratio_wald
    assert tuple(round(x, 2) for x in (wald.estimate, wald.low, wald.high)) == (1.91, 0.96, 3.83)
    assert found.logrank.p_value == pytest.approx(0.063, abs=0.0005)
    assert found.curves[0].median == pytest.approx(3.56 * 30.4375 - 14, abs=0.2)


def test_both_engines_agree_to_rounding(plasma):
    for column, day in (("vaf_D14", 14), ("vaf_BL", 0), ("ichor_D14", 14)):
        compared = compare_engines(answer(plasma, column, day))
        assert compared.largest < 1e-5
        assert compared.engine.startswith("lifelines 0.")
        assert len(compared.rows) == 2 * (1 + 3 + 1) + 1 + 3


def test_engines_differ_by_a_stated_reason_on_a_plateau(plasma):
    rows = compare_engines(answer(plasma, "vaf_BL", 0)).rows
    row = next(r for r in rows if r.quantity.startswith("median, ctDNA detected"))
    assert row.difference != 0
    assert "one half" in row.note


def test_the_sentence_holds_every_headline_number(plasma):
    found = answer(plasma, "vaf_D14", 14)
    sentence = found.sentence()
    for piece in (
        "PFS from day 14 in 44 patients with 36 events",
        "4 not classified",
        "n = 15, 14 events",
        "hazard ratio 1.91",
        "profile likelihood",
        "p = 0.063",
        "restricted means to 12.0 months",
        "proportional hazards p = 0.56",
    ):
        assert piece in sentence
    assert sentence.count(". ") == 0


def test_each_number_is_that_of_its_own_function(table):
    data = table("veteran46")
    found = early_response(
        data["time"], data["status"], data["trt2"], landmark_day=14, reference=0, end_point="OS",
        tau_months=6, rates_at_months=[3], seed=4, permutations=500,
    )  # fmt: skip
    left = found.landmark
    assert found.labels == ("1", "0")
    assert left.excluded == 8
    assert found.hazard_ratio == hazard_ratio(left.time, left.event, data["trt2"][left.kept], reference=0)
    assert [rate.at_risk for rate in found.rates] == [
        int(curve.at_risk_at(3 * 30.4375)) for curve in found.curves
    ]
    assert found.rmst.tau_days == pytest.approx(6 * 30.4375)
    assert found.follow_up.n_events == left.n - left.n_events


def test_hazards_that_are_not_proportional_hand_the_lead_to_the_restricted_mean():
    generator = np.random.default_rng(np.random.SeedSequence(5))
    time = np.concatenate([generator.weibull(0.6, 120), generator.weibull(3, 120)]) * 100
    found = early_response(
        time, np.ones(240), np.repeat(["a", "b"], 120), landmark_day=0, reference="b", end_point="PFS",
        tau_months=3, rates_at_months=[1], seed=1, permutations=200,
    )  # fmt: skip
    assert found.leading == "rmst"
    assert "restricted mean leads" in found.sentence()


def test_few_events_are_answered_by_firth_without_a_test_of_proportionality():
    found = early_response(
        [30, 40, 50, 60, 70, 80, 90, 100], [1, 1, 1, 1, 0, 0, 0, 0], list("aaaabbbb"), landmark_day=14,
        reference="b", end_point="PFS", tau_months=12, rates_at_months=[1], seed=1, permutations=200,
    )  # fmt: skip
    assert found.hazard_ratio.method.startswith("Firth")
    assert found.proportional_hazards is None
    assert np.isfinite([found.hazard_ratio.estimate, found.hazard_ratio.high]).all()
    assert found.rmst.tau_days == 86  # the longest follow-up of the group that never reached 0
    assert any("instead of 12 months" in warning for warning in found.warnings)
    assert compare_engines(found).largest < 1e-5


def test_a_landmark_that_leaves_one_group_is_refused():
    with pytest.raises(DesignError, match="at least 2 groups"):
        early_response(
            [5, 8, 40, 90], [1, 1, 1, 1], list("aabb"), landmark_day=14, reference="b", end_point="PFS",
            tau_months=12, rates_at_months=[3], seed=1,
        )  # fmt: skip


def test_a_grouping_brings_its_own_days():
    scans = grouping(list("abab"), [14, 20, 13, 14], name="response at day 14")
    data = ([100, 90, 80, 70], [1, 1, 1, 1], scans)
    options = {
        "landmark_day": 14, "reference": "b", "end_point": "PFS", "tau_months": 2, "rates_at_months": [1],
        "seed": 1, "permutations": 100,
    }  # fmt: skip
    with pytest.raises(DesignError, match="immortal time"):
        early_response(*data, **options)
    found = early_response(*data, **options, window_days=6)
    assert found.landmark.late == 1
    assert any("after day 14" in warning for warning in found.warnings)
